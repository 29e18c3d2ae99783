#include "models/experiment/log_arms.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace barker {
namespace {

constexpr int64_t kShortestLook = 3'600'000;  // ms

// What a user did in an experiment or a part of it.
struct Sums {
  double clicks = 0, ads = 0, pages = 0, revenue = 0, bypassed = 0, sf_clicks = 0;
  double milliseconds = 0, timed = 0;  // of pages whose time is known
  double opted_out = 0;                // 1: the user did

  void add(const UserPage& page) {
    clicks += page.clicks;
    ads += page.ads;
    pages += 1;
    revenue += page.revenue;
    bypassed += page.is_bypassed;
    sf_clicks += page.sf_clicks;
    if (page.is_opted_out) opted_out = 1;
    if (std::isnan(page.took_us)) return;
    milliseconds += page.took_us / 1000;
    timed += 1;
  }
};

bool is_wanted(const RawArm& arm, const std::string& wanted) {
  return wanted.empty() || wanted == arm.experiment || wanted == arm.layer + "/" + arm.experiment;
}

}  // namespace

Status LogArms::read(const std::vector<std::string>& paths, const LogArmsOptions& options) {
  if (Status s = pages_.read(paths, options.pages); !s.ok()) return s;
  if (Status s = number_arms(options.experiment); !s.ok()) return s;
  constexpr auto kLooks = static_cast<int64_t>(LogArm::kLooks);
  const int64_t span = std::max<int64_t>(0, pages_.counts().last - pages_.counts().first) + 1;
  look_ms_ = std::max<int64_t>(kShortestLook, (span + kLooks - 1) / kLooks);
  looks_ = static_cast<size_t>((span + look_ms_ - 1) / look_ms_);
  return pages_.for_each_user([&](const UserPage* begin, const UserPage* end) -> Status {
    add_user(begin, end, options.is_aa);
    return {};
  });
}

// Numbers experiments and arms by their names' order, so that the log's order does not matter.
Status LogArms::number_arms(const std::string& wanted) {
  std::map<std::pair<std::string, std::string>, std::map<std::string, uint32_t>> found;
  for (const LogPages::ArmSet& set : pages_.arm_sets()) {
    for (const RawArm& arm : set) {
      if (is_wanted(arm, wanted)) found[{arm.layer, arm.experiment}].emplace(arm.arm, 0);
    }
  }
  if (found.empty()) {
    const LogCounts& counts = pages_.counts();
    std::string why = wanted.empty() ? "the log has no page with an arm of an experiment"
                                     : "the log has no page of the experiment \"" + wanted + "\"";
    if (counts.bad_lines > 0) {
      const std::string& bad = pages_.bad_lines();
      why += "; " + std::to_string(counts.bad_lines) + " of its " + std::to_string(counts.lines) +
             " lines cannot be used, the first: " + bad.substr(0, bad.find('\n'));
    }
    return bad_data(why);
  }
  for (auto& [name, arms] : found) {
    LogExperiment& experiment = experiments_.emplace_back();
    std::tie(experiment.layer, experiment.name) = name;
    for (auto& [arm, number] : arms) {
      number = static_cast<uint32_t>(experiment.arms.size());
      experiment.arms.emplace_back().data.name = arm;
      experiment.arms.back().data.segments.resize(pages_.segments().size());
    }
    experiment.numbers = arms;
  }
  for (const LogPages::ArmSet& set : pages_.arm_sets()) {
    std::vector<Place>& places = places_of_set_.emplace_back(experiments_.size());
    for (size_t e = 0; e < experiments_.size(); ++e) {
      for (const RawArm& arm : set) {
        if (arm.layer == experiments_[e].layer && arm.experiment == experiments_[e].name) {
          places[e] = {static_cast<int>(experiments_[e].numbers.at(arm.arm)), arm.policy};
        }
      }
    }
  }
  find_policies();
  find_weights();
  return {};
}

void LogArms::find_policies() {
  const LogPages::PolicyTimesOfArms& known = pages_.policy_times();
  for (LogExperiment& experiment : experiments_) {
    std::vector<std::vector<DigestTimes::Change>> changes;
    for (const LogArm& arm : experiment.arms) {
      const auto times = known.find({experiment.layer, experiment.name, arm.data.name});
      changes.push_back(times == known.end() ? std::vector<DigestTimes::Change>()
                                             : times->second.changes());
    }
    experiment.policies = DigestPeriods(changes);
  }
}

void LogArms::find_weights() {
  const std::vector<DigestTimes::Change> changes = pages_.weights_times().changes();
  if (changes.empty()) return;
  const std::vector<LogPages::Weights>& known = pages_.weights();
  weights_periods_ = DigestPeriods({changes});
  for (uint32_t period = 0; period < weights_periods_.size(); ++period) {
    const auto of =
        std::ranges::find(known, weights_periods_.digests(period)[0], &LogPages::Weights::digest);
    weights_in_force_.push_back(static_cast<uint32_t>(of - known.begin()));
  }
}

uint32_t LogArms::weights_of(const UserPage& page) const {
  const LogPages::Weights& named = pages_.weights()[page.weights];
  const bool is_known = named.generation == 0 || !named.digest.empty();
  if (is_known || weights_in_force_.empty()) return page.weights;
  return weights_in_force_[weights_periods_.at(page.time)];
}

void LogArms::add_user(const UserPage* begin, const UserPage* end, bool is_aa) {
  std::vector<int> placed(experiments_.size(), -1);
  for (size_t e = 0; e < experiments_.size(); ++e) placed[e] = add_user_to(e, begin, end);
  for (size_t e = 0; e < placed.size(); ++e) {
    for (size_t f = e + 1; f < placed.size(); ++f) {
      if (placed[e] >= 0 && placed[f] >= 0) ++together_[{e, f}][{placed[e], placed[f]}];
    }
  }
  if (!is_aa) return;
  Sums all;
  for (const UserPage* page = begin; page != end; ++page) all.add(*page);
  splits_.add(begin->key, all.clicks, all.ads);
}

// The arm of the user in experiment `e`, or -1: none, or two, in which case the user is left out.
int LogArms::add_user_to(size_t e, const UserPage* begin, const UserPage* end) {
  LogExperiment& experiment = experiments_[e];
  int arm = -1;
  for (const UserPage* page = begin; page != end; ++page) {
    const int here = places_of_set_[page->arms][e].arm;
    if (here >= 0 && arm >= 0 && here != arm) {
      ++experiment.in_two_arms;
      return -1;
    }
    arm = here >= 0 ? here : arm;
  }
  if (arm < 0) return -1;
  LogArm& to = experiment.arms[static_cast<size_t>(arm)];
  Sums sums, before;
  struct InPeriod {
    Sums sums;
    int64_t first;
  };
  std::map<LogArm::Period, InPeriod> by_period;
  const UserPage* first = nullptr;
  size_t look = 0;  // the first one that is not written
  for (const UserPage* page = begin; page != end; ++page) {
    const Place& place = places_of_set_[page->arms][e];
    if (place.arm < 0) {
      if (!first) before.add(*page);
      continue;
    }
    const size_t at = look_of(page->time);
    if (!first) look = at;
    first = first ? first : page;
    for (; look < at; ++look) to.looks[look].add({sums.clicks, sums.ads});
    sums.add(*page);
    const uint32_t period = experiment.policies.at(page->time);
    const std::string& in_force = experiment.policies.digests(period)[static_cast<size_t>(arm)];
    const uint32_t weights = weights_of(*page);
    if (weights != page->weights) ++experiment.without_digest;
    // An older server names no policy, which is no sign that it has another one.
    if (place.policy.empty() || place.policy == in_force) {
      // Pages come in the order of time.
      by_period.try_emplace({period, weights}, InPeriod{Sums(), page->time})
          .first->second.sums.add(*page);
    } else {
      ++experiment.by_other_policies;
    }
    ++experiment.pages;
    to.first = std::min(to.first, page->time);
    to.last = std::max(to.last, page->time);
  }
  for (; look < looks_; ++look) to.looks[look].add({sums.clicks, sums.ads});
  const Covariances<4>::Row row = {sums.clicks, sums.ads, before.clicks, before.ads};
  to.data.units.add(row);
  to.data.segments[first->segment].add(row);
  to.guarded.add({sums.clicks, sums.ads, sums.pages, sums.revenue, sums.bypassed, sums.sf_clicks, 1,
                  sums.milliseconds, sums.timed, sums.opted_out});
  for (const auto& [period, part] : by_period) {
    LogArm::InPeriod& in_period = to.periods[period];
    in_period.units.add({part.sums.clicks, part.sums.ads});
    in_period.first = std::min(in_period.first, part.first);
  }
  return arm;
}

}  // namespace barker
