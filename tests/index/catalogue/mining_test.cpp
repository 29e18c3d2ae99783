#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "index/catalogue/mining/accepted.h"
#include "index/catalogue/mining/mine.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// A category of `with` ads that have the description, and of as many others that have another.
std::vector<CatalogueAd> ads_with(const std::string& description, size_t with = 6) {
  std::vector<CatalogueAd> ads(2 * with);
  for (size_t i = 0; i < ads.size(); ++i) {
    ads[i].id = std::to_string(i);
    ads[i].title = "Thing " + std::to_string(i);
    ads[i].category = "things";
    if (i < with) ads[i].description = description;
  }
  return ads;
}

std::vector<std::string> mined(const std::vector<CatalogueAd>& ads) {
  std::vector<std::string> texts;
  for (const Proposal& p : propose_selling_points(ads, {.maximum_share = 0.6})) {
    texts.push_back(p.selling_point);
  }
  return texts;
}

TEST(Mine, ProposesAClaimWithItsCountsAndEvidence) {
  const auto proposals =
      propose_selling_points(ads_with("memory foam; zipper no. 5."), {.maximum_share = 0.6});
  ASSERT_EQ(proposals.size(), 1u);
  EXPECT_EQ(proposals[0].selling_point, "memory foam");
  EXPECT_EQ(proposals[0].category, "things");
  EXPECT_EQ(proposals[0].ads, 6u);
  EXPECT_DOUBLE_EQ(proposals[0].share, 0.5);
  EXPECT_THAT(proposals[0].evidence, ElementsAre("memory foam", "memory foam", "memory foam"));
}

TEST(Mine, ProposesNeitherRareNorCommonClaims) {
  EXPECT_THAT(propose_selling_points(ads_with("memory foam", 4)), IsEmpty());
  EXPECT_THAT(propose_selling_points(ads_with("memory foam", 6), {.maximum_share = 0.4}),
              IsEmpty());
}

// Each text denies the claim, so that it is not proposed though other ads of the category make it.
class Negation : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Negation, KeepsAClaimFromBeingProposed) {
  const auto& [claim, denial] = GetParam();
  std::vector<CatalogueAd> ads = ads_with(std::string(claim) + "; soft inner lining");
  for (CatalogueAd& ad : ads) ad.attributes = {{"material", ad.description.empty() ? "" : claim}};
  EXPECT_THAT(mined(ads), Contains(claim));
  ads.back().description = denial;
  EXPECT_THAT(mined(ads), Not(Contains(claim))) << denial;
  EXPECT_THAT(mined(ads), Contains("soft inner lining")) << denial;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Negation,
    testing::Values(
        std::pair{"waterproof", "The tent is not waterproof."},
        std::pair{"waterproof", "It isn't waterproof"},
        std::pair{"waterproof", "It isn’t really waterproof"},
        std::pair{"waterproof", "Waterproof: no"}, std::pair{"waterproof", "Waterproof? No."},
        std::pair{"waterproof", "<td>Waterproof</td><td>No</td>"},
        std::pair{"waterproof", "Waterproof ✗"},
        std::pair{"waterproof", "cannot be called truly waterproof"},
        std::pair{"waterproof", "neither windproof nor waterproof"},
        std::pair{"added sugar", "Made without added sugar"},
        std::pair{"added sugar", "Free of added sugar"}, std::pair{"sugar", "a sugar-free drink"},
        std::pair{"sugar", "sugar free"}, std::pair{"batteries", "Batteries not included"},
        std::pair{"outer pockets", "It has no zip, outer pockets or lining"},
        std::pair{"parabens", "Free from: colour, parabens, sulfates"},
        std::pair{"酒精", "本品不含酒精"}, std::pair{"香精", "不含酒精、香精和色素"},
        std::pair{"防水", "防水：否"}, std::pair{"硅油", "无硅油洗发水"},
        std::pair{"防水", "防水ではありません"}, std::pair{"アルコール", "アルコールなし"},
        std::pair{"wasserdicht", "Das Zelt ist nicht wasserdicht"},
        std::pair{"wasserdicht", "Wasserdicht ist es nicht"}, std::pair{"alkohol", "ohne Alkohol"},
        std::pair{"alkohol", "Frei von Alkohol"}, std::pair{"parfum", "sans parfum"},
        std::pair{"lavable", "n'est pas lavable"}, std::pair{"alcohol", "sin alcohol"}));

TEST(Mine, TakesAFewDoubtfulDenialsOfAClaimThatManyMakeForNone) {
  std::vector<CatalogueAd> ads = ads_with("补水保湿", 50);
  const auto deny = [&](size_t ad) { ads[ad].title = "某某粉底不发白补水保湿"; };
  for (size_t ad = 50; ad < 52; ++ad) deny(ad);
  EXPECT_THAT(mined(ads), Contains("补水保湿")) << "titles run claims together";
  for (size_t ad = 52; ad < 55; ++ad) deny(ad);
  EXPECT_THAT(mined(ads), Not(Contains("补水保湿"))) << "that many are a denial";
}

TEST(Mine, ProposesADenialThatIsAClaimAndNotWhatItDenies) {
  EXPECT_THAT(mined(ads_with("持久不晕染")), Contains("持久不晕染"));
  std::vector<CatalogueAd> ads = ads_with("轻松上妆");
  for (CatalogueAd& ad : ads) ad.attributes = {{"效果", ad.description.empty() ? "" : "晕染"}};
  EXPECT_THAT(mined(ads), Contains("晕染"));
  ads.back().description = "持久不晕染";
  EXPECT_THAT(mined(ads), Not(Contains("晕染")));
}

TEST(Mine, ProposesNoNameThatStandsBeforeAQuantityInAChineseTitle) {
  std::vector<CatalogueAd> ads = ads_with("滋润面霜");
  for (size_t i = 0; i < 3; ++i) ads[i].title = "某某 补水 滋润面霜50g";
  EXPECT_THAT(mined(ads), Not(Contains("滋润面霜")));
}

TEST(Mine, KnowsWordsThatOnlyLookLikeNegations) {
  EXPECT_THAT(mined(ads_with("不锈钢内胆")), Contains("不锈钢内胆"));
  EXPECT_THAT(mined(ads_with("free shipping")), Contains("free shipping"));
}

TEST(Mine, ProposesNoMarkupAndNoAddresses) {
  EXPECT_THAT(
      mined(ads_with("<div class=\"soft touch\"><b>Soft</b> touch<br>see https://shop.example/"
                     "soft-sole<script>var soft = 1;</script></div>")),
      ElementsAre("Soft  touch"));
}

TEST(Mine, ProposesNoFunctionWordsNumbersOrSingleHanCharacters) {
  for (const char* text : {"for the", "with and", "mit der", "50 ml", "1234 5678", "品", "的"}) {
    EXPECT_THAT(mined(ads_with(text)), IsEmpty()) << text;
  }
}

TEST(Mine, ProposesNoSentencesThatRunTogetherAndNoNotesToTheReader) {
  for (const char* text : {"ENERGY STAR QualifiedHidden controls", "ENERGY STAR Qualified5 ms time",
                           "Learn about lenses", "design chosen at random", "Flash demo"}) {
    EXPECT_THAT(mined(ads_with(text)), IsEmpty()) << text;
  }
  EXPECT_THAT(mined(ads_with("Windows7 support")), ElementsAre("Windows7 support"));
}

TEST(Mine, ProposesNoPartOfALongerProposal) {
  std::vector<CatalogueAd> ads = ads_with("active noise cancelling", 30);
  for (size_t i = 0; i < 5; ++i) ads[i].description += "; noise cancelling";
  EXPECT_THAT(mined(ads), ElementsAre("active noise cancelling"));
}

TEST(Mine, ProposesNeitherBrandNorCategory) {
  std::vector<CatalogueAd> ads = ads_with("Trailhawk quality; hiking things; memory foam");
  for (CatalogueAd& ad : ads) {
    ad.brand = "Trailhawk";
    ad.bid_terms = {{"hiking"}};
  }
  EXPECT_THAT(mined(ads), ElementsAre("memory foam"));
}

class Accepted : public testing::Test {
 protected:
  ~Accepted() override { std::remove(path_.c_str()); }

  Result<AcceptedSellingPoints> read(const std::string& lines, bool all = false) {
    std::ofstream(path_) << lines;
    return read_accepted(path_, all, bad_);
  }

  const std::string path_ = temporary_path("mined");
  BadLines bad_;
};

constexpr char kLines[] =
    R"({"selling_point":"memory foam","category":"things","accepted":true}
{"selling_point":"wide fit","category":"things"}
{"selling_point":"wide fit","category":"things","accepted":"yes"}
)";

TEST_F(Accepted, TakesOnlyLinesThatAPersonAccepted) {
  const auto accepted = read(kLines);
  ASSERT_TRUE(accepted.ok());
  EXPECT_EQ(accepted->accepted, 1u);
  EXPECT_EQ(accepted->left_out, 1u);
  EXPECT_EQ(bad_.count(), 1u) << "a word where true or false is expected";
}

TEST_F(Accepted, TakesAllForExperiments) {
  const auto accepted = read(kLines, true);
  ASSERT_TRUE(accepted.ok());
  EXPECT_EQ(accepted->accepted, 2u);
}

TEST_F(Accepted, GivesSellingPointsToAdsThatClaimThemAndHaveNone) {
  std::vector<CatalogueAd> ads = ads_with("Memory foam; wide fit");
  ads[1].selling_points = {"given"};
  ads[2].category = "others";
  const Given given = give_selling_points(*read(kLines), ads);
  EXPECT_THAT(ads[0].selling_points, ElementsAre("memory foam"));
  EXPECT_THAT(ads[1].selling_points, ElementsAre("given"));
  EXPECT_THAT(ads[2].selling_points, IsEmpty());
  EXPECT_THAT(ads[6].selling_points, IsEmpty());
  EXPECT_EQ(given.ads, 4u);
  EXPECT_EQ(given.unused, 0u);
}

}  // namespace
}  // namespace barker
