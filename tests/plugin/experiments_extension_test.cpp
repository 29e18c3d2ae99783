// The extension barker.experiments/1 and exploration, as a host meets them.
#include <gmock/gmock.h>

#include "tests/plugin/experiments_fixture.h"

namespace barker {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

TEST_F(ExperimentsExtension, ChangeNothingForUsersOfNoArmOrOfOneThatSetsNothing) {
  ask_as("anna");
  const std::vector<std::string> before = titles();
  EXPECT_EQ(response_.arm_count, 0u);
  EXPECT_EQ(response_.explored, 0u);
  ASSERT_EQ(load_arm("selling_points = 0"), BARKER_OK) << error_;
  const std::string same = user_of("same"), other = user_of("other");
  ask_as(same);
  EXPECT_EQ(response_.arm_count, 1u);
  EXPECT_STREQ(response_.arms[0].layer, "e");
  EXPECT_STREQ(response_.arms[0].experiment, "e");
  EXPECT_EQ(titles(), before);
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(results_[rank].propensity, 1);
  ask_as(other);
  EXPECT_EQ(std::string(title(0)), titles_[results_[0].ad]) << "its arm shows no selling points";
  ASSERT_EQ(load_experiments(""), BARKER_OK) << error_;
  ask_as(other);
  EXPECT_EQ(response_.arm_count, 0u);
  EXPECT_EQ(titles(), before);
}

TEST_F(ExperimentsExtension, AnswerByteForByteAsWithoutThemWhereNothingIsExplored) {
  const auto bytes = [this] {
    const std::string_view results(reinterpret_cast<const char*>(results_.data()),
                                   results_.size() * sizeof results_[0]);
    return std::string(results) + text_.substr(0, response_.text_size);
  };
  ask_as("anna");
  const std::string without = bytes();
  ASSERT_EQ(load_arm("explore_share = 0.0\nexplore_by = \"thompson\"\nexplore_prior = 3"),
            BARKER_OK)
      << error_;
  for (const char* user : {"anna", "ben", "chen", "dora", "emil", "fay"}) {
    ask_as(user);
    EXPECT_EQ(response_.arm_count, 1u);
    EXPECT_EQ(bytes(), without) << user << " in " << response_.arms[0].arm;
  }
}

TEST_F(ExperimentsExtension, PlaceAVisitorWhereThereIsNoUser) {
  ASSERT_EQ(load_arm("selling_points = 0"), BARKER_OK) << error_;
  const std::string other = user_of("other");
  fill(1);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.arm_count, 0u) << "nobody could be recognised";
  request_.visitor = view(other);
  ASSERT_EQ(rescore(), BARKER_OK);
  ASSERT_EQ(response_.arm_count, 1u);
  EXPECT_STREQ(response_.arms[0].arm, "other");
  const std::string user = "anna";
  request_.user = view(user);
  ASSERT_EQ(rescore(), BARKER_OK);
  const std::string with_visitor = response_.arms[0].arm;
  request_.visitor = {};
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(with_visitor, response_.arms[0].arm) << "the user comes first";
}

TEST_F(ExperimentsExtension, LowerWhatTheWeightsLearnedLittleOf) {
  const std::string more = "selling_points = 1\nlower_bound = 10\nexplore_prior = 5";
  ASSERT_EQ(load_arm(more), BARKER_OK) << error_;
  const std::string same = user_of("same"), other = user_of("other");
  ask_as(same);
  const uint32_t best = results_[0].chosen[0].index;
  // All that is known of each selling point is certain, but of the best one nothing is.
  ModelSpec model = random_model(1);
  ClickRateTable& rates = model.click_rates;
  rates.prior.assign(model.keyword_rows, 0.1f);
  rates.evidence.assign(model.keyword_rows, 1e6f);
  rates.begins = {0};
  rates.evidence[row_of(model, point_texts_[best])] = 0;
  const std::string path = temporary_path("doubtful.barker");
  ASSERT_TRUE(write_weight_file(model, path).ok());
  load(path);
  ask_as(same);
  EXPECT_EQ(chosen(0)[0], best);
  ask_as(other);
  ASSERT_EQ(chosen(0).size(), 1u);
  EXPECT_NE(chosen(0)[0], best);
  ASSERT_EQ(load_arm(more + "\nminimum_score = 0.000001"), BARKER_OK) << error_;
  ask_as(other);
  EXPECT_NE(chosen(0)[0], best) << "50 below its logit";
}

TEST_F(ExperimentsExtension, SetCountMarksAndOrderOfSellingPoints) {
  for (const uint32_t count : {0u, 1u, 2u, 3u}) {
    ASSERT_EQ(load_arm("selling_points = " + std::to_string(count)), BARKER_OK) << error_;
    ask_as(user_of("other"));
    EXPECT_EQ(results_[0].chosen_count, count);
  }
  const std::string three = "selling_points = 3\n";
  ASSERT_EQ(load_arm(three), BARKER_OK);
  ask_as(user_of("other"));
  const std::vector<uint32_t> best_first = chosen(0);
  EXPECT_THAT(titles(), Each(HasSubstr("<em>")));
  ASSERT_EQ(load_arm(three + "display = \"best_last\""), BARKER_OK);
  ask_as(user_of("other"));
  EXPECT_EQ(chosen(0), std::vector<uint32_t>(best_first.rbegin(), best_first.rend()));
  ASSERT_EQ(load_arm(three + "display = \"as_listed\""), BARKER_OK);
  ask_as(user_of("other"));
  EXPECT_EQ(chosen(0), (std::vector<uint32_t>{0, 1, 2}));
  ASSERT_EQ(load_arm(three + "highlight = false"), BARKER_OK);
  ask_as(user_of("other"));
  EXPECT_THAT(titles(), Each(testing::Not(HasSubstr("<em>"))));
  EXPECT_EQ(chosen(0), best_first);
  EXPECT_EQ(title(0).substr(results_[0].chosen[0].begin,
                            results_[0].chosen[0].end - results_[0].chosen[0].begin),
            point_texts_[best_first[0]]);
}

TEST_F(ExperimentsExtension, SetTheExponentsOfTheOrder) {
  ASSERT_EQ(load_arm("order = {bid = 0, pctr = 0, first_pass = 1}"), BARKER_OK) << error_;
  const std::string other = user_of("other");
  fill(6);
  for (size_t i = 0; i < 6; ++i) ads_[i].first_pass_score = static_cast<double>(i + 1);
  request_.user = view(other);
  ASSERT_EQ(rescore(), BARKER_OK);
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(results_[rank].ad, 5 - rank);
}

TEST_F(ExperimentsExtension, TakeTheCanaryWhereAnArmSaysSo) {
  ASSERT_EQ(load_arm("weights = \"canary\""), BARKER_OK) << error_;
  const std::string same = user_of("same"), other = user_of("other");
  ask_as(other);
  const uint64_t serving = response_.generation;
  const auto* canary = static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  const std::string path = weights(2);
  uint64_t second = 0;
  ASSERT_EQ(canary->start(plugin_, view(path), &second, error_), BARKER_OK) << error_;
  ask_as(other);
  EXPECT_EQ(response_.generation, second);
  ask_as(same);
  EXPECT_EQ(response_.generation, serving) << "the canary's own share is 0";
  ASSERT_EQ(canary->set_shares(plugin_, 1, 0, error_), BARKER_OK);
  ASSERT_EQ(load_arm("weights = \"serving\""), BARKER_OK);
  ask_as(other);
  EXPECT_EQ(response_.generation, serving);
  ask_as(same);
  EXPECT_EQ(response_.generation, second);
}

TEST_F(ExperimentsExtension, ChooseByTheClickRateOfTheQueryWhateverTheUser) {
  query_ = "word1";
  load(rated_weights("word1"));
  ASSERT_EQ(load_arm("choose_by = \"click_rate\"\nselling_points = 1"), BARKER_OK) << error_;
  const std::string other = user_of("other");
  ask_as(other);
  EXPECT_EQ(chosen(0), std::vector<uint32_t>{2}) << "word12";
  user_texts_ = {"word7", "word9"};
  user_ = {view(user_texts_[0]), view(user_texts_[1])};
  ask_as(other);
  EXPECT_EQ(chosen(0), std::vector<uint32_t>{2}) << "another history";
  query_ = "word5";
  ask_as(other);
  EXPECT_EQ(chosen(0), std::vector<uint32_t>{1}) << "word11, of all queries";
}

TEST_F(ExperimentsExtension, SayOnTheirPagesThatTheWeightsHaveNoClickRates) {
  ASSERT_EQ(load_arm("choose_by = \"click_rate\""), BARKER_OK) << error_;
  const std::string other = user_of("other");
  const auto ask = [&] {
    fill(6);
    request_.user = view(other);
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
  };
  ask();
  EXPECT_EQ(response_.status, BARKER_STATUS_PARTIAL);
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_CLICK_RATES);
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(title(rank), titles_[results_[rank].ad]);
  load(rated_weights("word1"));
  ask();
  EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
  EXPECT_GT(results_[0].chosen_count, 0u);
  ASSERT_EQ(api().rollback(plugin_, &generation_, error_), BARKER_OK) << error_;
  ask();
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_CLICK_RATES) << "the way back is never closed";
}

TEST_F(ExperimentsExtension, KeepsTheOldOnesWhereNewOnesAreRefused) {
  ASSERT_EQ(load_arm("selling_points = 1"), BARKER_OK);
  EXPECT_EQ(load_experiments("[[experiment]]\nname = 3"), BARKER_E_CONFIG);
  EXPECT_THAT(error_, HasSubstr("experiments: line 2: experiment.name"));
  ask_as(user_of("other"));
  EXPECT_EQ(results_[0].chosen_count, 1u);
}

TEST_F(ExperimentsExtension, TellTheDigestOfAnArmsPolicyWhichIsThatOfWhatItDoes) {
  const auto digest_of_other = [this](const std::string& sets) {
    EXPECT_EQ(load_arm(sets), BARKER_OK) << error_;
    ask_as(user_of("other"));
    EXPECT_EQ(response_.arm_policies[1], 0u) << "there is one arm";
    return response_.arm_policies[0];
  };
  make("");
  load(weights(1));
  const uint64_t one = digest_of_other("selling_points = 1\nlower_bound = 0.5");
  EXPECT_NE(one, 0u);
  EXPECT_EQ(one, digest_of_other("lower_bound = 0.50\nselling_points = 1"));
  EXPECT_NE(one, digest_of_other("selling_points = 2\nlower_bound = 0.5"));
  make("[selling_points]\nlower_bound = 0.5\n");
  load(weights(1));
  EXPECT_EQ(one, digest_of_other("selling_points = 1")) << "whoever says it";
  make("[selling_points]\nlower_bound = 0.75\n");
  load(weights(1));
  EXPECT_NE(one, digest_of_other("selling_points = 1"));
}

TEST_F(ExperimentsExtension, LeaveAnOldHostItsStructs) {
  ASSERT_EQ(load_arm("selling_points = 3"), BARKER_OK);
  const std::string other = user_of("other");
  fill(2);
  request_.user = view(other);
  request_.struct_size = offsetof(barker_request, surface);  // that of 1.4
  response_.struct_size = offsetof(barker_response, arm_count);
  response_.arm_count = 0xABAB;
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  EXPECT_EQ(response_.arm_count, 0xABABu);
  EXPECT_EQ(results_[0].chosen_count, 3u) << "the arm holds for it, too";
}

TEST_F(ExperimentsExtension, TextBoundIsEnoughForTheArmWithTheMostSellingPoints) {
  make("[selling_points]\ncount = 1\n");
  load(weights(1));
  ASSERT_EQ(load_arm("selling_points = 3"), BARKER_OK);
  const std::string other = user_of("other");
  fill(6);
  request_.user = view(other);
  const uint64_t bound = api().text_bound(plugin_, &request_);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_GE(bound, response_.text_size);
  EXPECT_EQ(results_[0].chosen_count, 3u);
}

}  // namespace
}  // namespace barker
