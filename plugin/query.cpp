#include "plugin/query.h"

#include <algorithm>
#include <ctime>

#include "plugin/catalogue_chunk.h"
#include "plugin/request.h"

namespace barker {
namespace {

uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace

Query::Query(const CheckedRequest& request, const Basis& basis, Workspace& workspace,
             Answer& answer)
    : checked_(request),
      request_(request.request),
      config_(basis.config),
      profile_(config_.profile(view(request_.surface))),
      title_(config_.title_for(profile_)),
      weights_(*basis.weights),
      rules_(*basis.rules),
      g_(*weights_.generation),
      n_(g_.network()),
      kernels_(g_.packed.kernels()),
      w_(workspace),
      answer_(answer),
      counts_(answer.counts),
      policy_(basis.treatment.policy),
      explores_(basis.treatment.explores()),
      choice_(policy_.choice(explores_)),
      // A screen is certified for the choice by logits alone.
      exact_(basis.is_exact || config_.numbers == Numbers::kExact || policy_.draws() ||
             policy_.by != ChooseBy::kAttraction),
      seed_(basis.treatment.seed),
      window_(std::min(request_.ad_count, request_.window ? request_.window : config_.window)),
      shown_(std::min(window_, request_.shown ? request_.shown : window_)),
      lap_start_ns_(now_ns()) {
  counts_.unknown_surfaces += request_.surface.size > 0 && !profile_;
  if (w_.bound_generation == g_.id) return;
  w_.bound_generation = 0;  // if bind() runs out of memory, the workspace is bound to neither
  w_.forward.bind(g_.packed);
  w_.user_mean.resize(n_.dot_dim);
  w_.bound_generation = g_.id;
}

bool Query::set_context() {
  map_groups();
  if (late()) return bypass(BARKER_REASON_DEADLINE);
  lap(answer_.map_ns);
  for (size_t g = 0; g < w_.groups.size(); ++g) {
    if (late_after(kStepsPerLookUp * w_.groups[g].count)) return bypass(BARKER_REASON_DEADLINE);
    w_.forward.pool_group(g, w_.groups[g]);
  }
  w_.forward.finish_context();
  if (request_.user_state_size > 0) add_user_state();
  lap(answer_.score_ns);
  return true;
}

void Query::add_user_state() {
  const std::string_view bytes(static_cast<const char*>(request_.user_state),
                               request_.user_state_size);
  switch (read_user_mean(bytes, g_.tower_version, w_.user_mean)) {
    case UserStateUse::kNone:
      return;
    case UserStateUse::kUsed:
      ++counts_.user_states;
      return w_.forward.add_user_state(w_.user_mean);
    case UserStateUse::kOtherTower:
      ++counts_.user_states_other_tower;
      return;
    case UserStateUse::kDamaged:
      ++counts_.user_states_damaged;
  }
}

bool Query::answer_ads() {
  read_ads();
  mark_bad_ads();
  if (n_.has_auxiliary && !map_titles()) return bypass(BARKER_REASON_DEADLINE);
  lap(answer_.map_ns);
  if (!score_titles()) return bypass(BARKER_REASON_DEADLINE);
  const Scored ads = score_ads();
  if (ads == Scored::kInPart) return bypass(BARKER_REASON_DEADLINE);
  if (ads == Scored::kNonFinite) return bypass(BARKER_REASON_NON_FINITE);
  lap(answer_.score_ns);
  order_ads();
  lap(answer_.choose_ns);
  // From here on the order stands: the deadline can cut off selling points and titles alone.
  bool complete = map_candidates();
  w_.candidate_compared.assign(w_.candidates.size(), 0);
  w_.comparisons = 0;
  w_.certified.assign(window_, {});
  w_.candidate_cuts.resize(w_.candidates.size());
  lap(answer_.map_ns);
  if (complete) {
    const Scored candidates = score_candidates();
    if (candidates == Scored::kNonFinite) return bypass(BARKER_REASON_NON_FINITE);
    complete = candidates == Scored::kAll;
  }
  lap(answer_.score_ns);
  set_preferences();
  answer_.is_explored = explores_;
  complete &= choose();
  lap(answer_.choose_ns);
  complete &= rewrite();
  lap(answer_.rewrite_ns);
  answer_.reason = !complete             ? BARKER_REASON_DEADLINE
                   : lacks_click_rates() ? BARKER_REASON_NO_CLICK_RATES
                                         : BARKER_REASON_NONE;
  answer_.status =
      answer_.reason == BARKER_REASON_NONE ? BARKER_STATUS_RESCORED : BARKER_STATUS_PARTIAL;
  return true;
}

void Query::lap(uint64_t& stage_ns) {
  const uint64_t now = now_ns();
  stage_ns += now - lap_start_ns_;
  lap_start_ns_ = now;
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
  answer_.reason = reason;
  return false;
}

// A completed request has its ads in our struct already; those of others are copied.
void Query::read_ads() {
  ads_ = request_.ads;
  if (checked_.completed) return;
  w_.ads.resize(request_.ad_count);
  for (uint64_t i = 0; i < request_.ad_count; ++i) {
    w_.ads[i] = element(request_.ads, request_.ad_stride, i);
  }
  ads_ = w_.ads.data();
}

void Query::complete_selling_points(uint64_t ad) {
  if (checked_.completed) checked_.completed->add_selling_points(ad);
}

bool Query::is_untouched(const barker_ad& a, uint64_t index) const {
  if ((a.flags & BARKER_AD_OPT_OUT) != 0) return true;
  const RegisteredAd* const known = resolved(index);
  return known ? rules_.is_merchant_off(known->chunk->pool()->merchant(known->merchant).fingerprint)
               : rules_.is_merchant_off(view(a.merchant));
}

std::span<const Candidate> Query::candidates_of(uint64_t ad) const {
  const Range& range = w_.candidate_ranges[ad];
  return {w_.candidates.data() + range.begin, range.size()};
}

bool Query::lacks_click_rates() const {
  return policy_.by == ChooseBy::kClickRate && !g_.file->click_rates().are_there();
}

Embeddings Query::embeddings() const { return {kernels_, n_.embedding}; }

}  // namespace barker
