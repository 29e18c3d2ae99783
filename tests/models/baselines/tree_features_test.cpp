#include "models/baselines/tree_features.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/baselines/two_kinds.h"

namespace barker {
namespace {

constexpr int64_t kBorder = 30;

std::vector<uint32_t> searches_at(const Dataset& data, int64_t time) {
  std::vector<uint32_t> found;
  for (const uint32_t s : data.searches_of(Split::kTrain, Task::kMain)) {
    if (data.search(s).time == time) found.push_back(s);
  }
  return found;
}

// The features of the first searches after the border, if what is clicked from there on is flipped
// or not.
FeatureMatrix at_the_border(bool flip, std::optional<int64_t> counted_before) {
  std::vector<SearchEvent> events = two_kinds();
  for (SearchEvent& event : events) {
    if (!flip || event.time < kBorder) continue;
    for (SfImpression& sf : event.sfs) sf.clicked = !sf.clicked;
  }
  const auto data = dataset(events);
  TreeFeatures features(*data);
  features.count(counted_before);
  return features.rows(searches_at(*data, kBorder));
}

TEST(TreeFeatures, HoldNoLabelFromTheBorderOn) {
  const FeatureMatrix rows = at_the_border(false, kBorder);
  EXPECT_EQ(rows.rows(), 60u * 4);
  EXPECT_EQ(rows.values, at_the_border(true, kBorder).values);
  EXPECT_NE(at_the_border(false, std::nullopt).values, at_the_border(true, std::nullopt).values)
      << "with all counted, the labels are seen";
}

TEST(TreeFeatures, AreFiniteBeforeAnythingIsCounted) {
  const FeatureMatrix rows = at_the_border(false, 0);
  ASSERT_EQ(rows.rows(), 60u * 4);
  for (const float f : rows.values) EXPECT_TRUE(std::isfinite(f));
}

}  // namespace
}  // namespace barker
