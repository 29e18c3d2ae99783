// Explanations: what they tell is what the title of the very answer shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "models/text/fingerprint.h"
#include "plugin/host/names.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

class Explanations : public Plugin {
 protected:
  // Rescores and explains; gives the verdict on every selling point of every rank.
  std::vector<std::vector<std::string>> verdicts() {
    barker_string json{};
    EXPECT_EQ(explain_.rescore(plugin_, &request_, &response_, &json, error_), BARKER_OK) << error_;
    const auto told = nlohmann::json::parse(json.data, json.data + json.size);
    explain_.release(json);
    std::vector<std::vector<std::string>> out;
    if (!told.contains("ads")) return out;
    for (const auto& ad : told["ads"]) {
      out.emplace_back();
      if (!ad.contains("selling_points")) continue;
      for (const auto& point : ad["selling_points"]) out.back().push_back(point["verdict"]);
    }
    return out;
  }
  // Whether exactly the selling points of the result are told to be in its title.
  static testing::AssertionResult tells_of(const barker_result_ad& ad,
                                           const std::vector<std::string>& verdicts) {
    std::map<size_t, std::string> expected, told;
    for (uint32_t k = 0; k < ad.chosen_count; ++k) {
      expected[ad.chosen[k].index] = ad.chosen[k].promoted ? "promoted" : "chosen";
    }
    for (size_t i = 0; i < verdicts.size(); ++i) {
      if (verdicts[i] == "chosen" || verdicts[i] == "promoted") told[i] = verdicts[i];
    }
    if (told == expected) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << testing::PrintToString(told) << " is told of " << testing::PrintToString(expected);
  }

  const barker_explain& explain_ =
      *static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
};

TEST_F(Explanations, SayStatusAndReasonInTheWordsOfTheHosts) {
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  std::set<int32_t> reasons;
  const auto expect_hosts_words = [&] {
    barker_string json{};
    ASSERT_EQ(explain_.rescore(plugin_, &request_, &response_, &json, error_), BARKER_OK) << error_;
    const auto told = nlohmann::json::parse(json.data, json.data + json.size);
    explain_.release(json);
    EXPECT_EQ(told["status"], status_name(response_.status));
    EXPECT_EQ(told.value("reason", ""), reason_name(response_.reason));
    reasons.insert(response_.reason);
  };
  fill(2);
  expect_hosts_words();
  load(weights(1));
  expect_hosts_words();
  request_.deadline_ns = 1;
  expect_hosts_words();
  fill(0);
  expect_hosts_words();
  fill(2);
  ASSERT_EQ(rules.load_rules(plugin_, view(std::string("off = true")), error_), BARKER_OK);
  expect_hosts_words();
  EXPECT_EQ(reasons,
            (std::set<int32_t>{BARKER_REASON_NONE, BARKER_REASON_DEADLINE, BARKER_REASON_NO_WEIGHTS,
                               BARKER_REASON_DISABLED, BARKER_REASON_NO_ADS}));
}

TEST_F(Explanations, OfAModelThatMatchesTheHistorySayHowMuchAndHowLongAgo) {
  const auto shares = [&] {
    fill(4);
    barker_string json{};
    EXPECT_EQ(explain_.rescore(plugin_, &request_, &response_, &json, error_), BARKER_OK) << error_;
    const auto told = nlohmann::json::parse(json.data, json.data + json.size);
    explain_.release(json);
    std::map<std::string, std::pair<double, double>> out;
    for (const auto& ad : told["ads"]) {
      for (const auto& point : ad["selling_points"]) {
        if (!point.contains("history_share")) continue;
        out[point["text"]] = {point["history_share"], point["history_last"]};
      }
    }
    return out;
  };
  user_texts_ = {"word10", "word11", "word10", "word4"};
  user_.clear();
  for (const std::string& text : user_texts_) user_.push_back(view(text));
  load(weights(1));
  EXPECT_TRUE(shares().empty());
  load(weights(1, {.history_match = true, .match_inputs = true}));
  const auto told = shares();
  EXPECT_EQ(told, (std::map<std::string, std::pair<double, double>>{
                      {"word10", {0.5, 1}}, {"word11", {0.25, 0.5}}, {"word12", {0, 0}}}));
}

TEST_F(Explanations, SayWhichSellingPointsDidNotFitIntoTheTitle) {
  size_t in_title = 0, out_of_title = 0;
  for (const int width : {8, 16, 24, 40}) {
    make("[title]\nmax_width = " + std::to_string(width) + "\n");
    load(weights(1));
    fill(6);
    const auto told = verdicts();
    ASSERT_EQ(told.size(), 6u);
    for (size_t rank = 0; rank < 6; ++rank) {
      EXPECT_TRUE(tells_of(results_[rank], told[rank])) << "width " << width;
      const auto left_out = std::ranges::count(told[rank], "did not fit");
      EXPECT_EQ(results_[rank].chosen_count + left_out, 2u) << "width " << width;
      in_title += results_[rank].chosen_count;
      out_of_title += left_out;
    }
  }
  EXPECT_GT(in_title, 0u);
  EXPECT_GT(out_of_title, 0u);
}

TEST_F(Explanations, SayWhichSellingPointsCannotBeSeen) {
  load(weights(1));
  fill(1);
  const std::string invisible = "\u200B\u200B";
  for (size_t p = 0; p < 3; ++p) {
    points_[p].text = view(invisible);
    points_[p].fingerprint = fingerprint(point_texts_[p]);
  }
  const auto told = verdicts();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(std::ranges::count(told[0], "nothing of it can be seen"), 2);
  EXPECT_TRUE(tells_of(results_[0], told[0]));
}

TEST_F(Explanations, SayWhichSellingPointsWerePromoted) {
  make("[selling_points]\nduplicates = 'promote'\n");
  load(weights(1));
  fill(12);
  for (size_t i = 0; i < 12; ++i) {
    // Both words of the selling point stand in every title, and only in some of them together.
    titles_[i] = i % 2 == 0 ? "word10 word11 word20" : "word11 word20 word10";
    ads_[i].title = view(titles_[i]);
  }
  const auto told = verdicts();
  ASSERT_EQ(told.size(), 12u);
  for (size_t rank = 0; rank < 12; ++rank) EXPECT_TRUE(tells_of(results_[rank], told[rank]));
}

TEST_F(Explanations, SayWhichSellingPointsStandInTheTitleAndWhy) {
  const std::string in_title = "stands in the title", denied = "denied by the title",
                    stays = "stands in the title and cannot leave it";
  struct Case {
    const char *title, *point;
    std::string skipped, promoted;
  };
  const Case cases[] = {{"Tent word10 black", "word10", in_title, "promoted"},
                        {"Tent (word10) black", "word10", in_title, stays},
                        {"Tent with word10", "word10", in_title, stays},
                        {"Tent, not word10", "word10", denied, denied},
                        {"word10-free tent", "Word10", denied, denied},
                        {"不含word10的面膜", "word10", denied, denied},
                        {"Tent without word11, word10", "word10", in_title, stays},
                        {"Tent", "word10", "chosen", "chosen"}};
  for (const bool promotes : {false, true}) {
    make(promotes ? "[selling_points]\nduplicates = 'promote'\n" : "");
    load(weights(1));
    for (const Case& c : cases) {
      point_texts_ = {c.point};
      fill(1);
      titles_[0] = c.title;
      ads_[0].title = view(titles_[0]);
      const auto told = verdicts();
      ASSERT_EQ(told.size(), 1u);
      EXPECT_THAT(told[0], testing::ElementsAre(promotes ? c.promoted : c.skipped)) << c.title;
      EXPECT_TRUE(tells_of(results_[0], told[0]));
    }
  }
}

TEST_F(Explanations, SayWhichSellingPointsCannotLeaveTheTitleTogether) {
  make("[selling_points]\ncount = 3\nmaximum_cosine = 1.0\nduplicates = 'promote'\n");
  load(weights(1));
  point_texts_ = {"word10", "word11"};
  fill(1);
  titles_[0] = "Tent (word10 word11) black";
  ads_[0].title = view(titles_[0]);
  const auto told = verdicts();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0],
              testing::UnorderedElementsAre("promoted", "stands in the title and cannot leave it"));
  EXPECT_TRUE(tells_of(results_[0], told[0]));
}

TEST_F(Explanations, SayWhatTheDeadlineCutOff) {
  make("window = 400\n");
  load(weights(1));
  text_.resize(1 << 20);
  fill(400);
  size_t partial = 0, late = 0;
  // Which deadline cuts an answer short depends on the machine's speed, so many are tried.
  for (uint64_t after_us = 0; after_us < 20'000 && (partial < 3 || late == 0); after_us += 10) {
    request_.deadline_ns =
        static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) +
        1000 * after_us;
    const auto told = verdicts();
    if (response_.status == BARKER_STATUS_RESCORED) break;
    if (response_.status != BARKER_STATUS_PARTIAL) continue;
    ++partial;
    ASSERT_EQ(told.size(), 400u);
    for (size_t rank = 0; rank < 400; ++rank) {
      ASSERT_TRUE(tells_of(results_[rank], told[rank])) << "rank " << rank;
      if (results_[rank].chosen_count > 0 || told[rank].empty()) continue;
      const auto cut_off = std::ranges::count(told[rank], "past the deadline");
      ASSERT_GT(cut_off, 0) << "rank " << rank;
      late += static_cast<size_t>(cut_off);
    }
  }
  EXPECT_GT(partial, 0u);
  EXPECT_GT(late, 0u);
}

}  // namespace
}  // namespace barker
