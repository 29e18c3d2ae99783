// One query's way through the plugin, its functions in the order in which they run:
//
//   query_map.cpp     keywords of user, query and titles to embedding rows; later, those of the
//                     selling points of the ads that will be shown
//   query_score.cpp   pCTR of every ad, order of the ads, P(attracted) of every distinct selling
//                     point
//   query_policy.cpp  what SPs are preferred by, and what is drawn
//   query_answer.cpp  choice, titles
//
// The order of the ads is known before a selling point is looked at, so that only those of the ads
// that will be shown cost anything.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "plugin/answer.h"
#include "plugin/barker.h"
#include "plugin/config.h"
#include "plugin/serving.h"
#include "plugin/workspace.h"

namespace barker {

class Query {
 public:
  // basis.weights has a generation. Results, times and counts go to `answer`.
  Query(const CheckedRequest& request, const Basis& basis, Workspace& workspace, Answer& answer);

  // Both return false where the caller must bypass the query; answer.reason says why. The private
  // functions that return bool return false when they found themselves past the deadline.

  // Maps and pools user, query and groups. They stay in the workspace until the next call.
  bool set_context();
  // Answers the ads of the request in that context.
  bool answer_ads();
  // P(attracted) of each keyword in that context, exact numbers whatever the configuration says;
  // what is not reached before the deadline stays as it is, as does what the model does not know.
  void score_keywords(std::span<const std::string_view> keywords, double* probabilities);
  // Learns from what was shown in that context, which was set without a state. Keywords that the
  // model does not know are left out.
  void learn(std::span<const barker_shown> shown, UserState& state);

 private:
  // Past the deadline, looked up: now, or when so much work has been counted since the last look
  // that it may be. A step of work is about a nanosecond, and a look takes 25.
  bool late();
  bool late_after(uint64_t steps);
  static constexpr uint64_t kStepsBetweenLooks = 50'000;
  static constexpr uint64_t kStepsPerAd = 256, kStepsPerLookUp = 32;
  static constexpr uint64_t kStepsPerDraw = 60;  // of a candidate's preference
  static constexpr uint64_t kStepsPerWord = 8;   // a word that is composed to keywords
  // Steps for a byte of text, as measured with Chinese titles: ICU splits them by its dictionary
  // and finds where a character ends. ASCII takes a tenth of that, so that it only causes more
  // looks.
  static constexpr uint64_t kStepsPerByteSplit = 64, kStepsPerByteNormalized = 32;
  static constexpr uint64_t kStepsPerByteCleaned = 12, kStepsPerByteCut = 44;
  static constexpr uint64_t kStepsPerByteRuled = 160;  // by the rules for feeds
  // For a byte of a title in which a selling point is looked for that stands there all over.
  static constexpr uint64_t kStepsPerBytePlaced = 160;

  bool bypass(int32_t reason);
  void lap(uint64_t& stage_ns);  // adds the time since the last lap
  const barker_ad& ad(uint64_t index) const { return ads_[index]; }
  void read_ads();
  void complete_selling_points(uint64_t ad);                    // of an ad of a catalogue
  void add_user_state();                                        // of the request, to the context
  bool is_untouched(const barker_ad& a, uint64_t index) const;  // by the merchant's will or a rule

  // query_map.cpp
  void map_groups();
  void fill_group(const NetworkGroup& group, std::vector<uint32_t>& rows,
                  std::vector<float>& weights);
  void fill_query(const NetworkGroup& group, std::vector<uint32_t>& rows);
  barker_group find_group(std::string_view name) const;
  void count_ignored_groups();
  void add_rows(const NetworkGroup& group, const float* given_weights, std::vector<uint32_t>& rows,
                std::vector<float>& weights);
  void mark_bad_ads();
  // Where an ad stands in the catalogue; null: it does not.
  const RegisteredAd* registered(uint64_t index) const noexcept;
  // The same of an ad with known rows; null: the query must find them itself.
  const RegisteredAd* resolved(uint64_t index) const noexcept;
  bool map_titles();
  bool split_title(const barker_ad& a, uint64_t index);
  bool map_candidates();
  bool collect_candidates(const barker_ad& a, uint64_t index);
  // False: the deadline came.
  bool add_given_candidates(const barker_ad& a, std::span<const Fingerprint> title, RuleMask rules);
  void add_stored_candidates(const RegisteredAd& ad, uint64_t count, RuleMask rules);
  void add_candidate(Fingerprint f, uint32_t row, bool in_title, RuleMask rules);
  std::array<uint32_t, 2> blocks_of(uint64_t ad_index) const;
  uint64_t steps_of_blocks(uint64_t ad_index) const;
  void apply_blocks();
  bool find_candidate_rows();
  void set_deviations();
  bool find_rows(std::span<const Fingerprint> fingerprints, std::vector<uint32_t>& rows);

  // query_score.cpp
  enum class Scored : uint8_t { kAll, kInPart, kNonFinite };
  bool screens() const;
  bool score_titles();
  Scored score_ads();
  void order_ads();
  Scored score_candidates();
  Scored certify_candidates(float bound);
  bool certify_ad(uint32_t ad, float bound);
  void spread_logits();

  // query_policy.cpp
  void set_preferences();
  bool choose_drawn(barker_result_ad& out);
  bool settle_candidates(const barker_ad& a, uint64_t ad_index);
  bool settle_candidate(const barker_ad& a, size_t begin, size_t i);
  void find_unknown_logits();
  void measure(std::string_view point, uint32_t& columns);
  void arrange(barker_result_ad& out);
  std::span<Candidate> mutable_candidates_of(uint64_t ad);

  // query_answer.cpp
  bool choose();
  void prefetch_embeddings(uint64_t ad) const;
  void choose_for(barker_result_ad& out);
  void take(std::span<const uint32_t> chosen, barker_result_ad& out);
  size_t choose_best(uint64_t ad_index, uint32_t* chosen) const;
  bool forbid_misnamed(uint64_t ad_index, std::span<const uint32_t> chosen);
  bool rewrite();
  void rewrite_ad(barker_result_ad& out, bool is_shown);
  bool pass_over_unfit(uint64_t ad_index, std::span<const uint32_t> chosen);
  bool compare_with_title(uint64_t ad_index, std::span<const uint32_t> chosen);
  bool are_surely_apart(uint64_t ad_index, std::span<const uint32_t> chosen);
  void find_promoted(const barker_ad& a, std::string_view title, barker_result_ad& out,
                     Prefix* prefixes);
  void keep_placed(barker_result_ad& out, const Prefix* prefixes, const Placed* placed);

  std::span<const Candidate> candidates_of(uint64_t ad) const;
  bool lacks_click_rates() const;  // that the policy chooses by
  Embeddings embeddings() const;

  const CheckedRequest& checked_;
  const barker_request& request_;
  const Config& config_;
  const WidthProfile* const profile_;  // that the request names; null: none that is known
  const TitlePolicy& title_;           // of titles that are rewritten
  const RuledGeneration& weights_;     // with a generation
  const Rules& rules_;
  const Generation& g_;
  const Network& n_;
  const KernelTable& kernels_;
  Workspace& w_;
  const barker_ad* ads_ = nullptr;  // of the request, in our struct; while ads are answered
  Answer& answer_;
  QueryCounts& counts_;
  const Policy& policy_;
  const bool explores_;        // selling points are drawn for this page
  const ChoosePolicy choice_;  // how they are chosen
  const bool exact_;
  const uint64_t seed_;  // of what is drawn
  const uint64_t window_;
  const uint64_t shown_;  // of the window, the ranks that get selling points
  uint64_t lap_start_ns_;
  bool is_late_ = false;
  uint64_t steps_since_look_ = 0;
};

}  // namespace barker
