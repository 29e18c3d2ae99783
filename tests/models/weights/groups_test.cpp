#include "models/weights/groups.h"

#include <gtest/gtest.h>

namespace barker {
namespace {

TEST(Groups, FourNamesHaveTheirOwnSourceAndAllOthersAreFeatures) {
  EXPECT_EQ(group_source("hist"), GroupSource::kHistory);
  EXPECT_EQ(group_source("query"), GroupSource::kQuery);
  EXPECT_EQ(group_source("sfhist"), GroupSource::kSfHistory);
  EXPECT_EQ(group_source("uid"), GroupSource::kUserId);
  for (const char* other : {"", "profile", "Hist", "hist ", "histogram", "target"}) {
    EXPECT_EQ(group_source(other), GroupSource::kFeatures) << other;
  }
}

TEST(Groups, ALogMayNotNameAGroupLikeOneThatIsFilledFromElsewhere) {
  for (const char* reserved : {"hist", "query", "uid", "target"}) {
    EXPECT_TRUE(is_reserved_group(reserved)) << reserved;
  }
  EXPECT_FALSE(is_reserved_group("sfhist"));  // a log may give it instead of its clicks
  EXPECT_FALSE(is_reserved_group("profile"));
}

TEST(Groups, HistoriesAndTheQueryHoldKeywords) {
  EXPECT_TRUE(holds_keywords(group_source("hist")));
  EXPECT_TRUE(holds_keywords(group_source("query")));
  EXPECT_TRUE(holds_keywords(group_source("sfhist")));
  EXPECT_FALSE(holds_keywords(group_source("uid")));
  EXPECT_FALSE(holds_keywords(group_source("profile")));
}

TEST(Groups, AUserIsTheFeatureOfItsIdInOneOfTheBuckets) {
  EXPECT_EQ(user_id_fingerprint("u17"), fingerprint("uid=u17"));
  EXPECT_EQ(bucket_of(21, 16), 5u);
  EXPECT_EQ(bucket_of(0xFFFFFFFFFFFFFFFFu, 1), 0u);
}

}  // namespace
}  // namespace barker
