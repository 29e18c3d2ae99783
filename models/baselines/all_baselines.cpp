#include "models/baselines/all_baselines.h"

#include "models/baselines/boosted_trees.h"
#include "models/baselines/dmp_dgbm.h"
#include "models/baselines/im12cp_wqi.h"
#include "models/baselines/lstm_pso.h"
#include "models/baselines/rf_ffgm.h"
#include "models/baselines/two_tower.h"

namespace barker {

std::vector<std::string> all_baseline_names() {
  std::vector<std::string> names = baseline_names();
  names.insert(names.end(),
               {"boosted-trees", "two-tower", "dmp-dgbm", "lstm-pso", "im12cp-wqi", "rf-ffgm"});
  return names;
}

std::unique_ptr<Baseline> make_any_baseline(std::string_view name) {
  if (name == "boosted-trees") return make_boosted_trees();
  if (name == "two-tower") return make_two_tower();
  if (name == "dmp-dgbm") return make_dmp_dgbm();
  if (name == "lstm-pso") return make_lstm_pso();
  if (name == "im12cp-wqi") return make_im12cp_wqi();
  if (name == "rf-ffgm") return make_rf_ffgm();
  return make_baseline(name);
}

}  // namespace barker
