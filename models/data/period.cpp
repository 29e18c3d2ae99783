#include "models/data/period.h"

#include <algorithm>

namespace barker {
namespace {

void widen(std::optional<Period>& period, int64_t time) {
  if (!period) period = {time, time};
  period->first = std::min(period->first, time);
  period->last = std::max(period->last, time);
}

}  // namespace

std::optional<Period> period_of(const Dataset& data, std::span<const uint32_t> searches) {
  std::optional<Period> period;
  for (const uint32_t search : searches) widen(period, data.search(search).time);
  return period;
}

std::optional<Period> period_of(const Dataset& data, Split split) {
  std::optional<Period> period;
  for (uint32_t s = 0; s < data.searches(); ++s) {
    const SearchView search = data.search(s);
    if (search.split == split) widen(period, search.time);
  }
  return period;
}

}  // namespace barker
