#include "models/experiment/log_pages.h"

#include <algorithm>

#include "models/data/raw_log.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

// More of them are a mistake of the log, and would not fit into memory.
constexpr size_t kMaxArmSets = 100'000, kMaxSegmentValues = 1000, kMaxWeights = 100'000;

uint32_t object_hash(bool is_sf, std::string_view name) {
  return static_cast<uint32_t>(feature_fingerprint(is_sf ? "sf" : "ad", name));
}

// Users' histories by their length, which says how well the model knows them.
const char* history_segment(size_t keywords) {
  return keywords == 0    ? "history: none"
         : keywords <= 5  ? "history: 1 to 5 keywords"
         : keywords <= 20 ? "history: 6 to 20 keywords"
                          : "history: more than 20 keywords";
}

template <typename Row>
const Row* end_of_key(const Row* row, const Row* end) {
  const uint64_t key = row->key;
  while (row != end && row->key == key) ++row;
  return row;
}

// Moves `row` to the first row of `key` or behind it.
template <typename Row>
void seek(const Row*& row, const Row* end, uint64_t key) {
  while (row != end && row->key < key) ++row;
}

}  // namespace

Status LogPages::read(const std::vector<std::string>& paths, const LogPagesOptions& options) {
  if (Status s = pages_.create(options.directory); !s.ok()) return s;
  if (Status s = shown_.create(options.directory); !s.ok()) return s;
  if (Status s = responses_.create(options.directory); !s.ok()) return s;
  Result<RawLogs> logs = RawLogs::open(paths);
  if (!logs.ok()) return logs.status();
  for (;;) {
    const Result<std::optional<RawEvent>> event = logs->next();
    if (!event.ok()) return event.status();
    if (!event->has_value()) break;
    if (const auto* shown = std::get_if<RawImpression>(&**event)) {
      if (Status s = add(*shown, options); !s.ok()) return s;
    } else if (const auto* click = std::get_if<RawClick>(&**event)) {
      add(*click);
    } else {
      add(std::get<RawOptOut>(**event));
    }
  }
  counts_.lines = logs->lines();
  counts_.bad_lines = logs->bad_lines();
  counts_.unfinished_lines = logs->unfinished_lines();
  bad_lines_ = logs->report();
  if (Status s = by_user_.create(options.directory); !s.ok()) return s;
  return join();
}

Result<uint32_t> LogPages::arm_set(const std::vector<RawArm>& arms) {
  std::string name;
  for (const RawArm& arm : arms) {
    for (const std::string* part : {&arm.layer, &arm.experiment, &arm.arm, &arm.policy}) {
      name += std::to_string(part->size()) + ":" + *part;
    }
  }
  const auto [at, is_new] = arm_set_numbers_.emplace(name, arm_sets_.size());
  if (is_new) {
    arm_sets_.push_back(arms);
    std::vector<DigestTimes*>& times = times_of_set_.emplace_back();
    for (const RawArm& arm : arms) {
      const bool is_known = !arm.policy.empty();
      times.push_back(is_known ? &policy_times_[{arm.layer, arm.experiment, arm.arm}] : nullptr);
    }
  }
  if (arm_sets_.size() > kMaxArmSets) {
    return bad_data("expected at most " + std::to_string(kMaxArmSets) +
                    " combinations of arms in the log, found more");
  }
  return at->second;
}

Result<uint32_t> LogPages::segment(const RawImpression& shown, const std::string& group) {
  std::string name;
  if (group.empty()) {
    name = history_segment(shown.user_keywords.size());
  } else {
    name = group + ": none";
    for (const FeatureGroup& g : shown.groups) {
      if (g.name == group && !g.tokens.empty()) name = group + ": " + g.tokens[0];
    }
  }
  const auto [at, is_new] = segment_numbers_.emplace(name, segments_.size());
  if (is_new) segments_.push_back(name);
  if (segments_.size() > kMaxSegmentValues) {
    return invalid_argument("--segment: expected a group with at most " +
                            std::to_string(kMaxSegmentValues) + " values, found more");
  }
  return at->second;
}

Result<uint32_t> LogPages::weights_of(const RawImpression& shown) {
  const std::string name =
      shown.weights.empty() ? "generation " + std::to_string(shown.generation) : shown.weights;
  const auto [at, is_new] = weights_numbers_.emplace(name, weights_.size());
  if (is_new) weights_.push_back({shown.weights, shown.generation});
  if (weights_.size() > kMaxWeights) return bad_data("too many different weights in the log");
  if (!shown.weights.empty()) weights_times_.add(shown.weights, shown.time);
  return at->second;
}

Status LogPages::add(const RawImpression& shown, const LogPagesOptions& options) {
  ++counts_.pages;
  counts_.first = std::min(counts_.first, shown.time);
  counts_.last = std::max(counts_.last, shown.time);
  if (shown.user.empty() && shown.visitor.empty()) {
    ++counts_.without_user;
    return {};
  }
  const Result<uint32_t> arms = arm_set(shown.arms);
  if (!arms.ok()) return arms.status();
  for (size_t a = 0; a < shown.arms.size(); ++a) {
    if (DigestTimes* times = times_of_set_[*arms][a]) times->add(shown.arms[a].policy, shown.time);
  }
  const Result<uint32_t> in_segment = segment(shown, options.segment);
  if (!in_segment.ok()) return in_segment.status();
  const Result<uint32_t> weights = weights_of(shown);
  if (!weights.ok()) return weights.status();

  Page row = {};
  row.key = fingerprint(shown.request);
  row.page.key = shown.user.empty() ? feature_fingerprint("visitor", shown.visitor)
                                    : feature_fingerprint("user", shown.user);
  row.page.time = shown.time;
  row.page.arms = *arms;
  row.page.segment = *in_segment;
  row.page.weights = *weights;
  row.page.ads = static_cast<uint16_t>(std::min<size_t>(shown.ads.size(), UINT16_MAX));
  row.page.is_bypassed = shown.generation == 0;
  row.page.took_us = static_cast<float>(shown.took_us);
  pages_.add(row);
  for (const RawAd& ad : shown.ads) {
    const auto price = static_cast<float>(std::max(0.0, ad.price));
    shown_.add({row.key, object_hash(false, ad.id), price});
  }
  for (const RawSf& sf : shown.sfs) shown_.add({row.key, object_hash(true, sf.keyword), -1});
  return {};
}

void LogPages::add(const RawClick& click) {
  ++counts_.clicks;
  const bool is_sf = click.kind == RawClick::Kind::kSf;
  responses_.add({fingerprint(click.request), click.time, object_hash(is_sf, click.object),
                  is_sf ? Response::Kind::kSfClick : Response::Kind::kAdClick});
}

void LogPages::add(const RawOptOut& opt_out) {
  ++counts_.opt_outs;
  responses_.add({fingerprint(opt_out.request), opt_out.time, 0, Response::Kind::kOptOut});
}

// An opt-out counts however long after its page it comes, because users may decide late.
void LogPages::join_page(UserPage& page, const Shown* shown, const Shown* shown_end,
                         const Response* response, const Response* response_end) {
  const Response* counted = nullptr;  // the last one; clicks on the same object are adjacent
  for (; response != response_end; ++response) {
    if (response->time < page.time - window_.lateness_ms) continue;
    if (response->kind == Response::Kind::kOptOut) {
      page.is_opted_out = true;
      --counts_.unmatched_opt_outs;
      continue;
    }
    if (counted && counted->object == response->object) continue;
    if (response->time > page.time + window_.window_ms) continue;
    const Shown* found = std::find_if(shown, shown_end,
                                      [&](const Shown& s) { return s.object == response->object; });
    if (found == shown_end) continue;
    counted = response;
    ++counts_.joined_clicks;
    if (response->kind == Response::Kind::kSfClick) {
      ++page.sf_clicks;
    } else {
      ++page.clicks;
      page.revenue += found->price;
    }
  }
}

Status LogPages::join() {
  counts_.unmatched_opt_outs = counts_.opt_outs;
  std::vector<Page> pages;
  std::vector<Shown> shown;
  std::vector<Response> responses;
  const auto by_key = [](const auto& a, const auto& b) { return a.key < b.key; };
  for (size_t part = 0; part < PartitionedRows<Page>::kParts; ++part) {
    Status s = pages_.take_part(
        part,
        [](const Page& a, const Page& b) {
          return a.key != b.key ? a.key < b.key : a.page.time < b.page.time;
        },
        pages);
    if (s.ok()) s = shown_.take_part(part, by_key, shown);
    if (s.ok()) {
      s = responses_.take_part(
          part,
          [](const Response& a, const Response& b) {
            return a.key != b.key ? a.key < b.key : a.object < b.object;
          },
          responses);
    }
    if (!s.ok()) return s;
    const Shown* ad = shown.data();
    const Shown* const ads_end = ad + shown.size();
    const Response* response = responses.data();
    const Response* const responses_end = response + responses.size();
    for (size_t i = 0; i < pages.size(); ++i) {
      if (i > 0 && pages[i].key == pages[i - 1].key) {
        ++counts_.duplicate_pages;
        continue;
      }
      seek(ad, ads_end, pages[i].key);
      seek(response, responses_end, pages[i].key);
      const auto end = [&](const auto* row, const auto* last) {
        return row == last || row->key != pages[i].key ? row : end_of_key(row, last);
      };
      join_page(pages[i].page, ad, end(ad, ads_end), response, end(response, responses_end));
      by_user_.add(pages[i].page);
    }
  }
  counts_.unmatched_clicks = counts_.clicks - counts_.joined_clicks;
  return {};
}

Status LogPages::for_each_user(const Use& use) {
  const auto less = [](const UserPage& a, const UserPage& b) {
    return a.key != b.key ? a.key < b.key : a.time < b.time;
  };
  return by_user_.take_parts(less, [&](const std::vector<UserPage>& pages) -> Status {
    const UserPage* const last = pages.data() + pages.size();
    for (const UserPage* begin = pages.data(); begin != last;) {
      const UserPage* const end = end_of_key(begin, last);
      if (Status s = use(begin, end); !s.ok()) return s;
      begin = end;
    }
    return {};
  });
}

}  // namespace barker
