#include "models/baselines/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "models/base/random.h"
#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/simulate/click_world.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

std::shared_ptr<const Dataset> dataset(const std::vector<SearchEvent>& events) {
  const std::string path = temporary_path("baseline.data");
  auto builder = DatasetBuilder::create(path, {}, {});
  for (const SearchEvent& event : events) EXPECT_TRUE(builder->add(event).ok());
  EXPECT_TRUE(builder->finish("baseline").ok());
  const auto data = Dataset::open(path);
  std::remove(path.c_str());
  return *data;
}

// Two kinds of users with words of their own; each likes what his kind likes.
std::vector<SearchEvent> two_kinds(bool flip_test_labels = false) {
  Random random(3, 1);
  std::vector<SearchEvent> events;
  for (int t = 0; t < 60; ++t) {
    for (int u = 0; u < 60; ++u) {
      SearchEvent event;
      event.time = t;
      event.split = t < 45 ? Split::kTrain : t < 48 ? Split::kValidation : Split::kTest;
      event.user = "u" + std::to_string(u);
      event.query = "thing";
      event.groups = {{"profile", {u % 2 ? "kind=1" : "kind=0"}}};
      for (int s = 0; s < 4; ++s) {
        const auto word = random.below(20);
        bool clicked = random.chance((word % 2) == static_cast<uint64_t>(u % 2) ? 0.7 : 0.1);
        if (flip_test_labels && event.split == Split::kTest) clicked = !clicked;
        event.sfs.push_back({"w" + std::to_string(word), clicked});
      }
      AdImpression ad;
      for (int k = 0; k < 4; ++k) {
        const auto kind = static_cast<uint64_t>(u % 2);
        ad.keywords.push_back("t" + std::to_string(2 * random.below(10) + kind));
      }
      ad.clicked = random.chance(0.3);
      event.ads = {ad};
      events.push_back(std::move(event));
    }
  }
  return events;
}

double auc_of(const Dataset& data, const std::string& name) {
  const auto baseline = make_baseline(name);
  EXPECT_TRUE(baseline->fit(data).ok());
  return auc(baseline->predict(Split::kTest),
             instances_of(data, Split::kTest, Task::kMain).clicked);
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
  const std::vector<float> p = baseline->predict(Split::kTest);
  const float rate = 6.0f / 16;
  ASSERT_EQ(p.size(), 4u);
  EXPECT_FLOAT_EQ(p[0], (6 + 10 * rate) / 18);
  EXPECT_FLOAT_EQ(p[1], rate) << "of a keyword never seen the overall rate is all one knows";
}

TEST(Baselines, ThatKnowUsersBeatPopularityWhereTastesDiffer) {
  const auto data = dataset(two_kinds());
  const double popularity = auc_of(*data, "popularity");
  for (const std::string& name : baseline_names()) {
    if (name.ends_with("popularity")) continue;
    EXPECT_GT(auc_of(*data, name), popularity + 0.1) << name;
  }
}

TEST(Baselines, NeverLookAtTheTestLabels) {
  const auto data = dataset(two_kinds()), flipped = dataset(two_kinds(true));
  for (const std::string& name : baseline_names()) {
    const auto a = make_baseline(name), b = make_baseline(name);
    ASSERT_TRUE(a->fit(*data).ok() && b->fit(*flipped).ok());
    // The first search of the test period of every user: later ones may have clicks as history.
    const auto pa = a->predict(Split::kTest), pb = b->predict(Split::kTest);
    for (size_t i = 0; i < 60 * 4; ++i) EXPECT_EQ(pa[i], pb[i]) << name;
  }
}

TEST(Baselines, GiveProbabilitiesForStrangersAndUnknownKeywords) {
  std::vector<SearchEvent> events = two_kinds();
  SearchEvent stranger;
  stranger.time = 100;
  stranger.split = Split::kTest;
  stranger.user = "stranger";
  stranger.sfs = {{"w1", false}, {"unheard of", true}};
  events.push_back(stranger);
  const auto data = dataset(events);
  for (const std::string& name : baseline_names()) {
    const auto baseline = make_baseline(name);
    ASSERT_TRUE(baseline->fit(*data).ok());
    for (const float p : baseline->predict(Split::kTest)) {
      EXPECT_GT(p, 0) << name;
      EXPECT_LT(p, 1) << name;
    }
  }
}

TEST(Baselines, HaveNoOthersThanTheNamed) { EXPECT_EQ(make_baseline("usercf"), nullptr); }

}  // namespace
}  // namespace barker
