#include "index/catalogue/mining/accepted.h"

#include <nlohmann/json.hpp>

#include "index/catalogue/mining/claims.h"

namespace barker {
namespace {

using Json = nlohmann::json;

// Reads one line. An error says why it cannot be used.
Status take_line(std::string_view line, bool accept_all, AcceptedSellingPoints& out) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return bad_data("expected a JSON object as `barker mine` writes it");
  const auto point = json.find("selling_point"), category = json.find("category");
  if (point == json.end() || !point->is_string() || category == json.end() ||
      !category->is_string()) {
    return bad_data("expected the strings selling_point and category");
  }
  const auto accepted = json.find("accepted");
  if (accepted != json.end() && !accepted->is_boolean() && !accepted->is_null()) {
    return bad_data("accepted: expected true or false, found " +
                    std::string(accepted->type_name()));
  }
  const bool takes =
      accept_all || (accepted != json.end() && accepted->is_boolean() && accepted->get<bool>());
  if (!takes) {
    ++out.left_out;
    return {};
  }
  const std::string text = point->get<std::string>();
  std::vector<std::string> units;
  for (const Clause& clause : clauses_of(text)) {
    for (const Unit& unit : clause.units) units.push_back(unit.text);
  }
  if (units.empty() || text.size() > kLongestText) {
    return bad_data("selling_point: expected words of at most " + std::to_string(kLongestText) +
                    " bytes");
  }
  out.by_category[category->get<std::string>()][key_of(units)] = text;
  ++out.accepted;
  return {};
}

}  // namespace

Result<AcceptedSellingPoints> read_accepted(const std::string& path, bool accept_all,
                                            BadLines& bad) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  AcceptedSellingPoints accepted;
  std::string_view line;
  while (lines->next(line)) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (Status s = take_line(line, accept_all, accepted); !s.ok()) {
      bad.add(lines->number(), reportable(s.message()));
    }
  }
  if (!lines->status().ok()) return lines->status();
  return accepted;
}

void SellingPointGiver::give(CatalogueAd& ad) {
  const auto category = accepted_.by_category.find(ad.category);
  if (category == accepted_.by_category.end()) return;
  const bool is_bare = ad.selling_points.empty();
  for (const Claim& claim : claims_of(ad)) {
    const auto point = category->second.find(key_of(claim.units));
    if (point == category->second.end()) continue;
    used_.insert(&point->second);
    if (is_bare && ad.selling_points.size() < kMostMinedPerAd) {
      ad.selling_points.push_back(point->second);
    }
  }
  given_.ads += is_bare && !ad.selling_points.empty();
  given_.selling_points += is_bare ? ad.selling_points.size() : 0;
}

Given SellingPointGiver::given() const {
  Given given = given_;
  for (const auto& [name, points] : accepted_.by_category) given.unused += points.size();
  given.unused -= used_.size();
  return given;
}

Given give_selling_points(const AcceptedSellingPoints& accepted, std::vector<CatalogueAd>& ads) {
  SellingPointGiver giver(accepted);
  for (CatalogueAd& ad : ads) giver.give(ad);
  return giver.given();
}

}  // namespace barker
