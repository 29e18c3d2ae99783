// One query's way through the plugin, its functions in the order in which they run:
//
//   query_map.cpp     keywords of user, query, titles and selling points to embedding rows
//   query_score.cpp   pCTR of every ad, P(attracted) of every distinct selling point
//   query_answer.cpp  order, choice, titles
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "plugin/barker.h"
#include "plugin/config.h"
#include "plugin/counters.h"
#include "plugin/serving.h"
#include "plugin/workspace.h"

namespace barker {

class Query {
 public:
  // exact: every candidate is scored in float, whatever file and configuration say.
  Query(const barker_request& request, barker_response& response, const Config& config,
        const RuledGeneration& weights, const Rules& rules, Workspace& workspace,
        Counters& counters, bool exact);

  // False: nothing was written but status and reason; the caller bypasses.
  bool run();

 private:
  bool late() const;
  bool bypass(int32_t reason);
  barker_ad ad(uint64_t index) const;
  bool is_untouched(const barker_ad& a) const;  // by the merchant's will or by a rule

  // query_map.cpp
  void map_groups();
  void fill_group(const NetworkGroup& group, std::vector<uint32_t>& rows,
                  std::vector<float>& weights);
  void fill_query(const NetworkGroup& group, std::vector<uint32_t>& rows);
  barker_group find_group(std::string_view name) const;
  void add_rows(const NetworkGroup& group, const float* given_weights, std::vector<uint32_t>& rows,
                std::vector<float>& weights);
  bool map_ads();
  void collect_candidates(const barker_ad& a);
  void map_titles();
  void map_candidates();

  // query_score.cpp
  bool screens() const;
  bool score_titles();
  bool score_ads();
  bool score_candidates();
  bool certify_candidates(float bound);
  void spread_logits();

  // query_answer.cpp
  void choose();
  bool rewrite();
  void rewrite_ad(barker_result_ad& out, uint64_t& replaced);
  std::pair<size_t, size_t> find_in_title(std::string_view title, Fingerprint f) const;

  std::span<const Candidate> candidates_of(uint64_t ad) const;
  Embeddings embeddings() const;

  const barker_request& request_;
  barker_response& response_;
  const Config& config_;
  const RuledGeneration& weights_;  // with a generation
  const Rules& rules_;
  const Generation& g_;
  const Network& n_;
  const KernelTable& kernels_;
  Workspace& w_;
  Counters& counters_;
  const bool exact_;
  uint64_t window_;
};

}  // namespace barker
