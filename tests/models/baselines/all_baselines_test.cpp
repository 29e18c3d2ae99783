#include "models/baselines/all_baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/baselines/two_kinds.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const char* const kLearned[] = {"boosted-trees", "two-tower"};
const char* const kOfTable4[] = {"dmp-dgbm", "lstm-pso", "im12cp-wqi",
                                 "rf-ffgm"};  // table4_test.cpp

// Twenty users are enough to be told apart, and networks learn from them in a moment.
std::vector<SearchEvent> few(bool flip_test_labels = false) {
  std::vector<SearchEvent> events = two_kinds(flip_test_labels);
  std::erase_if(events, [](const SearchEvent& e) { return std::stoi(e.user.substr(1)) >= 20; });
  return events;
}

TEST(AllBaselines, AreThePlainOnesAndThoseOfTheTrainersLibraries) {
  for (const std::string& name : all_baseline_names()) EXPECT_TRUE(make_any_baseline(name)) << name;
  EXPECT_EQ(all_baseline_names().size(),
            baseline_names().size() + std::size(kLearned) + std::size(kOfTable4));
  for (const char* name : kOfTable4) EXPECT_TRUE(make_any_baseline(name)) << name;
  EXPECT_EQ(make_any_baseline("trees"), nullptr);
}

TEST(AllBaselines, SeparateWhatEachKindOfUserLikes) {
  const auto data = dataset(few());
  const double popularity = auc_of(*make_any_baseline("popularity"), *data);
  for (const char* name : kLearned) {
    EXPECT_GT(auc_of(*make_any_baseline(name), *data), popularity + 0.2) << name;
  }
}

TEST(AllBaselines, AreWorthNothingWhereClicksAreDrawnByLot) {
  const auto data = dataset(clicked_by_lot(few()));
  for (const char* name : kLearned) {
    EXPECT_NEAR(auc_of(*make_any_baseline(name), *data), 0.5, 0.04) << name;
  }
}

// So fitting again gives the same, too.
TEST(AllBaselines, NeverLookAtTheTestLabels) {
  const auto data = dataset(few()), flipped = dataset(few(true));
  for (const char* name : kLearned) {
    SCOPED_TRACE(name);
    expect_blind_to_test_labels(*make_any_baseline(name), *make_any_baseline(name), *data, *flipped,
                                20);
  }
}

TEST(AllBaselines, KnowStrangersAndUnknownKeywordsAsProbabilities) {
  const auto data = dataset(with_stranger(few()));
  for (const char* name : kLearned) {
    const auto baseline = make_any_baseline(name);
    ASSERT_TRUE(baseline->fit(*data).ok());
    SCOPED_TRACE(name);
    expect_probabilities(*baseline, *data);
  }
}

TEST(AllBaselines, SayThatTrainingHasOneClassOnly) {
  std::vector<SearchEvent> events = few();
  for (SearchEvent& event : events) {
    for (SfImpression& sf : event.sfs) sf.clicked = false;
  }
  const auto data = dataset(events);
  for (const char* name : kLearned) {
    const Status fitted = make_any_baseline(name)->fit(*data);
    EXPECT_EQ(fitted.code(), Code::kBadData) << name;
    EXPECT_THAT(fitted.message(), HasSubstr(name)) << name;
    EXPECT_THAT(fitted.message(), HasSubstr("click")) << name;
  }
}

// The networks end with the validation split; trees then take a fixed number of rounds.
TEST(AllBaselines, BoostedTreesDoWithoutAValidationSplit) {
  std::vector<SearchEvent> events = few();
  std::erase_if(events, [](const SearchEvent& e) { return e.split == Split::kValidation; });
  const auto data = dataset(events);
  const auto trees = make_any_baseline("boosted-trees");
  EXPECT_GT(auc_of(*trees, *data), 0.7);
  EXPECT_TRUE(predictions(*trees, Split::kValidation).empty());
}

}  // namespace
}  // namespace barker
