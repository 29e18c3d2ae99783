#include "models/data/join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "models/base/random.h"
#include "models/data/raw_log.h"
#include "tests/models/data/raw_pages.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

using ::testing::ElementsAre;

TEST(Join, KeepsTheTimeOfTheFirstOfSeveralClicks) {
  const Joined joined =
      join({page_of("r1", 1'999), click_on("e1", 9'000, "r1", "retro"),
            click_on("e2", 4'000, "r1", "retro"), click_on("e3", 1'000, "r1", "a2")});
  ASSERT_EQ(joined.events.size(), 1u);
  EXPECT_EQ(joined.events[0].sfs[0].click_time, 1'790'000'004);
  EXPECT_EQ(joined.events[0].ads[1].click_time, 1'790'000'001) << "not before the page";
  EXPECT_FALSE(joined.events[0].ads[0].click_time.has_value());
}

TEST(Join, MakesOneEventOfAPageAndItsClicks) {
  const Joined joined = join({page_of("r1", 1'999), click_on("e1", 3'000, "r1", "retro"),
                              click_on("e2", 4'000, "r1", "a2")});
  ASSERT_EQ(joined.events.size(), 1u);
  std::string line;
  append_event(joined.events[0], line);
  EXPECT_EQ(
      line,
      R"({"time":1790000001,"user":"ben","search":"r1","query":"summer dress",)"
      R"("groups":{"profile":["gender=f"]},"user_keywords":["lace"],)"
      R"("sfs":[{"text":"retro","clicked":true,"click_time":1790000003,"propensity":0.5},{"text":"lace","clicked":false,"propensity":0.5}],)"
      R"("ads":[{"id":"a1","title":"Midi dress","clicked":false,"sps":["lace"]},)"
      R"({"id":"a2","title":"Maxi dress","clicked":true,"click_time":1790000004}]})"
      "\n");
  EXPECT_EQ(joined.counts.joined_clicks, 2u);
  EXPECT_EQ(joined.counts.open_windows, 1u);
}

TEST(Join, TakesClicksUntilTheEndOfTheWindow) {
  const Joined joined =
      join({page_of("r1", 0), click_on("e1", 10'000, "r1", "a1"),
            click_on("e2", 10'001, "r1", "a2"), click_on("e3", 20'001, "r1", "lace")});
  EXPECT_THAT(clicked(joined.events), ElementsAre("r1:a1"));
  EXPECT_EQ(joined.counts.late_clicks, 1u);
  EXPECT_EQ(joined.counts.unmatched_clicks, 1u);
  EXPECT_EQ(joined.counts.open_windows, 0u);
}

TEST(Join, CountsAClickThatIsSentTwiceOnce) {
  const Joined joined = join({page_of("r1", 0), click_on("e1", 10, "r1", "a1"),
                              click_on("e1", 500, "r1", "a2"), click_on("e2", 600, "r1", "a1")});
  EXPECT_THAT(clicked(joined.events), ElementsAre("r1:a1"));
  EXPECT_EQ(joined.counts.duplicate_clicks, 1u);
  EXPECT_EQ(joined.counts.joined_clicks, 2u);
}

TEST(Join, TakesAClickThatStandsBeforeItsPage) {
  EXPECT_THAT(clicked(join({click_on("e1", 300, "r1", "a1"), page_of("r1", 0)}).events),
              ElementsAre("r1:a1"));
  EXPECT_THAT(clicked(join({click_on("e1", 0, "r1", "a1"), page_of("r1", 1'000)}).events),
              ElementsAre("r1:a1"))
      << "another server's clock may be behind";
  const Joined early = join({click_on("e1", 0, "r1", "a1"), page_of("r1", 1'001)});
  EXPECT_THAT(clicked(early.events), ElementsAre("r1:"));
  EXPECT_EQ(early.counts.unmatched_clicks, 1u);
}

TEST(Join, CountsWhatHasNoPlace) {
  const Joined joined = join({page_of("r1", 0), page_of("r1", 1), click_on("e1", 10, "r1", "a9"),
                              click_on("e2", 10, "r9", "a1"), page_of("r2", 60'000),
                              page_of("r3", 1'000), page_of("r1", 59'999)});
  EXPECT_THAT(clicked(joined.events), ElementsAre("r1:", "r1:", "r2:"))
      << "a request that is older than two windows is forgotten";
  EXPECT_EQ(joined.counts.impressions, 5u);
  EXPECT_EQ(joined.counts.duplicate_impressions, 1u);
  EXPECT_EQ(joined.counts.late_impressions, 1u);
  EXPECT_EQ(joined.counts.foreign_clicks, 1u);
  EXPECT_EQ(joined.counts.unmatched_clicks, 1u);
}

TEST(Join, LearnsNothingFromAnOptOutButCountsIt) {
  const Joined joined = join({page_of("r1", 0), RawOptOut{"o1", page_of("r1", 2'000).time, "r1"}});
  EXPECT_EQ(joined.counts.opt_outs, 1u);
  EXPECT_EQ(joined.counts.clicks, 0u);
  EXPECT_EQ(clicked(joined.events), std::vector<std::string>{"r1:"});
}

TEST(Join, NamesAUserWhomNobodyKnowsByTheRequest) {
  const Joined joined = join({page_of("r1", 0, "")});
  EXPECT_EQ(joined.events[0].user, "anonymous/r1");
  EXPECT_EQ(joined.counts.anonymous, 1u);
}

TEST(Join, StopsWhereAnEventCannotBeWritten) {
  Joiner joiner(kJoinOptions, [](const SearchEvent&) { return io_error("full"); });
  EXPECT_TRUE(joiner.add(page_of("r1", 0)).ok());
  EXPECT_EQ(joiner.add(page_of("r2", 100'000)).message(), "full");
}

// Everything in memory, and no order but that of the times.
Joined naive_join(const std::vector<RawEvent>& log, const JoinOptions& options) {
  Joined joined;
  JoinCounts& counts = joined.counts;
  std::map<std::pair<int64_t, std::string>, RawImpression> pages;
  std::map<std::string, int64_t> time_of_request;
  int64_t newest = 0;
  for (const RawEvent& event : log) {
    newest = std::max(newest, time_of(event));
    const auto* shown = std::get_if<RawImpression>(&event);
    if (!shown) continue;
    ++counts.impressions;
    if (time_of_request.emplace(shown->request, shown->time).second) {
      pages[{shown->time, shown->request}] = *shown;
      counts.anonymous += shown->user.empty();
    } else {
      ++counts.duplicate_impressions;
    }
  }
  std::set<std::string> ids;
  std::set<std::pair<std::string, std::string>> clicks;  // request and object
  for (const RawEvent& event : log) {
    const auto* c = std::get_if<RawClick>(&event);
    if (!c) continue;
    ++counts.clicks;
    const auto request = time_of_request.find(c->request);
    if (!ids.insert(c->event).second) {
      ++counts.duplicate_clicks;
    } else if (request == time_of_request.end() ||
               c->time < request->second - options.lateness_ms ||
               c->time > request->second + 2 * options.window_ms) {
      ++counts.unmatched_clicks;
    } else if (c->time > request->second + options.window_ms) {
      ++counts.late_clicks;
    } else {
      const RawImpression& shown = pages[{request->second, c->request}];
      bool is_shown = false;
      for (const RawAd& ad : shown.ads)
        is_shown |= c->kind == RawClick::Kind::kAd && ad.id == c->object;
      for (const RawSf& sf : shown.sfs)
        is_shown |= c->kind == RawClick::Kind::kSf && sf.keyword == c->object;
      ++(is_shown ? counts.joined_clicks : counts.foreign_clicks);
      clicks.emplace(c->request, c->object);
    }
  }
  for (const auto& [key, shown] : pages) {
    SearchEvent event;
    event.time = shown.time / 1000;
    event.user = shown.user.empty() ? "anonymous/" + shown.request : shown.user;
    event.search = shown.request;
    for (const RawSf& sf : shown.sfs) {
      event.sfs.push_back({sf.keyword, clicks.contains({shown.request, sf.keyword})});
      counts.clicked_sfs += event.sfs.back().clicked;
    }
    for (const RawAd& ad : shown.ads) {
      event.ads.push_back({ad.id, "", {}, clicks.contains({shown.request, ad.id})});
      counts.clicked_ads += event.ads.back().clicked;
    }
    ++counts.events;
    counts.sfs += event.sfs.size();
    counts.ads += event.ads.size();
    counts.open_windows += shown.time + options.window_ms > newest;
    joined.events.push_back(event);
  }
  return joined;
}

TEST(Join, DoesWhatAJoinInMemoryDoesWhateverOrderTheLatenessAllows) {
  Random random(7, 1);
  uint64_t late = 0, unmatched = 0, duplicates = 0, events = 0;
  const int rounds = repetitions(400);
  for (int round = 0; round < rounds; ++round) {
    const JoinOptions options{1 + static_cast<int64_t>(random.below(20'000)),
                              static_cast<int64_t>(random.below(3'000))};
    const std::vector<RawEvent> log = random_log(random, options);
    const Joined expected = naive_join(log, options), found = join(log, options);
    ASSERT_EQ(clicked(found.events), clicked(expected.events)) << "round " << round;
    for (size_t i = 0; i < found.events.size(); ++i) {
      ASSERT_EQ(found.events[i].time, expected.events[i].time);
      ASSERT_EQ(found.events[i].user, expected.events[i].user);
    }
    ASSERT_EQ(found.counts, expected.counts) << "round " << round;
    late += found.counts.late_clicks;
    unmatched += found.counts.unmatched_clicks;
    duplicates += found.counts.duplicate_clicks;
    events += found.counts.events;
  }
  const auto at_least = static_cast<uint64_t>(rounds);
  EXPECT_GT(late, 5 * at_least / 2);
  EXPECT_GT(unmatched, 5 * at_least / 2);
  EXPECT_GT(duplicates, 5 * at_least / 2);
  EXPECT_GT(events, 25 * at_least);
}

TEST(Join, LosesNoLineFromItsCountsHoweverLateTheLinesAre) {
  Random random(8, 1);
  for (int round = 0; round < 100; ++round) {
    std::vector<RawEvent> log = random_log(random, kJoinOptions);
    for (size_t i = log.size(); i > 1; --i) std::swap(log[i - 1], log[random.below(i)]);
    const Joined joined = join(log);
    const JoinCounts& c = joined.counts;
    EXPECT_EQ(c.impressions, c.events + c.duplicate_impressions + c.late_impressions);
    EXPECT_EQ(c.clicks, c.joined_clicks + c.duplicate_clicks + c.late_clicks + c.unmatched_clicks +
                            c.foreign_clicks);
    EXPECT_EQ(c.impressions + c.clicks, log.size());
    EXPECT_TRUE(
        std::is_sorted(joined.events.begin(), joined.events.end(),
                       [](const SearchEvent& a, const SearchEvent& b) { return a.time < b.time; }));
  }
}

TEST(Join, HoldsNoMoreThanAWindowInMemory) {
  std::vector<RawEvent> log;
  for (int i = 0; i < 20'000; ++i) {
    log.emplace_back(page_of("r" + std::to_string(i), i * 100));
    log.emplace_back(click_on("e" + std::to_string(i), i * 100, "other" + std::to_string(i), "a1"));
  }
  // 111 pages of a window and a lateness, and 21 clicks of two latenesses.
  EXPECT_LT(join(log).most_waiting, 150u);
}

}  // namespace
}  // namespace barker
