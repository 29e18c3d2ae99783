#include "models/data/raw_event.h"

#include <algorithm>

#include "models/base/json_fault.h"
#include "models/data/json_fields.h"
#include "models/data/line_writer.h"
#include "models/text/text.h"
#include "models/weights/groups.h"

namespace barker {
namespace {

using json_fields::found;
using json_fields::Json;
using json_fields::member;
using json_fields::optional_propensity;
using json_fields::optional_string;
using json_fields::read_array;
using json_fields::read_groups;
using json_fields::read_strings;
using json_fields::required_string;
using json_fields::Wrong;

void write_words(LineWriter& line, const std::vector<std::string>& words, size_t at_most) {
  line.open('[');
  for (size_t i = 0; i < words.size() && i < at_most; ++i) line.text(words[i], kMaxRawWord);
  line.close(']');
}

void write_groups(LineWriter& line, const std::vector<FeatureGroup>& groups) {
  size_t tokens = 0, written = 0;
  line.open('{');
  for (const FeatureGroup& group : groups) {
    if (is_reserved_group(group.name)) continue;  // the trainer makes these itself
    if (++written > kMaxRawGroups) break;
    line.text(group.name, kMaxRawWord);
    line.colon();
    const bool weighted = !group.weights.empty();
    line.open(weighted ? '{' : '[');
    for (size_t i = 0; i < group.tokens.size() && tokens < kMaxRawTokens; ++i, ++tokens) {
      line.text(group.tokens[i], kMaxRawWord);
      if (!weighted) continue;
      line.colon();
      line.number(group.weights[i]);
    }
    line.close(weighted ? '}' : ']');
  }
  line.close('}');
}

void write_sfs(LineWriter& line, const std::vector<RawSf>& sfs) {
  line.open('[');
  for (size_t i = 0; i < sfs.size() && i < kMaxRawSfs; ++i) {
    line.open('{');
    line.field("keyword", sfs[i].keyword, kMaxRawWord);
    line.field("position", sfs[i].position);
    line.finite_field("propensity", sfs[i].propensity);
    line.close('}');
  }
  line.close(']');
}

void write_arms(LineWriter& line, const std::vector<RawArm>& arms) {
  line.open('[');
  for (size_t i = 0; i < arms.size() && i < kMaxRawArms; ++i) {
    line.open('{');
    line.field("layer", arms[i].layer, kMaxRawWord);
    line.field("experiment", arms[i].experiment, kMaxRawWord);
    line.field("arm", arms[i].arm, kMaxRawWord);
    line.optional_field("policy", arms[i].policy, kMaxRawWord);
    line.close('}');
  }
  line.close(']');
}

void write_ad(LineWriter& line, const RawAd& ad) {
  line.open('{');
  line.field("id", ad.id, kMaxRawText);
  line.field("position", ad.position);
  line.finite_field("bid", ad.bid);
  line.finite_field("price", ad.price);
  line.finite_field("propensity", ad.propensity);
  line.optional_field("match", ad.match, kMaxRawWord);
  line.field("title", ad.title, kMaxRawText);
  line.optional_field("original_title", ad.original_title, kMaxRawText);
  if (!ad.selling_points.empty()) {
    line.name("sps");
    write_words(line, ad.selling_points, kMaxRawSellingPoints);
  }
  line.finite_field("sp_propensity", ad.sp_propensity);
  line.close('}');
}

// Returns how many ads the line has no place for.
size_t write_ads(LineWriter& line, const std::vector<RawAd>& ads) {
  constexpr size_t kRest = 64;  // bytes that follow: the brackets and "ads_left_out"
  line.open('[');
  size_t written = 0;
  for (; written < ads.size(); ++written) {
    const size_t before = line.size();
    write_ad(line, ads[written]);
    if (line.size() + kRest <= kMaxRawLine) continue;
    line.take_back(before, written > 0);
    break;
  }
  line.close(']');
  return ads.size() - written;
}

int64_t read_time(const Json& json) {
  const Json* time = member(json, "time");
  if (!time || !time->is_number_integer() || *time < 0 || *time > kMaxRawTime) {
    throw Wrong{"time: expected milliseconds since 1970, found " +
                (time ? time->dump() : std::string("nothing"))};
  }
  return time->get<int64_t>();
}

// A whole number from 0 to `at_most`; 0 where the member is absent.
uint64_t read_whole(const Json& json, const char* name, const std::string& where,
                    uint64_t at_most) {
  const Json* value = member(json, name);
  if (!value) return 0;
  if (!value->is_number_unsigned() || value->get<uint64_t>() > at_most) {
    throw Wrong{where + name + ": expected a whole number from 0 to " + std::to_string(at_most) +
                ", found " + value->dump()};
  }
  return value->get<uint64_t>();
}

double read_number(const Json& json, const char* name, const std::string& where, double fallback) {
  const Json* value = member(json, name);
  if (!value) return fallback;
  if (!value->is_number() || !std::isfinite(value->get<double>())) {
    throw Wrong{where + name + ": expected a number, found " + value->dump()};
  }
  return value->get<double>();
}

// The digest of weights (plugin/barker.h) or of an arm's policy. Empty where the line has none, or
// has a text that is no digest.
std::string read_digest(const Json& json, const char* name) {
  constexpr size_t kMostCharacters = 39;
  std::string text = optional_string(json, name);
  const auto is_hexadecimal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  };
  if (text.size() > kMostCharacters || !std::ranges::all_of(text, is_hexadecimal)) text.clear();
  return text;
}

bool read_flag(const Json& json, const char* name) {
  const Json* const value = member(json, name);
  if (value && !value->is_boolean()) {
    throw Wrong{std::string(name) + ": expected true or false" + found(*value)};
  }
  return value && value->get<bool>();
}

uint32_t read_place(const Json& json, const std::string& where) {
  return static_cast<uint32_t>(read_whole(json, "position", where, UINT32_MAX));
}

// The start of a field's name in a reason, "ads[3].", where the item is an object.
std::string start_of(const char* list, size_t index, const Json& item) {
  const std::string name = std::string(list) + "[" + std::to_string(index) + "]";
  if (!item.is_object()) throw Wrong{name + ": expected an object" + found(item)};
  return name + ".";
}

void read_ads(const Json& value, std::vector<RawAd>& ads) {
  for (const Json& item : read_array(value, "ads")) {
    const std::string where = start_of("ads", ads.size(), item);
    RawAd ad;
    ad.id = required_string(item, "id", where);
    ad.position = read_place(item, where);
    ad.bid = read_number(item, "bid", where, 0);
    ad.price = read_number(item, "price", where, 0);
    ad.propensity = optional_propensity(item, "propensity", where);
    ad.sp_propensity = optional_propensity(item, "sp_propensity", where);
    ad.match = optional_string(item, "match");
    ad.title = optional_string(item, "title");
    ad.original_title = optional_string(item, "original_title");
    if (const Json* sps = member(item, "sps"))
      ad.selling_points = read_strings(*sps, where + "sps");
    ads.push_back(std::move(ad));
  }
}

void read_sfs(const Json& value, std::vector<RawSf>& sfs) {
  for (const Json& item : read_array(value, "sfs")) {
    const std::string where = start_of("sfs", sfs.size(), item);
    sfs.push_back({required_string(item, "keyword", where), read_place(item, where),
                   optional_propensity(item, "propensity", where)});
  }
}

void read_arms(const Json& value, std::vector<RawArm>& arms) {
  for (const Json& item : read_array(value, "arms")) {
    const std::string where = start_of("arms", arms.size(), item);
    arms.push_back({optional_string(item, "layer"), required_string(item, "experiment", where),
                    required_string(item, "arm", where), read_digest(item, "policy")});
  }
}

RawImpression read_impression(const Json& json) {
  RawImpression impression;
  impression.request = required_string(json, "request");
  impression.time = read_time(json);
  impression.user = optional_string(json, "user");
  impression.visitor = optional_string(json, "visitor");
  impression.query = optional_string(json, "query");
  if (const Json* features = member(json, "features")) {
    impression.features = read_strings(*features, "features");
  }
  impression.surface = optional_string(json, "surface");
  if (const Json* arms = member(json, "arms")) read_arms(*arms, impression.arms);
  impression.explored = read_flag(json, "explored");
  impression.generation = read_whole(json, "generation", "", UINT64_MAX);
  impression.weights = read_digest(json, "weights");
  impression.took_us = read_number(json, "took_us", "", NAN);
  if (impression.took_us < 0) {
    throw Wrong{"took_us: expected a number from 0, found " + member(json, "took_us")->dump()};
  }
  if (const Json* keywords = member(json, "user_keywords")) {
    impression.user_keywords = read_strings(*keywords, "user_keywords");
  }
  if (const Json* groups = member(json, "groups")) impression.groups = read_groups(*groups);
  if (const Json* sfs = member(json, "sfs")) read_sfs(*sfs, impression.sfs);
  if (const Json* ads = member(json, "ads")) read_ads(*ads, impression.ads);
  impression.ads_left_out = static_cast<uint32_t>(read_whole(json, "ads_left_out", "", UINT32_MAX));
  return impression;
}

RawClick read_click(const Json& json) {
  RawClick click;
  click.event = required_string(json, "event");
  click.time = read_time(json);
  click.request = required_string(json, "request");
  const std::string kind = optional_string(json, "kind");
  if (kind != "ad" && kind != "sf") {
    throw Wrong{"kind: expected \"ad\" or \"sf\", found \"" + kind + "\""};
  }
  click.kind = kind == "ad" ? RawClick::Kind::kAd : RawClick::Kind::kSf;
  click.object = required_string(json, "object");
  click.position = read_place(json, "");
  return click;
}

RawOptOut read_opt_out(const Json& json) {
  return {required_string(json, "event"), read_time(json), required_string(json, "request")};
}

RawEvent read_raw_event(const Json& json) {
  if (!json.is_object()) throw Wrong{"expected a JSON object" + found(json)};
  const std::string type = optional_string(json, "type");
  if (type == "impression") return read_impression(json);
  if (type == "click") return read_click(json);
  if (type == "opt_out") return read_opt_out(json);
  throw Wrong{"type: expected \"impression\", \"click\" or \"opt_out\", found \"" + type + "\""};
}

}  // namespace

std::string to_line(const RawImpression& impression) {
  LineWriter line;
  line.open('{');
  line.field("type", "impression", kMaxRawWord);
  line.field("request", impression.request, kMaxRawText);
  line.field("time", impression.time);
  line.optional_field("user", impression.user, kMaxRawText);
  line.optional_field("visitor", impression.visitor, kMaxRawText);
  line.field("query", impression.query, kMaxRawText);
  if (!impression.features.empty()) {
    line.name("features");
    write_words(line, impression.features, kMaxRawFeatures);
  }
  line.optional_field("surface", impression.surface, kMaxRawWord);
  if (!impression.arms.empty()) {
    line.name("arms");
    write_arms(line, impression.arms);
  }
  if (impression.explored) line.flag("explored", true);
  line.field("generation", impression.generation);
  line.optional_field("weights", impression.weights, kMaxRawWord);
  line.finite_field("took_us", impression.took_us);
  line.name("user_keywords");
  write_words(line, impression.user_keywords, kMaxRawKeywords);
  if (!impression.groups.empty()) {
    line.name("groups");
    write_groups(line, impression.groups);
  }
  line.name("sfs");
  write_sfs(line, impression.sfs);
  line.name("ads");
  const size_t left_out = write_ads(line, impression.ads) + impression.ads_left_out;
  if (left_out > 0) line.field("ads_left_out", left_out);
  return line.finish();
}

std::string to_line(const RawClick& click) {
  LineWriter line;
  line.open('{');
  line.field("type", "click", kMaxRawWord);
  line.field("event", click.event, kMaxRawText);
  line.field("time", click.time);
  line.field("request", click.request, kMaxRawText);
  line.field("kind", click.kind == RawClick::Kind::kAd ? "ad" : "sf", kMaxRawWord);
  line.field("object", click.object, click.kind == RawClick::Kind::kAd ? kMaxRawText : kMaxRawWord);
  if (click.position > 0) line.field("position", click.position);
  return line.finish();
}

std::string to_line(const RawOptOut& opt_out) {
  LineWriter line;
  line.open('{');
  line.field("type", "opt_out", kMaxRawWord);
  line.field("event", opt_out.event, kMaxRawText);
  line.field("time", opt_out.time);
  line.field("request", opt_out.request, kMaxRawText);
  return line.finish();
}

Result<RawEvent> parse_raw_event(std::string_view line) {
  try {
    return read_raw_event(Json::parse(sanitize_utf8(line)));
  } catch (const Wrong& wrong) {
    return bad_data(wrong.reason);
  } catch (const nlohmann::json::exception& e) {
    return bad_data(json_fault(e));
  }
}

}  // namespace barker
