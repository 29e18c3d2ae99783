#include "index/engine/search_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <type_traits>

#include "models/base/number_text.h"
#include "models/text/text.h"

namespace barker {
namespace {

// Appends values to a text. Names are plain ASCII and need no escapes.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void open(char bracket) { out_ += bracket; }
  void close(char bracket) {
    if (out_.back() == ',') out_.pop_back();
    out_ += bracket;
    out_ += ',';
  }
  void name(std::string_view name) {
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void raw(std::string_view json) {
    out_ += json;
    out_ += ',';
  }
  void text(std::string_view name_of_field, std::string_view value) {
    name(name_of_field);
    if (is_valid_utf8(value)) {
      append_quoted(value);
    } else {
      append_quoted(sanitize_utf8(value));
    }
    out_ += ',';
  }
  // What is not finite is null.
  template <typename Number>
  void number(std::string_view name_of_field, Number value) {
    name(name_of_field);
    if constexpr (std::is_floating_point_v<Number>) {
      if (!std::isfinite(value)) return raw("null");
    }
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    raw({digits, static_cast<size_t>(end.ptr - digits)});
  }
  void flag(std::string_view name_of_field, bool value) {
    name(name_of_field);
    raw(value ? "true" : "false");
  }

 private:
  void append_quoted(std::string_view value) {
    out_ += '"';
    size_t copied = 0;
    for (size_t i = 0; i < value.size(); ++i) {
      const char c = value[i];
      if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
      out_ += value.substr(copied, i - copied);
      copied = i + 1;
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else {
        static constexpr char kHex[] = "0123456789abcdef";
        out_ += "\\u00";
        out_ += kHex[c >> 4];
        out_ += kHex[c & 15];
      }
    }
    out_ += value.substr(copied);
    out_ += '"';
  }

  std::string& out_;
};

void write_times(const StageTimes& t, bool auction, Writer& to) {
  to.name("timing_us");
  to.open('{');
  if (auction) {
    to.number("analyse", t.analyse);
    to.number("first_pass", t.first_pass);
    to.number("fetch", t.fetch);
  }
  to.number("rescore", t.rescore);
  to.number("map", t.map);
  to.number("score", t.score);
  to.number("choose", t.choose);
  to.number("rewrite", t.rewrite);
  if (auction) to.number("features", t.features);
  to.close('}');
}

void write_auction(const AuctionRecord& a, Writer& to) {
  to.name("auction");
  to.open('{');
  to.number("bid_matches", a.bid_matches);
  to.number("title_matches", a.title_matches);
  to.number("denied", a.denied);
  to.number("out_of_budget", a.out_of_budget);
  to.number("below_reserve", a.below_reserve);
  to.number("without_features", a.without_features);
  to.number("reserve", a.reserve);
  to.number("cut", a.cut);
  to.flag("is_cut", a.is_cut);
  to.close('}');
}

void write_ad(const AdShown& ad, bool auction, Writer& to) {
  to.open('{');
  to.text("id", ad.id);
  to.number("rank", ad.rank);
  to.number("first_pass_rank", ad.first_pass_rank);
  to.number("score", ad.score);
  to.number("bid", ad.bid);
  if (auction) {
    to.number("price", ad.price);
    to.text("match", ad.match);
    if (ad.term.empty()) {
      to.name("term");
      to.raw("null");
    } else {
      to.text("term", ad.term);
    }
  }
  to.number("pctr", ad.pctr);
  to.text("title", ad.title);
  to.text("original_title", ad.original_title);
  to.name("selling_points");
  to.open('[');
  for (const SellingPointShown& point : ad.selling_points) {
    to.open('{');
    to.text("text", point.text);
    to.number("score", point.score);
    to.number("begin", point.begin);
    to.number("end", point.end);
    to.close('}');
  }
  to.close(']');
  to.number("propensity", ad.propensity);
  to.close('}');
}

void write_arms(const SearchResult& result, Writer& to) {
  to.name("arms");
  to.open('[');
  for (const ArmShown& arm : result.arms) {
    to.open('{');
    to.text("layer", arm.layer);
    to.text("experiment", arm.experiment);
    to.text("arm", arm.arm);
    if (arm.policy != 0) to.text("policy", hex_text(arm.policy));
    to.close('}');
  }
  to.close(']');
  to.flag("explored", result.is_explored);
}

void write_sf(const FeatureShown& sf, Writer& to) {
  to.open('{');
  to.text("keyword", sf.keyword);
  to.number("position", sf.position);
  to.number("propensity", sf.propensity);
  to.number("attraction", sf.attraction);
  to.number("ads", sf.ads);
  to.close('}');
}

}  // namespace

std::string search_json(const SearchResult& result, const JsonPart& part) {
  std::string out;
  const size_t first = std::min(part.from, result.ads.size());
  const size_t end = first + std::min(part.count, result.ads.size() - first);
  constexpr size_t kUsualAd = 600, kUsualRest = 2048;  // bytes
  out.reserve(kUsualRest + (end - first) * kUsualAd);
  Writer to(out);
  to.open('{');
  if (!part.request_id.empty()) to.text("request_id", part.request_id);
  to.text("query", result.query);
  to.text("user", result.user);
  to.text("status", result.status);
  to.text("reason", result.reason);
  if (!result.profile.empty()) to.text("profile", result.profile);
  to.number("generation", result.generation);
  write_arms(result, to);
  write_times(result.times, part.auction, to);
  if (part.auction) write_auction(result.auction, to);
  to.name("ads");
  to.open('[');
  for (size_t i = first; i < end; ++i) write_ad(result.ads[i], part.auction, to);
  to.close(']');
  if (part.sfs) {
    to.name("sfs");
    to.open('[');
    for (const FeatureShown& sf : result.features) write_sf(sf, to);
    to.close(']');
  }
  if (!result.explanation.empty()) {
    to.name("explain");
    to.raw(result.explanation);
  }
  to.close('}');
  out.pop_back();  // the comma behind the object
  return out;
}

}  // namespace barker
