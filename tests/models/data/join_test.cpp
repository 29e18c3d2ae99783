#include "models/data/join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "models/base/compression.h"
#include "models/base/random.h"
#include "models/data/raw_log.h"
#include "models/data/validate.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int64_t kStart = 1'790'000'000'000;  // milliseconds since the epoch
constexpr JoinOptions kOptions{10'000, 1'000};

RawImpression page(const std::string& request, int64_t time, const std::string& user = "ben") {
  RawImpression shown;
  shown.request = request;
  shown.time = kStart + time;
  shown.user = user;
  shown.query = "summer dress";
  shown.user_keywords = {"lace"};
  shown.groups = {{"profile", {"gender=f"}, {}}};
  shown.sfs = {{"retro", 1, 0.5}, {"lace", 2, 0.5}};
  shown.ads = {{"a1", 1, 1.5, 0.5, 1, "exact", "[lace] Midi dress", "Midi dress", {"lace"}},
               {"a2", 2, 1, 0.25, 1, "title", "Maxi dress", "", {}}};
  return shown;
}

RawClick click(const std::string& event, int64_t time, const std::string& request,
               const std::string& object) {
  const auto kind = object.starts_with("a") ? RawClick::Kind::kAd : RawClick::Kind::kSf;
  return {event, kStart + time, request, kind, object, 1};
}

struct Joined {
  std::vector<SearchEvent> events;
  JoinCounts counts;
  size_t most_waiting = 0;
};

Joined join(std::vector<RawEvent> log, const JoinOptions& options = kOptions) {
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
std::vector<std::string> clicked(const std::vector<SearchEvent>& events) {
  std::vector<std::string> texts;
  for (const SearchEvent& event : events) {
    std::string text;
    for (const SfImpression& sf : event.sfs) text += sf.clicked ? "," + sf.text : "";
    for (const AdImpression& ad : event.ads) text += ad.clicked ? "," + ad.id : "";
    texts.push_back(event.search + ":" + (text.empty() ? "" : text.substr(1)));
  }
  return texts;
}

TEST(Join, KeepsTheTimeOfTheFirstOfSeveralClicks) {
  const Joined joined = join({page("r1", 1'999), click("e1", 9'000, "r1", "retro"),
                              click("e2", 4'000, "r1", "retro"), click("e3", 1'000, "r1", "a2")});
  ASSERT_EQ(joined.events.size(), 1u);
  EXPECT_EQ(joined.events[0].sfs[0].click_time, 1'790'000'004);
  EXPECT_EQ(joined.events[0].ads[1].click_time, 1'790'000'001) << "not before the page";
  EXPECT_FALSE(joined.events[0].ads[0].click_time.has_value());
}

TEST(Join, MakesOneEventOfAPageAndItsClicks) {
  const Joined joined =
      join({page("r1", 1'999), click("e1", 3'000, "r1", "retro"), click("e2", 4'000, "r1", "a2")});
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
  const Joined joined = join({page("r1", 0), click("e1", 10'000, "r1", "a1"),
                              click("e2", 10'001, "r1", "a2"), click("e3", 20'001, "r1", "lace")});
  EXPECT_THAT(clicked(joined.events), ElementsAre("r1:a1"));
  EXPECT_EQ(joined.counts.late_clicks, 1u);
  EXPECT_EQ(joined.counts.unmatched_clicks, 1u);
  EXPECT_EQ(joined.counts.open_windows, 0u);
}

TEST(Join, CountsAClickThatIsSentTwiceOnce) {
  const Joined joined = join({page("r1", 0), click("e1", 10, "r1", "a1"),
                              click("e1", 500, "r1", "a2"), click("e2", 600, "r1", "a1")});
  EXPECT_THAT(clicked(joined.events), ElementsAre("r1:a1"));
  EXPECT_EQ(joined.counts.duplicate_clicks, 1u);
  EXPECT_EQ(joined.counts.joined_clicks, 2u);
}

TEST(Join, TakesAClickThatStandsBeforeItsPage) {
  EXPECT_THAT(clicked(join({click("e1", 300, "r1", "a1"), page("r1", 0)}).events),
              ElementsAre("r1:a1"));
  EXPECT_THAT(clicked(join({click("e1", 0, "r1", "a1"), page("r1", 1'000)}).events),
              ElementsAre("r1:a1"))
      << "another server's clock may be behind";
  const Joined early = join({click("e1", 0, "r1", "a1"), page("r1", 1'001)});
  EXPECT_THAT(clicked(early.events), ElementsAre("r1:"));
  EXPECT_EQ(early.counts.unmatched_clicks, 1u);
}

TEST(Join, CountsWhatHasNoPlace) {
  const Joined joined =
      join({page("r1", 0), page("r1", 1), click("e1", 10, "r1", "a9"), click("e2", 10, "r9", "a1"),
            page("r2", 60'000), page("r3", 1'000), page("r1", 59'999)});
  EXPECT_THAT(clicked(joined.events), ElementsAre("r1:", "r1:", "r2:"))
      << "a request that is older than two windows is forgotten";
  EXPECT_EQ(joined.counts.impressions, 5u);
  EXPECT_EQ(joined.counts.duplicate_impressions, 1u);
  EXPECT_EQ(joined.counts.late_impressions, 1u);
  EXPECT_EQ(joined.counts.foreign_clicks, 1u);
  EXPECT_EQ(joined.counts.unmatched_clicks, 1u);
}

TEST(Join, NamesAUserWhomNobodyKnowsByTheRequest) {
  const Joined joined = join({page("r1", 0, "")});
  EXPECT_EQ(joined.events[0].user, "anonymous/r1");
  EXPECT_EQ(joined.counts.anonymous, 1u);
}

TEST(Join, StopsWhereAnEventCannotBeWritten) {
  Joiner joiner(kOptions, [](const SearchEvent&) { return io_error("full"); });
  EXPECT_TRUE(joiner.add(page("r1", 0)).ok());
  EXPECT_EQ(joiner.add(page("r2", 100'000)).message(), "full");
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

// A log of pages and clicks of every kind, in order but for what the lateness allows.
std::vector<RawEvent> random_log(Random& random, const JoinOptions& options) {
  std::vector<RawEvent> log;
  const int pages = static_cast<int>(random.below(300));
  const int64_t step = 1 + static_cast<int64_t>(random.below(2'000));
  int64_t time = 0;
  for (int p = 0; p < pages; ++p) {
    time += static_cast<int64_t>(random.below(static_cast<uint64_t>(step)));
    const std::string request = "r" + std::to_string(p);
    const std::string user = random.below(10) ? "u" + std::to_string(random.below(5)) : "";
    if (random.below(20) > 0) log.emplace_back(page(request, time, user));
    if (random.below(20) == 0) log.emplace_back(page(request, time, user));
    for (uint64_t c = random.below(4); c > 0; --c) {
      const std::vector<std::string> objects = {"a1", "a2", "a3", "lace", "retro", "maxi"};
      const auto span = static_cast<uint64_t>(3 * options.window_ms + options.lateness_ms);
      const int64_t at = time - 2 * options.lateness_ms + static_cast<int64_t>(random.below(span));
      if (kStart + at < 0) continue;
      const RawClick made = click("e" + std::to_string(p) + "." + std::to_string(c), at, request,
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

TEST(Join, DoesWhatAJoinInMemoryDoesWhateverOrderTheLatenessAllows) {
  Random random(7, 1);
  uint64_t late = 0, unmatched = 0, duplicates = 0, events = 0;
  for (int round = 0; round < 400; ++round) {
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
  EXPECT_GT(late, 1000u);
  EXPECT_GT(unmatched, 1000u);
  EXPECT_GT(duplicates, 1000u);
  EXPECT_GT(events, 10'000u);
}

TEST(Join, LosesNoLineFromItsCountsHoweverLateTheLinesAre) {
  Random random(8, 1);
  for (int round = 0; round < 100; ++round) {
    std::vector<RawEvent> log = random_log(random, kOptions);
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
    log.emplace_back(page("r" + std::to_string(i), i * 100));
    log.emplace_back(click("e" + std::to_string(i), i * 100, "other" + std::to_string(i), "a1"));
  }
  // 111 pages of a window and a lateness, and 21 clicks of two latenesses.
  EXPECT_LT(join(log).most_waiting, 150u);
}

class JoinFiles : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(directory_); }
  void TearDown() override { fs::remove_all(directory_); }

  static std::string text_of(const std::vector<RawEvent>& log) {
    std::string text;
    for (const RawEvent& event : log) {
      text += std::visit([](const auto& e) { return to_line(e); }, event);
    }
    return text;
  }
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ + "/" + name, std::ios::binary) << text;
    return directory_ + "/" + name;
  }
  JoinReport join_files(const std::vector<std::string>& paths) {
    events_.clear();
    Result<JoinReport> report = join_raw_logs(paths, kOptions, [&](const SearchEvent& event) {
      events_.push_back(event);
      return Status();
    });
    EXPECT_TRUE(report.ok()) << report.status().message();
    return report.ok() ? *report : JoinReport();
  }

  const std::string directory_ = temporary_path("join");
  std::vector<SearchEvent> events_;
};

TEST_F(JoinFiles, ReadsTheLogsOfSeveralServersAsOne) {
  Random random(9, 1);
  std::vector<RawEvent> log;
  while (log.size() < 500) log = random_log(random, kOptions);
  const Joined expected = join(log);
  // Two servers, each with a file for the first half of its lines and one for the second.
  std::vector<std::vector<RawEvent>> parts(4);
  for (size_t i = 0; i < log.size(); ++i) {
    parts[2 * random.below(2) + (2 * i < log.size() ? 0 : 1)].push_back(log[i]);
  }
  std::vector<std::string> paths;
  for (size_t i = 0; i < parts.size(); ++i) {
    paths.push_back(put("part" + std::to_string(i), text_of(parts[i])));
  }
  for (const size_t i : {1u, 2u}) {
    const Compression kind = i == 1 ? Compression::kGzip : Compression::kZstd;
    const std::string copy = paths[i] + std::string(extension_of(kind));
    ASSERT_TRUE(compress_file(paths[i], copy, kind).ok());
    paths[i] = copy;
  }
  std::reverse(paths.begin(), paths.end());
  const JoinReport report = join_files(paths);
  EXPECT_EQ(clicked(events_), clicked(expected.events));
  EXPECT_EQ(report.counts, expected.counts);
  EXPECT_EQ(report.lines, log.size());
  EXPECT_EQ(report.bad_lines, 0u);
}

TEST_F(JoinFiles, CountsBadLinesAndTheOneThatIsBeingWritten) {
  const std::string path = put("log", text_of({page("r1", 0)}) + "no JSON\n\n" +
                                          text_of({page("r2", 1)}) + "{\"type\":\"impre");
  const std::string other = put("other", "{}\n" + text_of({page("r3", 2)}));
  const JoinReport report = join_files({path, other});
  EXPECT_THAT(clicked(events_), ElementsAre("r1:", "r2:", "r3:"));
  EXPECT_EQ(report.lines, 6u);
  EXPECT_EQ(report.bad_lines, 2u);
  EXPECT_EQ(report.unfinished_lines, 1u);
  EXPECT_THAT(report.bad, HasSubstr(path + ":2: not JSON"));
  EXPECT_THAT(report.bad, HasSubstr(other + ":1: type: expected"));
}

TEST_F(JoinFiles, FindsAFileThatWasCompressedMeanwhile) {
  const std::string path = put("log", text_of({page("r1", 0), page("r2", 1)}));
  ASSERT_TRUE(compress_file(path, path + ".zst", Compression::kZstd).ok());
  fs::remove(path);
  join_files({path});
  EXPECT_THAT(clicked(events_), ElementsAre("r1:", "r2:"));
}

TEST_F(JoinFiles, NamesTheFileThatCannotBeRead) {
  const auto write = [](const SearchEvent&) { return Status(); };
  EXPECT_THAT(join_raw_logs({directory_ + "/missing"}, kOptions, write).status().message(),
              HasSubstr(directory_ + "/missing: "));
  const std::string whole = put("log", text_of(std::vector<RawEvent>(500, page("r1", 0))));
  ASSERT_TRUE(compress_file(whole, whole + ".zst", Compression::kZstd).ok());
  fs::resize_file(whole + ".zst", fs::file_size(whole + ".zst") - 3);
  EXPECT_THAT(join_raw_logs({whole + ".zst"}, kOptions, write).status().message(),
              HasSubstr("the compressed data ends early"));
}

TEST_F(JoinFiles, MakesALogThatTheValidatorCallsUsable) {
  std::vector<RawEvent> log;
  Random random(10, 1);
  for (int i = 0; i < 500; ++i) {
    const std::string request = "r" + std::to_string(i);
    log.emplace_back(page(request, i * 1'000, "u" + std::to_string(i % 20)));
    for (const char* object : {"retro", "lace", "a1", "a2"}) {
      if (random.below(3) > 0) continue;
      log.emplace_back(click("e" + request + object, i * 1'000 + 500, request, object));
    }
  }
  const std::string raw = put("raw", text_of(log)), path = put("events.jsonl", "");
  std::string text;
  join_files({raw});
  for (const SearchEvent& event : events_) append_event(event, text);
  std::ofstream(path) << text;
  const Result<LogReport> report = validate_log({path}, directory_ + "/scratch", {});
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_TRUE(report->usable()) << report->text();
  EXPECT_THAT(report->text(), HasSubstr("training: 800 SF impressions"));
  EXPECT_THAT(report->text(), HasSubstr("training: 800 ad impressions"));
  EXPECT_THAT(report->text(), Not(HasSubstr("cannot be used")));
}

}  // namespace
}  // namespace barker
