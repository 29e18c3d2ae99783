// What can be known in a click world: the AUCs, on its test period, of predictors that know the
// parameters of the world and more or less of the user's taste. They say how far the AUC of a model
// is from the best one. Any thread.
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
  // <=6 / >21, <=6 / <=21, >6 / >21, >6 / <=21. NaN if a bin has one class only.
  std::array<double, 4> bins{};
};

//   Bayes-optimal       the true probabilities
//   observable          t_u by maximum a posteriori from demographics and every event of the user
//                       before the test period, whether clicked or not: the best that a model can
//                       do which keeps a state for each user
//   observable, no ads  the same without the auxiliary log
//   pooled history      t_u by ridge regression on the mean true meaning of the last 200 clicked
//                       keywords, SFs and title words apart, and demographics: the best that a
//                       model can do which pools one bag of clicks
//   demographic         t_u = sqrt(rho) base_u
//   no user             t_u = 0
// None of them reads the interest tags, which say a little more of a taste, so that only
// Bayes-optimal is a bound for models that do. With position bias all know how often a place is
// looked at; a model that does not read places cannot reach them.
//
// The test period is the last 15% of the time. The world is run through twice, and the SFs of the
// test period are kept in memory. world.status() must be ok.
std::vector<OracleAuc> oracle_aucs(const ClickWorld& world);

}  // namespace barker
