// Keywords to embedding rows. Lookups are collected first and made together: each waits for memory,
// and many wait no longer than one.

#include <algorithm>
#include <cmath>

#include "models/weights/vocabulary.h"
#include "plugin/query.h"
#include "plugin/request.h"

namespace barker {
namespace {

uint64_t limited(const NetworkGroup& group, uint64_t count) {
  return group.max_tokens ? std::min<uint64_t>(group.max_tokens, count) : count;
}

}  // namespace

void Query::map_groups() {
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
}

void Query::fill_group(const NetworkGroup& group, std::vector<uint32_t>& rows,
                       std::vector<float>& weights) {
  if (group.name == "query") return fill_query(group, rows);
  w_.fingerprints.clear();
  // Past the deadline the rest is left out: nobody will ask for it.
  const auto add = [&](const barker_string& token) {
    if (late_after(kStepsPerByte * token.size)) return;
    w_.fingerprints.push_back(group.keywords ? keyword_fingerprint(view(token))
                                             : feature_fingerprint(group.name, view(token)));
  };
  const barker_group given = find_group(group.name);
  if (group.name == "hist" && given.token_count == 0) {
    const uint64_t count = limited(group, request_.user_keyword_count);
    for (uint64_t i = 0; i < count; ++i) add(request_.user_keywords[i]);
  } else if (group.name == "uid" && given.token_count == 0) {
    if (request_.user.size > 0) add(request_.user);
  } else {
    const uint64_t count = limited(group, given.token_count);
    for (uint64_t i = 0; i < count; ++i) add(given.tokens[i]);
  }
  add_rows(group, given.token_count > 0 ? given.weights : nullptr, rows, weights);
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
  uint64_t replaced = 0;
  g_.splitter.split(view(request_.query), w_.fingerprints, &replaced);
  w_.fingerprints.resize(limited(group, w_.fingerprints.size()));
  w_.found_rows.resize(w_.fingerprints.size());
  g_.file->vocabulary().find(w_.fingerprints, w_.found_rows.data());
  for (const uint32_t row : w_.found_rows) {
    if (row < n_.keyword_rows) rows.push_back(row);
  }
  count(counters_.query_keywords, w_.fingerprints.size());
  count(counters_.query_keywords_unknown, w_.fingerprints.size() - rows.size());
  if (replaced) count(counters_.invalid_utf8, replaced);
}

// Rows of w_.fingerprints; tokens without one are left out of the mean, with their weights.
void Query::add_rows(const NetworkGroup& group, const float* given_weights,
                     std::vector<uint32_t>& rows, std::vector<float>& weights) {
  const std::vector<Fingerprint>& fingerprints = w_.fingerprints;
  w_.found_rows.resize(fingerprints.size());
  if (group.hash_buckets > 0) {
    for (size_t i = 0; i < fingerprints.size(); ++i) {
      w_.found_rows[i] =
          group.first_bucket_row + static_cast<uint32_t>(fingerprints[i] % group.hash_buckets);
    }
  } else {
    g_.file->vocabulary().find(fingerprints, w_.found_rows.data());
  }
  for (size_t i = 0; i < fingerprints.size(); ++i) {
    if (w_.found_rows[i] == kUnknownRow) continue;
    rows.push_back(w_.found_rows[i]);
    if (given_weights) weights.push_back(given_weights[i]);
  }
}

bool Query::map_ads() {
  if (late()) return false;
  w_.title_fingerprints.clear();
  w_.title_begin.assign(1, 0);
  w_.candidates.clear();
  w_.candidate_rules.clear();
  w_.candidate_begin.assign(1, 0);
  for (uint64_t i = 0; i < window_; ++i) {
    const barker_ad a = ad(i);
    const uint64_t words = a.title_keywords ? a.title_keyword_count : a.title.size;
    const uint64_t splitting = a.title_keywords ? 0 : kStepsPerByte * a.title.size;
    if (late_after(kStepsPerAd + splitting + words * a.selling_point_count)) return false;
    if (a.title_keywords) {
      w_.title_fingerprints.insert(w_.title_fingerprints.end(), a.title_keywords,
                                   a.title_keywords + a.title_keyword_count);
    } else {
      g_.splitter.split(view(a.title), w_.title_fingerprints);
    }
    w_.title_begin.push_back(w_.title_fingerprints.size());
    if (!is_untouched(a) && !collect_candidates(a)) return false;
    w_.candidate_begin.push_back(w_.candidates.size());
  }
  return (!n_.has_auxiliary || map_titles()) && map_candidates() && !late();
}

bool Query::collect_candidates(const barker_ad& a) {
  const size_t begin = w_.title_begin[w_.title_begin.size() - 2];
  const RuleMask rules = rules_.of_category(view(a.category));
  const std::span<const Fingerprint> title = std::span(w_.title_fingerprints).subspan(begin);
  for (uint64_t i = 0; i < a.selling_point_count; ++i) {
    const barker_selling_point point = element(a.selling_points, a.selling_point_stride, i);
    if (point.fingerprint == 0 && late_after(kStepsPerByte * point.text.size)) return false;
    const Fingerprint f =
        point.fingerprint ? point.fingerprint : keyword_fingerprint(view(point.text));
    const bool in_title = std::ranges::find(title, f) != title.end();
    w_.candidates.push_back({f, kUnknownRow, NAN, in_title});
    w_.candidate_rules.push_back(rules);
  }
  return true;
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

bool Query::map_titles() {
  if (!find_rows(w_.title_fingerprints, w_.title_rows)) return false;
  w_.titles.assign(window_, {});
  uint32_t* known = w_.title_rows.data();  // rows move to the front over those without one
  for (uint64_t i = 0; i < window_; ++i) {
    Bag& title = w_.titles[i];
    title.rows = known;
    for (size_t t = w_.title_begin[i]; t < w_.title_begin[i + 1]; ++t) {
      if (w_.title_rows[t] < n_.keyword_rows) *known++ = w_.title_rows[t];
    }
    title.count = static_cast<size_t>(known - title.rows);
  }
  return true;
}

// Rows, and slots: a selling point that many ads have is scored once.
bool Query::map_candidates() {
  // Here, not after scoring: a query that was bypassed half-way leaves its slots behind.
  for (const uint32_t row : w_.distinct_rows) w_.slot_of_row[row] = kNoSlot;
  w_.distinct_rows.clear();
  w_.fingerprints.clear();
  for (const Candidate& c : w_.candidates) w_.fingerprints.push_back(c.fingerprint);
  if (!find_rows(w_.fingerprints, w_.found_rows)) return false;
  w_.candidate_slot.assign(w_.candidates.size(), kNoSlot);
  for (size_t i = 0; i < w_.candidates.size(); ++i) {
    const uint32_t row = w_.found_rows[i];
    if (row >= n_.keyword_rows) continue;
    w_.candidates[i].row = row;
    w_.candidates[i].forbidden = weights_.forbids(row, w_.candidate_rules[i]);
    if (w_.candidates[i].forbidden) continue;  // nobody needs to know how good it would be
    uint32_t& slot = w_.slot_of_row[row];
    if (slot == kNoSlot) {
      w_.distinct_rows.push_back(row);  // first: if it throws, no slot is left behind
      slot = static_cast<uint32_t>(w_.distinct_rows.size() - 1);
    }
    w_.candidate_slot[i] = slot;
  }
  return true;
}

}  // namespace barker
