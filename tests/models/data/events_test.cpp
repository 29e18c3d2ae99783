#include "models/data/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace barker {
namespace {

using ::testing::HasSubstr;

std::string error_of(const char* line) {
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
  EXPECT_TRUE(std::isnan(parsed->sfs[1].true_probability));
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
