#include "models/train/propensity_weights.h"

#include <algorithm>
#include <cmath>

#include "models/base/number_text.h"

namespace barker {
namespace {

struct Propensities {
  std::span<const float> values;  // empty: the log has none
  size_t shown;

  float operator[](size_t i) const {
    return values.empty() || std::isnan(values[i]) ? 1.0f : values[i];
  }
  bool is_known(size_t i) const { return !values.empty() && !std::isnan(values[i]); }
};

Propensities propensities_of(const SearchView& search, Task task) {
  return task == Task::kMain ? Propensities{search.sf_propensity, search.sfs.size()}
                             : Propensities{search.ad_propensity, search.ads.size()};
}

}  // namespace

PropensityWeights::PropensityWeights(const Dataset& data, const TrainOptions& options)
    : has_auxiliary_(options.model.auxiliary()) {
  if (options.propensity == PropensityUse::kNone) return;
  floor_ = options.propensity_floor;
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    Sums& sums = sums_[static_cast<size_t>(task)];
    for (const uint32_t index : data.searches_of(Split::kTrain, task)) {
      const Propensities p = propensities_of(data.search(index), task);
      for (size_t i = 0; i < p.shown; ++i) {
        const double weight = 1 / std::max<double>(p[i], floor_);
        ++sums.shown;
        sums.unknown += !p.is_known(i);
        sums.raised += p[i] < floor_;
        sums.weights += weight;
        sums.squares += weight * weight;
      }
    }
    if (sums.shown == 0) continue;
    factor_[static_cast<size_t>(task)] = static_cast<double>(sums.shown) / sums.weights;
  }
}

void PropensityWeights::append(const SearchView& search, Task task, std::vector<float>& to) const {
  const Propensities p = propensities_of(search, task);
  const double factor = factor_[static_cast<size_t>(task)];
  for (size_t i = 0; i < p.shown; ++i) {
    to.push_back(static_cast<float>(factor / std::max<double>(p[i], floor_)));
  }
}

std::string PropensityWeights::text() const {
  static constexpr const char* kWhat[] = {"SFs", "ads"};
  std::string text;
  for (size_t task = 0; are_used() && task < 2; ++task) {
    const Sums& s = sums_[task];
    if (s.shown == 0 || (task == 1 && !has_auxiliary_)) continue;
    const double effective = s.weights * s.weights / s.squares;  // Kish's effective sample size
    text += std::string("weights by inverse propensity: ") + std::to_string(s.shown) + " " +
            kWhat[task] + ", worth " + std::to_string(std::llround(effective)) + " equal ones; " +
            std::to_string(s.unknown) + " without a propensity count as 1, " +
            std::to_string(s.raised) + " below the floor of " + rounded_number_text(floor_, 6) +
            "\n";
  }
  return text;
}

}  // namespace barker
