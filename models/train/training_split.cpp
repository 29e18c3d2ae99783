#include "models/train/training_split.h"

#include <algorithm>
#include <string>

#include "models/train/batch.h"

namespace barker {

Status check_classes(const Dataset& data, Split split, Task task) {
  const char* splits[] = {"training", "validation", "test"};
  const char* shown[] = {"SF impressions", "ad impressions"};
  const std::string where = std::string("the ") + splits[static_cast<int>(split)] + " split has ";
  const std::string what = shown[static_cast<int>(task)];
  const uint64_t all = data.instances_of(split, task), clicks = data.clicks_of(split, task);
  if (all == 0) {
    return bad_data(where + "no " + what +
                    (task == Task::kAuxiliary ? ": train BM or ABM, which need none" : ""));
  }
  if (clicks == 0 || clicks == all) {
    return bad_data(where + std::to_string(all) + " " + what + ", all of them " +
                    (clicks ? "clicked" : "not clicked") + ": nothing to learn");
  }
  return {};
}

size_t places_of_ads(const Dataset& data) {
  size_t places = 1;
  for (const uint32_t s : data.searches_of(Split::kTrain, Task::kAuxiliary)) {
    const SearchView search = data.search(s);
    if (search.ad_position.empty()) {
      places = std::max(places, search.ads.size());
    } else {
      places = std::max<size_t>(places, std::ranges::max(search.ad_position));
    }
  }
  return std::min(places, static_cast<size_t>(kPlaces));
}

}  // namespace barker
