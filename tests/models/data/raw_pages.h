// Pages and clicks of a raw log, and what a join makes of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/data/join.h"
#include "models/data/raw_log.h"

namespace barker {

inline constexpr int64_t kJoinStart = 1'790'000'000'000;  // milliseconds since the epoch
inline constexpr JoinOptions kJoinOptions{10'000, 1'000};

inline RawImpression page_of(const std::string& request, int64_t time,
                             const std::string& user = "ben") {
  RawImpression shown;
  shown.request = request;
  shown.time = kJoinStart + time;
  shown.user = user;
  shown.query = "summer dress";
  shown.user_keywords = {"lace"};
  shown.groups = {{"profile", {"gender=f"}, {}}};
  shown.sfs = {{"retro", 1, 0.5}, {"lace", 2, 0.5}};
  shown.ads = {{"a1", 1, 1.5, 0.5, 1, "exact", "[lace] Midi dress", "Midi dress", {"lace"}},
               {"a2", 2, 1, 0.25, 1, "title", "Maxi dress", "", {}}};
  return shown;
}

inline RawClick click_on(const std::string& event, int64_t time, const std::string& request,
                         const std::string& object) {
  const auto kind = object.starts_with("a") ? RawClick::Kind::kAd : RawClick::Kind::kSf;
  return {event, kJoinStart + time, request, kind, object, 1};
}

// A log of pages and clicks of every kind, in order but for what the lateness allows.
inline std::vector<RawEvent> random_log(Random& random, const JoinOptions& options) {
  std::vector<RawEvent> log;
  const int pages = static_cast<int>(random.below(300));
  const int64_t step = 1 + static_cast<int64_t>(random.below(2'000));
  int64_t time = 0;
  for (int p = 0; p < pages; ++p) {
    time += static_cast<int64_t>(random.below(static_cast<uint64_t>(step)));
    const std::string request = "r" + std::to_string(p);
    const std::string user = random.below(10) ? "u" + std::to_string(random.below(5)) : "";
    if (random.below(20) > 0) log.emplace_back(page_of(request, time, user));
    if (random.below(20) == 0) log.emplace_back(page_of(request, time, user));
    for (uint64_t c = random.below(4); c > 0; --c) {
      const std::vector<std::string> objects = {"a1", "a2", "a3", "lace", "retro", "maxi"};
      const auto span = static_cast<uint64_t>(3 * options.window_ms + options.lateness_ms);
      const int64_t at = time - 2 * options.lateness_ms + static_cast<int64_t>(random.below(span));
      if (kJoinStart + at < 0) continue;
      const RawClick made = click_on("e" + std::to_string(p) + "." + std::to_string(c), at, request,
                                     random.pick(objects));
      log.emplace_back(made);
      if (random.below(8) == 0) log.emplace_back(made);
    }
  }
  // Each line is moved back by less than the lateness, so that none stands behind one that is newer
  // by more than that.
  std::vector<std::pair<int64_t, size_t>> order;
  for (size_t i = 0; i < log.size(); ++i) {
    order.emplace_back(time_of(log[i]) + static_cast<int64_t>(random.below(
                                             static_cast<uint64_t>(options.lateness_ms) + 1)),
                       i);
  }
  std::sort(order.begin(), order.end());
  std::vector<RawEvent> shuffled;
  for (const auto& [key, index] : order) shuffled.push_back(log[index]);
  return shuffled;
}

struct Joined {
  std::vector<SearchEvent> events;
  JoinCounts counts;
  size_t most_waiting = 0;
};

inline Joined join(std::vector<RawEvent> log, const JoinOptions& options = kJoinOptions) {
  Joined joined;
  Joiner joiner(options, [&](const SearchEvent& event) {
    joined.events.push_back(event);
    return Status();
  });
  for (RawEvent& event : log) {
    EXPECT_TRUE(joiner.add(std::move(event)).ok());
    joined.most_waiting = std::max(joined.most_waiting, joiner.waiting());
  }
  EXPECT_TRUE(joiner.finish().ok());
  joined.counts = joiner.counts();
  return joined;
}

// "r1:retro,a1" for each event, with what was clicked.
inline std::vector<std::string> clicked(const std::vector<SearchEvent>& events) {
  std::vector<std::string> texts;
  for (const SearchEvent& event : events) {
    std::string text;
    for (const SfImpression& sf : event.sfs) text += sf.clicked ? "," + sf.text : "";
    for (const AdImpression& ad : event.ads) text += ad.clicked ? "," + ad.id : "";
    texts.push_back(event.search + ":" + (text.empty() ? "" : text.substr(1)));
  }
  return texts;
}

}  // namespace barker
