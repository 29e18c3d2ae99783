// What users' own states learn from, and when: pages that wait for clicks.
#include "index/server/waiting_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace barker {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Waiting : public testing::Test {
 protected:
  static ShownPage page(const std::string& user = "ann") {
    return {"shoes", {user, {"red"}, {}}, {"warm", "light"}};
  }
  void add(const std::string& id, const std::string& user = "ann") {
    pages_.add(id, page(user), now_);
  }
  Lesson click(const std::string& id, const std::string& sf, const std::string& user = "ann") {
    return pages_.click(id, user, sf, now_);
  }

  WaitingPages::Time now_{};
  std::vector<std::string> passed_over_;  // users
  WaitingPages pages_{{.wait = milliseconds(100), .most_bytes = 4096}, [this](Lesson lesson) {
                        EXPECT_FALSE(lesson.clicked);
                        passed_over_.push_back(lesson.page->user.user);
                      }};
};

TEST_F(Waiting, AClickTeachesAtOnceInTheContextOfItsPage) {
  add("r1");
  const Lesson lesson = click("r1", "light");
  ASSERT_NE(lesson.page, nullptr);
  EXPECT_EQ(lesson.clicked, 1u);
  EXPECT_FALSE(lesson.is_further);
  EXPECT_EQ(lesson.page->query, "shoes");
  EXPECT_THAT(lesson.page->user.keywords, ElementsAre("red"));
  EXPECT_EQ(pages_.counts().clicked, 1u);
}

TEST_F(Waiting, AFurtherClickTeachesOfItsFeatureAlone) {
  add("r1");
  EXPECT_FALSE(click("r1", "light").is_further);
  const Lesson further = click("r1", "warm");
  EXPECT_TRUE(further.is_further);
  EXPECT_EQ(further.clicked, 0u);
  EXPECT_EQ(click("r1", "warm").page, nullptr) << "it was clicked before";
  EXPECT_EQ(pages_.counts().clicked, 1u) << "pages";
}

TEST_F(Waiting, APageIsPassedOverWhenItsWaitIsOverWithoutAClick) {
  add("r1", "ann");
  add("r2", "ben");
  click("r2", "warm", "ben");
  now_ += milliseconds(99);
  add("r3", "cleo");
  EXPECT_THAT(passed_over_, IsEmpty());
  now_ += milliseconds(1);
  add("r4", "dan");
  EXPECT_THAT(passed_over_, ElementsAre("ann")) << "and the page of ben was clicked";
  EXPECT_EQ(pages_.counts().passed_over, 1u);
  EXPECT_EQ(pages_.counts().waiting, 2u);
}

TEST_F(Waiting, AClickThatComesTooLateTeachesNothingAndIsCounted) {
  add("r1");
  now_ += milliseconds(100);
  EXPECT_EQ(click("r1", "light").page, nullptr);
  EXPECT_THAT(passed_over_, ElementsAre("ann"));
  EXPECT_EQ(click("of another engine", "light").page, nullptr);
  EXPECT_EQ(pages_.counts().unknown, 2u);
}

TEST_F(Waiting, AClickOfAnotherUserOrOnWhatWasNotShownTeachesNothing) {
  add("r1");
  EXPECT_EQ(click("r1", "light", "ben").page, nullptr);
  EXPECT_EQ(click("r1", "heavy").page, nullptr);
  EXPECT_FALSE(click("r1", "light").is_further);
}

TEST_F(Waiting, WherePagesTakeTooMuchMemoryNewOnesAreNotRemembered) {
  for (int i = 0; i < 100; ++i) add("r" + std::to_string(i));
  const WaitingPages::Counts full = pages_.counts();
  EXPECT_GT(full.waiting, 1u);
  EXPECT_EQ(full.waiting + full.dropped, 100u);
  EXPECT_NE(click("r0", "light").page, nullptr);
  EXPECT_EQ(click("r99", "light").page, nullptr);
  // Pages that were let go make room, but not while a lesson of them is held.
  Lesson held = click("r1", "light");
  for (now_ += milliseconds(100); pages_.counts().waiting > 0;) click("none", "light");
  for (int i = 0; i < 100; ++i) add("s" + std::to_string(i));
  EXPECT_EQ(pages_.counts().waiting, full.waiting - 1);
  held = {};
  add("t");
  EXPECT_EQ(pages_.counts().waiting, full.waiting);
}

TEST_F(Waiting, AForgottenUserHasNoPages) {
  add("r1", "ann");
  add("r2", "ben");
  pages_.forget("ann");
  EXPECT_EQ(click("r1", "light").page, nullptr);
  now_ += milliseconds(100);
  add("r3", "cleo");
  EXPECT_THAT(passed_over_, ElementsAre("ben"));
}

TEST(WaitingPages, OfManyThreadsAreEachClickedOrPassedOverOnce) {
  std::atomic<int> passed_over = 0, clicked = 0;
  WaitingPages pages({.wait = milliseconds(1)}, [&](Lesson) { ++passed_over; });
  std::atomic<int64_t> clock = 0;
  std::vector<std::thread> threads;
  constexpr int kThreads = 4, kEach = 2000;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(t) + "." + std::to_string(i);
        const WaitingPages::Time now{std::chrono::microseconds(++clock)};
        pages.add(id, {"q", {"u", {}, {}}, {"a", "b"}}, now);
        if (i % 3 == 0) clicked += pages.click(id, "u", "a", now).page ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const WaitingPages::Time end{std::chrono::seconds(1)};
  while (pages.counts().waiting > 0) pages.click("none", "u", "a", end);
  EXPECT_EQ(static_cast<int>(pages.counts().clicked), clicked);
  EXPECT_EQ(clicked + passed_over, kThreads * kEach);
  EXPECT_GT(clicked, kEach);
}

}  // namespace
}  // namespace barker
