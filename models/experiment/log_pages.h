// The event log (models/data/RAW_LOG.md) as pages with their clicks, user by user. Pages and clicks
// are divided by the hash of their request and then of their user into files, so that memory does
// not grow with the log. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/base/result.h"
#include "models/data/join.h"
#include "models/data/raw_event.h"
#include "models/experiment/digest_times.h"
#include "models/experiment/unit_rows.h"

namespace barker {

// A page of a user, with what was clicked on it.
struct UserPage {
  uint64_t key;      // hash of the user, or of the visitor where there is none
  int64_t time;      // milliseconds since the epoch
  uint32_t arms;     // number of the set of arms, in LogPages::arm_sets()
  uint32_t segment;  // number of its name, in LogPages::segments()
  uint32_t weights;  // number of those that answered, in LogPages::weights()
  uint16_t ads, clicks, sf_clicks;
  bool is_bypassed;   // no weights answered
  bool is_opted_out;  // the user opted out because of it
  float revenue;      // of the clicks
  float took_us;      // microseconds of the search; NaN: not known
};

struct LogPagesOptions {
  std::string segment;             // group of features whose first token is the user's segment
  std::string directory = "/tmp";  // for temporary files
};

struct LogCounts {
  uint64_t lines = 0, bad_lines = 0, unfinished_lines = 0;
  uint64_t pages = 0, duplicate_pages = 0;
  uint64_t without_user = 0;                    // pages, which belong to no unit
  uint64_t clicks = 0;                          // lines
  uint64_t joined_clicks = 0;                   // one for each ad or SF of a page
  uint64_t opt_outs = 0;                        // lines
  uint64_t unmatched_opt_outs = 0;              // without a page or its user, or before the page
  uint64_t unmatched_clicks = 0;                // without a page, not on it, too late, or again
  int64_t first = INT64_MAX, last = INT64_MIN;  // times of pages
};

class LogPages {
 public:
  // Reads all logs. An error names the file.
  Status read(const std::vector<std::string>& paths, const LogPagesOptions& options);

  // Calls `use` with the pages of each user, the oldest first. To be called once.
  using Use = std::function<Status(const UserPage* begin, const UserPage* end)>;
  Status for_each_user(const Use& use);

  using ArmSet = std::vector<RawArm>;  // with their policies
  const std::vector<ArmSet>& arm_sets() const { return arm_sets_; }
  // By layer, experiment and arm; of the arms whose pages name policies.
  using PolicyTimesOfArms = std::map<std::array<std::string, 3>, DigestTimes>;
  const PolicyTimesOfArms& policy_times() const { return policy_times_; }
  const std::vector<std::string>& segments() const { return segments_; }
  // Weights are told apart by their digest, or by their generation where a line has none.
  struct Weights {
    std::string digest;
    uint64_t generation;  // 0: none answered
  };
  const std::vector<Weights>& weights() const { return weights_; }
  // When which weights served, by their digests; of the pages that name one.
  const DigestTimes& weights_times() const { return weights_times_; }
  const LogCounts& counts() const { return counts_; }
  const std::string& bad_lines() const { return bad_lines_; }

 private:
  struct Page {
    uint64_t key;  // hash of the request
    UserPage page;
  };
  struct Shown {  // an ad or SF of a page
    uint64_t key;
    uint32_t object;  // hash of the ad's id or of the SF
    float price;      // negative for an SF
  };
  struct Response {  // of a user to a page
    enum class Kind : uint8_t { kAdClick, kSfClick, kOptOut };
    uint64_t key;
    int64_t time;
    uint32_t object;  // that was clicked; 0 for an opt-out
    Kind kind;
  };

  Status add(const RawImpression& shown, const LogPagesOptions& options);
  void add(const RawClick& click);
  void add(const RawOptOut& opt_out);
  Status join();
  void join_page(UserPage& page, const Shown* shown, const Shown* shown_end,
                 const Response* response, const Response* response_end);
  Result<uint32_t> arm_set(const std::vector<RawArm>& arms);
  Result<uint32_t> segment(const RawImpression& shown, const std::string& group);
  Result<uint32_t> weights_of(const RawImpression& shown);

  PartitionedRows<Page> pages_;
  PartitionedRows<Shown> shown_;
  PartitionedRows<Response> responses_;
  PartitionedRows<UserPage> by_user_;
  std::map<std::string, uint32_t> arm_set_numbers_, segment_numbers_, weights_numbers_;
  std::vector<ArmSet> arm_sets_;
  PolicyTimesOfArms policy_times_;
  DigestTimes weights_times_;
  std::vector<std::vector<DigestTimes*>> times_of_set_;  // [set of arms][arm], null: no policy
  std::vector<std::string> segments_;
  std::vector<Weights> weights_;
  const JoinOptions window_ = {};  // in which a click joins its page, as `barker-train join` has it
  LogCounts counts_;
  std::string bad_lines_;
};

}  // namespace barker
