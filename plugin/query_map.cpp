// Keywords to embedding rows. Lookups are collected first and made together: each waits for memory,
// and many wait no longer than one.

#include <algorithm>
#include <cmath>

#include "models/weights/groups.h"
#include "models/weights/vocabulary.h"
#include "plugin/catalogue_rows.h"
#include "plugin/query.h"
#include "plugin/request.h"

namespace barker {
namespace {

uint64_t limited(const NetworkGroup& group, uint64_t count) {
  return group.max_tokens ? std::min<uint64_t>(group.max_tokens, count) : count;
}

}  // namespace

void Query::map_groups() {
  w_.query_hash = 0;
  const auto& groups = n_.groups;
  w_.group_rows.resize(groups.size());
  w_.group_weights.resize(groups.size());
  w_.groups.resize(groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    w_.group_rows[i].clear();
    w_.group_weights[i].clear();
    fill_group(groups[i], w_.group_rows[i], w_.group_weights[i]);
    w_.groups[i] = {w_.group_rows[i].data(),
                    w_.group_weights[i].empty() ? nullptr : w_.group_weights[i].data(),
                    w_.group_rows[i].size()};
  }
  count_ignored_groups();
}

void Query::count_ignored_groups() {
  for (uint64_t i = 0; i < request_.group_count; ++i) {
    const barker_group given = element(request_.groups, request_.group_stride, i);
    counts_.groups_ignored += std::ranges::none_of(
        n_.groups, [&](const NetworkGroup& group) { return group.name == view(given.name); });
  }
}

// A group of the request comes before the other sources (models/weights/groups.h).
void Query::fill_group(const NetworkGroup& group, std::vector<uint32_t>& rows,
                       std::vector<float>& weights) {
  const barker_group given = find_group(group.name);
  const bool is_given = given.token_count > 0;
  const GroupSource source = is_given ? GroupSource::kFeatures : group_source(group.name);
  if (source == GroupSource::kQuery) return fill_query(group, rows);
  w_.fingerprints.clear();
  // Past the deadline the rest is left out, for the query will not be scored.
  const auto add = [&](const barker_string& token) {
    if (late_after(kStepsPerLookUp + kStepsPerByteNormalized * token.size)) return;
    w_.fingerprints.push_back(group.keywords ? keyword_fingerprint(view(token))
                                             : feature_fingerprint(group.name, view(token)));
  };
  if (source == GroupSource::kHistory) {
    const uint64_t count = limited(group, request_.user_keyword_count);
    for (uint64_t i = 0; i < count; ++i) add(request_.user_keywords[i]);
  } else if (source == GroupSource::kUserId) {
    if (request_.user.size > 0) add(request_.user);
  } else {
    const uint64_t count = limited(group, given.token_count);
    for (uint64_t i = 0; i < count; ++i) add(given.tokens[i]);
  }
  add_rows(group, is_given ? given.weights : nullptr, rows, weights);
  counts_.user_tokens += w_.fingerprints.size();
  counts_.user_tokens_unknown += w_.fingerprints.size() - rows.size();
}

barker_group Query::find_group(std::string_view name) const {
  for (uint64_t i = 0; i < request_.group_count; ++i) {
    const barker_group group = element(request_.groups, request_.group_stride, i);
    if (view(group.name) == name) return group;
  }
  return {};
}

void Query::fill_query(const NetworkGroup& group, std::vector<uint32_t>& rows) {
  w_.fingerprints.clear();
  if (late_after(kStepsPerByteSplit * request_.query.size)) return;
  g_.splitter.split(view(request_.query), w_.fingerprints, &counts_.invalid_utf8);
  w_.fingerprints.resize(limited(group, w_.fingerprints.size()));
  if (!find_rows(w_.fingerprints, w_.found_rows)) return;
  size_t known = 0;  // fingerprints move to the front over those without a row
  for (size_t i = 0; i < w_.found_rows.size(); ++i) {
    if (w_.found_rows[i] >= n_.keyword_rows) continue;
    rows.push_back(w_.found_rows[i]);
    w_.fingerprints[known++] = w_.fingerprints[i];
  }
  w_.query_hash = query_hash({w_.fingerprints.data(), known});
  counts_.query_keywords += w_.fingerprints.size();
  counts_.query_keywords_unknown += w_.fingerprints.size() - rows.size();
}

// Rows of w_.fingerprints; tokens without one are left out of the mean, with their weights. None
// past the deadline.
void Query::add_rows(const NetworkGroup& group, const float* given_weights,
                     std::vector<uint32_t>& rows, std::vector<float>& weights) {
  const std::vector<Fingerprint>& fingerprints = w_.fingerprints;
  if (group.hash_buckets > 0) {
    w_.found_rows.resize(fingerprints.size());
    for (size_t i = 0; i < fingerprints.size(); ++i) {
      w_.found_rows[i] = group.first_bucket_row + bucket_of(fingerprints[i], group.hash_buckets);
    }
  } else if (!find_rows(fingerprints, w_.found_rows)) {
    return;
  }
  for (size_t i = 0; i < fingerprints.size(); ++i) {
    if (w_.found_rows[i] == kUnknownRow) continue;
    rows.push_back(w_.found_rows[i]);
    if (given_weights) weights.push_back(given_weights[i]);
  }
}

void Query::mark_bad_ads() {
  w_.bad.assign(request_.ad_count, 0);
  if (checked_.bad_ads == 0) return;
  for (uint64_t i = 0; i < request_.ad_count; ++i) w_.bad[i] = is_bad_ad(ad(i));
}

const RegisteredAd* Query::registered(uint64_t index) const noexcept {
  if (checked_.registered.empty() || !checked_.registered[index].chunk) return nullptr;
  return &checked_.registered[index];
}

const RegisteredAd* Query::resolved(uint64_t index) const noexcept {
  const RegisteredAd* const known = registered(index);
  return known && known->rows ? known : nullptr;
}

// The keywords of an ad's title, behind those of the ads before. The host's are words, which are
// composed with the phrases of these weights, just as a title that is split here.
bool Query::split_title(const barker_ad& a, uint64_t index) {
  const uint64_t splitting =
      a.title_keywords ? kStepsPerWord * a.title_keyword_count : kStepsPerByteSplit * a.title.size;
  if (late_after(kStepsPerAd + splitting)) return false;
  const size_t begin = w_.title_fingerprints.size();
  if (a.title_keywords) {
    const std::span<const Fingerprint> words(a.title_keywords, a.title_keyword_count);
    w_.title_fingerprints.resize(begin + words.size());
    w_.title_fingerprints.resize(
        begin + g_.splitter.phrases().compose(words, w_.title_fingerprints.data() + begin));
  } else {
    g_.splitter.split(view(a.title), w_.title_fingerprints);
  }
  w_.title_ranges[index] = {begin, w_.title_fingerprints.size()};
  return true;
}

// Titles of the window, which the pCTR is predicted of.
bool Query::map_titles() {
  if (late()) return false;
  w_.title_fingerprints.clear();
  w_.title_ranges.assign(window_, {});
  w_.stored_titles.assign(window_, {});
  size_t stored = 0;
  for (uint64_t i = 0; i < window_; ++i) {
    if (w_.bad[i]) continue;
    if (const RegisteredAd* const known_ad = resolved(i)) {
      w_.stored_titles[i] = known_ad->rows->ad(known_ad->index).title;
      stored += w_.stored_titles[i].size();
    } else if (!split_title(ad(i), i)) {
      return false;
    }
  }
  if (!find_rows(w_.title_fingerprints, w_.title_rows)) return false;
  w_.titles.assign(window_, {});
  w_.title_rows.resize(w_.title_fingerprints.size() + stored);
  uint32_t* known = w_.title_rows.data();  // rows move to the front over those without one
  uint32_t* unpacked = known + w_.title_fingerprints.size();
  for (uint64_t i = 0; i < window_; ++i) {
    Bag& title = w_.titles[i];
    if (const PackedNumbers& rows = w_.stored_titles[i]; rows.size() > 0) {
      title.rows = unpacked;
      title.count = rows.size();
      for (size_t t = 0; t < rows.size(); ++t) *unpacked++ = rows.number(t);
      continue;
    }
    title.rows = known;
    for (size_t t = w_.title_ranges[i].begin; t < w_.title_ranges[i].end; ++t) {
      if (w_.title_rows[t] < n_.keyword_rows) *known++ = w_.title_rows[t];
    }
    title.count = static_cast<size_t>(known - title.rows);
  }
  return !late();
}

// Selling points of the ads that will be shown, the first ranks' first. False: none is mapped.
bool Query::map_candidates() {
  w_.candidates.clear();
  w_.resolved_rows.clear();
  w_.candidate_rules.clear();
  w_.candidate_ranges.assign(window_, {});
  if (!n_.has_auxiliary) {  // else the titles are split already
    w_.title_fingerprints.clear();
    w_.title_ranges.assign(window_, {});
  }
  for (uint64_t rank = 0; rank < shown_; ++rank) {
    const uint64_t index = w_.order[rank];
    const barker_ad& a = ad(index);
    if (checked_.completed && rank + 1 < shown_) {
      checked_.completed->prefetch_selling_points(w_.order[rank + 1]);
    }
    if (w_.bad[index] || is_untouched(a, index)) continue;
    complete_selling_points(index);
    const bool needs_split = !n_.has_auxiliary && !resolved(index);
    if ((needs_split && !split_title(a, index)) || !collect_candidates(a, index)) {
      w_.candidate_ranges.assign(window_, {});
      return false;
    }
  }
  if (!find_candidate_rows()) {
    w_.candidate_ranges.assign(window_, {});
    return false;
  }
  if (!rules_.blocks.is_empty()) apply_blocks();
  return true;
}

// The blocks of an ad's merchant and of the ad itself; Blocks::kNone where there is none.
std::array<uint32_t, 2> Query::blocks_of(uint64_t ad_index) const {
  const barker_ad& a = ad(ad_index);
  const RegisteredAd* const known = resolved(ad_index);
  const Fingerprint merchant = known ? known->chunk->pool()->merchant(known->merchant).fingerprint
                                     : merchant_fingerprint(view(a.merchant));
  return {rules_.blocks.of_merchant(merchant),
          rules_.blocks.name_ads() ? rules_.blocks.of_ad(fingerprint(view(a.id))) : Blocks::kNone};
}

uint64_t Query::steps_of_blocks(uint64_t ad_index) const {
  const barker_ad& a = ad(ad_index);
  return kStepsPerAd + kStepsPerByteNormalized * a.merchant.size + a.id.size;
}

// Merchants' own blocks are few, so that what they forbid is scored all the same.
void Query::apply_blocks() {
  for (uint64_t rank = 0; rank < shown_; ++rank) {
    const uint32_t index = w_.order[rank];
    const Range& range = w_.candidate_ranges[index];
    if (range.size() == 0) continue;
    // Past the deadline nothing of the rest is shown.
    if (late_after(steps_of_blocks(index) + kStepsPerLookUp * range.size())) return;
    for (const uint32_t block : blocks_of(index)) {
      if (block == Blocks::kNone) continue;
      for (size_t i = range.begin; i < range.end; ++i) {
        Candidate& c = w_.candidates[i];
        c.forbidden |= c.row != kUnknownRow && weights_.blocks_name(block, c.row);
      }
    }
  }
}

bool Query::collect_candidates(const barker_ad& a, uint64_t index) {
  const Range& words = w_.title_ranges[index];
  if (late_after(kStepsPerAd + words.size() * a.selling_point_count)) return false;
  const size_t begin = w_.candidates.size();
  const auto title = std::span(w_.title_fingerprints).subspan(words.begin, words.size());
  const RegisteredAd* const known = resolved(index);
  const RuleMask rules =
      known ? rules_.of_category_path(known->chunk->pool()->category(known->category).path)
            : rules_.of_category(view(a.category));
  if (known) {
    add_stored_candidates(*known, a.selling_point_count, rules);
  } else if (!add_given_candidates(a, title, rules)) {
    return false;
  }
  w_.candidate_ranges[index] = {begin, w_.candidates.size()};
  return true;
}

bool Query::add_given_candidates(const barker_ad& a, std::span<const Fingerprint> title,
                                 RuleMask rules) {
  for (uint64_t i = 0; i < a.selling_point_count; ++i) {
    const barker_selling_point point = element(a.selling_points, a.selling_point_stride, i);
    if (point.fingerprint == 0 && late_after(kStepsPerByteNormalized * point.text.size))
      return false;
    const Fingerprint f =
        point.fingerprint ? point.fingerprint : keyword_fingerprint(view(point.text));
    add_candidate(f, kRowToBeFound, std::ranges::find(title, f) != title.end(), rules);
  }
  return true;
}

void Query::add_stored_candidates(const RegisteredAd& ad, uint64_t count, RuleMask rules) {
  const CataloguePool& pool = *ad.chunk->pool();
  const PackedNumbers points = ad.chunk->ad(ad.index).points;
  const AdRows rows = ad.rows->ad(ad.index);
  for (uint64_t i = 0; i < count; ++i) {
    const uint32_t point = points.number(i);
    add_candidate(pool.point(point).fingerprint, ad.rows->point_row(point), rows.is_in_title(i),
                  rules);
  }
}

void Query::add_candidate(Fingerprint f, uint32_t row, bool in_title, RuleMask rules) {
  w_.candidates.push_back({f, kUnknownRow, NAN, in_title});
  w_.resolved_rows.push_back(row);
  w_.candidate_rules.push_back(rules);
}

bool Query::find_rows(std::span<const Fingerprint> fingerprints, std::vector<uint32_t>& rows) {
  constexpr size_t kAtOnce = 1024;
  rows.resize(fingerprints.size());
  for (size_t begin = 0; begin < fingerprints.size(); begin += kAtOnce) {
    const auto some = fingerprints.subspan(begin, std::min(kAtOnce, fingerprints.size() - begin));
    if (late_after(kStepsPerLookUp * some.size())) return false;
    g_.file->vocabulary().find(some, rows.data() + begin);
  }
  return true;
}

// Rows, and slots: a selling point that many ads have is scored once.
bool Query::find_candidate_rows() {
  w_.distinct_rows.clear();
  w_.fingerprints.clear();
  for (size_t i = 0; i < w_.candidates.size(); ++i) {
    if (w_.resolved_rows[i] == kRowToBeFound) {
      w_.fingerprints.push_back(w_.candidates[i].fingerprint);
    }
  }
  if (!find_rows(w_.fingerprints, w_.found_rows)) return false;
  w_.slots.clear(std::min<size_t>(w_.candidates.size(), n_.keyword_rows));
  w_.candidate_slot.assign(w_.candidates.size(), kNoSlot);
  uint64_t unknown = 0;
  size_t found = 0;
  for (size_t i = 0; i < w_.candidates.size(); ++i) {
    const bool is_resolved = w_.resolved_rows[i] != kRowToBeFound;
    const uint32_t row = is_resolved ? w_.resolved_rows[i] : w_.found_rows[found++];
    if (row >= n_.keyword_rows) {
      ++unknown;
      continue;
    }
    w_.candidates[i].row = row;
    w_.candidates[i].forbidden = weights_.forbids(row, w_.candidate_rules[i]);
    if (w_.candidates[i].forbidden) continue;  // how good it would be does not matter
    bool is_new;
    w_.candidate_slot[i] = w_.slots.find_or_add(row, is_new);
    if (is_new) w_.distinct_rows.push_back(row);
  }
  if (policy_.doubts()) set_deviations();
  counts_.candidates += w_.candidates.size();
  counts_.candidates_unknown += unknown;
  return !late();
}

// How certain the model is of each candidate.
void Query::set_deviations() {
  const float prior = policy_.exploration.prior;
  for (Candidate& c : w_.candidates) {
    const double evidence = c.row == kUnknownRow ? 0 : g_.file->click_rates().evidence_of(c.row);
    c.deviation = logit_deviation(prior, evidence);
  }
}

}  // namespace barker
