#include "models/data/events.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/base/json_fault.h"
#include "models/base/utf8.h"
#include "models/data/json_fields.h"
#include "models/text/encoding.h"

namespace barker {
namespace {

using json_fields::found;
using json_fields::Json;
using json_fields::member;
using json_fields::optional_propensity;
using json_fields::optional_string;
using json_fields::read_array;
using json_fields::read_groups;
using json_fields::read_integer;
using json_fields::read_strings;
using json_fields::Wrong;

bool read_clicked(const Json& object, const std::string& field) {
  const Json* value = member(object, "clicked");
  if (!value) throw Wrong{field + ".clicked: missing"};
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_number() && (*value == 0 || *value == 1)) return *value == 1;
  throw Wrong{field + ".clicked: expected true, false, 1 or 0, found " + value->dump()};
}

double read_probability(const Json& object, const std::string& field) {
  const Json* value = member(object, "p");
  if (!value) return NAN;
  if (!value->is_number() || !(value->get<double>() >= 0 && value->get<double>() <= 1)) {
    throw Wrong{field + ".p: expected a number from 0 to 1, found " + value->dump()};
  }
  return value->get<double>();
}

// A page is clicked after it was searched for.
std::optional<int64_t> read_click_time(const Json& object, const std::string& field, bool clicked,
                                       int64_t event_time) {
  const Json* value = member(object, "click_time");
  if (!value) return std::nullopt;
  const int64_t time = read_integer(*value, field + ".click_time");
  if (!clicked) throw Wrong{field + ".click_time: expected none of what was not clicked"};
  if (time >= event_time) return time;
  throw Wrong{field + ".click_time: " + std::to_string(time) + " is before the search at " +
              std::to_string(event_time)};
}

uint32_t read_position(const Json& object, const std::string& field) {
  const Json* value = member(object, "position");
  if (!value) return 0;
  const int64_t position = read_integer(*value, field + ".position");
  if (position >= 1 && position <= std::numeric_limits<uint32_t>::max()) {
    return static_cast<uint32_t>(position);
  }
  throw Wrong{field + ".position: expected an integer from 1 on, found " + value->dump()};
}

void read_sfs(const Json& value, int64_t time, std::vector<SfImpression>& sfs) {
  for (const Json& sf : read_array(value, "sfs")) {
    const std::string field = "sfs[" + std::to_string(sfs.size()) + "]";
    if (!sf.is_object()) throw Wrong{field + ": expected an object" + found(sf)};
    SfImpression shown{optional_string(sf, "text"), read_clicked(sf, field),
                       read_probability(sf, field)};
    shown.click_time = read_click_time(sf, field, shown.clicked, time);
    shown.propensity = optional_propensity(sf, "propensity", field + ".");
    shown.position = read_position(sf, field);
    if (shown.text.empty()) throw Wrong{field + ".text: missing or empty"};
    sfs.push_back(std::move(shown));
  }
}

void read_ads(const Json& value, int64_t time, std::vector<AdImpression>& ads) {
  for (const Json& ad : read_array(value, "ads")) {
    const std::string field = "ads[" + std::to_string(ads.size()) + "]";
    if (!ad.is_object()) throw Wrong{field + ": expected an object" + found(ad)};
    AdImpression shown{optional_string(ad, "id"),
                       optional_string(ad, "title"),
                       {},
                       read_clicked(ad, field),
                       read_probability(ad, field)};
    shown.click_time = read_click_time(ad, field, shown.clicked, time);
    if (const Json* keywords = member(ad, "keywords")) {
      shown.keywords = read_strings(*keywords, field + ".keywords");
    }
    if (const Json* points = member(ad, "sps")) {
      shown.selling_points = read_strings(*points, field + ".sps");
    }
    shown.sp_propensity = optional_propensity(ad, "sp_propensity", field + ".");
    shown.position = read_position(ad, field);
    ads.push_back(std::move(shown));
  }
}

std::optional<Split> read_split(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (name == "train") return Split::kTrain;
  if (name == "validation") return Split::kValidation;
  if (name == "test") return Split::kTest;
  throw Wrong{"split: expected train, validation or test, found \"" + name + "\""};
}

void find_unknown(const Json& object, const std::string& list, std::vector<std::string>& unknown) {
  if (!object.is_object()) return;
  const std::vector<std::string_view> known = event_fields(list);
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) == known.end()) {
      unknown.push_back(list.empty() ? name : list + "." + name);
    } else if ((name == "sfs" || name == "ads") && list.empty() && value.is_array()) {
      for (const Json& item : value) find_unknown(item, name, unknown);
    }
  }
}

SearchEvent read_event(const Json& json) {
  if (!json.is_object()) throw Wrong{"expected a JSON object" + found(json)};
  SearchEvent event;
  const Json* time = member(json, "time");
  if (!time) throw Wrong{"time: missing"};
  event.time = read_integer(*time, "time");
  event.user = optional_string(json, "user");
  if (event.user.empty()) throw Wrong{"user: missing or empty"};
  event.search = optional_string(json, "search");
  event.query = optional_string(json, "query");
  event.category = optional_string(json, "category");
  if (const Json* groups = member(json, "groups")) event.groups = read_groups(*groups);
  if (const Json* keywords = member(json, "query_keywords")) {
    event.query_keywords = read_strings(*keywords, "query_keywords");
  }
  if (const Json* keywords = member(json, "user_keywords")) {
    event.user_keywords = read_strings(*keywords, "user_keywords");
  }
  if (const Json* sfs = member(json, "sfs")) read_sfs(*sfs, event.time, event.sfs);
  if (const Json* ads = member(json, "ads")) read_ads(*ads, event.time, event.ads);
  event.split = read_split(optional_string(json, "split"));
  if (const Json* only = member(json, "history_only")) {
    if (!only->is_boolean()) throw Wrong{"history_only: expected true or false" + found(*only)};
    event.history_only = only->get<bool>();
  }
  return event;
}

}  // namespace

std::vector<std::string_view> event_fields(std::string_view list) {
  if (list == "sfs") return {"text", "clicked", "click_time", "p", "propensity", "position"};
  if (list == "ads") {
    return {"id", "title", "keywords",      "clicked", "click_time",
            "p",  "sps",   "sp_propensity", "position"};
  }
  return {"time",   "user",          "search", "query", "query_keywords", "category",
          "groups", "user_keywords", "sfs",    "ads",   "split",          "history_only"};
}

Result<SearchEvent> parse_event(std::string_view json_line, const std::string& encoding,
                                std::vector<std::string>* unknown) {
  std::string converted;
  const Result<std::string_view> utf8 = as_utf8(json_line, encoding, converted);
  if (!utf8.ok()) return utf8.status();
  try {
    const Json json = Json::parse(*utf8);
    if (unknown) find_unknown(json, "", *unknown);
    return read_event(json);
  } catch (const Wrong& wrong) {
    return bad_data(wrong.reason);
  } catch (const nlohmann::json::exception& e) {
    return bad_data(json_fault(e));
  }
}

void append_event(const SearchEvent& event, std::string& out) {
  Json json = {{"time", event.time}, {"user", event.user}};
  if (!event.search.empty()) json["search"] = event.search;
  json["query"] = event.query;
  if (!event.category.empty()) json["category"] = event.category;
  for (const FeatureGroup& group : event.groups) {
    Json& tokens = json["groups"][group.name];
    if (group.weights.empty()) tokens = group.tokens;
    for (size_t i = 0; i < group.weights.size(); ++i) tokens[group.tokens[i]] = group.weights[i];
  }
  if (event.query_keywords) json["query_keywords"] = *event.query_keywords;
  if (event.user_keywords) json["user_keywords"] = *event.user_keywords;
  const auto common = [](Json& item, const auto& shown) {
    item["clicked"] = shown.clicked;
    if (shown.click_time) item["click_time"] = *shown.click_time;
    if (!std::isnan(shown.true_probability)) item["p"] = shown.true_probability;
    if (shown.position > 0) item["position"] = shown.position;
  };
  for (const SfImpression& sf : event.sfs) {
    Json item = {{"text", sf.text}};
    common(item, sf);
    if (!std::isnan(sf.propensity)) item["propensity"] = sf.propensity;
    json["sfs"].push_back(std::move(item));
  }
  for (const AdImpression& ad : event.ads) {
    Json item = {{"id", ad.id}};
    if (!ad.title.empty()) item["title"] = ad.title;
    if (!ad.keywords.empty()) item["keywords"] = ad.keywords;
    common(item, ad);
    if (!ad.selling_points.empty()) item["sps"] = ad.selling_points;
    if (!std::isnan(ad.sp_propensity)) item["sp_propensity"] = ad.sp_propensity;
    json["ads"].push_back(std::move(item));
  }
  static constexpr const char* kSplits[] = {"train", "validation", "test"};
  if (event.split) json["split"] = kSplits[static_cast<int>(*event.split)];
  if (event.history_only) json["history_only"] = true;
  out += json.dump(-1, ' ', false, Json::error_handler_t::replace);
  out += '\n';
}

}  // namespace barker
