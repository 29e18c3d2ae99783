#include "models/train/plan.h"

#include <algorithm>
#include <bit>

namespace barker {

Result<ModelPlan> make_plan(const Dataset& data, const ModelOptions& options) {
  ModelPlan plan;
  plan.keywords = data.keywords();
  plan.features = data.features();
  plan.groups = {{kHistoryGroup, GroupSource::kHistory}, {kQueryGroup, GroupSource::kQuery}};
  if (options.all_groups()) {
    const bool all =
        std::find(options.groups.begin(), options.groups.end(), "*") != options.groups.end();
    std::vector<std::string> names = options.groups;
    if (all) {
      names = {kSfHistoryGroup};
      names.insert(names.end(), data.groups().begin(), data.groups().end());
    }
    for (const std::string& name : names) {
      if (group_source(name) == GroupSource::kSfHistory) {
        plan.groups.push_back({name, GroupSource::kSfHistory});
        continue;
      }
      const auto at = std::find(data.groups().begin(), data.groups().end(), name);
      if (at == data.groups().end()) {
        std::string known = kSfHistoryGroup;
        for (const std::string& g : data.groups()) known += ", " + g;
        return invalid_argument("model.groups: the log has no group \"" + name + "\", only " +
                                known);
      }
      plan.groups.push_back(
          {name, GroupSource::kFeatures, static_cast<size_t>(at - data.groups().begin())});
    }
  }
  if (options.user_id) {
    plan.groups.push_back({kUserIdGroup, GroupSource::kUserId});
    plan.buckets = options.user_id_buckets
                       ? options.user_id_buckets
                       : std::bit_ceil(std::max<uint32_t>(16, 4 * data.users()));
  }
  return plan;
}

}  // namespace barker
