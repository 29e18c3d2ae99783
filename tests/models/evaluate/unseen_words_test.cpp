#include "models/evaluate/unseen_words.h"

#include <gtest/gtest.h>

namespace barker {
namespace {

constexpr WordKind kSeen = WordKind::kSeen, kUnseen = WordKind::kUnseen, kOther = WordKind::kOther;

class UnseenWordsTest : public testing::Test {
 protected:
  UnseenWordsTest() {
    table_.clicked = {1, 0, 1, 0, 1};
    table_.user = {0, 0, 1, 1, 1};
    table_.users = 2;
  }
  InstanceTable table_;
  const std::vector<WordKind> kinds_ = {kUnseen, kUnseen, kSeen, kSeen, kOther};
};

TEST_F(UnseenWordsTest, AreComparedWithSeenWordsInBothDirections) {
  // The unseen words are in order, and so are the seen ones; but unseen words lie below seen ones.
  const std::vector<float> p = {0.3f, 0.1f, 0.9f, 0.5f, 0.0f};
  const UnseenWords words = judge_unseen(table_, kinds_, p, 20, 1);
  EXPECT_EQ(words.unseen_auc.value, 1);
  EXPECT_EQ(words.seen_auc.value, 1);
  EXPECT_EQ(words.unseen_over_seen, 0);
  EXPECT_EQ(words.seen_over_unseen, 1);
  EXPECT_NEAR(words.unseen_mean, 0.2, 1e-6);
  EXPECT_NEAR(words.seen_mean, 0.7, 1e-6);
}

TEST_F(UnseenWordsTest, AreCountedWithTheirClicks) {
  const UnseenCounts counts = count_unseen(table_, kinds_);
  EXPECT_EQ(counts.unseen, 2u);
  EXPECT_EQ(counts.seen, 2u);
  EXPECT_EQ(counts.unseen_rate, 0.5);
  EXPECT_EQ(counts.seen_rate, 0.5);
}

TEST_F(UnseenWordsTest, GainOnlyWhereTheirOwnOrderChanges) {
  const std::vector<float> base = {0.1f, 0.3f, 0.9f, 0.5f, 0.0f};
  const std::vector<float> p = {0.3f, 0.1f, 0.9f, 0.5f, 1.0f};
  EXPECT_EQ(unseen_difference(table_, kinds_, kUnseen, p, base, 20, 1).value, 1);
  EXPECT_EQ(unseen_difference(table_, kinds_, kSeen, p, base, 20, 1).value, 0);
}

}  // namespace
}  // namespace barker
