#include "models/evaluate/unseen_words.h"

#include <limits>
#include <numeric>

namespace barker {
namespace {

double mean_of(const std::vector<float>& values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// P(a clicked instance of one kind scores above a not clicked one of another kind).
double crossed_auc(const InstanceTable& table, std::span<const WordKind> kinds,
                   const std::vector<float>& score, WordKind clicked, WordKind not_clicked) {
  std::vector<float> scores;
  std::vector<uint8_t> labels;
  for (size_t i = 0; i < table.size(); ++i) {
    if (kinds[i] != (table.clicked[i] ? clicked : not_clicked)) continue;
    scores.push_back(score[i]);
    labels.push_back(table.clicked[i]);
  }
  return auc(scores, labels);
}

double click_rate(const InstanceTable& table, const std::vector<uint32_t>& instances) {
  double clicks = 0;
  for (const uint32_t i : instances) clicks += table.clicked[i];
  return clicks / static_cast<double>(instances.size());
}

}  // namespace

std::vector<uint32_t> instances_of_kind(std::span<const WordKind> kinds, WordKind kind) {
  std::vector<uint32_t> instances;
  for (uint32_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == kind) instances.push_back(i);
  }
  return instances;
}

UnseenCounts count_unseen(const InstanceTable& table, std::span<const WordKind> kinds) {
  const std::vector<uint32_t> unseen = instances_of_kind(kinds, WordKind::kUnseen);
  const std::vector<uint32_t> seen = instances_of_kind(kinds, WordKind::kSeen);
  return {unseen.size(), seen.size(), click_rate(table, unseen), click_rate(table, seen)};
}

UnseenWords judge_unseen(const InstanceTable& table, std::span<const WordKind> kinds,
                         const std::vector<float>& probability, int draws, uint64_t seed) {
  const auto auc_of = [&](const std::vector<uint32_t>& of) {
    return auc_by_user(take(probability, of), take(table.clicked, of), take(table.user, of),
                       table.users, draws, seed);
  };
  const std::vector<uint32_t> unseen = instances_of_kind(kinds, WordKind::kUnseen);
  const std::vector<uint32_t> seen = instances_of_kind(kinds, WordKind::kSeen);
  return {auc_of(unseen),
          auc_of(seen),
          crossed_auc(table, kinds, probability, WordKind::kUnseen, WordKind::kSeen),
          crossed_auc(table, kinds, probability, WordKind::kSeen, WordKind::kUnseen),
          mean_of(take(probability, unseen)),
          mean_of(take(probability, seen))};
}

Interval unseen_difference(const InstanceTable& table, std::span<const WordKind> kinds,
                           WordKind kind, const std::vector<float>& probability,
                           const std::vector<float>& base, int draws, uint64_t seed) {
  const std::vector<uint32_t> of = instances_of_kind(kinds, kind);
  return auc_difference_by_user(take(probability, of), take(base, of), take(table.clicked, of),
                                take(table.user, of), table.users, draws, seed);
}

}  // namespace barker
