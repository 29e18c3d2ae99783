// What the command reads of the tables of other programs.
#include "models/experiment/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/experiment/csv.h"
#include "tests/models/experiment/table_fixture.h"

namespace barker {
namespace {

TEST(Table, IsReadWhateverProgramWroteIt) {
  const auto expected = to_json(*table_report_of(kWon));
  const auto same = [&](const std::string& text) {
    const auto report = table_report_of(text);
    ASSERT_TRUE(report.ok()) << text << ": " << report.status().message();
    auto a = nlohmann::json::parse(to_json(*report)), b = nlohmann::json::parse(expected);
    a.erase("experiment");
    b.erase("experiment");
    a.erase("notes");
    b.erase("notes");
    EXPECT_EQ(a, b) << text;
  };
  same(
      "\xEF\xBB\xBF"
      "arm,impressions,clicks\r\nA,10000,500\r\nB,10050,600");
  same("Clicks ; ARM;extra; impressions\n500;A;x;10000\n\n600; B ;;10050\n");
  same("\"clicks\"\t\"arm\"\t\"impressions\"\n\"500\"\t\"A\"\t10000\n600\tB\t10050\n");
  same("arm,impressions,clicks\nA,4000,200\nB,10050,600\nA,6000,300\n");
}

TEST(Table, KeepsQuotedNamesAsTheyAre) {
  const auto report =
      table_report_of("arm,impressions,clicks\n\"a, \"\"b\"\"\n c\",100,10\nplain name,100,20\n");
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->arms[0].name, "a, \"b\"\n c");
  EXPECT_EQ(report->arms[1].name, "plain name");
}

TEST(Table, SaysFileLineAndWhatIsWrong) {
  const std::string head = "arm,impressions,clicks\n";
  EXPECT_THAT(error_of(head + "A,10,11\n"), testing::HasSubstr(".csv:2: expected at most as many"));
  EXPECT_THAT(error_of(head + "A,10,1\nB,-10,1\n"), testing::HasSubstr(".csv:3: expected a whole"));
  EXPECT_THAT(error_of(head + "A,,1\n"),
              testing::HasSubstr(":2: expected a number as impressions"));
  EXPECT_THAT(error_of(head + "A,1e,1\n"), testing::HasSubstr("found \"1e\""));
  EXPECT_THAT(error_of(head + "A,10\n"), testing::HasSubstr(":2: expected 3 fields"));
  EXPECT_THAT(error_of(head + "A,10,1\n"), testing::HasSubstr("expected two arms"));
  EXPECT_THAT(error_of(head + ",10,1\n"), testing::HasSubstr("the name of an arm"));
  EXPECT_THAT(error_of(head), testing::HasSubstr("found none"));
  EXPECT_THAT(error_of("arm,x\nA,1\n"), testing::HasSubstr("found arm,x"));
  EXPECT_THAT(error_of("arm,arm,clicks\n"), testing::HasSubstr("twice"));
  EXPECT_THAT(error_of(head + "A,\"10,1\n"), testing::HasSubstr(":2: a quote is not closed"));
  EXPECT_THAT(error_of("unit,arm,value\nu,A,nan\n"), testing::HasSubstr("found \"nan\""));
}

TEST(Table, RefusesARowOfMoreThanAMebibyte) {
  const std::string head = "arm,impressions,clicks\nA,10,1\nB,10,1\n";
  const std::string longest(CsvReader::kMaxRow - 7, 'a');  // with two quotes and ",10,1"
  EXPECT_EQ(error_of(head + "\"" + longest + "\",10,1\n"), "");
  EXPECT_THAT(error_of(head + "\"a" + longest + "\",10,1\n"),
              testing::HasSubstr(":4: expected a row of at most 1048576 bytes"));
  std::string lines = head + "\"C,10,1\n";  // the quote takes all lines behind it
  for (int i = 0; i < 200'000; ++i) lines += "C,10,1\n";
  EXPECT_THAT(error_of(lines), testing::HasSubstr(":4: expected a row of at most 1048576 bytes"));
}

TEST(Table, SplitsFieldsWithQuotesAndLinesInThem) {
  const auto report = table_report_of(
      "arm,impressions,clicks\n \"a\n\n\"\"b\"\"\n\" , 100,\"10\"\nc \"d\",100,20\n");
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->arms[0].name, "a\n\n\"b\"\n");
  EXPECT_EQ(report->arms[1].name, "c \"d\"");
}

TEST(Table, RefusesAUnitTwiceUnlessToldWhatThatMeans) {
  const std::string text = "unit,arm,value\nu,A,1\nv,B,5\nu,A,2\nw,A,4\nx,B,7\n";
  EXPECT_THAT(error_of(text), testing::HasSubstr(":4: expected one row for each unit"));
  TableOptions reading;
  reading.repeated = "sum";
  EXPECT_NEAR(table_report_of(text, {}, reading)->arms[0].mean.value, 3.5, 1e-12);
  reading.repeated = "mean";
  EXPECT_NEAR(table_report_of(text, {}, reading)->arms[0].mean.value, 2.75, 1e-12);
}

TEST(Table, TakesTheValueBeforeOncePerUnitWhicheverOfItsRowsHasIt) {
  const std::string text =
      "unit,arm,value,pre\nu,A,1,5\nu,A,2,5\nv,B,5,3\nw,A,4,\nw,A,1,2\nx,B,7,4\n";
  for (const char* repeated : {"sum", "mean"}) {
    TableOptions reading;
    reading.repeated = repeated;
    const Result<UnitTable> table = read_table(file_of(text), reading);
    ASSERT_TRUE(table.ok()) << table.status().message();
    EXPECT_EQ(table->arms[0].units.mean(2), 3.5) << repeated;
    EXPECT_EQ(table->without_pre, 0u);
    const auto wrong =
        read_table(file_of("unit,arm,value,pre\nu,A,1,\nu,A,1,5\nu,A,2,6\n"), reading);
    ASSERT_FALSE(wrong.ok());
    EXPECT_THAT(wrong.status().message(), testing::HasSubstr(".csv:4: expected the pre of line 3"));
  }
}

TEST(Table, OfSumsRefusesWhatNeedsUnits) {
  TableOptions aa, cut, mean;
  aa.is_aa = true;
  cut.winsorise = .99;
  mean.repeated = "mean";
  for (const auto& [reading, name] :
       {std::pair(aa, "--aa"), {cut, "--winsorise"}, {mean, "mean"}}) {
    const auto report = table_report_of(kWon, {}, reading);
    ASSERT_FALSE(report.ok()) << name;
    EXPECT_EQ(report.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(report.status().message(), testing::HasSubstr(name));
  }
}

std::string units(int count, double lift, int in_two_arms) {
  std::string text = "unit,arm,value\n";
  for (int i = 0; i < count; ++i) {
    const bool treated = i % 2 == 1;
    const double value = 10 + i / 2 % 7 + (treated ? lift : 0);
    text += "u" + std::to_string(i) + (treated ? ",B," : ",A,") + std::to_string(value) + "\n";
    if (i < in_two_arms) text += "u" + std::to_string(i) + (treated ? ",A,1\n" : ",B,1\n");
  }
  return text;
}

TEST(Table, RefusesNumbersWhoseVarianceWouldOverflow) {
  const auto with = [](const char* value) {
    return "unit,arm,value\na,A,1\nb,A," + std::string(value) + "\nc,B,2\nd,B,5\n";
  };
  EXPECT_THAT(error_of(with("1.1e100")), testing::HasSubstr(":3: expected a number from -1e100"));
  EXPECT_THAT(error_of(with("-1e300")), testing::HasSubstr("found -1e300"));
  const auto largest = table_report_of(with("1e100"));
  ASSERT_TRUE(largest.ok());
  EXPECT_TRUE(largest->comparisons[0].absolute.is_known());
  EXPECT_TRUE(largest->comparisons[0].relative.is_known());
}

}  // namespace
}  // namespace barker
