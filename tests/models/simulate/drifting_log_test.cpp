#include "models/simulate/drifting_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "models/base/lines.h"
#include "models/data/events.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

constexpr int64_t kDay = 86'400;
const DriftingLogOptions kSmall = {
    .ads = 300, .users = 200, .days = 12, .searches_per_day = 150, .stay_days = 4};

std::vector<SearchEvent> log_of(const DriftingLogOptions& options) {
  const std::string path = temporary_path("drifting.jsonl");
  const Status written = write_drifting_log(options, path);
  EXPECT_TRUE(written.ok()) << written.message();
  std::vector<SearchEvent> events;
  auto reader = LineReader::open(path);
  EXPECT_TRUE(reader.ok());
  std::string_view line;
  while (reader.ok() && reader->next(line)) {
    auto event = parse_event(line);
    EXPECT_TRUE(event.ok()) << line;
    if (event.ok()) events.push_back(std::move(*event));
  }
  std::filesystem::remove(path);
  return events;
}

TEST(DriftingLog, HasAsManySearchesOnEveryDayInTheOrderOfTime) {
  const std::vector<SearchEvent> log = log_of(kSmall);
  ASSERT_EQ(log.size(), 12u * 150u);
  for (size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ((log[i].time - log[0].time) / kDay, static_cast<int64_t>(i / 150));
  }
  EXPECT_TRUE(std::ranges::adjacent_find(log, std::ranges::greater_equal(), &SearchEvent::time) ==
              log.end())
      << "no two searches have one time";
}

TEST(DriftingLog, HasEachShopperForTheStayAlone) {
  std::map<std::string, std::pair<int64_t, int64_t>> seen;  // first and last time
  const std::vector<SearchEvent> log = log_of(kSmall);
  for (const SearchEvent& e : log) {
    seen.try_emplace(e.user, e.time, e.time).first->second.second = e.time;
  }
  EXPECT_GT(seen.size(), 150u);
  int64_t longest = 0;
  for (const auto& [user, times] : seen) {
    longest = std::max(
        longest, (times.second - log[0].time) / kDay - (times.first - log[0].time) / kDay + 1);
  }
  EXPECT_EQ(longest, 4);
}

// With stays of four days a quarter of those who are there leaves every night.
TEST(DriftingLog, HasAsManyShoppersOnTheFirstDaysAsOnTheLast) {
  std::vector<std::set<std::string>> there(12);
  const std::vector<SearchEvent> log = log_of(kSmall);
  for (const SearchEvent& e : log) {
    there[static_cast<size_t>((e.time - log[0].time) / kDay)].insert(e.user);
  }
  double first = 0, last = 0;
  for (size_t d = 0; d < 4; ++d) {
    first += static_cast<double>(there[d].size());
    last += static_cast<double>(there[11 - d].size());
  }
  EXPECT_NEAR(first / last, 1, 0.3);
}

// The liking of the point in the category, which has it.
double liking_of(const Taste& taste, const std::string& category, const std::string& point) {
  const auto c = std::ranges::find(market_categories(), category, &MarketCategory::name);
  const auto p = std::ranges::find(c->points, point, &MarketPoint::text);
  return liking(taste, *p);
}

TEST(DriftingLog, TellsTheTruthOfItsDay) {
  const DriftingMarket world({.seed = 1, .ads = 300, .users = 200}, {.days = 12});
  const std::vector<SearchEvent> log = log_of(kSmall);
  for (const size_t i : {size_t{0}, size_t{700}, log.size() - 1}) {
    const Market market = world.on(static_cast<uint32_t>(i / 150) + 1);
    const auto shopper = std::ranges::find(market.shoppers(), log[i].user, &Shopper::id);
    ASSERT_NE(shopper, market.shoppers().end());
    for (const SfImpression& sf : log[i].sfs) {
      EXPECT_NEAR(sf.true_probability,
                  sf_click_probability(liking_of(shopper->taste, log[i].category, sf.text)), 1e-6);
    }
  }
}

TEST(DriftingLog, SaysWhatIsTooSmall) {
  const std::string path = temporary_path("none.jsonl");
  DriftingLogOptions few = kSmall;
  few.users = 4;
  EXPECT_NE(write_drifting_log(few, path).message().find("at least 5 users"), std::string::npos);
  DriftingLogOptions alone = kSmall;
  alone.users = 5;
  alone.days = 60;
  alone.stay_days = 1;
  EXPECT_NE(write_drifting_log(alone, path).message().find("nobody is there on day"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace barker
