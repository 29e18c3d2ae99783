// What the tests of baselines share: a small world with two kinds of users, and calls that must
// work.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/baselines/baseline.h"
#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

inline std::shared_ptr<const Dataset> dataset(const std::vector<SearchEvent>& events) {
  const std::string path = temporary_path("baseline.data");
  auto builder = DatasetBuilder::create(path, {}, {});
  for (const SearchEvent& event : events) EXPECT_TRUE(builder->add(event).ok());
  EXPECT_TRUE(builder->finish("baseline").ok());
  const auto data = Dataset::open(path);
  std::remove(path.c_str());
  return *data;
}

// There are two kinds of users. Each kind has words of its own and mostly clicks those.
inline std::vector<SearchEvent> two_kinds(bool flip_test_labels = false) {
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

// The same world with a bar of a stranger in the test split, one word of which nobody knows.
inline std::vector<SearchEvent> with_stranger(std::vector<SearchEvent> events) {
  SearchEvent stranger;
  stranger.time = 100;
  stranger.split = Split::kTest;
  stranger.user = "stranger";
  stranger.sfs = {{"w1", false}, {"保湿", true}};
  events.push_back(std::move(stranger));
  return events;
}

// The same world with clicks by lot. Labels that say nothing leave nothing to learn, so that a leak
// of them is seen as an AUC above .5.
inline std::vector<SearchEvent> clicked_by_lot(std::vector<SearchEvent> events) {
  Random random(5, 1);
  for (SearchEvent& event : events) {
    for (SfImpression& sf : event.sfs) sf.clicked = random.chance(0.4);
  }
  return events;
}

inline std::vector<float> predictions(const Baseline& baseline, Split split) {
  Result<std::vector<float>> p = baseline.predict(split);
  EXPECT_TRUE(p.ok()) << p.status().message();
  return p.ok() ? std::move(*p) : std::vector<float>();
}

// The AUC of the test split after fitting.
inline double auc_of(Baseline& baseline, const Dataset& data) {
  const Status fitted = baseline.fit(data);
  EXPECT_TRUE(fitted.ok()) << fitted.message();
  return auc(predictions(baseline, Split::kTest),
             instances_of(data, Split::kTest, Task::kMain).clicked);
}

// That what was fitted predicts a probability for each instance of each split.
inline void expect_probabilities(const Baseline& fitted, const Dataset& data) {
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const std::vector<float> p = predictions(fitted, split);
    EXPECT_EQ(p.size(), data.instances_of(split, Task::kMain));
    for (const float x : p) ASSERT_TRUE(x > 0 && x < 1) << x;
  }
}

// That two baselines that were made alike predict the same, bit for bit, for the first search of
// each of `users`, though one was fitted to data with other test labels. Histories of later
// searches differ.
inline void expect_blind_to_test_labels(Baseline& a, Baseline& b, const Dataset& data,
                                        const Dataset& flipped, size_t users) {
  ASSERT_TRUE(a.fit(data).ok() && b.fit(flipped).ok());
  const auto pa = predictions(a, Split::kTest), pb = predictions(b, Split::kTest);
  for (size_t i = 0; i < users * 4; ++i) ASSERT_EQ(pa[i], pb[i]);
}

}  // namespace barker
