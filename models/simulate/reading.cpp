#include "models/simulate/reading.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/simulate/market.h"

namespace barker {

double click_probability(const ReadingModel& model, const TitleRead& title) {
  const auto before = static_cast<double>(title.before.size());
  const double in_title = model.title * std::max(0.0, 1 - model.taken * before);
  const double prefixed = title.is_marked ? model.highlight : model.prefix;
  std::vector<std::pair<double, double>> points;  // liking, P(read)
  for (const double liking : title.in_title) points.emplace_back(liking, in_title);
  for (const double liking : title.before) points.emplace_back(liking, prefixed);
  std::ranges::sort(points, std::greater<>(), &std::pair<double, double>::first);
  const double clutter = model.clutter * std::max(0.0, before - 2);
  // The best one read is the i-th where it is read and none that is liked better is. One that is
  // disliked counts as none.
  double clicks = 0, nothing_better = 1;
  for (const auto& [liking, read] : points) {
    if (liking <= 0) break;
    clicks += nothing_better * read * ad_click_probability(liking - clutter);
    nothing_better *= 1 - read;
  }
  return clicks + nothing_better * ad_click_probability(-clutter);
}

double look_probability(const ReadingModel& model, size_t position) {
  return std::pow(static_cast<double>(position), -model.position);
}

}  // namespace barker
