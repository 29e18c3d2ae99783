// What the command says of a table: sums, verdicts and warnings, as text, JSON and HTML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/models/experiment/table_fixture.h"

namespace barker {
namespace {

TEST(Table, OfSumsIsJudgedByThePooledTest) {
  const auto report = table_report_of(kWon);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->verdict, ExperimentVerdict::kBetter);
  EXPECT_EQ(report->verdict_arm, "B");
  EXPECT_EQ(report->comparisons[0].absolute.p, two_proportion_z(500, 10000, 600, 10050).p);
  EXPECT_EQ(report->arms[1].clicks, 600);
}

TEST(Table, ListsSegmentsByNameWhateverTheOrderOfItsRows) {
  const std::string head = "unit,arm,value,segment\n";
  const std::string rows = "a,A,1,y\nb,A,2,x\nc,A,3,y\nd,A,5,x\n";
  const std::string others = "e,B,1,x\nf,B,2,y\ng,B,3,x\nh,B,5,y\n";
  CompareOptions comparing;
  comparing.control = "A";
  const auto one = table_report_of(head + rows + others, comparing);
  const auto other = table_report_of(head + others + rows, comparing);
  ASSERT_TRUE(one.ok() && other.ok());
  for (const auto* report : {&*one, &*other}) {
    ASSERT_EQ(report->segments.size(), 2u);
    EXPECT_EQ(report->segments[0].name, "x");
    EXPECT_NEAR(report->segments[0].relative.value, 2 / 3.5 - 1, 1e-12);
    EXPECT_NEAR(report->segments[1].relative.value, 3.5 / 2 - 1, 1e-12);
  }
}

TEST(Table, LeavesOutUnitsOfTwoArmsAndBlocksTheVerdictWhereTheyAreMany) {
  const auto few = table_report_of(units(2000, 1, 4)), many = table_report_of(units(2000, 1, 100));
  ASSERT_TRUE(few.ok() && many.ok());
  EXPECT_EQ(few->arms[0].units + few->arms[1].units, 1996);
  EXPECT_EQ(few->verdict, ExperimentVerdict::kBetter);
  EXPECT_FALSE(few->warnings.empty());
  EXPECT_EQ(many->verdict, ExperimentVerdict::kBlocked);
}

TEST(Table, KnowsThatLessMayBeBetter) {
  CompareOptions comparing;
  comparing.larger_is_better = false;
  EXPECT_EQ(table_report_of(units(2000, 1, 0), comparing)->verdict, ExperimentVerdict::kWorse);
  EXPECT_EQ(table_report_of(units(2000, -1, 0), comparing)->verdict, ExperimentVerdict::kBetter);
}

TEST(Table, HasNoVerdictWhereNothingVariesOrNearlyNothingIsKnown) {
  EXPECT_EQ(table_report_of("unit,arm,value\na,A,1\nb,A,1\nc,B,2\nd,B,2\n")->verdict,
            ExperimentVerdict::kNotEnough);
  EXPECT_EQ(table_report_of("arm,impressions,clicks\nA,20,0\nB,20,4\n")->verdict,
            ExperimentVerdict::kNotEnough);
  EXPECT_EQ(table_report_of("unit,arm,value\na,A,1\nb,B,2\n")->verdict,
            ExperimentVerdict::kNotEnough);
}

TEST(Table, SaysThatOneUnitDoesNotVaryAndWhatIsInTwoArmsInTheRightNumber) {
  const auto one = table_report_of("unit,arm,value\na,A,1\nb,A,3\nc,B,2\n");
  EXPECT_THAT(one->warnings, testing::ElementsAre(testing::HasSubstr("one unit does not say")));
  const auto equal = table_report_of("unit,arm,value\na,A,1\nb,A,1\nc,B,2\nd,B,2\n");
  EXPECT_THAT(equal->warnings, testing::ElementsAre(testing::HasSubstr("do not vary")));
  const auto both = table_report_of("unit,arm,value\na,A,1\na,B,1\nb,A,3\nc,B,2\nd,B,9\ne,A,1\n");
  EXPECT_THAT(both->verdict_text, testing::HasSubstr("1 unit was in two arms, so"));
}

// 0.1 and -0.1 in turn, whose mean is 0 but for rounding.
TEST(Table, HasNoLiftOverAMeanThatIsNotSurelyOtherThanZero) {
  std::string text = "unit,arm,value\n";
  for (int i = 0; i < 2000; ++i) {
    text += std::to_string(i) + (i % 2 ? ",A," : ",B,") + (i / 2 % 2 ? "0.1\n" : "-0.1\n");
  }
  const auto zero = table_report_of(text);
  EXPECT_TRUE(std::isnan(zero->comparisons[0].relative.value));
  EXPECT_THAT(zero->verdict_text, testing::Not(testing::HasSubstr("The lift is")));
  // The same with a mean of a third of its standard error.
  const auto unsure = table_report_of(text + "x,A,2\ny,B,2\n");
  EXPECT_THAT(unsure->verdict_text, testing::Not(testing::HasSubstr("The lift is")));
  EXPECT_THAT(
      unsure->warnings,
      testing::ElementsAre(testing::HasSubstr("the mean of \"B\" is not surely different from 0")));
}

TEST(Table, WarnsWhereSegmentsHaveUnitsOfOneArmAlone) {
  std::string text = "unit,arm,segment,value\n";
  for (int i = 0; i < 400; ++i) {
    const char* arm = i % 2 ? ",A," : ",B,";
    const char* segment = i < 100 ? "both," : i % 2 ? "of A," : "of B,";
    text += std::to_string(i) + arm + segment + std::to_string(5 + i % 3) + "\n";
  }
  EXPECT_THAT(table_report_of(text)->warnings,
              testing::ElementsAre(testing::HasSubstr("which is that of 25.0% of the units")));
}

TEST(Table, CutsHeavyTailsAtAnExactQuantileOfAllArms) {
  std::string text = "unit,arm,value\n";
  for (int i = 1; i <= 1000; ++i) {
    text += "u" + std::to_string(i) + (i % 2 ? ",A," : ",B,") + std::to_string(i - 500) + "\n";
  }
  TableOptions reading;
  reading.winsorise = .99;
  const Result<UnitTable> table = read_table(file_of(text), reading);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->cap, 490);
  EXPECT_EQ(table->capped, 10u);
  reading.winsorise = .5;
  EXPECT_EQ(read_table(file_of(text), reading)->cap, 0);
}

TEST(Table, IsBlockedByItsSampleRatioUnlessTheSharesWerePlannedSo) {
  const std::string text = "arm,impressions,clicks\nA,10000,500\nB,5000,400\n";
  EXPECT_EQ(table_report_of(text)->verdict, ExperimentVerdict::kBlocked);
  CompareOptions comparing;
  comparing.shares = {{"A", 2. / 3}, {"B", 1. / 3}};
  EXPECT_EQ(table_report_of(text, comparing)->verdict, ExperimentVerdict::kBetter);
  comparing.shares = {{"A", .5}, {"B", .25}, {"C", .25}};
  EXPECT_EQ(table_report_of(text, comparing)->verdict, ExperimentVerdict::kBlocked)
      << "nobody was in C";
}

TEST(Table, RefusesPlannedSharesThatAreNotThoseOfAllArms) {
  const auto error = [](const std::map<std::string, double>& shares) {
    CompareOptions comparing;
    comparing.shares = shares;
    const auto report = table_report_of("arm,impressions,clicks\nA,10,5\nB,10,4\n", comparing);
    return report.ok() ? "" : report.status().message();
  };
  EXPECT_EQ(error({{"A", .3}, {"B", .7}}), "");
  EXPECT_EQ(error({{"A", .333333}, {"B", .666667}}), "");
  EXPECT_EQ(error({{"A", 1}}), "--shares: no share for the arm \"B\"");
  EXPECT_EQ(error({{"A", .5}, {"B", 0}}), "--shares: expected a positive share for \"B\", found 0");
  EXPECT_EQ(error({{"A", .5}, {"B", .4}}),
            "--shares: the shares of the arms must sum to 1, found 0.9");
  EXPECT_EQ(error({{"A", 2}, {"B", 1}}), "--shares: the shares of the arms must sum to 1, found 3");
  EXPECT_EQ(error({{"A", 50}, {"B", 50}}),
            "--shares: the shares of the arms must sum to 1, found 100; write 50% as .5");
}

TEST(Table, CorrectsForTheNumberOfArms) {
  const auto report = table_report_of(
      "arm,impressions,clicks\nx,10000,500\ncontrol,10000,440\nC,10000,445\nD,10000,450\n");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->arms[0].name, "control");
  EXPECT_EQ(report->comparisons.size(), 3u);
  const Comparison& x = report->comparisons[0];
  EXPECT_EQ(x.arm, "x");
  EXPECT_NEAR(x.holm_p, 3 * x.absolute.p, 1e-12);
}

TEST(Table, IsBlockedByTheSequentialSampleRatioAloneWhereTheEndIsOpen) {
  const std::string text = "arm,impressions,clicks\nA,10000,500\nB,10480,900\n";
  const auto fixed = table_report_of(text);
  ASSERT_TRUE(fixed.ok());
  EXPECT_LT(fixed->srm.p, .001);
  EXPECT_GT(fixed->srm.sequential_p, .001);
  EXPECT_EQ(fixed->verdict, ExperimentVerdict::kBlocked);
  CompareOptions peeking;
  peeking.always_valid = true;
  EXPECT_EQ(table_report_of(text, peeking)->verdict, ExperimentVerdict::kBetter);
}

TEST(Table, IsDecidedByTheSurestArmAndNotByTheLargestDifference) {
  CompareOptions comparing;
  comparing.shares = {{"control", 50. / 101}, {"B", 50. / 101}, {"C", 1. / 101}};
  const auto report = table_report_of(
      "arm,impressions,clicks\ncontrol,100000,5000\nB,100000,6000\nC,2000,150\n", comparing);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_LT(report->comparisons[1].holm_p, .05);
  EXPECT_GT(report->comparisons[1].absolute.value, report->comparisons[0].absolute.value);
  EXPECT_EQ(report->verdict_arm, "B");
}

TEST(Text, WritesWholeCountsAndSaysWhatIsNotKnown) {
  auto report = table_report_of(kWon);
  ASSERT_TRUE(report.ok());
  report->in_two_arms = 100'000;
  decide(*report, {});
  EXPECT_THAT(to_text(*report), testing::HasSubstr("100 000 units were in two arms"));
  EXPECT_THAT(error_of("arm,impressions,clicks\nA,100000,200000\n"),
              testing::HasSubstr("found 200000 clicks on 100000"));
  EXPECT_THAT(to_text(*report), testing::HasSubstr("Nothing is suspicious"));
  report->srm = {};
  EXPECT_THAT(to_text(*report), testing::HasSubstr("is not known"));
  EXPECT_THAT(to_text(*report), testing::Not(testing::HasSubstr("suspicious")));
  EXPECT_THAT(to_html({*report}, {}), testing::HasSubstr("as planned is not known"));
}

TEST(Html, CorrectsWhatIsValidAtAnyTimeForTheNumberOfArms) {
  auto report = table_report_of(kWon);
  ASSERT_TRUE(report.ok());
  report->comparisons[0].always_valid.p = .03;
  report->comparisons[0].always_valid_holm_p = .03;
  EXPECT_THAT(to_html({*report}, {}), testing::HasSubstr("even if one looked every day"));
  report->comparisons[0].always_valid_holm_p = .09;
  EXPECT_THAT(to_html({*report}, {}), testing::Not(testing::HasSubstr("looked every day")));
}

TEST(Json, HasTheFieldsThatProgramsRead) {
  const auto json = nlohmann::json::parse(to_json(*table_report_of(kWon)));
  EXPECT_GT(json.at("srm").at("p").get<double>(), .5);
  EXPECT_EQ(json.at("arms")[0].at("arm"), "A");
  EXPECT_EQ(json.at("arms")[0].at("units"), 10000);
  EXPECT_EQ(json.at("arms")[0].at("mean"), .05);
  const auto& c = json.at("comparisons")[0];
  EXPECT_EQ(c.at("against"), "A");
  for (const char* field : {"difference", "low", "high", "p"})
    EXPECT_TRUE(c.at("absolute").at(field).is_number());
  for (const char* field : {"lift", "low", "high", "p"})
    EXPECT_TRUE(c.at("relative").at(field).is_number());
  for (const char* field : {"low", "high"}) EXPECT_TRUE(c.at("always_valid").at(field).is_number());
  EXPECT_TRUE(c.at("cuped").is_null()) << "nothing is known of the time before";
  EXPECT_EQ(json.at("verdict"), "better");
}

TEST(Json, HasWholeCountsThoughMeansAreKept) {
  std::string text = "unit,arm,impressions,clicks\n";
  for (int i = 0; i < 1001; ++i) {
    text += "u" + std::to_string(i) + (i % 2 ? ",A," : ",B,") + std::to_string(i % 7 + 3) + "," +
            std::to_string(i % 3) + "\n";
  }
  const auto json = nlohmann::json::parse(to_json(*table_report_of(text)));
  int shown = 0;
  for (const auto& arm : json.at("arms")) {
    for (const char* count : {"units", "impressions", "clicks"}) {
      EXPECT_TRUE(arm.at(count).is_number_integer()) << count << " " << arm.at(count);
    }
    shown += arm.at("impressions").get<int>();
  }
  EXPECT_EQ(shown, 6006);
}

TEST(Html, WritesADifferenceOfRatesInPointsAndTheLiftInPercent) {
  const std::string page = to_html({*table_report_of(kWon)}, {});
  EXPECT_THAT(page, testing::HasSubstr("<td>+0.9701 points [+0.34"));
  EXPECT_THAT(page, testing::HasSubstr("<td>+19.40% ["));
}

TEST(Html, EscapesTheNamesOfOthersAndLoadsNothing) {
  const auto report =
      table_report_of("arm,impressions,clicks\n<script>x</script>,1000,50\n'&,1000,90\n");
  ASSERT_TRUE(report.ok());
  const std::string page = to_html({*report}, {});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
}

}  // namespace
}  // namespace barker
