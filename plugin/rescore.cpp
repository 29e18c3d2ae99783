// The calls that rescore a query: they find scratch memory and a generation for it, answer it
// whatever happens, and count it.

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "plugin/explain.h"
#include "plugin/plugin.h"
#include "plugin/workspace.h"

namespace barker {
namespace {

void count_for_generation(const Answer& answer, GenerationCounters& counters) {
  count(counters.queries);
  if (answer.is_bypass()) {
    count(counters.bypassed);
    if (answer.reason == BARKER_REASON_NON_FINITE) count(counters.non_finite);
    if (answer.reason == BARKER_REASON_INTERNAL) count(counters.internal);
    return;
  }
  count(answer.status == BARKER_STATUS_PARTIAL ? counters.partial : counters.rescored);
  counters.latency.add(answer.total_ns());
}

// Empty where there was no memory for it.
std::string explanation_of(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                           const Answer& answer) noexcept {
  try {
    return explain_answer(request, basis, workspace, answer);
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace

bool Plugin::rescore(const CheckedRequest& given, barker_response& response, std::string* json) {
  CheckedRequest request = given;
  const Pins::Pin pin = pins_.take(current_);
  const WorkspacePool::Lease lease = workspaces_.take();
  const Treatment treatment =
      pin ? treatment_of(request.request, *pin->experiments) : Treatment{.policy = config_.policy};
  const RuledGeneration* weights =
      pin ? &pin->weights_for(view(request.request.user), treatment.policy.weights) : nullptr;
  Workspace* workspace = pin ? lease.workspace_for(*pin, *weights) : nullptr;
  Answer own;  // of a query that gets no workspace
  CompletedAds own_ads;
  Answer& answer = workspace ? workspace->answer : own;
  const Basis basis{config_, weights, pin ? pin->rules.get() : nullptr, treatment};
  if (request.request.catalogue != 0) {
    if (!pin) throw std::bad_alloc();  // without a pin there are no titles to answer with
    (workspace ? workspace->completed : own_ads)
        .complete(request, *pin->catalogues, weights->catalogues.get(), window_of(request.request));
  }
  answer_query(request, basis, workspace, answer);
  if (!deliver(answer, host_minor(), response)) return false;
  if (json) *json = explanation_of(request, basis, workspace, answer);
  const uint64_t number = count_query(answer, weights);
  if (!answer.is_bypass() && pin->canary.generation &&
      is_within(salted_place(number), pin->shares.compared)) {
    record(request.request, workspace->completed);
  }
  return true;
}

// A recording may outlive the catalogue, so that its ads take all that they have with them.
void Plugin::record(const barker_request& request, CompletedAds& ads) noexcept {
  const uint64_t window = window_of(request);
  recordings_.offer(request, window, [&request, &ads] {
    if (request.catalogue == 0) return;
    ads.add_selling_points();
    ads.add_words();
  });
}

uint64_t Plugin::window_of(const barker_request& request) const {
  return request.window ? request.window : config_.window;
}

uint64_t Plugin::count_query(const Answer& answer, const RuledGeneration* weights) {
  counters_.add(answer.counts);
  if (answer.bad_ads > 0) count(counters_.bad_ads, answer.bad_ads);
  count(answer.is_bypass()                       ? counters_.bypassed
        : answer.status == BARKER_STATUS_PARTIAL ? counters_.partial
                                                 : counters_.rescored);
  if (answer.generation != 0) count_for_generation(answer, *weights->counters);
  return counters_.queries.fetch_add(1, std::memory_order_relaxed);
}

std::string Plugin::explain(const CheckedRequest& given) {
  CheckedRequest request = given;
  const Pins::Pin pin = pins_.take(current_);
  const WorkspacePool::Lease lease = workspaces_.take();
  if (!pin) throw std::bad_alloc();
  const Treatment treatment = treatment_of(request.request, *pin->experiments);
  const RuledGeneration& weights =
      pin->weights_for(view(request.request.user), treatment.policy.weights);
  const Basis basis{config_, &weights, pin->rules.get(), treatment, /*is_exact=*/true};
  Workspace* workspace = lease.workspace_for(*pin, weights);
  if (!workspace) throw std::bad_alloc();
  if (request.request.catalogue != 0) {
    workspace->completed.complete(request, *pin->catalogues, weights.catalogues.get(),
                                  window_of(request.request));
  }
  answer_query(request, basis, workspace, workspace->answer);
  return explain_answer(request, basis, workspace, workspace->answer);
}

std::unique_ptr<PreparedQuery> Plugin::begin_query(const CheckedRequest& request) {
  const Pins::Pin pin = pins_.take(current_);
  if (!pin) throw std::bad_alloc();
  if (request.request.catalogue != 0) find_catalogue(*pin->catalogues, request.request.catalogue);
  return std::make_unique<PreparedQuery>(*this, *pin, workspaces_.take(), request);
}

std::unique_ptr<PreparedQuery> Plugin::begin_query(const CheckedRequest& request,
                                                   const PreparedQuery& beside) {
  const Serving& serving = beside.serving();
  if (request.request.catalogue != 0) {
    find_catalogue(*serving.catalogues, request.request.catalogue);
  }
  return std::make_unique<PreparedQuery>(*this, serving, workspaces_.take(), request);
}

uint64_t Plugin::text_bound(const CheckedRequest& given) const {
  const Pins::Pin pin = pins_.take(current_);
  if (!pin) throw std::bad_alloc();
  const uint32_t points =
      std::max(config_.policy.choose.count, pin->experiments->most_selling_points());
  if (given.request.catalogue == 0) return largest_text(given, config_, points);
  CheckedRequest request = given;
  CompletedAds ads;
  ads.complete(request, *pin->catalogues, nullptr, request.request.ad_count);
  ads.add_selling_points();
  return largest_text(request, config_, points);
}

Treatment Plugin::treatment_of(const barker_request& request, const Experiments& experiments) {
  Treatment treatment{config_.policy};
  if (!experiments.is_empty()) {
    const std::string_view user = view(request.user);
    treatment.assignment =
        experiments.assign(user.empty() ? view(request.visitor) : user, treatment.policy);
  }
  config_.fit_to_surface(view(request.surface), treatment.policy);
  if (!treatment.policy.draws()) return treatment;
  // Numbers that follow each other are as good as any, for each seed is mixed before it is used.
  treatment.seed = request.seed ? request.seed : next_seed_.fetch_add(1, std::memory_order_relaxed);
  return treatment;
}

}  // namespace barker
