// The five A/B tests of the paper's Table 2 as experiments of the plugin, and what the simulated
// shoppers say of them beside what the paper says.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "index/simulation/simulation.h"
#include "models/experiment/statistics.h"

namespace barker {

struct Table2Row {
  int number;
  const char* control;    // arm
  const char* treatment;  // arm
  const char* question;
  double paper_lift, paper_p;
  double paper_impressions;
  const char* experiment;  // TOML, plugin/EXPERIMENTS.md
};

std::span<const Table2Row> table2_rows();

// An arm of a simulation.
struct ArmOutcome {
  std::string name;
  uint64_t shoppers = 0;
  ShopperTotals totals;  // sums
  Effect rate;           // clicks by impression with its interval, clustered by shopper
};

// One comparison, each figure of `treatment` over `control`.
struct ArmComparison {
  ArmOutcome control, treatment;
  Effect lift;                 // relative, of click-through rates, clustered by shopper
  double naive_p = NAN;        // of the two-proportion z test that the paper uses
  double expected_lift = NAN;  // of the known probabilities, without the noise of the clicks
  // Of the treatment's own pages: the relative gain over the merchants' titles that its selling
  // points have, and the gain of those that each shopper likes best.
  double gain = NAN, best_gain = NAN;
};

// bad_data where an arm has no shopper.
Result<ArmOutcome> outcome_of(const SimulationResult& result, const std::string& arm);
Result<ArmComparison> compare_arms(const SimulationResult& result, const std::string& control,
                                   const std::string& treatment);

struct Table2Outcome {
  const Table2Row* row;
  ArmComparison comparison;
  std::vector<ArmOutcome> arms;  // all of the experiment
};

std::string to_text(const std::vector<Table2Outcome>& rows);
std::string to_json(const std::vector<Table2Outcome>& rows);

}  // namespace barker
