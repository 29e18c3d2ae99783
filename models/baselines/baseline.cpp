#include "models/baselines/baseline.h"

#include <functional>

#include "models/baselines/collaborative.h"
#include "models/baselines/cooccurrence.h"
#include "models/baselines/popularity.h"

namespace barker {
namespace {

struct Entry {
  const char* name;
  std::function<std::unique_ptr<Baseline>()> make;
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> kEntries = {
      {"popularity", [] { return make_popularity(false); }},
      {"category-popularity", [] { return make_popularity(true); }},
      {"user-cf", [] { return make_collaborative(Collaborative::kUserCf); }},
      {"fucf", [] { return make_collaborative(Collaborative::kFucf); }},
      {"teucf", [] { return make_collaborative(Collaborative::kTeucf); }},
      {"taucf", [] { return make_collaborative(Collaborative::kTaucf); }},
      {"mucf", [] { return make_collaborative(Collaborative::kMucf); }},
      {"mucf-switch", [] { return make_collaborative(Collaborative::kMucfSwitch); }},
      {"cooccurrence", [] { return make_cooccurrence(); }},
  };
  return kEntries;
}

}  // namespace

std::vector<std::string> baseline_names() {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.name);
  return names;
}

std::unique_ptr<Baseline> make_baseline(std::string_view name) {
  for (const Entry& entry : entries()) {
    if (name == entry.name) return entry.make();
  }
  return nullptr;
}

}  // namespace barker
