#include "index/catalogue/ad_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "index/catalogue/ad_reader.h"
#include "models/base/json_fault.h"
#include "models/base/repeated_field.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::json;

const std::vector<std::string_view> kSetFields = {"op", "id", "bid", "daily_budget", "opt_out"};

Json terms_json(const std::vector<BidTerm>& terms) {
  Json list = Json::array();
  for (const BidTerm& term : terms) {
    Json json = {{"term", term.text}, {"match", match_name(term.match)}};
    if (term.bid) json["bid"] = *term.bid;
    list.push_back(std::move(json));
  }
  return list;
}

Json ad_json(const CatalogueAd& ad) {
  Json json = {{"id", ad.id}, {"title", ad.title}, {"bid", ad.bid}};
  if (!ad.bid_terms.empty()) json["bid_terms"] = terms_json(ad.bid_terms);
  if (!ad.negative_keywords.empty()) json["negative_keywords"] = terms_json(ad.negative_keywords);
  if (ad.daily_budget) json["daily_budget"] = *ad.daily_budget;
  for (const auto& [name, text] :
       {std::pair<const char*, const std::string&>{"merchant", ad.merchant},
        {"category", ad.category},
        {"brand", ad.brand},
        {"description", ad.description}}) {
    if (!text.empty()) json[name] = text;
  }
  if (!ad.selling_points.empty()) json["selling_points"] = ad.selling_points;
  for (const auto& [name, value] : ad.attributes) json["attributes"][name] = value;
  if (ad.opt_out) json["opt_out"] = true;
  return json;
}

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The text of a string or number, read like the catalogue's ids. It may be one that a new ad may
// not have: an ad that has it can be changed and deleted all the same.
Result<std::string> read_id(const Json& json) {
  const auto id = json.find("id");
  if (id == json.end()) return bad_data("id: missing");
  const Json named = {{"id", *id}, {"title", "a"}};  // so that ids are read in one way
  FeedNotes notes;
  Result<CatalogueAd> ad = read_ad(named, notes, TextForm::kClean);
  if (!ad.ok()) return ad.status();
  return std::move(ad->id);
}

// Reads the values of "set". Unlike a catalogue, in which one bad value must not lose an ad, a
// change that cannot be read changes nothing: what stands there is better than a guess.
Status read_values(const Json& json, CatalogueChange& change) {
  for (const auto& [name, value] : json.items()) {
    if (std::ranges::find(kSetFields, name) == kSetFields.end()) {
      return bad_data(reportable(name) +
                      ": \"set\" changes bid, daily_budget and opt_out; send the whole ad instead");
    }
  }
  if (const auto bid = json.find("bid"); bid != json.end()) {
    change.bid = read_amount(*bid);
    if (!change.bid) return bad_data("bid: expected a number from 0 to 1e12");
  }
  if (const auto budget = json.find("daily_budget"); budget != json.end()) {
    change.daily_budget.emplace();
    if (!budget->is_null()) {
      *change.daily_budget = read_amount(*budget);
      if (!*change.daily_budget) {
        return bad_data("daily_budget: expected a number from 0 to 1e12, or null for no limit");
      }
    }
  }
  if (const auto opt_out = json.find("opt_out"); opt_out != json.end()) {
    change.opt_out = read_flag(*opt_out);
    if (!change.opt_out) return bad_data("opt_out: expected true or false");
  }
  if (!change.bid && !change.daily_budget && !change.opt_out) {
    return bad_data("set: expected bid, daily_budget or opt_out");
  }
  return {};
}

// A change with a field that is not read changes nothing, for the reason that read_values() has.
Status expect_no_other(const Json& json, const char* op, std::string_view read) {
  for (const auto& [name, value] : json.items()) {
    if (name == "op" || name == read) continue;
    return bad_data(reportable(name) + ": \"" + op + "\" reads op and " + std::string(read) +
                    " alone");
  }
  return {};
}

// A line without "op" is an ad of a catalogue.
Result<CatalogueChange> read_change(const Json& json, FeedNotes& notes, TextForm form) {
  CatalogueChange change;
  if (!json.is_object()) {
    return bad_data(std::string("line: expected a JSON object, found ") + json.type_name());
  }
  const auto op = json.find("op");
  const std::string name = op == json.end()  ? "upsert"
                           : op->is_string() ? op->get<std::string>()
                                             : op->dump();
  if (name == "upsert") {
    const auto nested = json.find("ad");
    if (op != json.end() && nested == json.end()) return bad_data("ad: missing");
    if (op != json.end()) {
      if (Status s = expect_no_other(json, "upsert", "ad"); !s.ok()) return s;
    }
    Result<CatalogueAd> ad = read_ad(op == json.end() ? json : *nested, notes, form);
    if (!ad.ok()) return ad.status();
    change.id = ad->id;
    change.ad = std::move(*ad);
    return change;
  }
  if (name != "delete" && name != "set") {
    return bad_data("op: expected upsert, delete or set, found " + reportable(name));
  }
  if (name == "delete") {
    if (Status s = expect_no_other(json, "delete", "id"); !s.ok()) return s;
  }
  Result<std::string> id = read_id(json);
  if (!id.ok()) return id.status();
  change.id = std::move(*id);
  change.kind = name == "set" ? CatalogueChange::Kind::kSet : CatalogueChange::Kind::kDelete;
  if (name == "set") {
    if (Status s = read_values(json, change); !s.ok()) return s;
  }
  return change;
}

template <class Read>
auto unless_not_json(const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const nlohmann::json::exception& e) {
    return bad_data(json_fault(e));
  }
}

}  // namespace

std::string ad_line(const CatalogueAd& ad) { return line_of(ad_json(ad)); }

Result<CatalogueAd> parse_ad_line(std::string_view line) {
  FeedNotes notes;
  return unless_not_json(
      [&] { return read_ad(Json::parse(notes.valid_utf8(line)), notes, TextForm::kClean); });
}

Result<CatalogueChange> parse_change(std::string_view line, FeedNotes& notes) {
  return unless_not_json([&]() -> Result<CatalogueChange> {
    std::optional<std::string> repeated;
    const Json json = parse_json(notes.valid_utf8(line), repeated);
    if (repeated) return bad_data(reportable(*repeated) + ": given twice");
    return read_change(json, notes, TextForm::kFeed);
  });
}

std::string change_line(const CatalogueChange& change) {
  switch (change.kind) {
    case CatalogueChange::Kind::kUpsert:
      return line_of({{"op", "upsert"}, {"ad", ad_json(change.ad)}});
    case CatalogueChange::Kind::kDelete:
      return line_of({{"op", "delete"}, {"id", change.id}});
    case CatalogueChange::Kind::kSet:
      break;
  }
  Json json = {{"op", "set"}, {"id", change.id}};
  if (change.bid) json["bid"] = *change.bid;
  if (change.daily_budget) {
    json["daily_budget"] = *change.daily_budget ? Json(**change.daily_budget) : Json(nullptr);
  }
  if (change.opt_out) json["opt_out"] = *change.opt_out;
  return line_of(json);
}

Result<CatalogueChange> parse_change_line(std::string_view line) {
  FeedNotes notes;
  return unless_not_json(
      [&] { return read_change(Json::parse(notes.valid_utf8(line)), notes, TextForm::kClean); });
}

}  // namespace barker
