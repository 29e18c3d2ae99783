#include "plugin/query.h"

#include <algorithm>
#include <ctime>

#include "plugin/request.h"

namespace barker {
namespace {

uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

Query::Query(const barker_request& request, barker_response& response, const Config& config,
             const RuledGeneration& weights, const Rules& rules, Workspace& workspace,
             Counters& counters, bool exact)
    : request_(request),
      response_(response),
      config_(config),
      weights_(weights),
      rules_(rules),
      g_(*weights.generation),
      n_(g_.network()),
      kernels_(g_.packed.kernels()),
      w_(workspace),
      counters_(counters),
      exact_(exact || config.numbers == Numbers::kExact),
      window_(std::min(request.ad_count, request.window ? request.window : config.window)) {
  if (w_.bound_generation == g_.id) return;
  w_.bound_generation = 0;  // if the memory for a step ends, it is bound to neither
  w_.forward.bind(g_.packed);
  w_.slot_of_row.assign(n_.keyword_rows, kNoSlot);
  w_.distinct_rows.clear();  // rows of the generation before
  w_.bound_generation = g_.id;
}

bool Query::run() {
  uint64_t start = now_ns();
  const auto lap = [&](uint64_t& stage) {
    const uint64_t end = now_ns();
    stage = end - start;
    start = end;
  };
  map_groups();
  if (!map_ads()) return bypass(BARKER_REASON_DEADLINE);
  lap(response_.map_ns);
  w_.forward.set_context(w_.groups);
  if (!score_titles()) return bypass(BARKER_REASON_DEADLINE);
  const Scored ads = score_ads();
  if (ads == Scored::kInPart) return bypass(BARKER_REASON_DEADLINE);
  const Scored candidates = ads == Scored::kAll ? score_candidates() : ads;
  if (candidates == Scored::kNonFinite) return bypass(BARKER_REASON_NON_FINITE);
  bool complete = candidates == Scored::kAll;
  lap(response_.score_ns);
  order_by_score(w_.scores, w_.order);
  complete &= choose();
  lap(response_.choose_ns);
  complete &= rewrite();
  lap(response_.rewrite_ns);
  response_.status = complete ? BARKER_STATUS_RESCORED : BARKER_STATUS_PARTIAL;
  response_.reason = complete ? BARKER_REASON_NONE : BARKER_REASON_DEADLINE;
  return true;
}

bool Query::late() {
  steps_since_look_ = 0;
  is_late_ = is_late_ || (request_.deadline_ns != 0 && now_ns() >= request_.deadline_ns);
  return is_late_;
}

bool Query::late_after(uint64_t steps) {
  steps_since_look_ += steps;
  return steps_since_look_ < kStepsBetweenLooks ? is_late_ : late();
}

bool Query::bypass(int32_t reason) {
  response_.reason = reason;
  return false;
}

barker_ad Query::ad(uint64_t index) const {
  return element(request_.ads, request_.ad_stride, index);
}

bool Query::is_untouched(const barker_ad& a) const {
  return (a.flags & BARKER_AD_OPT_OUT) != 0 || rules_.is_merchant_off(view(a.merchant));
}

std::span<const Candidate> Query::candidates_of(uint64_t ad) const {
  const size_t begin = w_.candidate_begin[ad];
  return {w_.candidates.data() + begin, w_.candidate_begin[ad + 1] - begin};
}

Embeddings Query::embeddings() const { return {kernels_, n_.embedding}; }

}  // namespace barker
