#include "index/server/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace barker {
namespace {

using ::testing::ElementsAre;

TEST(Target, RefusesWhatAnotherServerCouldReadInAnotherWay) {
  const std::pair<const char*, ProblemKind> kWrong[] = {
      {"v1/search", ProblemKind::kBadTarget},
      {"*", ProblemKind::kBadTarget},
      {"/v1/search//", ProblemKind::kDotSegment},
      {"/v1/../admin", ProblemKind::kDotSegment},
      {"/v1/%2e%2e/admin", ProblemKind::kDotSegment},
      {"/v1/.%2E/admin", ProblemKind::kDotSegment},
      {"/v1//search", ProblemKind::kDotSegment},
      {"/v1/users/a%00b", ProblemKind::kControlCharacter},
      {"/v1/search?q=%0d%0a", ProblemKind::kControlCharacter},
      {"/v1/search?q=a\tb", ProblemKind::kControlCharacter},
      {"/v1/users/%", ProblemKind::kBadEscape},
      {"/v1/users/%4", ProblemKind::kBadEscape},
      {"/v1/users/%zz", ProblemKind::kBadEscape},
      {"/v1/search?q=%ff", ProblemKind::kInvalidUtf8},
      {"/v1/users/%c0%af", ProblemKind::kInvalidUtf8},
      {"/v1\\search", ProblemKind::kBadTarget},
      {"/v1/search#x", ProblemKind::kBadTarget},
      {"/v1/s\xc3\xa9", ProblemKind::kBadTarget}};
  for (const auto& [text, kind] : kWrong) {
    RequestTarget target;
    const auto fault = parse_target(text, target);
    ASSERT_TRUE(fault) << text;
    EXPECT_EQ(fault->kind, kind) << text;
  }
  RequestTarget target;
  EXPECT_EQ(parse_target("/" + std::string(kMaxTarget, 'a'), target)->kind,
            ProblemKind::kTargetTooLong);
  EXPECT_FALSE(parse_target("http://host/v1/search?q=%e9%9d%a2&x", target));
  EXPECT_THAT(target.segments, ElementsAre("v1", "search"));
  EXPECT_EQ(target.parameters[0].second, "\u9762");
}

}  // namespace
}  // namespace barker
