// Scratch memory of a query, kept between queries so that memory is asked for once, and the pool
// that hands it out. Its size follows the queries, not the model. What a query runs on is kept
// alive by a pin (plugin/pins.h), not by its workspace.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/weights/vocabulary.h"
#include "plugin/answer.h"
#include "plugin/ascii_core.h"
#include "plugin/completed_ads.h"
#include "plugin/free_list.h"
#include "plugin/packed_numbers.h"
#include "plugin/serving.h"
#include "plugin/slot_table.h"
#include "plugin/title_promotion.h"
#include "plugin/title_text.h"
#include "scoring/choose.h"
#include "scoring/forward.h"
#include "scoring/user_state.h"

namespace barker {

inline constexpr uint32_t kRowToBeFound = kUnknownRow - 1;  // no row: a file has fewer
inline constexpr uint32_t kNoSlot = 0xFFFFFFFFu;

enum class SlotState : uint8_t { kScreened, kNeeded, kExact };  // of a distinct candidate's logit

// A part of a vector that holds what all ads have, one after the other.
struct Range {
  size_t begin = 0, end = 0;
  size_t size() const { return end - begin; }
};

// What was chosen for an ad, as numbers of its candidates.
struct Chosen {
  static constexpr uint32_t kNotChosen = UINT32_MAX;
  uint32_t candidates[BARKER_MAX_SELLING_POINTS] = {};
  uint32_t count = kNotChosen;

  bool is_chosen() const { return count != kNotChosen; }
};

struct Workspace {
  Forward forward;
  uint64_t bound_generation = 0;

  std::vector<std::vector<uint32_t>> group_rows;
  std::vector<std::vector<float>> group_weights;
  std::vector<Bag> groups;
  std::vector<float> user_mean;  // [R] of the user's state
  UserLearner learner;
  uint64_t query_hash = 0;  // of the query that the groups were filled for (click_rates.h)
  std::vector<Fingerprint> fingerprints;  // to be looked up together
  std::vector<uint32_t> found_rows;       // and what was found

  std::vector<uint8_t> bad;  // [ads] 1: a bad ad
  std::vector<Fingerprint> title_fingerprints;
  std::vector<Range> title_ranges;           // [window] into title_fingerprints
  std::vector<uint32_t> title_rows;          // the known ones of all titles
  std::vector<PackedNumbers> stored_titles;  // [window] the rows of those of a catalogue
  std::vector<Bag> titles;                   // [window]
  std::vector<float> aux;                    // [window] logits, then pCTR
  std::vector<double> scores;                // [window]
  std::vector<uint32_t> order;               // [window] the ad at each rank
  std::vector<uint32_t> good;                // ads of the window without the bad ones
  std::vector<double> good_scores;
  std::vector<uint32_t> good_order;

  std::vector<Candidate> candidates;      // of the ads that will be shown
  std::vector<uint32_t> resolved_rows;    // of candidates of a catalogue; kRowToBeFound: of others
  std::vector<RuleMask> candidate_rules;  // which rules apply to its ad
  std::vector<Range> candidate_ranges;    // [window] into candidates
  std::vector<uint32_t> candidate_slot;   // candidate -> distinct row
  // When a candidate was compared with its ad's title and with the others chosen then: the number
  // of that comparison, which all of them share. 0: it was not.
  std::vector<uint32_t> candidate_compared;
  uint32_t comparisons = 0;  // of this query
  // What leaves the title when a candidate is promoted, of those that were compared and stand
  // there; empty: it cannot be.
  std::vector<TitleCut> candidate_cuts;
  AsciiCore title_core;  // of the ad that is being looked at
  std::array<AsciiCore, BARKER_MAX_SELLING_POINTS> point_cores;  // of what was chosen for it
  ComparisonText title_text;  // of the ad that is being looked at
  std::array<ComparisonText, BARKER_MAX_SELLING_POINTS> point_texts;  // of what was chosen for it
  SlotTable slots;                                                    // row -> slot
  std::vector<uint32_t> distinct_rows;                                // [slots]
  std::vector<float> distinct_logits;                                 // [slots]
  std::vector<SlotState> distinct_state;                              // [slots]

  // Of a page for which selling points are drawn (query_policy.cpp):
  std::vector<uint32_t> candidate_columns;  // [candidates] before a title, with the separator
  std::deque<ComparisonText> settled;       // of the candidates of the ad that is being looked at
  std::vector<Candidate> redrawn;           // its candidates, while a probability is estimated
  std::vector<uint32_t> all_of_ad;          // its candidates
  std::vector<std::pair<Fingerprint, uint32_t>> ads_by_category;
  std::string visible;

  std::vector<uint32_t> uncertified;  // ads whose choice turns on screened logits
  std::vector<Chosen> certified;      // [window] by ad; all kNotChosen where nothing is screened
  std::vector<uint32_t> needed_slots, needed_rows;
  std::vector<float> needed_logits;

  std::vector<barker_ad> ads;  // of a request that names no catalogue, in our struct
  CompletedAds completed;      // of a request that names a catalogue

  uint64_t titles_in_time = 0;  // the ranks before the one that the deadline cut off

  Answer answer;
};

// Workspaces that threads take and give back without a lock, as many as were in use at one moment.
class WorkspacePool {
  struct alignas(64) Node : FreeListNode<Node> {
    std::array<std::unique_ptr<Workspace>, 2> workspaces;  // touched by the taker alone
  };

 public:
  // Two workspaces, given back when this goes out of scope. Empty where there was no memory.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (node_) FreeList<Node>::give_back(*node_);
    }

    // One of the two: a query on the canary must not throw away what is bound for the others. Null
    // where there is no memory for it.
    Workspace* workspace_for(const Serving& serving, const RuledGeneration& weights) const noexcept;

   private:
    friend class WorkspacePool;
    explicit Lease(Node* node) : node_(node) {}
    Node* node_ = nullptr;
  };

  // [any thread]
  Lease take() noexcept { return Lease(nodes_.take()); }

 private:
  FreeList<Node> nodes_;
};

}  // namespace barker
