#include "models/data/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace barker {
namespace {

using ::testing::HasSubstr;

std::string error_of(const std::string& line) {
  const auto event = parse_event(line);
  return event.ok() ? "" : event.status().message();
}

TEST(ParseEvent, ReadsBackEveryFieldThatIsWritten) {
  SearchEvent event;
  event.time = 42;
  event.user = "u1";
  event.search = "s1";
  event.query = "\"面膜\" \\ & <b>";
  event.category = "c";
  event.groups = {{"profile", {"gender=f", "age=25"}}};
  event.user_keywords = {{"a", "b"}};
  event.sfs = {{"waterproof", true, 0.25}, {"包邮", false}};
  event.ads = {{"a1", "Title", {"k"}, true, 0.5}, {"a2", "", {"x", "y"}, false}};
  event.sfs[0].click_time = 50;
  event.ads[0].click_time = 42;
  event.split = Split::kValidation;
  event.history_only = true;
  std::string line, again;
  append_event(event, line);
  const auto parsed = parse_event(line);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  append_event(*parsed, again);
  EXPECT_EQ(line, again);
  EXPECT_EQ(parsed->query, event.query);
  EXPECT_EQ(parsed->sfs[0].true_probability, 0.25);
  EXPECT_EQ(parsed->sfs[0].click_time, 50);
  EXPECT_FALSE(parsed->sfs[1].click_time.has_value());
  EXPECT_EQ(parsed->ads[0].click_time, 42);
  EXPECT_TRUE(std::isnan(parsed->sfs[1].true_probability));
}

TEST(ParseEvent, RefusesClickTimesThatCannotBe) {
  const auto error_with = [](const std::string& sf) {
    return error_of(R"({"time": 10, "user": "u", "sfs": [{"text": "a", )" + sf + "}]}");
  };
  EXPECT_EQ(error_with(R"("clicked": 1, "click_time": 10.0)"), "");
  EXPECT_THAT(error_with(R"("clicked": 1, "click_time": 9)"),
              HasSubstr("sfs[0].click_time: 9 is before the search at 10"));
  EXPECT_THAT(error_with(R"("clicked": 0, "click_time": 12)"),
              HasSubstr("sfs[0].click_time: expected none of what was not clicked"));
  EXPECT_THAT(error_with(R"("clicked": 1, "click_time": "12")"),
              HasSubstr("sfs[0].click_time: expected an integer, found string"));
}

TEST(ParseEvent, NamesTheFieldsThatEventsDoNotHave) {
  std::vector<std::string> unknown;
  const std::string line =
      R"({"time": 1, "usr": "u", "sfs": [{"txt": "a", "clicked": 1}, 7], "ads": [{"id": "1"}]})";
  EXPECT_FALSE(parse_event(line, "", &unknown).ok());
  EXPECT_EQ(unknown, (std::vector<std::string>{"usr", "sfs.txt"}));
}

TEST(ParseEvent, TakesIntegersAsOtherToolsWriteThem) {
  const auto event = parse_event(
      "{\"time\": 1730000000.0, \"user\": \"u\", \"sfs\": [{\"text\": \"a\", \"clicked\": 1.0}]}");
  ASSERT_TRUE(event.ok()) << event.status().message();
  EXPECT_EQ(event->time, 1'730'000'000);
  EXPECT_TRUE(event->sfs[0].clicked);
}

TEST(ParseEvent, SaysWhichTimeItCannotTake) {
  const auto error_with = [](const std::string& time) {
    return error_of("{\"time\": " + time + ", \"user\": \"u\"}");
  };
  EXPECT_THAT(
      error_with("18446744073709551615"),
      HasSubstr("expected an integer of 64 bits with a sign, found number 18446744073709551615"));
  EXPECT_THAT(error_with("1.5"), HasSubstr("time: expected an integer, found number 1.5"));
  EXPECT_THAT(error_with("1e300"), HasSubstr("time: expected an integer, found number 1e+300"));
  EXPECT_THAT(error_with("\"17\""), HasSubstr("time: expected an integer, found string \"17\""));
}

TEST(ParseEvent, SaysWhereALineIsNotUtf8) {
  EXPECT_THAT(error_of("{\"user\": \"\xFF\"}"),
              HasSubstr("not UTF-8: found byte 0xFF in column 11"));
  EXPECT_THAT(error_of("{\"user\": \"\xD6\xD0\"}"), HasSubstr("is valid GB18030"));
  const auto event = parse_event("{\"time\": 1, \"user\": \"\xD6\xD0\"}", "GB18030");
  ASSERT_TRUE(event.ok()) << event.status().message();
  EXPECT_EQ(event->user, "\u4e2d");
}

TEST(ParseEvent, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(
      error_of("{\"time\": 1, \"user\": \"u\", \"sfs\": [{\"text\": \"a\", \"clicked\": 2}]}"),
      HasSubstr("sfs[0].clicked: expected true, false, 1 or 0, found 2"));
  EXPECT_THAT(error_of("{\"user\": \"u\"}"), HasSubstr("time"));
  EXPECT_THAT(error_of("{\"time\": 1}"), HasSubstr("user: missing"));
  EXPECT_THAT(error_of("{\"time\": 1, \"user\": \"u\", \"sfs\": {}}"),
              HasSubstr("sfs: expected an array, found object"));
  EXPECT_THAT(error_of("{\"time\": 1, \"user\": \"u\", \"ads\": [{\"id\": \"a\"}]}"),
              HasSubstr("ads[0].clicked: missing"));
  EXPECT_THAT(error_of("{\"time\": 1, \"user\": \"u\", \"split\": \"later\"}"), HasSubstr("split"));
  EXPECT_THAT(error_of("{\"time\": 1, \"us"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("expected a JSON object"));
}

}  // namespace
}  // namespace barker
