// What the policy of a query does beyond the best logit: other preferences, draws, another order.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "models/text/columns.h"
#include "models/text/text.h"
#include "plugin/query.h"
#include "plugin/request.h"
#include "plugin/title_text.h"
#include "scoring/explore.h"

namespace barker {
namespace {

// By which a probability is estimated. On a page whose SPs were not drawn it counts for the share
// of those that are, which is small, so that a rougher estimate does.
constexpr uint32_t kDrawsOfExplored = 256, kDrawsOfOthers = 32;

}  // namespace

std::span<Candidate> Query::mutable_candidates_of(uint64_t ad) {
  const Range& range = w_.candidate_ranges[ad];
  return {w_.candidates.data() + range.begin, range.size()};
}

// After the logits are known.
void Query::set_preferences() {
  if (policy_.by == ChooseBy::kClickRate) {
    const ClickRates& rates = g_.file->click_rates();
    const uint64_t query = w_.query_hash;
    for (Candidate& c : w_.candidates) {
      if (c.row != kUnknownRow) c.preference = rates.rate(query, c.row);
    }
  }
  if (!policy_.draws()) return;
  w_.candidate_columns.assign(w_.candidates.size(), 0);
  if (!is_late_) find_unknown_logits();
}

// A selling point that the model does not know is believed to be as attractive as those it knows of
// ads of the same category on this page; where there are none, as those of the whole page.
void Query::find_unknown_logits() {
  auto& ads = w_.ads_by_category;
  ads.clear();
  bool is_any_unknown = false;
  for (uint64_t rank = 0; rank < shown_; ++rank) {
    const uint32_t index = w_.order[rank];
    if (candidates_of(index).empty()) continue;
    ads.emplace_back(fingerprint(view(ad(index).category)), index);
    is_any_unknown |= std::ranges::any_of(candidates_of(index),
                                          [](const Candidate& c) { return c.row == kUnknownRow; });
  }
  if (!is_any_unknown) return;
  std::ranges::sort(ads);
  const auto mean_of = [&](size_t begin, size_t end, float otherwise) {
    double sum = 0, count = 0;
    for (size_t i = begin; i < end; ++i) {
      for (const Candidate& c : candidates_of(ads[i].second)) {
        if (c.row == kUnknownRow || std::isnan(c.logit)) continue;
        sum += c.logit;
        ++count;
      }
    }
    return count > 0 ? static_cast<float>(sum / count) : otherwise;
  };
  const float of_page = mean_of(0, ads.size(), n_.main_offset);
  for (size_t begin = 0, end = 0; begin < ads.size(); begin = end) {
    while (end < ads.size() && ads[end].first == ads[begin].first) ++end;
    const float of_category = mean_of(begin, end, of_page);
    for (size_t i = begin; i < end; ++i) {
      const size_t first = w_.candidate_ranges[ads[i].second].begin;
      const std::span<Candidate> candidates = mutable_candidates_of(ads[i].second);
      std::array<uint32_t, 2> blocks{Blocks::kNone, Blocks::kNone};
      if (!rules_.blocks.is_empty()) {
        if (late_after(steps_of_blocks(ads[i].second))) return;
        blocks = blocks_of(ads[i].second);
      }
      for (size_t c = 0; c < candidates.size(); ++c) {
        if (candidates[c].row != kUnknownRow) continue;
        const RuleMask rules = w_.candidate_rules[first + c];
        candidates[c].logit = of_category;
        const Fingerprint point = candidates[c].fingerprint;
        candidates[c].forbidden = rules_.forbids_unseen(point, rules);
        for (const uint32_t block : blocks) {
          candidates[c].forbidden |=
              block != Blocks::kNone && rules_.blocks.forbids_unseen(block, point);
        }
      }
    }
  }
}

// Chooses for an ad of a page whose policy draws, whether or not it drew for this page, and finds
// the probability of what is shown. False: the deadline came first.
bool Query::choose_drawn(barker_result_ad& out) {
  const std::span<Candidate> candidates = mutable_candidates_of(out.ad);
  if (candidates.empty()) return true;
  if (!settle_candidates(ad(out.ad), out.ad)) return false;
  const Range& range = w_.candidate_ranges[out.ad];
  const auto part = [&](const auto& all) {
    return std::span(all).subspan(range.begin, range.size());
  };
  const TitleRoom room{part(w_.candidate_columns), title_.max_width};
  const Exploration drawing = policy_.drawing();

  // What would be shown without a draw. Its preferences are there already.
  uint32_t best[BARKER_MAX_SELLING_POINTS], drawn[BARKER_MAX_SELLING_POINTS];
  const auto choose = [&](bool explored, uint32_t* chosen) {
    const size_t size =
        choose_selling_points(candidates, policy_.choice(explored), embeddings(), chosen, nullptr);
    return std::span<const uint32_t>(chosen, room.fitting({chosen, size}));
  };
  std::span<const uint32_t> greedy, shown;
  if (drawing.share < 1) greedy = shown = choose(false, best);
  if (explores_) {
    draw_preferences(candidates, drawing.by, seed_);
    shown = choose(true, drawn);
  }
  const uint32_t draws = explores_ ? kDrawsOfExplored : kDrawsOfOthers;
  constexpr uint64_t kOrders = 6;  // of three SPs
  const uint64_t steps = drawing.by == ExploreBy::kThompson ? draws : kOrders;
  if (late_after(steps * candidates.size() * (kStepsPerDraw + candidates.size()))) return false;
  constexpr uint64_t kEstimate = 0x3C6EF372FE94F82Bu;  // apart from the draw that chose
  // On a copy, because the preferences that chose are asked for again by an explanation.
  w_.redrawn.assign(candidates.begin(), candidates.end());
  const double explored = draw_propensity(w_.redrawn, policy_.choice(true), embeddings(),
                                          drawing.by, room, shown, draws, seed_ ^ kEstimate);
  const bool is_greedy = drawing.share < 1 && same_candidates(greedy, shown);
  out.propensity = drawing.share * explored + (is_greedy ? 1 - drawing.share : 0);
  take(shown, out);
  if (policy_.display != DisplayOrder::kBestFirst) arrange(out);
  return true;
}

// Looks at every candidate as compare_with_title() looks at chosen ones, because any of them could
// be drawn: what stands in the title, says the same as another or has nothing to be seen. False:
// the deadline came first.
bool Query::settle_candidates(const barker_ad& a, uint64_t ad_index) {
  const size_t begin = w_.candidate_ranges[ad_index].begin;
  const size_t size = candidates_of(ad_index).size();
  w_.all_of_ad.resize(size);
  std::iota(w_.all_of_ad.begin(), w_.all_of_ad.end(), 0u);
  forbid_misnamed(ad_index, w_.all_of_ad);
  if (late_after(kStepsPerByteNormalized * a.title.size)) return false;
  w_.title_text.assign(view(a.title), NormalForm::Origins::kForgotten);
  if (w_.settled.size() < size) w_.settled.resize(size);
  for (size_t i = 0; i < size; ++i) {
    if (!settle_candidate(a, begin, i)) return false;
  }
  return true;
}

bool Query::settle_candidate(const barker_ad& a, size_t begin, size_t i) {
  Candidate& c = w_.candidates[begin + i];
  if (c.forbidden || std::isnan(c.logit)) return true;
  const auto point = element(a.selling_points, a.selling_point_stride, i);
  const uint64_t steps = kStepsPerByteNormalized * point.text.size +
                         kStepsPerByteCut * point.text.size + kStepsPerBytePlaced * a.title.size +
                         kStepsPerWord * i;
  if (late_after(steps)) return false;
  w_.settled[i].assign(view(point.text), NormalForm::Origins::kForgotten);
  for (size_t earlier = 0; earlier < i; ++earlier) {
    const Candidate& other = w_.candidates[begin + earlier];
    if (other.forbidden || std::isnan(other.logit) || c.fingerprint == other.fingerprint) continue;
    if (same_words(w_.settled[earlier], w_.settled[i])) c.fingerprint = other.fingerprint;
  }
  c.in_title = place_in_title(w_.title_text, w_.settled[i]).kind != TitlePlace::kAbsent;
  measure(view(point.text), w_.candidate_columns[begin + i]);
  c.forbidden = w_.candidate_columns[begin + i] == 0;  // nothing of it can be seen
  return true;
}

// The columns that a selling point takes with its separator; 0: nothing of it can be seen.
void Query::measure(std::string_view point, uint32_t& columns) {
  w_.visible.clear();
  append_visible(point, w_.visible, nullptr);
  fold_spaces(w_.visible);
  columns = w_.visible.empty()
                ? 0
                : static_cast<uint32_t>(display_width(w_.visible) + title_.separator.columns());
}

// Puts the chosen ones into the order in which they are displayed. Those that do not fit are left
// out before, so that the best ones are kept whatever the order.
void Query::arrange(barker_result_ad& out) {
  const barker_ad& a = ad(out.ad);
  uint32_t columns[BARKER_MAX_SELLING_POINTS], positions[BARKER_MAX_SELLING_POINTS];
  for (uint32_t k = 0; k < out.chosen_count; ++k) {
    const auto point = element(a.selling_points, a.selling_point_stride, out.chosen[k].index);
    if (late_after(kStepsPerByteCut * point.text.size)) return;
    measure(view(point.text), columns[k]);
    positions[k] = k;
  }
  const TitleRoom room{{columns, out.chosen_count}, title_.max_width};
  out.chosen_count = static_cast<uint32_t>(room.fitting({positions, out.chosen_count}));
  const std::span<barker_chosen> chosen(out.chosen, out.chosen_count);
  if (policy_.display == DisplayOrder::kBestLast) {
    std::ranges::reverse(chosen);
  } else {
    std::ranges::sort(chosen, {}, &barker_chosen::index);
  }
}

}  // namespace barker
