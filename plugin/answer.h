// The answer to one query, and the one function under rescore, compare, explain and prepared
// queries that makes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugin/barker.h"
#include "plugin/config.h"
#include "plugin/counters.h"
#include "plugin/experiments.h"
#include "plugin/request.h"
#include "plugin/serving.h"

namespace barker {

struct Workspace;

// An answer in memory of the plugin's own. It reaches the caller, and is counted, only when it is
// whole and the caller's buffers are large enough. Its memory is kept for the next one.
struct Answer {
  int32_t status = BARKER_STATUS_BYPASSED;
  int32_t reason = BARKER_REASON_NONE;
  uint64_t generation = 0;  // 0: none was asked
  uint64_t bad_ads = 0;
  Assignment assignment;  // of the user; the experiments must live until it is delivered
  bool is_explored = false;
  uint64_t map_ns = 0, score_ns = 0, choose_ns = 0, rewrite_ns = 0;
  QueryCounts counts;
  std::vector<barker_result_ad> ads;  // [request.ad_count] by rank
  std::string text;                   // all titles

  bool is_bypass() const { return status == BARKER_STATUS_BYPASSED; }
  uint64_t total_ns() const { return map_ns + score_ns + choose_ns + rewrite_ns; }
  void clear();
};

// What a query is answered by, as it was at one moment. All of it must outlive the call.
struct Basis {
  const Config& config;
  const RuledGeneration* weights;  // null: there was no memory for a pin
  const Rules* rules;              // null as weights
  const Treatment& treatment;
  bool is_exact = false;  // score every candidate in float, whatever file and configuration say
};

// Whether user, query and groups are still to be mapped and pooled, or are in the workspace
// already.
enum class Context : uint8_t { kToBeSet, kSet };

// Answers a checked request into `answer` (which may be workspace->answer), whatever happens: where
// the query may not or cannot be run, with first-pass order, original titles and a reason. Throws
// std::bad_alloc where there is no memory for that either. workspace: null where there is none.
void answer_query(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                  Answer& answer, Context context = Context::kToBeSet);

// The reason for which no query on `basis` is run, whatever its ads; BARKER_REASON_NONE: it is run.
int32_t reason_not_to_run(const Basis& basis);

// Writes an answer to a response that has been checked for a host of minor version `host_minor`
// (check_response). False: its text buffer is too small; then only response.text_size is written,
// with the size that is needed.
bool deliver(const Answer& answer, uint32_t host_minor, barker_response& response);

// A size of the text buffer that is enough for whatever is answered to a request under a
// configuration, from lengths alone. most_points: the most selling points before a title.
uint64_t largest_text(const CheckedRequest& request, const Config& config, uint32_t most_points);

}  // namespace barker
