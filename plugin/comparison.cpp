#include "plugin/comparison.h"

#include <algorithm>
#include <cmath>
#include <exception>

#include "plugin/query.h"

namespace barker {

Likeness compare_answers(const Answer& a, const Answer& b) {
  const size_t n = a.size();
  if (n == 0) return {1, 1, 1};
  std::vector<size_t> rank_in_b(n);
  for (size_t rank = 0; rank < n; ++rank) rank_in_b[b[rank].ad] = rank;
  const size_t top = std::min<size_t>(n, BARKER_AGREEMENT_TOP);
  size_t common = 0, same = 0;
  double squares = 0;  // of the differences between ranks
  for (size_t rank = 0; rank < n; ++rank) {
    const size_t other = rank_in_b[a[rank].ad];
    common += rank < top && other < top;
    const double difference = static_cast<double>(rank) - static_cast<double>(other);
    squares += difference * difference;
    const barker_result_ad &x = a[rank], &y = b[other];
    same += std::equal(
        x.chosen, x.chosen + x.chosen_count, y.chosen, y.chosen + y.chosen_count,
        [](const barker_chosen& p, const barker_chosen& q) { return p.index == q.index; });
  }
  const auto size = static_cast<double>(n);
  return {static_cast<double>(common) / static_cast<double>(top),
          n == 1 ? 1 : 1 - 6 * squares / (size * (size * size - 1)),
          static_cast<double>(same) / size};
}

void Comparison::start_anew(uint64_t serving, uint64_t canary) {
  for (Side* side : {&serving_, &canary_}) {
    side->failed = 0;
    side->latency.clear();
  }
  serving_.generation = serving;
  canary_.generation = canary;
  compared_ = answered_ = 0;
  sum_ = {0, 0, 0};
}

void Comparison::add(const barker_request& request, const WorkspacePool::Lease& lease,
                     const Config& config) {
  const Serving& s = lease.serving();
  if (s.weights.generation->id != serving_.generation ||
      s.canary.generation->id != canary_.generation) {
    start_anew(s.weights.generation->id, s.canary.generation->id);
  }
  // In turns: who is asked second finds the query in the caches.
  const bool canary_first = ++compared_ % 2 == 0;
  const bool tried_first = canary_first && ask(request, lease, s.canary, config, canary_);
  const bool served = ask(request, lease, s.weights, config, serving_);
  const bool tried = canary_first ? tried_first : ask(request, lease, s.canary, config, canary_);
  if (!served || !tried) return;
  const Likeness l = compare_answers(serving_.answer, canary_.answer);
  ++answered_;
  sum_.top_overlap += l.top_overlap;
  sum_.rank_correlation += l.rank_correlation;
  sum_.same_selling_points += l.same_selling_points;
}

bool Comparison::ask(const barker_request& request, const WorkspacePool::Lease& lease,
                     const RuledGeneration& weights, const Config& config, Side& side) {
  side.answer.assign(request.ad_count, {});
  barker_response response{};
  response.struct_size = sizeof response;
  response.ads = side.answer.data();
  response.ad_capacity = response.ad_count = request.ad_count;
  response.ad_stride = sizeof(barker_result_ad);
  Counters unused;  // what is compared is not served
  bool answered = false;
  try {
    answered = Query(request, response, config, weights, *lease.serving().rules,
                     lease.workspace_for(weights), unused, /*exact=*/false)
                   .run();
  } catch (const std::exception&) {  // no memory
  }
  if (answered) {
    side.latency.add(response.map_ns + response.score_ns + response.choose_ns +
                     response.rewrite_ns);
  } else {
    ++side.failed;
  }
  return answered;
}

void Comparison::read_agreement(uint64_t serving, uint64_t canary, barker_agreement& out) const {
  out.top_overlap = out.rank_correlation = out.same_selling_points = NAN;
  if (compared_ == 0 || serving != serving_.generation || canary != canary_.generation) return;
  out.serving = serving_.generation;
  out.canary = canary_.generation;
  out.compared = compared_;
  out.serving_failed = serving_.failed;
  out.canary_failed = canary_.failed;
  out.serving_p50_ns = serving_.latency.quantile(0.5);
  out.serving_p99_ns = serving_.latency.quantile(0.99);
  out.canary_p50_ns = canary_.latency.quantile(0.5);
  out.canary_p99_ns = canary_.latency.quantile(0.99);
  if (answered_ == 0) return;
  const auto answered = static_cast<double>(answered_);
  out.top_overlap = sum_.top_overlap / answered;
  out.rank_correlation = sum_.rank_correlation / answered;
  out.same_selling_points = sum_.same_selling_points / answered;
}

}  // namespace barker
