// The logs that bench/event_log_main.cpp prints, as `barker abtest` reads them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "models/data/raw_event.h"
#include "tests/models/command/run_line.h"

namespace barker {
namespace {

Outcome run(const std::string& arguments) {
  return run_line(EVENT_LOG " " + arguments + " 2>/dev/null");
}

TEST(EventLog, HasAsManyUsableLinesAsAskedForInTheOrderOfTheirTimes) {
  const std::string log = run("3000").out;
  size_t lines = 0, clicks = 0;
  int64_t newest = 0;
  std::set<std::string> users, arms, open;
  for (size_t begin = 0; begin < log.size();) {
    const size_t end = log.find('\n', begin) + 1;
    const auto event = parse_raw_event(std::string_view(log).substr(begin, end - begin));
    ASSERT_TRUE(event.ok()) << event.status().message();
    begin = end;
    ++lines;
    int64_t time = 0;
    if (const auto* page = std::get_if<RawImpression>(&*event)) {
      time = page->time;
      users.insert(page->user);
      EXPECT_EQ(page->ads.size(), 4u);
      EXPECT_TRUE(open.insert(page->request).second);
      ASSERT_EQ(page->arms.size(), 2u);
      for (const RawArm& arm : page->arms) arms.insert(page->user + arm.layer + arm.arm);
    } else {
      const auto& click = std::get<RawClick>(*event);
      time = click.time;
      ++clicks;
      EXPECT_EQ(open.count(click.request), 1u) << "the page of a click stands before it";
    }
    EXPECT_GE(time, newest - 60'000);
    newest = std::max(newest, time);
  }
  EXPECT_EQ(lines, 3000u);
  EXPECT_GT(clicks, 100u);
  EXPECT_GT(users.size(), 200u);
  EXPECT_EQ(arms.size(), 2 * users.size()) << "a user stays in an arm of each layer";
}

TEST(EventLog, IsTheSameForTheSameSeedAlone) {
  const std::string log = run("500").out;
  EXPECT_EQ(run("500 1").out, log);
  EXPECT_NE(run("500 2").out, log);
}

TEST(EventLog, RefusesWhatIsNoNumberOfLines) {
  for (const char* arguments : {"", "0", "5x", "-3", "5 0", "5 1 1"}) {
    const Outcome refused = run(arguments);
    EXPECT_EQ(refused.out, "");
    EXPECT_EQ(refused.code, 64) << arguments;
  }
}

}  // namespace
}  // namespace barker
