// How a model judges selling points that its training never saw beside those that it saw. Pure
// functions; any thread.
//
// The rows that are compared are pooled over all searches. To look only at searches in which an
// unseen word was clicked would flatter a model that overrates whatever is new.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"

namespace barker {

struct UnseenWords {
  Interval unseen_auc, seen_auc;  // by user
  // P(score of a clicked unseen word > score of a seen one that was not clicked), and the reverse:
  // clicked seen over unseen not clicked. Ties count one half. Both are above 0.5 where the two
  // kinds are on one scale.
  double unseen_over_seen = 0, seen_over_unseen = 0;
  double unseen_mean = 0, seen_mean = 0;  // of the predicted probability
};

// How many instances of each kind there are, and which share of them was clicked.
struct UnseenCounts {
  uint64_t unseen = 0, seen = 0;
  double unseen_rate = 0, seen_rate = 0;
};

enum class WordKind : uint8_t { kSeen, kUnseen, kOther };  // kOther is not judged

// The instances of one kind, as indices of the table.
std::vector<uint32_t> instances_of_kind(std::span<const WordKind> kinds, WordKind kind);

// kinds and probability have an entry for each instance of the table.
UnseenCounts count_unseen(const InstanceTable& table, std::span<const WordKind> kinds);
UnseenWords judge_unseen(const InstanceTable& table, std::span<const WordKind> kinds,
                         const std::vector<float>& probability, int draws, uint64_t seed);

// AUC of `probability` minus that of `base`, on instances of one kind.
Interval unseen_difference(const InstanceTable& table, std::span<const WordKind> kinds,
                           WordKind kind, const std::vector<float>& probability,
                           const std::vector<float>& base, int draws, uint64_t seed);

}  // namespace barker
