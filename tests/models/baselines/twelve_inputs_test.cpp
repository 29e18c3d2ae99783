#include "models/baselines/twelve_inputs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/models/baselines/two_kinds.h"

namespace barker {
namespace {

SearchEvent search_of(const std::string& user, int64_t time, const std::string& category,
                      const std::vector<SfImpression>& sfs) {
  SearchEvent event;
  event.time = time;
  event.user = user;
  event.split = time < 10 ? Split::kTrain : Split::kTest;
  event.query = "shoe";
  event.category = category;
  event.groups = {{"profile", {user == "ann" ? "f" : "m"}}};
  event.sfs = sfs;
  return event;
}

// Red was shown three times and clicked twice, by ann and in category c. Blue was shown twice, to
// ann in vain, and bob clicked it in d.
std::vector<SearchEvent> small_log() {
  std::vector<SearchEvent> events = {
      search_of("ann", 0, "c", {{"red", true}, {"blue", false}}),
      search_of("bob", 1, "d", {{"red", false}, {"blue", true}}),
      search_of("ann", 2, "c", {}),
      search_of("ann", 3, "c", {{"red", true}}),
      search_of("ann", 10, "c", {{"red", true}, {"never seen", false}}),
  };
  AdImpression ad;
  ad.title = "red boot";
  ad.clicked = true;
  events[2].ads = {ad};
  return events;
}

uint32_t keyword(const Dataset& data, const std::string& text) {
  for (uint32_t k = 0; k < data.keywords(); ++k) {
    if (data.keyword(k) == text) return k;
  }
  ADD_FAILURE() << text << " is no keyword";
  return kUnknownKeyword;
}

// The cosine of a sum of vectors and a vector.
double cosine(const std::vector<std::pair<double, std::span<const float>>>& sum,
              std::span<const float> with) {
  std::vector<double> total(with.size());
  for (const auto& [weight, vector] : sum) {
    for (size_t d = 0; d < with.size(); ++d) total[d] += weight * vector[d];
  }
  const double product = std::inner_product(total.begin(), total.end(), with.begin(), 0.0);
  const double a = std::inner_product(total.begin(), total.end(), total.begin(), 0.0);
  const double b = std::inner_product(with.begin(), with.end(), with.begin(), 0.0);
  return a * b > 0 ? product / std::sqrt(a * b) : 0;
}

double logit(double p) { return std::log(p / (1 - p)); }

TEST(TwelveInputs, OfASmallLogAreThoseByHand) {
  const auto data = dataset(small_log());
  TwelveInputs inputs(*data);
  inputs.count(std::nullopt);
  const FeatureMatrix rows = inputs.rows(data->searches_of(Split::kTest, Task::kMain));
  ASSERT_EQ(rows.columns, kTwelve);
  ASSERT_EQ(rows.rows(), 2u);
  const float* red = rows.values.data();
  const double own = (2 + 10 * 0.6) / (3 + 10);  // three of five SFs were clicked
  const double blue = (1 + 10 * 0.6) / (2 + 10);
  EXPECT_NEAR(red[0], logit(own), 1e-5);
  EXPECT_NEAR(red[1], std::log(4.0), 1e-5);
  EXPECT_NEAR(red[2], logit((2 + 10 * own) / (2 + 10)), 1e-5) << "in category c";
  EXPECT_NEAR(red[3], logit((2 + 10 * own) / (2 + 10)), 1e-5) << "of those with ann's profile";
  const auto word = [&](const char* text) {
    return std::span<const float>(inputs.vector(keyword(*data, text)));
  };
  // The history is red, red boot, red.
  EXPECT_NEAR(red[4], cosine({{3, word("red")}, {1, word("boot")}}, word("red")), 1e-5);
  EXPECT_NEAR(red[5], cosine({{1, word("shoe")}}, word("red")), 1e-5);
  EXPECT_EQ(red[6], 3) << "red stands in the history";
  EXPECT_EQ(red[7], 0) << "two users make no rule";
  EXPECT_NEAR(red[8], std::log(3.0), 1e-5) << "two words of a title";
  EXPECT_NEAR(red[9], std::log(3.0), 1e-5) << "two SFs";
  EXPECT_NEAR(red[10], (2 * (1 - own) - blue) / (3 + 10), 1e-5) << "ann's clicks above popularity";
  const auto fade = [](int i) { return std::exp((i + 1 - 4) / (0.3 * 4 + 1)); };
  EXPECT_NEAR(
      red[11],
      cosine({{fade(0) + fade(1) + fade(3), word("red")}, {fade(2), word("boot")}}, word("red")),
      1e-5);
}

TEST(TwelveInputs, OfAnUnknownKeywordSayWhatIsKnownOfTheUser) {
  const auto data = dataset(small_log());
  TwelveInputs inputs(*data);
  inputs.count(std::nullopt);
  const FeatureMatrix rows = inputs.rows(data->searches_of(Split::kTest, Task::kMain));
  const float *known = rows.values.data(), *unknown = known + kTwelve;
  for (const size_t i : {0, 2, 3}) EXPECT_NEAR(unknown[i], logit(0.6), 1e-5) << i;
  for (const size_t i : {1, 4, 5, 6, 7, 11}) EXPECT_EQ(unknown[i], 0) << i;
  for (const size_t i : {8, 9, 10}) EXPECT_EQ(unknown[i], known[i]) << i;
}

constexpr int64_t kBorder = 10;

std::vector<SearchEvent> small_world() {
  std::vector<SearchEvent> events = two_kinds();
  std::erase_if(events, [](const SearchEvent& e) { return e.time > 25; });
  return events;
}

// The inputs of the searches from `from` to `to`, where the searches before the border are counted.
std::vector<float> inputs_between(const std::vector<SearchEvent>& events, int64_t from,
                                  int64_t to) {
  const auto data = dataset(events);
  TwelveInputs inputs(*data);
  inputs.count(kBorder);
  std::vector<uint32_t> searches;
  for (const uint32_t s : data->searches_of(Split::kTrain, Task::kMain)) {
    const int64_t time = data->search(s).time;
    if (time >= from && time <= to) searches.push_back(s);
  }
  return inputs.rows(searches).values;
}

TEST(TwelveInputs, HoldNothingOfTheirOwnClickNorOfWhatComesLater) {
  const std::vector<SearchEvent> events = small_world();
  for (const int64_t time : {int64_t{10}, int64_t{17}}) {
    std::vector<SearchEvent> other_clicks = events;
    for (SearchEvent& event : other_clicks) {
      if (event.time < time) continue;
      for (SfImpression& sf : event.sfs) sf.clicked = !sf.clicked;
      for (AdImpression& ad : event.ads) ad.clicked = !ad.clicked;
    }
    std::vector<SearchEvent> other_searches = other_clicks;
    for (SearchEvent& event : other_searches) {
      if (event.time > time) std::ranges::reverse(event.sfs);
    }
    EXPECT_EQ(inputs_between(events, kBorder, time), inputs_between(other_searches, kBorder, time));
    EXPECT_NE(inputs_between(events, time + 1, 25), inputs_between(other_clicks, time + 1, 25))
        << "what comes later sees the clicks";
  }
}

TEST(TwelveInputs, AreFiniteAndKnowRulesAndTastes) {
  const auto data = dataset(small_world());
  TwelveInputs inputs(*data);
  inputs.count(std::nullopt);
  const FeatureMatrix rows = inputs.rows(data->searches_of(Split::kTrain, Task::kMain));
  for (const float x : rows.values) ASSERT_TRUE(std::isfinite(x));
  const auto clicked = instances_of(*data, Split::kTrain, Task::kMain).clicked;
  for (const size_t column : {4, 6, 7, 11}) {
    std::vector<float> values;
    for (size_t r = 0; r < rows.rows(); ++r) values.push_back(rows.values[r * kTwelve + column]);
    EXPECT_GT(auc(values, clicked), 0.6) << column;
  }
}

TEST(MinMaxScale, MapsTheFittedRowsToZeroAndOneAndKeepsOthersInside) {
  FeatureMatrix rows{3, {1, 5, 7, 3, 5, -1, 2, 5, 3}};
  MinMaxScale scale;
  scale.fit(rows);
  scale.apply(rows);
  EXPECT_EQ(rows.values, std::vector<float>({0, 0, 1, 1, 0, 0, 0.5, 0, 0.5}));
  FeatureMatrix others{3, {9, 9, -9}};
  scale.apply(others);
  EXPECT_EQ(others.values, std::vector<float>({1, 0, 0}));
}

}  // namespace
}  // namespace barker
