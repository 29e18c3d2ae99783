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
  // Past the deadline, looked up: now, or when so much work has been counted since the last look
  // that it may be. A step of work is about a nanosecond, and a look takes 25.
  bool late();
  bool late_after(uint64_t steps);
  static constexpr uint64_t kStepsBetweenLooks = 100'000;
  static constexpr uint64_t kStepsPerAd = 256, kStepsPerByte = 32, kStepsPerLookUp = 32;

  bool bypass(int32_t reason);
  barker_ad ad(uint64_t index) const;
  bool is_untouched(const barker_ad& a) const;  // by the merchant's will or by a rule

  // query_map.cpp
  // Functions that return bool return false when they found themselves past the deadline.
  void map_groups();
  void fill_group(const NetworkGroup& group, std::vector<uint32_t>& rows,
                  std::vector<float>& weights);
  void fill_query(const NetworkGroup& group, std::vector<uint32_t>& rows);
  barker_group find_group(std::string_view name) const;
  void add_rows(const NetworkGroup& group, const float* given_weights, std::vector<uint32_t>& rows,
                std::vector<float>& weights);
  bool map_ads();
  bool collect_candidates(const barker_ad& a);
  bool map_titles();
  bool map_candidates();
  bool find_rows(std::span<const Fingerprint> fingerprints, std::vector<uint32_t>& rows);

  // query_score.cpp
  enum class Scored : uint8_t { kAll, kInPart, kNonFinite };
  bool screens() const;
  bool score_titles();
  Scored score_ads();
  Scored score_candidates();
  Scored certify_candidates(float bound);
  void spread_logits();

  // query_answer.cpp
  bool choose();
  void choose_for(barker_result_ad& out);
  bool forbid_misnamed(uint64_t ad_index, std::span<const uint32_t> chosen);
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
  bool is_late_ = false;
  uint64_t steps_since_look_ = 0;
};

}  // namespace barker
