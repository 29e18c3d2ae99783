// From scores to the answer: order, chosen selling points, titles.

#include <algorithm>
#include <cmath>
#include <tuple>

#include "plugin/query.h"
#include "plugin/request.h"

namespace barker {
namespace {

constexpr uint64_t kAdsBetweenDeadlines = 64;

}  // namespace

void Query::choose() {
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
    const std::span<const Candidate> candidates = candidates_of(index);
    uint32_t chosen[BARKER_MAX_SELLING_POINTS];
    out.chosen_count = static_cast<uint32_t>(
        choose_selling_points(candidates, config_.choose, embeddings(), chosen, nullptr));
    float scores[BARKER_MAX_SELLING_POINTS];
    for (uint32_t k = 0; k < out.chosen_count; ++k) scores[k] = candidates[chosen[k]].logit;
    kernels_.sigmoid(scores, out.chosen_count, 1, 0, scores);
    for (uint32_t k = 0; k < out.chosen_count; ++k) {
      out.chosen[k].index = chosen[k];
      out.chosen[k].score = scores[k];
      out.chosen[k].promoted = candidates[chosen[k]].in_title;
    }
  }
}

// A promoted selling point's bytes in the title; an empty range where its words do not stand
// together.
std::pair<size_t, size_t> Query::find_in_title(std::string_view title, Fingerprint f) const {
  for (const Keyword& keyword : g_.splitter.split(title)) {
    if (keyword.fingerprint == f) return {keyword.begin, keyword.end};
  }
  return {0, 0};
}

// False: past the deadline; the titles from there on are the merchants' own.
bool Query::rewrite() {
  w_.text.clear();
  uint64_t rewritten = 0, replaced = 0;
  bool in_time = true;
  for (uint64_t rank = 0; rank < request_.ad_count; ++rank) {
    if (rank % kAdsBetweenDeadlines == 0) in_time = in_time && !late();
    barker_result_ad& out = *result_ad(response_, rank);
    if (!in_time) out.chosen_count = 0;
    rewrite_ad(out, replaced);
    rewritten += out.chosen_count > 0;
  }
  counters_.titles_rewritten.fetch_add(rewritten, std::memory_order_relaxed);
  counters_.ads_rescored.fetch_add(window_, std::memory_order_relaxed);
  if (replaced) counters_.invalid_utf8.fetch_add(replaced, std::memory_order_relaxed);
  return in_time;
}

void Query::rewrite_ad(barker_result_ad& out, uint64_t& replaced) {
  const barker_ad a = ad(out.ad);
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
  // An opted-out title is cleaned and escaped like all output, but neither prefixed nor cut.
  const bool untouched = is_untouched(a);
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
