#include "plugin/comparison.h"

#include <algorithm>
#include <cmath>
#include <exception>

namespace barker {

Likeness compare_answers(const Page& a, const Page& b) {
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

void Comparison::add(const barker_request& request, const Serving& serving,
                     const WorkspacePool::Lease& lease, const Config& config) {
  if (serving.weights.id() != serving_.generation || serving.canary.id() != canary_.generation) {
    start_anew(serving.weights.id(), serving.canary.id());
  }
  const CheckedRequest checked{request};  // a recording has no bad ads
  // The generations are compared, not the arms, and not what is drawn.
  Treatment treatment{config.policy};
  config.fit_to_surface(view(request.surface), treatment.policy);
  treatment.policy.exploration.share = 0;
  if (treatment.policy.by == ChooseBy::kRandom) treatment.policy.by = ChooseBy::kAttraction;
  const auto ask_one = [&](const RuledGeneration& weights, Side& side) {
    return ask(checked, {config, &weights, serving.rules.get(), treatment},
               lease.workspace_for(serving, weights), side);
  };
  // The two take turns, because the one that is asked second finds the query in the caches.
  const bool canary_first = ++compared_ % 2 == 0;
  const bool tried_first = canary_first && ask_one(serving.canary, canary_);
  const bool served = ask_one(serving.weights, serving_);
  const bool tried = canary_first ? tried_first : ask_one(serving.canary, canary_);
  if (!served || !tried) return;
  const Likeness l = compare_answers(serving_.page, canary_.page);
  ++answered_;
  sum_.top_overlap += l.top_overlap;
  sum_.rank_correlation += l.rank_correlation;
  sum_.same_selling_points += l.same_selling_points;
}

bool Comparison::ask(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                     Side& side) {
  bool is_answered = false;
  if (workspace) {
    try {
      answer_query(request, basis, workspace, workspace->answer);
      is_answered = !workspace->answer.is_bypass();
      // A copy: the workspace may be the other side's, too.
      if (is_answered) side.page = workspace->answer.ads;
    } catch (const std::exception&) {  // out of memory
      is_answered = false;
    }
  }
  if (is_answered) {
    side.latency.add(workspace->answer.total_ns());
  } else {
    ++side.failed;
  }
  return is_answered;
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
