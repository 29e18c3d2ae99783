#include "models/train/instance_weights.h"

#include <algorithm>
#include <cmath>

#include "models/base/number_text.h"
#include "models/data/period.h"
#include "models/train/half_life.h"

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

std::string count_text(double count) { return std::to_string(std::llround(count)); }

// 1 where no propensities are used.
double inverse(double propensity, double floor) {
  return floor > 0 ? 1 / std::max(propensity, floor) : 1;
}

}  // namespace

InstanceWeights::InstanceWeights(const Dataset& data, const TrainOptions& options,
                                 const std::optional<Increment>& increment)
    : half_life_text_(options.recency_half_life), has_auxiliary_(options.model.auxiliary()) {
  if (options.propensity == PropensityUse::kInverse) floor_ = options.propensity_floor;
  if (floor_ == 0 && half_life_text_.empty()) return;
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    const auto t = static_cast<size_t>(task);
    const auto searches = data.searches_of(Split::kTrain, task);
    if (const auto period = period_of(data, searches)) newest_[t] = period->last;
    const Result<double> half_life =
        half_life_on_clock(kRecencyHalfLife, half_life_text_, newest_[t]);
    if (half_life.ok() && !searches.empty()) half_life_ = *half_life;
    if (increment) {
      const LearnedSearches parts = divide(data, task, *increment);
      add(data, task, parts.fresh, 1);
      if (!parts.past.empty()) {
        add(data, task, parts.past,
            static_cast<double>(parts.past_of_pass(options.increment.past)) /
                static_cast<double>(parts.past.size()));
      }
    } else {
      add(data, task, searches, 1);
    }
    if (sums_[t].shown > 0) factor_[t] = sums_[t].shown / sums_[t].weights;
  }
}

void InstanceWeights::add(const Dataset& data, Task task, std::span<const uint32_t> searches,
                          double share) {
  const auto t = static_cast<size_t>(task);
  Sums& sums = sums_[t];
  for (const uint32_t index : searches) {
    const SearchView search = data.search(index);
    const Propensities p = propensities_of(search, task);
    const double fresh = freshness(search, t);
    for (size_t i = 0; i < p.shown; ++i) {
      const double weight = fresh * inverse(p[i], floor_);
      sums.shown += share;
      sums.unknown += p.is_known(i) ? 0 : share;
      sums.raised += p[i] < floor_ ? share : 0;
      sums.weights += share * weight;
      sums.squares += share * weight * weight;
    }
  }
}

InstanceWeights InstanceWeights::of_calibration(const Dataset& data, const TrainOptions& options) {
  TrainOptions without = options;
  without.recency_half_life.clear();
  return InstanceWeights(data, without);
}

double InstanceWeights::freshness(const SearchView& search, size_t task) const {
  if (half_life_ == 0) return 1;
  return std::exp2(-static_cast<double>(newest_[task] - search.time) / half_life_);
}

void InstanceWeights::append(const SearchView& search, Task task, std::vector<float>& to) const {
  const Propensities p = propensities_of(search, task);
  const auto t = static_cast<size_t>(task);
  const double factor = factor_[t] * freshness(search, t);
  for (size_t i = 0; i < p.shown; ++i) {
    to.push_back(static_cast<float>(factor * inverse(p[i], floor_)));
  }
}

std::string InstanceWeights::text() const {
  static constexpr const char* kWhat[] = {"SFs", "ads"};
  std::string by = floor_ > 0 ? "inverse propensity" : "";
  if (half_life_ > 0)
    by += (by.empty() ? "" : " and ") + ("recency (half-life " + half_life_text_ + ")");
  std::string text;
  for (size_t task = 0; are_used() && task < 2; ++task) {
    const Sums& s = sums_[task];
    if (s.shown == 0 || (task == 1 && !has_auxiliary_)) continue;
    const double effective = s.weights * s.weights / s.squares;  // Kish's effective sample size
    text += "weights by " + by + ": " + count_text(s.shown) + " " + kWhat[task] + ", worth " +
            count_text(effective) + " equal ones";
    if (floor_ > 0) {
      text += "; " + count_text(s.unknown) + " without a propensity count as 1, " +
              count_text(s.raised) + " below the floor of " + rounded_number_text(floor_, 6);
    }
    text += "\n";
  }
  return text;
}

}  // namespace barker
