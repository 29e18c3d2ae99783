#include "index/catalogue/catalogue.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "models/text/text.h"

namespace barker {
namespace {

// The unordered JSON type, because the ordered one compares every new key with all keys before it,
// and a hostile line may have millions.
using Json = nlohmann::json;

struct Wrong {
  std::string reason;
};

Wrong wrong_type(const std::string& field, const char* expected, const Json& value) {
  return {field + ": expected " + expected + ", found " + value.type_name()};
}

std::string read_text(const Json& value, const std::string& field) {
  if (!value.is_string()) throw wrong_type(field, "a string", value);
  return decode_html_entities(value.get<std::string>());
}

const Json* member(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

std::string text_member(const Json& object, const char* name) {
  const Json* value = member(object, name);
  return value ? read_text(*value, name) : std::string();
}

void check_length(const std::string& field, const std::string& text) {
  if (text.size() <= kLongestText) return;
  throw Wrong{field + ": expected at most " + std::to_string(kLongestText) + " bytes, found " +
              std::to_string(text.size())};
}

std::vector<std::string> texts_member(const Json& object, const char* name) {
  std::vector<std::string> texts;
  const Json* value = member(object, name);
  if (!value) return texts;
  if (!value->is_array()) throw wrong_type(name, "an array", *value);
  for (const Json& item : *value) {
    std::string text = read_text(item, name);
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

// Checks the sizes of what a request to the plugin carries.
void check_limits(const CatalogueAd& ad) {
  check_length("id", ad.id);
  check_length("title", ad.title);
  check_length("merchant", ad.merchant);
  check_length("category", ad.category);
  for (const std::string& text : ad.selling_points) check_length("selling_points", text);
  if (ad.selling_points.size() > kMostSellingPoints) {
    throw Wrong{"selling_points: expected at most " + std::to_string(kMostSellingPoints) +
                ", found " + std::to_string(ad.selling_points.size())};
  }
}

CatalogueAd read_ad(const Json& json) {
  if (!json.is_object()) throw wrong_type("line", "a JSON object", json);
  CatalogueAd ad;
  const Json* id = member(json, "id");
  if (!id) throw Wrong{"id: missing"};
  if (!id->is_string()) throw wrong_type("id", "a string", *id);
  ad.id = id->get<std::string>();
  if (ad.id.empty()) throw Wrong{"id: empty"};
  ad.title = text_member(json, "title");
  if (ad.title.empty()) throw Wrong{"title: missing or empty"};
  ad.bid_terms = texts_member(json, "bid_terms");
  if (const Json* bid = member(json, "bid")) {
    if (!bid->is_number()) throw wrong_type("bid", "a number", *bid);
    ad.bid = bid->get<double>();
    if (!(ad.bid >= 0 && ad.bid <= BARKER_MAX_NUMBER)) {
      throw Wrong{"bid: expected a number from 0 to 1e12, found " + bid->dump()};
    }
  }
  ad.merchant = text_member(json, "merchant");
  ad.category = text_member(json, "category");
  ad.brand = text_member(json, "brand");
  ad.description = text_member(json, "description");
  ad.selling_points = texts_member(json, "selling_points");
  if (const Json* attributes = member(json, "attributes")) {
    if (!attributes->is_object()) throw wrong_type("attributes", "an object", *attributes);
    for (const auto& [name, value] : attributes->items()) {
      ad.attributes.emplace_back(name, read_text(value, "attributes." + name));
    }
  }
  if (const Json* opt_out = member(json, "opt_out")) {
    if (!opt_out->is_boolean()) throw wrong_type("opt_out", "true or false", *opt_out);
    ad.opt_out = opt_out->get<bool>();
  }
  check_limits(ad);
  return ad;
}

}  // namespace

Result<CatalogueAd> parse_ad(std::string_view json_line, uint64_t* invalid_utf8) {
  try {
    return read_ad(Json::parse(sanitize_utf8(json_line, invalid_utf8)));
  } catch (const Wrong& wrong) {
    return bad_data(wrong.reason);
  } catch (const nlohmann::json::exception& e) {
    return bad_data(std::string("not JSON: ") + e.what());
  }
}

std::string reportable(std::string_view reason) {
  constexpr size_t kLongest = 300;
  return visible(reason.substr(0, kLongest)) + (reason.size() > kLongest ? "..." : "");
}

Result<Catalogue> read_catalogue(const std::string& path, BadLines& bad) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  Catalogue catalogue;
  std::unordered_set<std::string> ids;
  std::string_view line;
  while (lines->next(line)) {
    ++catalogue.lines;
    Result<CatalogueAd> ad = parse_ad(line, &catalogue.invalid_utf8);
    if (!ad.ok()) {
      bad.add(lines->number(), reportable(ad.status().message()));
    } else if (!ids.insert(ad->id).second) {
      bad.add(lines->number(), "id: \"" + reportable(ad->id) + "\" stands on an earlier line, too");
    } else {
      catalogue.ads.push_back(std::move(ad).value());
    }
  }
  if (!lines->status().ok()) return lines->status();
  return catalogue;
}

}  // namespace barker
