// How the searches of a log are divided into training, validation and test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "models/data/dataset.h"
#include "models/data/split_rule.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

struct MadeSplits {
  std::shared_ptr<const Dataset> data;
  std::string error;

  // "TTTVE": training, validation and test, in the order of the searches.
  std::string splits() const {
    std::string text;
    for (uint32_t s = 0; data && s < data->searches(); ++s) {
      text += "TVE"[static_cast<size_t>(data->search(s).split)];
    }
    return text;
  }
};

MadeSplits make(const std::string& log, SplitRule::Kind kind,
                const std::vector<std::string>& at = {}) {
  const std::string path = temporary_path("log.jsonl");
  std::ofstream(path) << log;
  DatasetOptions options;
  options.split.kind = kind;
  for (const std::string& time : at) options.split.at.push_back(*parse_split_time(time));
  BadLines bad;
  const auto data = open_dataset_or_log(path, path, options, bad);
  EXPECT_EQ(bad.count(), 0u) << bad.report("log");
  return data.ok() ? MadeSplits{*data, ""} : MadeSplits{nullptr, data.status().message()};
}

std::string line(int64_t time, const std::string& user, const std::string& more = "") {
  return "{\"time\":" + std::to_string(time) + ",\"user\":\"" + user +
         "\",\"query\":\"q\",\"sfs\":[{\"text\":\"a\",\"clicked\":0}]" + more + "}\n";
}

constexpr int64_t kDay = 24 * 60 * 60;
constexpr int64_t kFirst = 1'729'987'200;  // 2024-10-27T00:00:00Z

// A search a day, for ten days, on a clock of so many ticks a second.
std::string ten_days(int64_t ticks = 1) {
  std::string log;
  for (int64_t i = 0; i < 10; ++i)
    log += line((kFirst + i * kDay) * ticks, "u", ",\"split\":\"test\"");
  return log;
}

TEST(SplitTime, IsADateOfRfc3339OrANumber) {
  const auto value = [](const std::string& text) {
    const Result<SplitTime> time = parse_split_time(text);
    EXPECT_TRUE(time.ok()) << text;
    return time.ok() ? time->value : 0;
  };
  EXPECT_EQ(value("2024-10-27"), kFirst * 1000);
  EXPECT_EQ(value("2024-10-27T03:33:20Z"), 1'730'000'000'000);
  EXPECT_EQ(value("2024-10-27 03:33:20"), 1'730'000'000'000);
  EXPECT_EQ(value("2024-10-27T11:33:20.25+08:00"), 1'730'000'000'250);
  EXPECT_EQ(value("2024-10-26T22:03:20-05:30"), 1'730'000'000'000);
  EXPECT_EQ(value("1730000000"), 1'730'000'000);
  EXPECT_FALSE(parse_split_time("1730000000")->is_date);
  EXPECT_TRUE(parse_split_time("2024-02-29").ok());
  for (const char* wrong : {"", "yesterday", "2023-02-29", "2024-13-01", "2024-10-27T", "20241027x",
                            "2024-10-27T24:00:00Z", "2024-10-27T03:33:20+8", "27.10.2024",
                            "2024-10-27T03:33:20.Z", "99999999999999999999"}) {
    const Result<SplitTime> time = parse_split_time(wrong);
    ASSERT_FALSE(time.ok()) << wrong;
    EXPECT_THAT(time.status().message(), HasSubstr("found \"" + std::string(wrong) + "\""));
  }
}

TEST(Split, AtTwoTimesOverrulesTheLogOnAnyClock) {
  const std::vector<std::string> at = {"2024-11-02", "2024-11-04T00:00:00Z"};
  const MadeSplits seconds = make(ten_days(), SplitRule::Kind::kAt, at);
  EXPECT_EQ(seconds.splits(), "TTTTTTVVEE") << seconds.error;
  EXPECT_EQ(seconds.data->split_text(),
            "by date: validation from 2024-11-02 00:00:00, test from 2024-11-04 00:00:00");
  EXPECT_EQ(make(ten_days(1000), SplitRule::Kind::kAt, at).splits(), "TTTTTTVVEE");
  const std::string second = std::to_string(kFirst + 6 * kDay);
  const std::string third = std::to_string(kFirst + 8 * kDay);
  for (const std::string zeros : {"", "000"}) {
    EXPECT_EQ(make(ten_days(), SplitRule::Kind::kAt, {second + zeros, third + zeros}).splits(),
              "TTTTTTVVEE");
    EXPECT_EQ(make(ten_days(1000), SplitRule::Kind::kAt, {second + zeros, third + zeros}).splits(),
              "TTTTTTVVEE");
  }
}

TEST(Split, AtOneTimeTakesValidationFromTheEndOfWhatIsBefore) {
  std::string log;
  for (int i = 0; i < 100; ++i) log += line(i, "u");
  const MadeSplits made = make(log, SplitRule::Kind::kAt, {"85"});
  EXPECT_EQ(made.splits(), std::string(80, 'T') + std::string(5, 'V') + std::string(15, 'E'));
}

TEST(Split, ByTimeOverrulesTheLogOnlyWhereItIsAskedFor) {
  EXPECT_EQ(make(ten_days(), SplitRule::Kind::kLog).splits(), "EEEEEEEEEE");
  EXPECT_EQ(make(ten_days(), SplitRule::Kind::kLog).data->split_text(), "as the log says");
  std::string log = ten_days();
  for (int i = 0; i < 100; ++i)
    log += line(kFirst + 9 * kDay * i / 100, "v", ",\"split\":\"train\"");
  const MadeSplits made = make(log, SplitRule::Kind::kTime);
  EXPECT_THAT(made.splits(), HasSubstr("TVVV"));
  EXPECT_EQ(made.data->split_text(), "by time: 80%, 5% and 15% of the period");
}

TEST(Split, ByUserTakesTheLastSearchesOfEach) {
  // Four moments of u, the last one with two searches; two of v; one of w.
  const MadeSplits made = make(line(1, "u") + line(2, "v") + line(3, "u") + line(4, "w") +
                                   line(5, "u") + line(6, "u") + line(6, "u") + line(7, "v"),
                               SplitRule::Kind::kUserLast);
  EXPECT_EQ(made.splits(), "TTTTVEEE") << made.error;
  EXPECT_THAT(std::string(made.data->split_text()), HasSubstr("the last searches of each"));
}

TEST(Split, ByUserIgnoresWhatIsHistoryAlone) {
  const MadeSplits made =
      make(line(1, "u") + line(2, "u") + line(3, "u") + line(4, "u", ",\"history_only\":true"),
           SplitRule::Kind::kUserLast);
  EXPECT_EQ(made.splits(), "TVE") << made.error;
}

TEST(Split, SaysWhichBorderIsOutsideAndWhichSplitIsEmpty) {
  const auto error = [](const std::vector<std::string>& at) {
    return make(ten_days(), SplitRule::Kind::kAt, at).error;
  };
  EXPECT_THAT(error({"2025-01-01"}),
              HasSubstr("split at 2025-01-01: is outside of the period; expected a time after "
                        "2024-10-27 00:00:00 and not after 2024-11-05 00:00:00"));
  EXPECT_THAT(error({"2024-10-27"}), HasSubstr("outside of the period"));
  EXPECT_THAT(error({"2024-11-04", "2024-11-01"}), HasSubstr("expected the earlier time first"));
  EXPECT_THAT(error({"2024-11-03T01:00:00Z", "2024-11-03T02:00:00Z"}),
              HasSubstr("the validation split is empty"));
  EXPECT_THAT(make(line(1, "u") + line(2, "u"), SplitRule::Kind::kAt, {"2024-10-27"}).error,
              HasSubstr("is a date, and the times of the log, 1 to 2, are none"));
  EXPECT_THAT(make(line(1, "u") + line(2, "u"), SplitRule::Kind::kUserLast).error,
              HasSubstr("the validation split is empty: no user has enough searches at different "
                        "times (found 1 training, 0 validation and 1 test searches)"));
}

TEST(Split, OfADatasetIsThatOfItsMaking) {
  const std::string log = temporary_path("log.jsonl"), made = temporary_path("dataset");
  std::ofstream(log) << ten_days();
  BadLines bad;
  ASSERT_TRUE(build_dataset(log, made, {}, bad).ok());
  DatasetOptions options;
  options.split.kind = SplitRule::Kind::kUserLast;
  const auto opened = open_dataset_or_log(made, made, options, bad);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.status().message(), HasSubstr("was split when it was made"));
}

}  // namespace
}  // namespace barker
