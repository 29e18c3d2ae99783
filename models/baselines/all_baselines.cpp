#include "models/baselines/all_baselines.h"

#include "models/baselines/boosted_trees.h"
#include "models/baselines/two_tower.h"

namespace barker {

std::vector<std::string> all_baseline_names() {
  std::vector<std::string> names = baseline_names();
  names.insert(names.end(), {"boosted-trees", "two-tower"});
  return names;
}

std::unique_ptr<Baseline> make_any_baseline(std::string_view name) {
  if (name == "boosted-trees") return make_boosted_trees();
  if (name == "two-tower") return make_two_tower();
  return make_baseline(name);
}

}  // namespace barker
