#include "index/simulation/table2.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/base/number_text.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr Table2Row kRows[] = {
    {1, "titles/none", "titles/personal", "personal selling points before the title, or none",
     0.103, 1e-5, 30'516'000,
     R"(# Row 1: the merchants' titles (TSS) against personal selling points (PSPSS).
[[experiment]]
name = "titles"
[[experiment.arm]]
name = "none"
share = 0.4
selling_points = 0
[[experiment.arm]]
name = "personal"
share = 0.4
selling_points = 2
[[experiment.arm]]
name = "random"      # the floor: any selling points of the ad
share = 0.2
choose_by = "random"
selling_points = 2
)"},
    {2, "choice/query", "choice/personal", "the shopper's selling points, or the query's", 0.0576,
     9e-4, 40'942'000,
     R"(# Row 2: what is clicked most for the query (NSPSS) against personal ones (PSPSS).
[[experiment]]
name = "choice"
[[experiment.arm]]
name = "query"
share = 0.5
choose_by = "click_rate"
selling_points = 2
[[experiment.arm]]
name = "personal"
share = 0.5
selling_points = 2
)"},
    {3, "marks/off", "marks/on", "selling points with marks, or without", 0.0567, 0.0166,
     30'500'000,
     R"(# Row 3: personal selling points without and with a highlight.
[[experiment]]
name = "marks"
[[experiment.arm]]
name = "off"
share = 0.5
selling_points = 2
highlight = false
[[experiment.arm]]
name = "on"
share = 0.5
selling_points = 2
highlight = true
)"},
    {4, "number/two", "number/three", "three selling points, or two", 0.041, 0.7347, 21'490'000,
     R"(# Row 4: two selling points against three.
[[experiment]]
name = "number"
[[experiment.arm]]
name = "two"
share = 0.5
selling_points = 2
[[experiment.arm]]
name = "three"
share = 0.5
selling_points = 3
)"},
    {5, "number/two", "number/one", "one selling point, or two", 0.0484, 0.001, 20'200'000,
     R"(# Row 5: two selling points against one.
[[experiment]]
name = "number"
[[experiment.arm]]
name = "two"
share = 0.5
selling_points = 2
[[experiment.arm]]
name = "one"
share = 0.5
selling_points = 1
)"},
};

std::string p_or_dash(double p) { return std::isfinite(p) ? rounded_number_text(p, 2) : "-"; }

Json json_of(const Effect& e) {
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}, {"p", e.p}};
}

Json json_of(const ArmOutcome& arm) {
  return {{"arm", arm.name},
          {"shoppers", arm.shoppers},
          {"impressions", arm.totals.impressions},
          {"clicks", arm.totals.clicks},
          {"rate", json_of(arm.rate)},
          {"expected_rate", arm.totals.expected / arm.totals.impressions},
          {"expected_rate_none", arm.totals.expected_none / arm.totals.impressions},
          {"expected_rate_best", arm.totals.expected_best / arm.totals.impressions}};
}

Covariances<2> units_of(const SimulationResult& result, size_t arm) {
  Covariances<2> units;
  for (size_t u = 0; u < result.arm.size(); ++u) {
    const ShopperTotals& t = result.totals[u];
    if (result.arm[u] == arm && t.impressions > 0) units.add({t.clicks, t.impressions});
  }
  return units;
}

}  // namespace

std::span<const Table2Row> table2_rows() { return kRows; }

Result<ArmOutcome> outcome_of(const SimulationResult& result, const std::string& arm) {
  const auto found = std::ranges::find(result.arms, arm);
  if (found == result.arms.end()) {
    return bad_data("no shopper was in the arm \"" + arm +
                    "\"; more shoppers, days or searches are needed");
  }
  const auto number = static_cast<size_t>(found - result.arms.begin());
  ArmOutcome out;
  out.name = arm;
  for (size_t u = 0; u < result.arm.size(); ++u) {
    const ShopperTotals& t = result.totals[u];
    if (result.arm[u] != number || t.impressions == 0) continue;
    ++out.shoppers;
    out.totals.impressions += t.impressions;
    out.totals.clicks += t.clicks;
    out.totals.expected += t.expected;
    out.totals.expected_none += t.expected_none;
    out.totals.expected_best += t.expected_best;
  }
  out.rate = mean_interval(ratio_moments(units_of(result, number), 0, 1));
  return out;
}

Result<ArmComparison> compare_arms(const SimulationResult& result, const std::string& control,
                                   const std::string& treatment) {
  ArmComparison out;
  for (const auto& [name, arm] :
       {std::pair(&control, &out.control), {&treatment, &out.treatment}}) {
    Result<ArmOutcome> outcome = outcome_of(result, *name);
    if (!outcome.ok()) return outcome.status();
    *arm = std::move(*outcome);
  }
  const auto units = [&](const std::string& arm) {
    const auto number = std::ranges::find(result.arms, arm) - result.arms.begin();
    return ratio_moments(units_of(result, static_cast<size_t>(number)), 0, 1);
  };
  out.lift = relative_lift(units(control), units(treatment));
  const ShopperTotals &c = out.control.totals, &t = out.treatment.totals;
  out.naive_p = two_proportion_z(c.clicks, c.impressions, t.clicks, t.impressions).p;
  out.expected_lift = (t.expected / t.impressions) / (c.expected / c.impressions) - 1;
  out.gain = t.expected / t.expected_none - 1;
  out.best_gain = t.expected_best / t.expected_none - 1;
  return out;
}

std::string to_text(const std::vector<Table2Outcome>& rows) {
  std::string out =
      "The paper's Table 2, and the same experiments in this world. The lift of the click-through "
      "rate\n"
      "is that of the arm with the intervals and p values clustered by shopper; \"z p\" takes "
      "impressions\n"
      "as independent, as the paper does; \"expected\" is of the known probabilities, without "
      "noise.\n"
      "The reading of titles is calibrated on rows 1 and 3, so that the others are "
      "predictions.\n\n";
  for (const Table2Outcome& row : rows) {
    const ArmComparison& c = row.comparison;
    const double impressions = c.control.totals.impressions + c.treatment.totals.impressions;
    out += "row " + std::to_string(row.row->number) + "  " + row.row->question + "\n";
    out += "  paper  " + signed_percent_text(row.row->paper_lift, 2) + "  P " +
           p_or_dash(row.row->paper_p) + "  " + number_text(row.row->paper_impressions / 1e6, 2) +
           " M impressions\n";
    out += "  here   " + signed_percent_text(c.lift.value, 2) + " [" +
           signed_percent_text(c.lift.low, 2) + ", " + signed_percent_text(c.lift.high, 2) +
           "]  P " + p_or_dash(c.lift.p) + "  z p " + p_or_dash(c.naive_p) + "  expected " +
           signed_percent_text(c.expected_lift, 2) + "  " + number_text(impressions / 1e6, 2) +
           " M impressions\n";
    for (const ArmOutcome& arm : row.arms) {
      const ShopperTotals& t = arm.totals;
      out += "    " + arm.name + std::string(arm.name.size() < 16 ? 16 - arm.name.size() : 1, ' ') +
             " CTR " + number_text(100 * arm.rate.value, 3) + "%  " + std::to_string(arm.shoppers) +
             " shoppers  over the same pages' own titles " +
             signed_percent_text(t.expected / t.expected_none - 1, 2) + "  best possible " +
             signed_percent_text(t.expected_best / t.expected_none - 1, 2) + "\n";
    }
  }
  return out;
}

std::string to_json(const std::vector<Table2Outcome>& rows) {
  Json out = Json::array();
  for (const Table2Outcome& row : rows) {
    const ArmComparison& c = row.comparison;
    Json json = {{"row", row.row->number},
                 {"question", row.row->question},
                 {"paper",
                  {{"lift", row.row->paper_lift},
                   {"p", row.row->paper_p},
                   {"impressions", row.row->paper_impressions}}},
                 {"control", row.row->control},
                 {"treatment", row.row->treatment},
                 {"lift", json_of(c.lift)},
                 {"naive_p", c.naive_p},
                 {"expected_lift", c.expected_lift},
                 {"gain", c.gain},
                 {"best_gain", c.best_gain},
                 {"arms", Json::array()}};
    for (const ArmOutcome& arm : row.arms) json["arms"].push_back(json_of(arm));
    out.push_back(std::move(json));
  }
  return out.dump(2) + "\n";
}

}  // namespace barker
