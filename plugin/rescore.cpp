// The rescoring call: a workspace and a generation for the query, and an answer whatever happens.

#include <algorithm>
#include <cmath>
#include <exception>

#include "plugin/plugin.h"
#include "plugin/query.h"
#include "plugin/request.h"

namespace barker {
namespace {

// First-pass order, original titles (cleaned and escaped as all output is).
void bypass(const barker_request& request, barker_response& response, const Config& config,
            std::string& text, Counters& counters) {
  uint64_t replaced = 0;
  text.clear();
  for (uint64_t i = 0; i < request.ad_count; ++i) {
    const barker_ad ad = element(request.ads, request.ad_stride, i);
    barker_result_ad& out = *result_ad(response, i);
    out = {};
    out.struct_size = sizeof out;
    out.ad = i;
    out.score = ad.first_pass_score;
    out.pctr = NAN;
    out.title_offset = text.size();
    rewrite_title(view(ad.title), {}, config.untouched_title, text, nullptr, &replaced);
    out.title_size = text.size() - out.title_offset;
  }
  if (replaced) count(counters.invalid_utf8, replaced);
  response.status = BARKER_STATUS_BYPASSED;
}

void count_for_generation(const barker_response& response, GenerationCounters& counters) {
  count(counters.queries);
  if (response.status == BARKER_STATUS_BYPASSED) {
    count(counters.bypassed);
    if (response.reason == BARKER_REASON_NON_FINITE) count(counters.non_finite);
    if (response.reason == BARKER_REASON_INTERNAL) count(counters.internal);
    return;
  }
  count(response.status == BARKER_STATUS_PARTIAL ? counters.partial : counters.rescored);
  counters.latency.add(response.map_ns + response.score_ns + response.choose_ns +
                       response.rewrite_ns);
}

}  // namespace

bool Plugin::rescore(const barker_request& request, barker_response& response) {
  const uint64_t number = counters_.queries.fetch_add(1, std::memory_order_relaxed);
  response.ad_count = request.ad_count;
  response.reason = BARKER_REASON_NONE;
  response.generation = response.map_ns = response.score_ns = response.choose_ns =
      response.rewrite_ns = 0;

  const WorkspacePool::Lease lease = workspaces_.take(current_);
  const Serving* serving = lease ? &lease.serving() : nullptr;
  const RuledGeneration* weights = serving ? &serving->weights_for(view(request.user)) : nullptr;
  std::string own_text;  // of queries that get no workspace
  std::string* text = &own_text;
  bool asked = false, answered = false;
  if (!config_.enabled || (serving && serving->rules->off)) {
    response.reason = BARKER_REASON_DISABLED;
  } else if (!serving) {
    response.reason = BARKER_REASON_INTERNAL;
  } else if (!weights->generation) {
    response.reason = BARKER_REASON_NO_WEIGHTS;
  } else if (request.ad_count == 0) {
    response.reason = BARKER_REASON_NO_ADS;
  } else {
    asked = true;
    response.generation = weights->generation->id;
    try {
      Workspace& workspace = lease.workspace_for(*weights);
      text = &workspace.text;
      answered = Query(request, response, config_, *weights, *serving->rules, workspace, counters_,
                       /*exact=*/false)
                     .run();
    } catch (const std::exception&) {  // out of memory: the page must not be empty for it
      response.reason = BARKER_REASON_INTERNAL;
    }
  }
  if (!answered) bypass(request, response, config_, *text, counters_);
  count(!answered                                  ? counters_.bypassed
        : response.status == BARKER_STATUS_PARTIAL ? counters_.partial
                                                   : counters_.rescored);
  if (asked) count_for_generation(response, *weights->counters);
  if (answered && serving->canary.generation &&
      is_within(salted_place(number), serving->shares.compared)) {
    recordings_.offer(request, request.window ? request.window : config_.window);
  }
  response.text_size = text->size();
  if (text->size() > response.text_capacity) return false;
  std::copy(text->begin(), text->end(), response.text);
  return true;
}

}  // namespace barker
