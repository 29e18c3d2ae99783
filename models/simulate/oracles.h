// What can be known in a click world: AUCs on its test period of predictors that know the world's
// parameters and more or less of the user's taste. They say how far a model's AUC is from the best.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/simulate/click_world.h"

namespace barker {

struct OracleAuc {
  std::string name;
  double all = 0;
  // Users by clicks before the test period, main x auxiliary as in Table 3 of the paper:
  // <=6 / >21, <=6 / <=21, >6 / >21, >6 / <=21. NaN where a bin has one class only.
  std::array<double, 4> bins{};
};

//   Bayes-optimal       the true probabilities
//   observable          t_u by maximum a posteriori from demographics and every event of the user
//                       before the test period, clicks and not-clicks: the ceiling of what keeps
//                       state per user
//   observable, no ads  the same without the auxiliary log
//   pooled history      t_u by ridge regression on the mean true meaning of the last 200 clicked
//                       keywords, SFs and title words apart, and demographics: the ceiling of
//                       pooling one bag
//   demographic         t_u = sqrt(rho) base_u
//   no user             t_u = 0
// Test: the last 15% of the period. Runs through the world twice; memory: its test SFs.
std::vector<OracleAuc> oracle_aucs(const ClickWorld& world);

}  // namespace barker
