#include "models/train/plan.h"

#include <algorithm>
#include <bit>

namespace barker {

Result<ModelPlan> make_plan(const Dataset& data, const ModelOptions& options) {
  using Source = GroupPlan::Source;
  ModelPlan plan;
  plan.keywords = data.keywords();
  plan.features = data.features();
  plan.groups = {{"hist", Source::kHistory}, {"query", Source::kQuery}};
  if (options.all_groups()) {
    const bool all =
        std::find(options.groups.begin(), options.groups.end(), "*") != options.groups.end();
    std::vector<std::string> names = options.groups;
    if (all) {
      names = {"sfhist"};
      names.insert(names.end(), data.groups().begin(), data.groups().end());
    }
    for (const std::string& name : names) {
      if (name == "sfhist") {
        plan.groups.push_back({name, Source::kSfHistory});
        continue;
      }
      const auto at = std::find(data.groups().begin(), data.groups().end(), name);
      if (at == data.groups().end()) {
        std::string known = "sfhist";
        for (const std::string& g : data.groups()) known += ", " + g;
        return invalid_argument("model.groups: the log has no group \"" + name + "\", only " +
                                known);
      }
      plan.groups.push_back(
          {name, Source::kFeatures, static_cast<size_t>(at - data.groups().begin())});
    }
  }
  if (options.user_id) {
    plan.groups.push_back({"uid", Source::kUserId});
    plan.buckets = options.user_id_buckets
                       ? options.user_id_buckets
                       : std::bit_ceil(std::max<uint32_t>(16, 4 * data.users()));
  }
  return plan;
}

}  // namespace barker
