// One query's way through the plugin, in the order of the functions of class Query.

#include <algorithm>
#include <cmath>
#include <ctime>
#include <exception>
#include <tuple>

#include "models/vocabulary.h"
#include "plugin/plugin.h"
#include "plugin/request.h"

namespace barker {
namespace {

constexpr uint32_t kNoSlot = 0xFFFFFFFFu;
constexpr size_t kBlock = 64;  // candidates or titles between two looks at the deadline

uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

class Query {
 public:
  Query(const barker_request& request, barker_response& response, const Config& config,
        const KernelTable& kernels, const Generation& generation, Workspace& workspace,
        Counters& counters)
      : request_(request),
        response_(response),
        config_(config),
        kernels_(kernels),
        g_(generation),
        w_(workspace),
        counters_(counters) {
    if (w_.bound_generation != g_.id) {
      w_.forward.bind(g_.network, kernels);
      w_.slot_of_row.assign(g_.network.keyword_rows, kNoSlot);
      w_.distinct_rows.clear();  // rows of the generation before
      w_.bound_generation = g_.id;
    }
    window_ = std::min(request.ad_count, request.window ? request.window : config.window);
  }

  // False: nothing was written but status and reason; the caller bypasses.
  bool run() {
    uint64_t start = now_ns();
    const auto lap = [&](uint64_t& stage) {
      const uint64_t end = now_ns();
      stage = end - start;
      start = end;
    };
    if (late()) return bypass(BARKER_REASON_DEADLINE);
    map_groups();
    map_ads();
    lap(response_.map_ns);
    w_.forward.set_context(w_.groups);
    if (!score_titles()) return bypass(BARKER_REASON_DEADLINE);
    if (!score_ads()) return bypass(BARKER_REASON_NON_FINITE);
    const bool all_scored = score_candidates();
    lap(response_.score_ns);
    order_by_score(w_.scores, w_.order);
    choose();
    lap(response_.choose_ns);
    rewrite();
    lap(response_.rewrite_ns);
    response_.status = all_scored ? BARKER_STATUS_RESCORED : BARKER_STATUS_PARTIAL;
    response_.reason = all_scored ? BARKER_REASON_NONE : BARKER_REASON_DEADLINE;
    return true;
  }

 private:
  bool late() const { return request_.deadline_ns != 0 && now_ns() >= request_.deadline_ns; }

  bool bypass(int32_t reason) {
    response_.reason = reason;
    return false;
  }

  barker_ad ad(uint64_t index) const { return element(request_.ads, request_.ad_stride, index); }

  // ---- keywords to rows

  void map_groups() {
    const auto& groups = g_.network.groups;
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

  void fill_group(const NetworkGroup& group, std::vector<uint32_t>& rows,
                  std::vector<float>& weights) {
    const barker_group given = find_group(group.name);
    if (group.name == "query") {
      fill_query(group, rows);
    } else if (group.name == "hist" && given.token_count == 0) {
      const uint64_t count = limited(group, request_.user_keyword_count);
      for (uint64_t i = 0; i < count; ++i) add(group, view(request_.user_keywords[i]), rows);
    } else if (group.name == "uid" && given.token_count == 0) {
      if (request_.user.size > 0) add(group, view(request_.user), rows);
    } else {
      const uint64_t count = limited(group, given.token_count);
      for (uint64_t i = 0; i < count; ++i) {
        if (add(group, view(given.tokens[i]), rows) && given.weights) {
          weights.push_back(given.weights[i]);
        }
      }
    }
  }

  static uint64_t limited(const NetworkGroup& group, uint64_t count) {
    return group.max_tokens ? std::min<uint64_t>(group.max_tokens, count) : count;
  }

  barker_group find_group(std::string_view name) const {
    for (uint64_t i = 0; i < request_.group_count; ++i) {
      const barker_group group = element(request_.groups, request_.group_stride, i);
      if (view(group.name) == name) return group;
    }
    return {};
  }

  void fill_query(const NetworkGroup& group, std::vector<uint32_t>& rows) {
    w_.fingerprints.clear();
    uint64_t replaced = 0;
    g_.splitter.split(view(request_.query), w_.fingerprints, &replaced);
    w_.fingerprints.resize(limited(group, w_.fingerprints.size()));
    for (const Fingerprint f : w_.fingerprints) {
      const uint32_t row = g_.file->vocabulary().find(f);
      if (row < g_.network.keyword_rows) rows.push_back(row);
    }
    counters_.query_keywords.fetch_add(w_.fingerprints.size(), std::memory_order_relaxed);
    counters_.query_keywords_unknown.fetch_add(w_.fingerprints.size() - rows.size(),
                                               std::memory_order_relaxed);
    if (replaced) counters_.invalid_utf8.fetch_add(replaced, std::memory_order_relaxed);
  }

  // Whether the token has a row; unknown ones are left out of the mean.
  bool add(const NetworkGroup& group, std::string_view token, std::vector<uint32_t>& rows) {
    Fingerprint f;
    if (group.keywords) {
      f = keyword_fingerprint(token);
    } else {
      f = feature_fingerprint(group.name, token);
    }
    const uint32_t row =
        group.hash_buckets ? group.first_bucket_row + static_cast<uint32_t>(f % group.hash_buckets)
                           : g_.file->vocabulary().find(f);
    if (row == kUnknownRow) return false;
    rows.push_back(row);
    return true;
  }

  // Keywords usually come in normal form already; plain lower-case ASCII surely is.
  static Fingerprint keyword_fingerprint(std::string_view text) {
    const bool plain = std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    return plain ? fingerprint(text) : fingerprint(normalize_keyword(text));
  }

  void map_ads() {
    w_.title_fingerprints.clear();
    w_.title_begin.assign(1, 0);
    w_.candidates.clear();
    w_.candidate_begin.assign(1, 0);
    w_.candidate_slot.clear();
    // Here, not after scoring: a query that was bypassed half-way leaves its slots behind.
    for (const uint32_t row : w_.distinct_rows) w_.slot_of_row[row] = kNoSlot;
    w_.distinct_rows.clear();
    for (uint64_t i = 0; i < window_; ++i) {
      const barker_ad a = ad(i);
      if (a.title_keywords) {
        w_.title_fingerprints.insert(w_.title_fingerprints.end(), a.title_keywords,
                                     a.title_keywords + a.title_keyword_count);
      } else {
        g_.splitter.split(view(a.title), w_.title_fingerprints);
      }
      w_.title_begin.push_back(w_.title_fingerprints.size());
      if (!(a.flags & BARKER_AD_OPT_OUT)) map_candidates(a);
      w_.candidate_begin.push_back(w_.candidates.size());
    }
  }

  void map_candidates(const barker_ad& a) {
    const size_t begin = w_.title_begin[w_.title_begin.size() - 2];
    for (uint64_t i = 0; i < a.selling_point_count; ++i) {
      const barker_selling_point point = element(a.selling_points, a.selling_point_stride, i);
      const Fingerprint f =
          point.fingerprint ? point.fingerprint : keyword_fingerprint(view(point.text));
      uint32_t row = g_.file->vocabulary().find(f);
      if (row >= g_.network.keyword_rows) row = kUnknownRow;
      const bool in_title =
          std::find(w_.title_fingerprints.begin() + static_cast<ptrdiff_t>(begin),
                    w_.title_fingerprints.end(), f) != w_.title_fingerprints.end();
      w_.candidates.push_back({f, row, 0, in_title});
      // A selling point that many ads have is scored once.
      uint32_t slot = kNoSlot;
      if (row != kUnknownRow) {
        slot = w_.slot_of_row[row];
        if (slot == kNoSlot) {
          slot = static_cast<uint32_t>(w_.distinct_rows.size());
          w_.distinct_rows.push_back(row);  // first: if it throws, no slot is left behind
          w_.slot_of_row[row] = slot;
        }
      }
      w_.candidate_slot.push_back(slot);
    }
  }

  // ---- scores

  // pCTR of the window to w_.aux, NaN where the model predicts none. False: past the deadline.
  bool score_titles() {
    w_.aux.assign(window_, NAN);
    if (!g_.network.has_auxiliary) return !late();
    w_.title_rows.clear();
    w_.titles.assign(window_, {});
    for (uint64_t i = 0; i < window_; ++i) {
      const size_t first = w_.title_rows.size();
      for (size_t t = w_.title_begin[i]; t < w_.title_begin[i + 1]; ++t) {
        const uint32_t row = g_.file->vocabulary().find(w_.title_fingerprints[t]);
        if (row < g_.network.keyword_rows) w_.title_rows.push_back(row);
      }
      w_.titles[i].count = w_.title_rows.size() - first;
    }
    const uint32_t* rows = w_.title_rows.data();
    for (Bag& title : w_.titles) {
      title.rows = rows;
      rows += title.count;
    }
    for (uint64_t begin = 0; begin < window_; begin += kBlock) {
      if (late()) return false;
      const size_t count = std::min<uint64_t>(kBlock, window_ - begin);
      w_.forward.score_titles({w_.titles.data() + begin, count}, w_.aux.data() + begin);
    }
    calibrate(w_.aux, g_.network.aux_scale, g_.network.aux_offset);
    return true;
  }

  void calibrate(std::vector<float>& logits, float scale, float offset) const {
    kernels_.sigmoid(logits.data(), logits.size(), scale, offset, logits.data());
  }

  bool score_ads() {
    w_.scores.resize(window_);
    w_.order.resize(window_);
    for (uint64_t i = 0; i < window_; ++i) {
      const barker_ad a = ad(i);
      const double pctr = g_.network.has_auxiliary ? double{w_.aux[i]} : 1.0;
      w_.scores[i] = ad_score(a.bid, pctr, a.first_pass_score, config_.order);
      if (!std::isfinite(w_.scores[i])) return false;
    }
    return true;
  }

  // P(attracted) of every distinct candidate, the first ads' first. False: the deadline cut it
  // short; those that were not reached stay at NaN and are not chosen.
  bool score_candidates() {
    w_.distinct_scores.assign(w_.distinct_rows.size(), NAN);
    size_t scored = 0;
    while (scored < w_.distinct_rows.size() && !late()) {
      const size_t count = std::min(kBlock, w_.distinct_rows.size() - scored);
      w_.forward.score_targets({w_.distinct_rows.data() + scored, count},
                               w_.distinct_scores.data() + scored);
      scored += count;
    }
    calibrate(w_.distinct_scores, g_.network.main_scale, g_.network.main_offset);
    for (size_t i = 0; i < w_.candidates.size(); ++i) {
      if (w_.candidate_slot[i] != kNoSlot) {
        w_.candidates[i].score = w_.distinct_scores[w_.candidate_slot[i]];
      }
    }
    return scored == w_.distinct_rows.size();
  }

  // ---- answer

  void choose() {
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
      const size_t begin = w_.candidate_begin[index];
      const std::span<const Candidate> candidates(w_.candidates.data() + begin,
                                                  w_.candidate_begin[index + 1] - begin);
      uint32_t chosen[BARKER_MAX_SELLING_POINTS];
      out.chosen_count = static_cast<uint32_t>(choose_selling_points(
          candidates, config_.choose, g_.network.embedding, g_.network.dim, chosen, nullptr));
      for (uint32_t k = 0; k < out.chosen_count; ++k) {
        out.chosen[k].index = chosen[k];
        out.chosen[k].score = candidates[chosen[k]].score;
        out.chosen[k].promoted = candidates[chosen[k]].in_title;
      }
    }
  }

  // A promoted selling point's bytes in the title; an empty range where its words do not stand
  // together.
  std::pair<size_t, size_t> find_in_title(std::string_view title, Fingerprint f) const {
    for (const Keyword& keyword : g_.splitter.split(title)) {
      if (keyword.fingerprint == f) return {keyword.begin, keyword.end};
    }
    return {0, 0};
  }

  void rewrite() {
    w_.text.clear();
    uint64_t rewritten = 0, replaced = 0;
    for (uint64_t rank = 0; rank < request_.ad_count; ++rank) {
      barker_result_ad& out = *result_ad(response_, rank);
      const barker_ad a = ad(out.ad);
      Prefix prefixes[BARKER_MAX_SELLING_POINTS];
      Placed placed[BARKER_MAX_SELLING_POINTS];
      for (uint32_t k = 0; k < out.chosen_count; ++k) {
        const auto point = element(a.selling_points, a.selling_point_stride, out.chosen[k].index);
        prefixes[k] = {view(point.text)};
        if (out.chosen[k].promoted) {
          const Fingerprint f =
              w_.candidates[w_.candidate_begin[out.ad] + out.chosen[k].index].fingerprint;
          std::tie(prefixes[k].cut_begin, prefixes[k].cut_end) = find_in_title(view(a.title), f);
        }
      }
      out.title_offset = w_.text.size();
      // An opted-out title is cleaned and escaped like all output, but neither prefixed nor cut.
      const bool untouched = a.flags & BARKER_AD_OPT_OUT;
      if (untouched) {
        TitlePolicy policy = config_.title;
        policy.max_width = 0;
        rewrite_title(view(a.title), {}, policy, w_.text, placed, &replaced);
      } else {
        rewrite_title(view(a.title), {prefixes, out.chosen_count}, config_.title, w_.text, placed,
                      &replaced);
      }
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
      rewritten += kept > 0;
    }
    counters_.titles_rewritten.fetch_add(rewritten, std::memory_order_relaxed);
    counters_.ads_rescored.fetch_add(window_, std::memory_order_relaxed);
    if (replaced) counters_.invalid_utf8.fetch_add(replaced, std::memory_order_relaxed);
  }

  const barker_request& request_;
  barker_response& response_;
  const Config& config_;
  const KernelTable& kernels_;
  const Generation& g_;
  Workspace& w_;
  Counters& counters_;
  uint64_t window_;
};

// First-pass order, original titles (cleaned and escaped as all output is).
void bypass(const barker_request& request, barker_response& response, const Config& config,
            std::string& text) {
  TitlePolicy policy = config.title;
  policy.max_width = 0;
  text.clear();
  for (uint64_t i = 0; i < request.ad_count; ++i) {
    const barker_ad ad = element(request.ads, request.ad_stride, i);
    barker_result_ad& out = *result_ad(response, i);
    out = {};
    out.struct_size = sizeof out;
    out.ad = i;
    out.score = ad.first_pass_score;
    out.pctr = NAN;
    out.title_offset = text.size();
    rewrite_title(view(ad.title), {}, policy, text, nullptr, nullptr);
    out.title_size = text.size() - out.title_offset;
  }
  response.status = BARKER_STATUS_BYPASSED;
}

}  // namespace

bool Plugin::run_query(const barker_request& request, barker_response& response,
                       const Generation& generation, Workspace& workspace) {
  return Query(request, response, config_, kernels_, generation, workspace, counters_).run();
}

bool Plugin::rescore(const barker_request& request, barker_response& response) {
  const auto count = [](std::atomic<uint64_t>& c) { c.fetch_add(1, std::memory_order_relaxed); };
  count(counters_.queries);
  response.ad_count = request.ad_count;
  response.reason = BARKER_REASON_NONE;
  response.generation = response.map_ns = response.score_ns = response.choose_ns =
      response.rewrite_ns = 0;

  const WorkspacePool::Lease lease = workspaces_.take(current_);
  const Generation* generation = lease ? lease.generation() : nullptr;
  std::string own_text;  // for the one case without workspace
  std::string& text = lease ? lease.workspace().text : own_text;
  bool answered = false;
  if (!config_.enabled) {
    response.reason = BARKER_REASON_DISABLED;
  } else if (!lease) {
    response.reason = BARKER_REASON_INTERNAL;
  } else if (!generation) {
    response.reason = BARKER_REASON_NO_WEIGHTS;
  } else if (request.ad_count == 0) {
    response.reason = BARKER_REASON_NO_ADS;
  } else {
    response.generation = generation->id;
    try {
      answered = run_query(request, response, *generation, lease.workspace());
    } catch (const std::exception&) {  // out of memory: the page must not be empty for it
      response.reason = BARKER_REASON_INTERNAL;
    }
  }
  if (!answered) bypass(request, response, config_, text);
  count(!answered                                  ? counters_.bypassed
        : response.status == BARKER_STATUS_PARTIAL ? counters_.partial
                                                   : counters_.rescored);
  response.text_size = text.size();
  if (text.size() > response.text_capacity) return false;
  std::copy(text.begin(), text.end(), response.text);
  return true;
}

}  // namespace barker
