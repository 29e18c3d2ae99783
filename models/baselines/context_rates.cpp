#include "models/baselines/context_rates.h"

namespace barker {

void ContextRates::count(const Dataset& data, std::optional<int64_t> before) {
  of_category.clear();
  of_feature.clear();
  for (const uint32_t s : data.searches_of(Split::kTrain, Task::kMain)) {
    const SearchView search = data.search(s);
    if (before && search.time >= *before) continue;
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      const uint32_t v = search.sfs[i];
      if (v == kUnknownKeyword) continue;
      of_category.add(search.category, v, search.sf_clicked[i]);
      for (size_t g = 0; g < data.groups().size(); ++g) {
        for (const uint32_t f : data.group(s, g).features) {
          of_feature.add(f, v, search.sf_clicked[i]);
        }
      }
    }
  }
}

}  // namespace barker
