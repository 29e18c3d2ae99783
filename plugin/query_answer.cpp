// From scores to the answer: order, chosen selling points, titles.

#include <algorithm>
#include <cmath>
#include <tuple>

#include "plugin/query.h"
#include "plugin/request.h"

namespace barker {

// Past the deadline ads get no selling points any more.
bool Query::choose() {
  for (uint64_t rank = 0; rank < request_.ad_count; ++rank) {
    barker_result_ad& out = *result_ad(response_, rank);
    const uint64_t index = rank < window_ ? w_.order[rank] : rank;
    out = {};
    out.struct_size = sizeof out;
    out.ad = index;
    if (rank >= window_) {
      out.score = ad(index).first_pass_score;
      out.pctr = NAN;
      continue;
    }
    out.rescored = 1;
    out.score = w_.scores[index];
    out.pctr = w_.aux[index];
    const uint64_t size = candidates_of(index).size();
    if (!late_after(kStepsPerAd + size * size)) choose_for(out);
  }
  return !is_late_;
}

void Query::choose_for(barker_result_ad& out) {
  const std::span<const Candidate> candidates = candidates_of(out.ad);
  uint32_t chosen[BARKER_MAX_SELLING_POINTS];
  const auto choose_best = [&] {
    return choose_selling_points(candidates, config_.choose, embeddings(), chosen, nullptr);
  };
  size_t size = choose_best();
  if (forbid_misnamed(out.ad, {chosen, size})) size = choose_best();
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

// Claims are forbidden by what fingerprints stand for. Where there are such rules, a selling point
// whose fingerprint stands for another text must not get past them. False: nothing chosen is one.
bool Query::forbid_misnamed(uint64_t ad_index, std::span<const uint32_t> chosen) {
  if (weights_.rows->empty()) return false;
  const barker_ad a = ad(ad_index);
  const auto is_misnamed = [&](size_t i) {
    const auto point = element(a.selling_points, a.selling_point_stride, i);
    if (point.fingerprint == 0) return false;
    if (late_after(kStepsPerByte * point.text.size)) return true;  // nothing will be shown
    return point.fingerprint != keyword_fingerprint(view(point.text));
  };
  if (std::ranges::none_of(chosen, is_misnamed)) return false;
  const size_t begin = w_.candidate_begin[ad_index];
  for (size_t i = begin; i < w_.candidate_begin[ad_index + 1]; ++i) {
    w_.candidates[i].forbidden |= is_misnamed(i - begin);
  }
  return true;
}

// A promoted selling point's bytes in the title; an empty range where its words do not stand
// together.
std::pair<size_t, size_t> Query::find_in_title(std::string_view title, Fingerprint f) const {
  return g_.splitter.find(title, f);
}

// Past the deadline, and outside of the window, titles are the merchants' own.
bool Query::rewrite() {
  w_.text.clear();
  uint64_t rewritten = 0, replaced = 0;
  for (uint64_t rank = 0; rank < request_.ad_count; ++rank) {
    barker_result_ad& out = *result_ad(response_, rank);
    rewrite_ad(out, replaced);
    rewritten += out.chosen_count > 0;
  }
  count(counters_.titles_rewritten, rewritten);
  count(counters_.ads_rescored, window_);
  if (replaced) count(counters_.invalid_utf8, replaced);
  return !is_late_;
}

void Query::rewrite_ad(barker_result_ad& out, uint64_t& replaced) {
  const barker_ad a = ad(out.ad);
  const bool in_time = !late_after(kStepsPerAd + kStepsPerByte * a.title.size);
  if (!in_time) out.chosen_count = 0;
  Prefix prefixes[BARKER_MAX_SELLING_POINTS];
  Placed placed[BARKER_MAX_SELLING_POINTS];
  for (uint32_t k = 0; k < out.chosen_count; ++k) {
    const auto point = element(a.selling_points, a.selling_point_stride, out.chosen[k].index);
    prefixes[k] = {view(point.text)};
    if (out.chosen[k].promoted) {
      const Fingerprint f = candidates_of(out.ad)[out.chosen[k].index].fingerprint;
      std::tie(prefixes[k].cut_begin, prefixes[k].cut_end) = find_in_title(view(a.title), f);
    }
  }
  out.title_offset = w_.text.size();
  // The merchant's own title is cleaned and escaped like all output, but neither prefixed nor cut.
  const bool untouched = !in_time || !out.rescored || is_untouched(a);
  rewrite_title(view(a.title), {prefixes, out.chosen_count},
                untouched ? config_.untouched_title : config_.title, w_.text, placed, &replaced);
  out.title_size = w_.text.size() - out.title_offset;
  uint32_t kept = 0;
  for (uint32_t k = 0; k < out.chosen_count; ++k) {
    if (placed[k].end == placed[k].begin) continue;  // did not fit, or nothing to be seen of it
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
