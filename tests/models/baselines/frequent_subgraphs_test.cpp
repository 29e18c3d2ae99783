#include "models/baselines/frequent_subgraphs.h"

#include <gtest/gtest.h>

#include "tests/models/baselines/two_kinds.h"

namespace barker {
namespace {

// Each search is by a user of its own. Red is clicked three times beside "dress" in category c,
// once beside "shoe", and once more after the border.
std::vector<SearchEvent> clicks() {
  std::vector<SearchEvent> events;
  for (int i = 0; i < 5; ++i) {
    SearchEvent event;
    event.time = i;
    event.split = Split::kTrain;
    event.user = "u" + std::to_string(i);
    event.query = i == 3 ? "shoe" : "dress";
    event.category = "c";
    event.sfs = {{"red", true}, {"blue", false}};
    events.push_back(event);
  }
  return events;
}

TEST(FrequentSubgraphs, AreThoseOfTwoAndThreeNodesWithEnoughClicks) {
  const auto data = dataset(clicks());
  const SearchView dress = data->search(0), shoe = data->search(3);
  const uint32_t red = dress.sfs[0], blue = dress.sfs[1];
  // Beside red: the category four times, dress three times, both three times.
  const FrequentSubgraphs three(*data, 4, 3);
  EXPECT_EQ(three.size(), 3u);
  EXPECT_EQ(three.in(dress, red).size(), 3u);
  EXPECT_EQ(three.in(shoe, red).size(), 1u) << "the category alone";
  EXPECT_TRUE(three.in(dress, blue).empty()) << "nobody clicked it";
  EXPECT_TRUE(three.in(dress, kUnknownKeyword).empty());
  EXPECT_EQ(FrequentSubgraphs(*data, 4, 4).size(), 1u);
  EXPECT_EQ(FrequentSubgraphs(*data, 4, 5).size(), 0u);
  EXPECT_EQ(FrequentSubgraphs(*data, 5, 5).size(), 1u) << "with the search at the border";
}

TEST(FrequentSubgraphs, HaveNodesOfTheHistory) {
  const auto data = dataset(two_kinds());
  const FrequentSubgraphs mined(*data, 40, 20);
  EXPECT_GT(mined.size(), 1000u);
  const SearchView first = data->search(0), last = data->search(data->searches() - 1);
  EXPECT_TRUE(first.history.empty());
  EXPECT_LE(mined.in(first, first.sfs[0]).size(), 3u) << "category and query";
  EXPECT_GT(mined.in(last, last.sfs[0]).size() + mined.in(last, last.sfs[1]).size(), 6u);
}

}  // namespace
}  // namespace barker
