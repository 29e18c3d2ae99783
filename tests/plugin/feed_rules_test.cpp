// The rules for titles of feeds as a host meets them: which titles they touch, and what is counted.
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

constexpr char kAllFixed[] =
    "[title]\nformat = \"plain\"\n[title.feed]\ncapitals = \"fix\"\npunctuation = \"fix\"\n"
    "repeats = \"fix\"\ndecorations = \"fix\"\n";

class FeedRulesOfAPlugin : public Plugin {
 protected:
  // A page of ads with this title: one that opted out, one without selling points, one as usual.
  void fill_with(const std::string& title) {
    fill(3);
    for (barker_ad& ad : ads_) ad.title = view(title);
    ads_[0].flags = BARKER_AD_OPT_OUT;
    ads_[1].selling_point_count = 0;
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
    for (size_t rank = 0; rank < 3; ++rank) {
      const barker_result_ad& result = results_[rank];
      by_ad_[result.ad] = this->title(rank).substr(
          result.chosen_count == 0 ? 0 : result.chosen[result.chosen_count - 1].end + 1);
      flags_[result.ad] = result.flags;
    }
  }
  barker_stats stats() const {
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(api().stats(plugin_, &stats), BARKER_OK);
    return stats;
  }

  const std::string loud_ = "WATERPROOF RUNNING SHOES!!! ★", calm_ = "Waterproof Running Shoes!";
  std::string by_ad_[3];  // the titles behind what was put before them
  uint32_t flags_[3];
};

TEST_F(FeedRulesOfAPlugin, TouchTitlesWithAndWithoutSellingPointsAndNoneThatOptedOut) {
  make(kAllFixed);
  load(weights(3));
  fill_with(loud_);
  EXPECT_EQ(by_ad_[0], loud_);
  EXPECT_EQ(by_ad_[1], calm_);
  EXPECT_EQ(by_ad_[2], calm_);
  EXPECT_EQ(flags_[0], 0u);
  EXPECT_EQ(flags_[2],
            BARKER_RESULT_CAPITALS | BARKER_RESULT_PUNCTUATION | BARKER_RESULT_DECORATIONS);
  EXPECT_EQ(stats().titles_with_capitals, 2u);
  EXPECT_EQ(stats().titles_with_punctuation, 2u);
  EXPECT_EQ(stats().titles_with_decorations, 2u);
  EXPECT_EQ(stats().titles_with_repeats, 0u);
}

TEST_F(FeedRulesOfAPlugin, OnlyCountWhereTheyWarn) {
  make("[title]\nformat = \"plain\"\n[title.feed]\ncapitals = \"warn\"\n");
  load(weights(3));
  fill_with(loud_);
  EXPECT_EQ(by_ad_[2], loud_);
  EXPECT_EQ(flags_[2], BARKER_RESULT_CAPITALS);
  EXPECT_EQ(stats().titles_with_capitals, 2u);
  EXPECT_EQ(stats().titles_with_punctuation, 0u);
}

TEST_F(FeedRulesOfAPlugin, AreOffByDefault) {
  make("[title]\nformat = \"plain\"\n");
  load(weights(3));
  fill_with(loud_);
  for (size_t ad = 0; ad < 3; ++ad) {
    EXPECT_EQ(by_ad_[ad], loud_);
    EXPECT_EQ(flags_[ad], 0u);
  }
}

TEST_F(FeedRulesOfAPlugin, LeaveABypassedPageAsItIs) {
  make(kAllFixed);
  fill_with(loud_);
  EXPECT_EQ(response_.status, BARKER_STATUS_BYPASSED);
  for (const std::string& title : by_ad_) EXPECT_EQ(title, loud_);
}

}  // namespace
}  // namespace barker
