// From scores to the answer: chosen selling points, titles.

#include <algorithm>
#include <cmath>
#include <utility>

#include "plugin/query.h"
#include "plugin/request.h"
#include "plugin/title_promotion.h"
#include "plugin/title_text.h"
#include "scoring/prefetch.h"

namespace barker {
namespace {

// The rules for feeds that fired, as flags of a result.
uint32_t result_flags(FeedRuleMask fired) {
  static_assert(bit_of(FeedRule::kDecorations) << 1 == BARKER_RESULT_DECORATIONS &&
                bit_of(FeedRule::kPunctuation) << 1 == BARKER_RESULT_PUNCTUATION &&
                bit_of(FeedRule::kRepeats) << 1 == BARKER_RESULT_REPEATS &&
                bit_of(FeedRule::kCapitals) << 1 == BARKER_RESULT_CAPITALS);
  return fired << 1;
}

}  // namespace

// Past the deadline ads get no selling points any more.
bool Query::choose() {
  answer_.ads.resize(request_.ad_count);
  for (uint64_t rank = 0; rank < request_.ad_count; ++rank) {
    barker_result_ad& out = answer_.ads[rank];
    const uint64_t index = rank < window_ ? w_.order[rank] : rank;
    out = {};
    out.ad = index;
    out.propensity = 1;
    if (rank >= window_ || w_.bad[index]) {
      out.score = ad(index).first_pass_score;
      out.pctr = NAN;
      out.flags = w_.bad[index] ? BARKER_RESULT_BAD_AD : 0;
      continue;
    }
    out.rescored = 1;
    out.score = w_.scores[index];
    out.pctr = w_.aux[index];
    ++counts_.ads_rescored;
    if (rank >= shown_) continue;
    const uint64_t size = candidates_of(index).size();
    if (rank + 1 < shown_ && !w_.certified[w_.order[rank + 1]].is_chosen()) {
      prefetch_embeddings(w_.order[rank + 1]);
    }
    if (late_after(kStepsPerAd + size * size)) {
      if (policy_.draws() && size > 0) out.propensity = NAN;
    } else {
      choose_for(out);
    }
  }
  return !is_late_;
}

// Asks for what the choice for an ad compares, while the one before it is made.
void Query::prefetch_embeddings(uint64_t ad) const {
  asm volatile("");  // an effect, without which GCC 12 drops the call
  for (const Candidate& c : candidates_of(ad)) {
    if (c.row < n_.keyword_rows) prefetch_row(n_.embedding, c.row);
  }
}

void Query::choose_for(barker_result_ad& out) {
  if (policy_.draws()) {
    if (!choose_drawn(out)) out.propensity = NAN;
    return;
  }
  if (const Chosen& certified = w_.certified[out.ad]; certified.is_chosen()) {
    take({certified.candidates, certified.count}, out);
  } else {
    uint32_t chosen[BARKER_MAX_SELLING_POINTS];
    size_t size = choose_best(out.ad, chosen);
    while (pass_over_unfit(out.ad, {chosen, size})) size = choose_best(out.ad, chosen);
    take({chosen, size}, out);
  }
  if (policy_.display != DisplayOrder::kBestFirst) arrange(out);
}

// Writes the chosen candidates to a result.
void Query::take(std::span<const uint32_t> chosen, barker_result_ad& out) {
  const std::span<const Candidate> candidates = candidates_of(out.ad);
  const size_t size = chosen.size();
  float scores[BARKER_MAX_SELLING_POINTS];
  for (size_t k = 0; k < size; ++k) scores[k] = candidates[chosen[k]].logit;
  kernels_.sigmoid(scores, size, 1, 0, scores);
  for (size_t k = 0; k < size; ++k) {
    out.chosen[k].index = chosen[k];
    out.chosen[k].score = scores[k];
    out.chosen[k].promoted = candidates[chosen[k]].in_title;
  }
  out.chosen_count = static_cast<uint32_t>(size);
}

size_t Query::choose_best(uint64_t ad_index, uint32_t* chosen) const {
  return choose_selling_points(candidates_of(ad_index), choice_, embeddings(), chosen, nullptr);
}

// A look at what was chosen that would be too dear for every candidate. True: some of it may not be
// shown, which its candidates now say, so that another choice must be made.
bool Query::pass_over_unfit(uint64_t ad_index, std::span<const uint32_t> chosen) {
  const bool any_misnamed = forbid_misnamed(ad_index, chosen);
  return compare_with_title(ad_index, chosen) || any_misnamed;
}

// Claims are forbidden by what fingerprints stand for. Where there are such rules, a selling point
// whose fingerprint belongs to another text must not get past them: where one was chosen, all such
// selling points of the ad are forbidden. False: none was chosen.
bool Query::forbid_misnamed(uint64_t ad_index, std::span<const uint32_t> chosen) {
  if (weights_.rows->empty() && rules_.blocks.is_empty()) return false;
  const barker_ad& a = ad(ad_index);
  const auto is_misnamed = [&](size_t i) {
    const auto point = element(a.selling_points, a.selling_point_stride, i);
    if (point.fingerprint == 0) return false;
    // Past the deadline no selling point is shown, so that the answer does not matter.
    if (late_after(kStepsPerByteNormalized * point.text.size)) return false;
    return point.fingerprint != keyword_fingerprint(view(point.text));
  };
  if (std::ranges::none_of(chosen, is_misnamed)) return false;
  const Range& range = w_.candidate_ranges[ad_index];
  for (size_t i = range.begin; i < range.end; ++i) {
    w_.candidates[i].forbidden |= is_misnamed(i - range.begin);
  }
  return true;
}

// Finds the chosen in the title, each candidate once, and compares them with each other, unless all
// of them have been compared together.
bool Query::compare_with_title(uint64_t ad_index, std::span<const uint32_t> chosen) {
  const size_t begin = w_.candidate_ranges[ad_index].begin;
  const auto compared = [&](uint32_t i) -> uint32_t& { return w_.candidate_compared[begin + i]; };
  const auto are_together = [&](uint32_t i) {
    return compared(i) != 0 && compared(i) == compared(chosen.front());
  };
  if (std::ranges::all_of(chosen, are_together)) return false;
  const uint32_t comparison = ++w_.comparisons;
  const barker_ad& a = ad(ad_index);
  const bool promotes = choice_.duplicates == Duplicates::kPromote;
  uint64_t bytes = a.title.size;
  for (const uint32_t i : chosen) {
    bytes += element(a.selling_points, a.selling_point_stride, i).text.size;
  }
  // Past the deadline no selling point is shown, so that the answer does not matter.
  if (late_after(kStepsPerByteNormalized * bytes)) return false;
  if (are_surely_apart(ad_index, chosen)) {
    for (const uint32_t i : chosen) {
      compared(i) = comparison;
      w_.candidates[begin + i].in_title = false;
    }
    return false;
  }
  if (late_after(kStepsPerBytePlaced * a.title.size * chosen.size())) return false;
  using Origins = NormalForm::Origins;
  w_.title_text.assign(view(a.title), promotes ? Origins::kKept : Origins::kForgotten);
  bool is_any_unfit = false;
  for (size_t k = 0; k < chosen.size(); ++k) {
    Candidate& c = w_.candidates[begin + chosen[k]];
    const auto point = element(a.selling_points, a.selling_point_stride, chosen[k]);
    w_.point_texts[k].assign(view(point.text), Origins::kForgotten);
    for (size_t earlier = 0; earlier < k; ++earlier) {
      const Candidate& other = w_.candidates[begin + chosen[earlier]];
      if (c.fingerprint == other.fingerprint) continue;
      if (!same_words(w_.point_texts[earlier], w_.point_texts[k])) continue;
      c.fingerprint = other.fingerprint;  // it says the same in another spelling
      is_any_unfit = true;
    }
    if (std::exchange(compared(chosen[k]), comparison) != 0) continue;
    const TitlePlace place = place_in_title(w_.title_text, w_.point_texts[k]);
    c.in_title = place.kind != TitlePlace::kAbsent;
    if (!c.in_title) continue;
    TitleCut& cut = w_.candidate_cuts[begin + chosen[k]];
    cut = promotes ? clean_cut(w_.title_text, place) : TitleCut{};
    c.stays_in_title = cut.is_empty();
    is_any_unfit |= c.stays_in_title;
  }
  return is_any_unfit;
}

// Whether a look at letters and digits alone shows that none of the chosen stands in the title and
// no two of them are the same. It saves most titles their comparison form.
bool Query::are_surely_apart(uint64_t ad_index, std::span<const uint32_t> chosen) {
  const barker_ad& a = ad(ad_index);
  const RegisteredAd* const known = registered(ad_index);
  if (!known) w_.title_core.assign(view(a.title));
  for (size_t k = 0; k < chosen.size(); ++k) {
    if (known && known->may_be_in_title(chosen[k])) return false;
    AsciiCore& core = w_.point_cores[k];
    core.assign(view(element(a.selling_points, a.selling_point_stride, chosen[k]).text));
    if (!known && w_.title_core.may_contain(core)) return false;
    for (size_t earlier = 0; earlier < k; ++earlier) {
      if (core.may_equal(w_.point_cores[earlier])) return false;
    }
  }
  return true;
}

// Titles of ads that will not be shown, are outside of the window or come past the deadline are the
// merchants' own.
bool Query::rewrite() {
  answer_.text.clear();
  w_.titles_in_time = 0;
  for (uint64_t rank = 0; rank < request_.ad_count; ++rank) {
    barker_result_ad& out = answer_.ads[rank];
    rewrite_ad(out, rank < shown_);
    if (!is_late_) w_.titles_in_time = rank + 1;
    counts_.titles_rewritten += out.chosen_count > 0;
  }
  return !is_late_;
}

void Query::rewrite_ad(barker_result_ad& out, bool is_shown) {
  const barker_ad& a = ad(out.ad);
  const std::string_view title =
      (out.flags & BARKER_RESULT_BAD_AD) != 0 ? title_of_bad_ad(a) : view(a.title);
  const bool is_cut = is_shown && title_.max_width > 0;
  const uint64_t steps_per_byte = is_cut ? kStepsPerByteCut : kStepsPerByteCleaned;
  const bool is_ruled = is_shown && !title_.feed.are_all_off();
  uint64_t steps = kStepsPerAd + steps_per_byte * title.size();
  if (is_ruled) steps += kStepsPerByteRuled * title.size();
  uint32_t promoted = 0;
  for (uint32_t k = 0; k < out.chosen_count; ++k) {
    const auto point = element(a.selling_points, a.selling_point_stride, out.chosen[k].index);
    steps += steps_per_byte * point.text.size;
    promoted += out.chosen[k].promoted;
    if (promoted > 1) steps += kStepsPerByteSplit * title.size();  // find_promoted()
  }
  const bool in_time = !late_after(steps);
  if (!in_time) {
    out.chosen_count = 0;
    // It was of what the deadline took away.
    if (policy_.draws() && is_shown && out.rescored != 0 && !is_untouched(a, out.ad)) {
      complete_selling_points(out.ad);
      if (a.selling_point_count > 0) out.propensity = NAN;
    }
  }
  Prefix prefixes[BARKER_MAX_SELLING_POINTS];
  Placed placed[BARKER_MAX_SELLING_POINTS];
  find_promoted(a, title, out, prefixes);
  out.title_offset = answer_.text.size();
  // The merchant's own title is cleaned and escaped like all output, but neither prefixed nor cut.
  const bool is_own = !in_time || !is_shown || !out.rescored || is_untouched(a, out.ad);
  FeedRuleMask fired = 0;
  const RegisteredAd* const known = registered(out.ad);
  const bool is_plain = known && known->is_plain;
  rewrite_title(title, {prefixes, out.chosen_count}, is_own ? config_.untouched_title : title_,
                answer_.text, placed, &counts_.invalid_utf8, &fired, is_plain);
  out.flags |= result_flags(fired);
  counts_.count_title(fired);
  out.title_size = answer_.text.size() - out.title_offset;
  keep_placed(out, prefixes, placed);
}

// The chosen ones as prefixes. Each promoted one could leave the title by itself; those that cannot
// leave it together with the ones before them are taken out of the chosen. What the first one takes
// out is known from compare_with_title().
void Query::find_promoted(const barker_ad& a, std::string_view title, barker_result_ad& out,
                          Prefix* prefixes) {
  TitleCut cuts[BARKER_MAX_SELLING_POINTS];
  size_t cut_count = 0;
  bool is_title_read = false;
  uint32_t kept = 0;
  for (uint32_t k = 0; k < out.chosen_count; ++k) {
    const auto point = element(a.selling_points, a.selling_point_stride, out.chosen[k].index);
    prefixes[kept] = {.text = view(point.text), .is_marked = policy_.is_highlighted};
    if (out.chosen[k].promoted) {
      TitleCut& cut = w_.candidate_cuts[w_.candidate_ranges[out.ad].begin + out.chosen[k].index];
      if (cut_count > 0) {
        if (!std::exchange(is_title_read, true)) {
          w_.title_text.assign(title, NormalForm::Origins::kKept);
        }
        w_.point_texts[0].assign(view(point.text), NormalForm::Origins::kForgotten);
        cut = clean_cut(w_.title_text, place_in_title(w_.title_text, w_.point_texts[0]),
                        {cuts, cut_count});
      }
      if (cut.is_empty()) continue;
      prefixes[kept].cut_begin = cut.begin;
      prefixes[kept].cut_end = cut.end;
      cuts[cut_count++] = cut;
    }
    out.chosen[kept++] = out.chosen[k];
  }
  out.chosen_count = kept;
}

// Takes out of the chosen those that did not fit or have nothing to be seen.
void Query::keep_placed(barker_result_ad& out, const Prefix* prefixes, const Placed* placed) {
  uint32_t kept = 0;
  for (uint32_t k = 0; k < out.chosen_count; ++k) {
    if (placed[k].end == placed[k].begin) continue;
    out.chosen[kept] = out.chosen[k];
    out.chosen[kept].promoted = prefixes[k].cut_end > prefixes[k].cut_begin;
    out.chosen[kept].begin = placed[k].begin;
    out.chosen[kept].end = placed[k].end;
    ++kept;
  }
  std::fill(out.chosen + kept, out.chosen + BARKER_MAX_SELLING_POINTS, barker_chosen{});
  out.chosen_count = kept;
}

}  // namespace barker
