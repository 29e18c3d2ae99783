#include "models/baselines/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/baselines/two_kinds.h"

namespace barker {
namespace {

double auc_of(const Dataset& data, const std::string& name) {
  return auc_of(*make_baseline(name), data);
}

TEST(Baselines, PopularityIsTheShrunkClickRate) {
  std::vector<SearchEvent> events;
  for (int i = 0; i < 10; ++i) {
    SearchEvent event;
    event.time = i;
    event.split = i < 8 ? Split::kTrain : Split::kTest;
    event.user = "u";
    event.sfs = {{"good", i < 6}, {i < 8 ? "bad" : "never seen", false}};
    events.push_back(event);
  }
  const auto data = dataset(events);
  const auto baseline = make_baseline("popularity");
  ASSERT_TRUE(baseline->fit(*data).ok());
  const std::vector<float> p = predictions(*baseline, Split::kTest);
  const float rate = 6.0f / 16;
  ASSERT_EQ(p.size(), 4u);
  EXPECT_FLOAT_EQ(p[0], (6 + 10 * rate) / 18);
  EXPECT_FLOAT_EQ(p[1], rate) << "the overall rate is all that is known of a new keyword";
}

TEST(Baselines, BeatPopularityIfTheyKnowUsersAndTastesDiffer) {
  const auto data = dataset(two_kinds());
  const double popularity = auc_of(*data, "popularity");
  for (const std::string& name : baseline_names()) {
    if (name.ends_with("popularity")) continue;
    EXPECT_GT(auc_of(*data, name), popularity + 0.1) << name;
  }
}

// What a stranger clicked after the training split is history that networks read, too.
TEST(Baselines, ReadTheHistoryAtEachSearch) {
  std::vector<SearchEvent> events = two_kinds();
  for (const int kind : {0, 1}) {
    for (int t = 0; t < 9; ++t) {
      SearchEvent event;
      event.time = 100 + t;
      event.split = Split::kTest;
      event.user = "stranger" + std::to_string(kind);
      if (t < 8) {
        event.sfs = {{"w" + std::to_string(2 * t + kind), true}};
      } else {
        event.sfs = {{"w16", false}, {"w17", false}};
      }
      events.push_back(event);
    }
  }
  const auto data = dataset(events);
  for (const char* name : {"user-cf", "fucf", "teucf", "mucf", "cooccurrence"}) {
    const auto baseline = make_baseline(name);
    ASSERT_TRUE(baseline->fit(*data).ok());
    const std::vector<float> p = predictions(*baseline, Split::kTest);
    const size_t last = p.size() - 2, first = last - 8 - 2;
    EXPECT_GT(p[first], p[first + 1]) << name << ": the even stranger likes w16";
    EXPECT_LT(p[last], p[last + 1]) << name << ": the odd one likes w17";
  }
}

TEST(Baselines, NeverLookAtTheTestLabels) {
  const auto data = dataset(two_kinds()), flipped = dataset(two_kinds(true));
  for (const std::string& name : baseline_names()) {
    SCOPED_TRACE(name);
    expect_blind_to_test_labels(*make_baseline(name), *make_baseline(name), *data, *flipped, 60);
  }
}

TEST(Baselines, GiveProbabilitiesForStrangersAndUnknownKeywords) {
  const auto data = dataset(with_stranger(two_kinds()));
  for (const std::string& name : baseline_names()) {
    const auto baseline = make_baseline(name);
    ASSERT_TRUE(baseline->fit(*data).ok());
    SCOPED_TRACE(name);
    expect_probabilities(*baseline, *data);
  }
}

// Every baseline must work on a dataset whose splits lack SFs, ads, groups or everything.
TEST(Baselines, PredictWithEmptySplits) {
  for (const bool keep_sfs : {false, true}) {
    for (const int kept_splits : {0, 1, 2, 4, 6}) {  // a bit for each split
      std::vector<SearchEvent> events;
      for (SearchEvent& event : two_kinds()) {
        if (!(kept_splits >> static_cast<int>(*event.split) & 1)) continue;
        if (keep_sfs) {
          event.ads.clear();
          event.groups.clear();
        } else {
          event.sfs.clear();
        }
        events.push_back(std::move(event));
      }
      const auto data = dataset(events);
      for (const std::string& name : baseline_names()) {
        const auto baseline = make_baseline(name);
        ASSERT_TRUE(baseline->fit(*data).ok()) << name;
        for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
          const std::vector<float> p = predictions(*baseline, split);
          EXPECT_EQ(p.size(), data->instances_of(split, Task::kMain)) << name;
          for (const float x : p) EXPECT_TRUE(x > 0 && x < 1) << name << " " << x;
        }
      }
    }
  }
}

// A log may give no SFs for training but only ads. Times far apart must not overflow either.
TEST(Baselines, LearnFromAdsAlone) {
  std::vector<SearchEvent> events;
  for (int u = 0; u < 20; ++u) {
    for (const int64_t time : {INT64_MIN + 1, int64_t{0}, INT64_MAX}) {
      SearchEvent event;
      event.time = time;
      event.user = "u" + std::to_string(u);
      event.split = time == INT64_MAX ? Split::kTest : Split::kTrain;
      if (time == INT64_MAX) event.sfs = {{"red", true}, {"blue", false}};
      event.ads = {{"a", u % 2 ? "red paint" : "blue paint", {}, true}};
      events.push_back(event);
    }
  }
  const auto data = dataset(events);
  for (const std::string& name : baseline_names()) {
    const auto baseline = make_baseline(name);
    ASSERT_TRUE(baseline->fit(*data).ok());
    for (const float p : predictions(*baseline, Split::kTest)) {
      EXPECT_TRUE(p > 0 && p < 1) << name << " " << p;
    }
  }
}

TEST(Baselines, AreFoundByTheirExactNamesOnly) { EXPECT_EQ(make_baseline("usercf"), nullptr); }

}  // namespace
}  // namespace barker
