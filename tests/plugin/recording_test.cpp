#include "plugin/recording.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "plugin/request.h"

namespace barker {
namespace {

barker_string text(const std::string& s) { return {s.data(), s.size()}; }

// A request in memory of its own, which is gone when the test looks at the copy.
struct Original {
  std::string query = "wasserdicht 补水", user = "u1", keyword = "k", group = "profile",
              token = "f", title = "a title", id = "ad", merchant = "m", category = "c",
              point = "free shipping", state = "not UTF-8: \xFF";
  barker_string keywords[1] = {text(keyword)}, tokens[2] = {text(token), text(token)};
  float weights[2] = {0.5f, 2};
  barker_group groups[1] = {{sizeof(barker_group), text(group), tokens, 2, weights}};
  uint64_t title_keywords[2] = {11, 12};
  barker_selling_point points[1] = {{sizeof(barker_selling_point), text(point), 7}};
  barker_ad ads[3] = {};
  barker_request request{};

  Original() {
    for (barker_ad& ad : ads) {
      ad = {sizeof(barker_ad),
            text(id),
            text(title),
            1,
            2,
            title_keywords,
            2,
            points,
            1,
            sizeof(barker_selling_point),
            BARKER_AD_OPT_OUT,
            0,
            text(merchant),
            text(category),
            0};
    }
    ads[1].title_keywords = nullptr;
    ads[1].title_keyword_count = 0;
    request.struct_size = sizeof request;
    request.query = text(query);
    request.user = text(user);
    request.user_keywords = keywords;
    request.user_keyword_count = 1;
    request.groups = groups;
    request.group_count = 1;
    request.group_stride = sizeof groups[0];
    request.ads = ads;
    request.ad_count = 3;
    request.ad_stride = sizeof ads[0];
    request.deadline_ns = 5;
    request.user_state = state.data();
    request.user_state_size = state.size();
  }
};

TEST(Recording, OwnsAllThatTheRequestPointedTo) {
  auto original = std::make_unique<Original>();
  Recording recording;
  ASSERT_TRUE(recording.assign(original->request, 2));
  const Original expected;  // the same texts
  std::memset(static_cast<void*>(original->ads), 0xEE, sizeof original->ads);
  original.reset();
  const barker_request& r = recording.request();
  CheckedRequest checked;
  const Status status = check_request(&r, checked);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(view(r.query), expected.query);
  EXPECT_EQ(view(r.user), expected.user);
  EXPECT_EQ(view(r.user_keywords[0]), expected.keyword);
  EXPECT_EQ(view(r.groups[0].name), expected.group);
  EXPECT_EQ(view(r.groups[0].tokens[1]), expected.token);
  EXPECT_EQ(r.groups[0].weights[1], 2);
  EXPECT_EQ(r.ad_count, 2u) << "the window";
  EXPECT_EQ(view(r.ads[1].title), expected.title);
  EXPECT_EQ(view(r.ads[1].category), expected.category);
  EXPECT_EQ(r.ads[0].title_keywords[1], 12u);
  EXPECT_EQ(r.ads[1].title_keywords, nullptr) << "to be split by the plugin";
  EXPECT_EQ(view(r.ads[1].selling_points[0].text), expected.point);
  EXPECT_EQ(r.ads[1].selling_points[0].fingerprint, 7u);
  EXPECT_EQ(r.ads[1].flags, BARKER_AD_OPT_OUT);
  EXPECT_EQ(r.deadline_ns, 0u);
  EXPECT_EQ(r.user_state, nullptr) << "weights are compared without states";
  EXPECT_EQ(r.user_state_size, 0u);
}

// A host of ABI 1.0 has shorter ads.
TEST(Recording, ReadsShorterStructsOfOlderHosts) {
  Original original;
  struct Old {
    unsigned char bytes[offsetof(barker_ad, merchant)];
  } old[2];
  for (int i = 0; i < 2; ++i) {
    original.ads[i].struct_size = sizeof(Old);
    std::memcpy(&old[i], &original.ads[i], sizeof(Old));
  }
  original.request.ads = reinterpret_cast<const barker_ad*>(old);
  original.request.ad_stride = sizeof(Old);
  original.request.ad_count = 2;
  Recording recording;
  ASSERT_TRUE(recording.assign(original.request, 50));
  EXPECT_EQ(view(recording.request().ads[1].title), original.title);
  EXPECT_EQ(recording.request().ads[1].merchant.size, 0u);
}

TEST(Recording, LeavesBadAdsOutAndShowsAllOthers) {
  Original original;
  original.ads[1].title = {nullptr, 5};
  original.request.shown = 1;
  Recording recording;
  ASSERT_TRUE(recording.assign(original.request, 3));
  CheckedRequest checked;
  ASSERT_TRUE(check_request(&recording.request(), checked).ok());
  EXPECT_EQ(checked.request.ad_count, 2u);
  EXPECT_EQ(checked.request.shown, 0u);
  EXPECT_EQ(checked.bad_ads, 0u);
}

TEST(Recording, OfSomethingLargeIsNotMade) {
  Original original;
  const std::string large(Recording::kMaxBytes, 'x');
  original.request.query = text(large);
  Recording recording;
  EXPECT_FALSE(recording.assign(original.request, 3));
  EXPECT_TRUE(recording.assign(Original().request, 3));
}

TEST(RecordingQueue, TakesOverInAChildOfForkWhatAThreadOfTheParentHadTaken) {
  auto queue = std::make_unique<RecordingQueue>();
  const Original original;
  queue->offer(original.request, 3);
  int status = -1;
  ASSERT_TRUE(queue->take([&](const barker_request&) {
    // This thread stands for any thread of the parent: the child's slot is never given back by it.
    const pid_t child = fork();
    if (child != 0) {
      waitpid(child, &status, 0);
      return;
    }
    alarm(60);  // ends a child that waits
    for (int i = 0; i < 50; ++i) queue->offer(original.request, 3);
    uint64_t taken = 0;
    while (queue->take([&](const barker_request& r) { taken += view(r.query) == original.query; }))
      ;
    const bool all_slots = taken + queue->dropped() == 50 && taken == 32;
    queue.reset();
    _exit(all_slots ? 0 : 1);
  }));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(queue->take([](const barker_request&) {})) << "the parent's slot is free again";
}

TEST(RecordingQueue, HoldsAFewAndDropsTheRest) {
  RecordingQueue queue;
  const Original original;
  for (int i = 0; i < 50; ++i) queue.offer(original.request, 3);
  EXPECT_EQ(queue.offered(), 50u);
  uint64_t taken = 0;
  while (queue.take([&](const barker_request& r) {
    EXPECT_EQ(view(r.query), original.query);
    ++taken;
  })) {
  }
  EXPECT_EQ(taken + queue.dropped(), 50u);
  EXPECT_GT(taken, 10u);
  queue.offer(original.request, 3);
  EXPECT_THROW(queue.take([](const barker_request&) { throw 1; }), int);
  EXPECT_FALSE(queue.take([](const barker_request&) {})) << "freed all the same";
}

}  // namespace
}  // namespace barker
