// How far two generations agree. Recorded queries are asked of both, one after the other, outside
// of the query threads, and the answers are never shown.
#pragma once

#include <cstdint>
#include <vector>

#include "plugin/answer.h"
#include "plugin/barker.h"
#include "plugin/config.h"
#include "plugin/counters.h"
#include "plugin/serving.h"
#include "plugin/workspace.h"

namespace barker {

// The order and selling points of an answer, without its titles.
using Page = std::vector<barker_result_ad>;

// What two complete answers to one query have in common.
struct Likeness {
  double top_overlap;          // of the first BARKER_AGREEMENT_TOP ads: share that both have there
  double rank_correlation;     // Spearman's rho of the two orders; 1 for a single ad
  double same_selling_points;  // share of the ads for which both chose the same, in the same order
};
Likeness compare_answers(const Page& a, const Page& b);

// Not thread-safe.
class Comparison {
 public:
  // Asks the weights and the canary of `serving` the same. The request is a recorded one.
  void add(const barker_request& request, const Serving& serving, const WorkspacePool::Lease& lease,
           const Config& config);

  // Fills everything but sampled and dropped; nothing where these two have not been compared.
  void read_agreement(uint64_t serving, uint64_t canary, barker_agreement& agreement) const;

 private:
  struct Side {
    uint64_t generation = 0;
    uint64_t failed = 0;
    LatencyHistogram latency;
    Page page;
  };
  void start_anew(uint64_t serving, uint64_t canary);
  static bool ask(const CheckedRequest& request, const Basis& basis, Workspace* workspace,
                  Side& side);

  Side serving_, canary_;
  uint64_t compared_ = 0;
  uint64_t answered_ = 0;  // by both
  Likeness sum_{0, 0, 0};
};

}  // namespace barker
