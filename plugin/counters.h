// What a plugin counts. Relaxed atomics: each number is right, their sum over a moment need not be.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "plugin/title_feed.h"

namespace barker {

inline void count(std::atomic<uint64_t>& counter, uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}
inline uint64_t read(const std::atomic<uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

// What one query counted while it ran. It is added to the plugin's counters when its answer has
// reached the caller: an answer that did not fit leaves no trace.
struct QueryCounts {
  uint64_t ads_rescored = 0, titles_rewritten = 0, query_keywords = 0, query_keywords_unknown = 0,
           invalid_utf8 = 0, candidates_scored = 0, candidates_rescored = 0, screen_violations = 0,
           user_tokens = 0, user_tokens_unknown = 0, candidates = 0, candidates_unknown = 0,
           groups_ignored = 0, unknown_surfaces = 0, user_states = 0, user_states_other_tower = 0,
           user_states_damaged = 0;
  std::array<uint64_t, kFeedRules> titles_by_rule{};  // [FeedRule] on which it fired

  void count_title(FeedRuleMask fired) {
    for (size_t i = 0; fired != 0; ++i, fired >>= 1) titles_by_rule[i] += fired & 1;
  }

  void add(const QueryCounts& other) {
    ads_rescored += other.ads_rescored;
    titles_rewritten += other.titles_rewritten;
    query_keywords += other.query_keywords;
    query_keywords_unknown += other.query_keywords_unknown;
    invalid_utf8 += other.invalid_utf8;
    candidates_scored += other.candidates_scored;
    candidates_rescored += other.candidates_rescored;
    screen_violations += other.screen_violations;
    user_tokens += other.user_tokens;
    user_tokens_unknown += other.user_tokens_unknown;
    candidates += other.candidates;
    candidates_unknown += other.candidates_unknown;
    groups_ignored += other.groups_ignored;
    unknown_surfaces += other.unknown_surfaces;
    user_states += other.user_states;
    user_states_other_tower += other.user_states_other_tower;
    user_states_damaged += other.user_states_damaged;
    for (size_t i = 0; i < kFeedRules; ++i) titles_by_rule[i] += other.titles_by_rule[i];
  }
};

// What the plugin has counted since it was made.
struct Counters {
  std::atomic<uint64_t> queries{0}, rescored{0}, partial{0}, bypassed{0}, errors{0},
      ads_rescored{0}, titles_rewritten{0}, loads{0}, loads_refused{0}, query_keywords{0},
      query_keywords_unknown{0}, invalid_utf8{0}, candidates_scored{0}, candidates_rescored{0},
      screen_violations{0}, user_tokens{0}, user_tokens_unknown{0}, candidates{0},
      candidates_unknown{0}, groups_ignored{0}, bad_ads{0}, unknown_surfaces{0}, user_states{0},
      user_states_other_tower{0}, user_states_damaged{0}, user_states_learned{0};
  std::array<std::atomic<uint64_t>, kFeedRules> titles_by_rule{};  // [FeedRule]

  void add(const QueryCounts& q) {
    const auto add_to = [](std::atomic<uint64_t>& counter, uint64_t by) {
      if (by > 0) count(counter, by);  // an atomic addition costs more than a look
    };
    add_to(ads_rescored, q.ads_rescored);
    add_to(titles_rewritten, q.titles_rewritten);
    add_to(query_keywords, q.query_keywords);
    add_to(query_keywords_unknown, q.query_keywords_unknown);
    add_to(invalid_utf8, q.invalid_utf8);
    add_to(candidates_scored, q.candidates_scored);
    add_to(candidates_rescored, q.candidates_rescored);
    add_to(screen_violations, q.screen_violations);
    add_to(user_tokens, q.user_tokens);
    add_to(user_tokens_unknown, q.user_tokens_unknown);
    add_to(candidates, q.candidates);
    add_to(candidates_unknown, q.candidates_unknown);
    add_to(groups_ignored, q.groups_ignored);
    add_to(unknown_surfaces, q.unknown_surfaces);
    add_to(user_states, q.user_states);
    add_to(user_states_other_tower, q.user_states_other_tower);
    add_to(user_states_damaged, q.user_states_damaged);
    for (size_t i = 0; i < kFeedRules; ++i) add_to(titles_by_rule[i], q.titles_by_rule[i]);
  }
};

// Durations in buckets an eighth of an octave wide.
class LatencyHistogram {
 public:
  static constexpr unsigned kBits = 3;  // 2^3 buckets an octave
  static constexpr size_t kBuckets = (64 - kBits + 1) << kBits;

  void add(uint64_t ns) { count(buckets_[bucket_of(ns)]); }

  // The upper end of the bucket in which the share `q` of the durations is reached; 0: there are
  // none.
  uint64_t quantile(double q) const {
    uint64_t total = 0, seen = 0;
    for (const auto& bucket : buckets_) total += read(bucket);
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += read(buckets_[i]);
      if (seen > 0 && static_cast<double>(seen) >= q * static_cast<double>(total)) return end_of(i);
    }
    return 0;
  }

  // Calls `use` with the first and last nanosecond of each bucket that is not empty, in order, and
  // with its count.
  template <typename Use>
  void for_each(Use use) const {
    for (size_t i = 0; i < kBuckets; ++i) {
      if (const uint64_t queries = read(buckets_[i]); queries > 0) {
        use(i == 0 ? 0 : end_of(i - 1) + 1, end_of(i), queries);
      }
    }
  }

  void clear() {
    for (auto& bucket : buckets_) bucket = 0;
  }

 private:
  static size_t bucket_of(uint64_t ns) {
    if (ns < (uint64_t{1} << kBits)) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - kBits;
    return ((size_t{shift} + 1) << kBits) + ((ns >> shift) - (uint64_t{1} << kBits));
  }
  static uint64_t end_of(size_t bucket) {
    if (bucket < (size_t{1} << kBits)) return bucket;
    const size_t shift = (bucket >> kBits) - 1;
    const uint64_t within = (bucket & ((size_t{1} << kBits) - 1)) + (uint64_t{1} << kBits);
    return (within << shift) + ((uint64_t{1} << shift) - 1);
  }

  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
};

// What was counted of the queries that one generation answered.
struct GenerationCounters {
  std::atomic<uint64_t> queries{0}, rescored{0}, partial{0}, bypassed{0}, non_finite{0},
      internal{0};
  LatencyHistogram latency;  // of those that were not bypassed
};

}  // namespace barker
