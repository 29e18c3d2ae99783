// What the users of an event log did in each arm of its experiments, as sums of which reports are
// made (log_report.h). Users are the units, and the metric is clicks on ads by ads shown. Memory
// does not grow with the log. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/base/result.h"
#include "models/experiment/log_pages.h"
#include "models/experiment/report.h"
#include "models/experiment/split_check.h"

namespace barker {

struct LogArmsOptions {
  LogPagesOptions pages;
  std::string experiment;  // this one alone, "EXPERIMENT" or "LAYER/EXPERIMENT"; empty: all
  bool is_aa = false;      // also split all users at random (split_check.h)
};

struct LogArm {
  static constexpr size_t kLooks = 30;
  using Period = std::pair<uint32_t, uint32_t>;  // of LogExperiment::policies, and weights
  struct InPeriod {
    Covariances<2> units;       // clicks and ads
    int64_t first = INT64_MAX;  // time of its first page
  };

  ArmData data;
  // Clicks, ads, pages, revenue, bypassed pages, SF clicks, 1; then milliseconds and how many pages
  // have them; then 1 where the user opted out.
  Covariances<10> guarded;
  std::map<Period, InPeriod> periods;
  std::array<Covariances<2>, kLooks> looks;     // clicks and ads until then
  int64_t first = INT64_MAX, last = INT64_MIN;  // times of its pages
};

struct LogExperiment {
  std::string full_name() const { return layer.empty() ? name : layer + "/" + name; }

  std::string layer, name;
  std::map<std::string, uint32_t> numbers;  // of arms
  std::vector<LogArm> arms;
  uint64_t in_two_arms = 0;  // number of users that are left out for it
  DigestPeriods policies{{}};
  uint64_t pages = 0;
  // Of them, those by another policy than the one that was in force in their arm. No period has
  // them. Pages that name no policy count to the one in force.
  uint64_t by_other_policies = 0;
  // Of them, those that name no weights, although others do: those of an older server, and those of
  // weights that were replaced at that moment. They count to the weights in force.
  uint64_t without_digest = 0;
};

class LogArms {
 public:
  // Reads all logs. An error names the file, or says that no page has an arm that is wanted.
  Status read(const std::vector<std::string>& paths, const LogArmsOptions& options);

  const LogPages& pages() const { return pages_; }
  const std::vector<LogExperiment>& experiments() const { return experiments_; }  // by layer, name
  const SplitCheck& splits() const { return splits_; }

  // Users in the arms of two experiments, by the numbers of the experiments and of the arms.
  using Together = std::map<std::pair<size_t, size_t>, std::map<std::pair<int, int>, double>>;
  const Together& together() const { return together_; }

  // The log's time is divided into at most LogArm::kLooks looks of equal length.
  size_t looks() const { return looks_; }
  size_t look_of(int64_t time) const {
    return static_cast<size_t>((time - pages_.counts().first) / look_ms_);
  }
  int64_t end_of_look(size_t look) const {
    return pages_.counts().first + static_cast<int64_t>(look + 1) * look_ms_;
  }

 private:
  struct Place {
    int arm = -1;        // -1: not in the experiment
    std::string policy;  // empty: not known
  };

  Status number_arms(const std::string& wanted);
  void find_policies();
  void find_weights();
  uint32_t weights_of(const UserPage& page) const;  // number of those that it counts to
  void add_user(const UserPage* begin, const UserPage* end, bool is_aa);
  int add_user_to(size_t experiment, const UserPage* begin, const UserPage* end);

  LogPages pages_;
  std::vector<LogExperiment> experiments_;
  std::vector<std::vector<Place>> places_of_set_;  // [set of arms][experiment]
  // Which weights were in force, as the numbers of LogPages::weights() by the period of their
  // digest. Empty: no page names any.
  DigestPeriods weights_periods_{{}};
  std::vector<uint32_t> weights_in_force_;
  Together together_;
  int64_t look_ms_ = 1;
  size_t looks_ = 0;
  SplitCheck splits_;
};

}  // namespace barker
