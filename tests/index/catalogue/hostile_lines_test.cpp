// Lines of a catalogue, and changes of it, that hold control characters or are no JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "index/catalogue/ad_json.h"
#include "index/catalogue/catalogue.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

CatalogueAd taken(const std::string& line, FeedNotes& notes) {
  Result<CatalogueAd> ad = parse_ad(line, notes);
  EXPECT_TRUE(ad.ok()) << ad.status().message();
  return ad.ok() ? std::move(*ad) : CatalogueAd();
}

std::string refusal_of(const std::string& line) {
  FeedNotes notes;
  return parse_ad(line, notes).status().message();
}

TEST(ParseAd, RefusesAnIdWithControlCharacters) {
  for (const std::string id : {R"(ctl\n1)", R"(nul\u0000a)", R"(\u007f)", R"(a\t)"}) {
    const std::string ad = R"({"id":")" + id + R"(","title":"t"})";
    EXPECT_THAT(refusal_of(ad), HasSubstr("id: expected no control characters, found "));
    FeedNotes notes;
    EXPECT_FALSE(parse_change(ad, notes).ok()) << id;
    EXPECT_FALSE(parse_change(R"({"op":"upsert","ad":)" + ad + "}", notes).ok()) << id;
  }
  EXPECT_EQ(refusal_of(R"({"id":"ctl\n1","title":"t"})"),
            R"(id: expected no control characters, found ctl\n1)");
}

// An earlier version took them.
TEST(ParseChange, DeletesAStoredAdWhoseIdHasControlCharacters) {
  CatalogueAd ad;
  ad.id = "ctl\n1";
  ad.title = "t";
  const auto stored = parse_ad_line(ad_line(ad));
  ASSERT_TRUE(stored.ok()) << stored.status().message();
  EXPECT_EQ(stored->id, ad.id);
  FeedNotes notes;
  const auto change = parse_change(R"({"op":"delete","id":"ctl\n1"})", notes);
  ASSERT_TRUE(change.ok()) << change.status().message();
  EXPECT_EQ(change->id, ad.id);
}

TEST(ParseAd, ReplacesControlCharactersOfTextsAndSaysSo) {
  FeedNotes notes;
  const CatalogueAd ad = taken(
      R"({"id":"a","title":"Red\u0000shoe","description":"one\ntwo\u001b","merchant":"m\u0007",)"
      R"("selling_points":["water\u0000proof","light\nweight\t"],"attributes":{"x":"a\tb"}})",
      notes);
  EXPECT_EQ(ad.title, "Red shoe");
  EXPECT_EQ(ad.description, "one\ntwo ");
  EXPECT_EQ(ad.merchant, "m ");
  EXPECT_THAT(ad.selling_points, testing::ElementsAre("water proof", "light weight"));
  EXPECT_EQ(ad.attributes[0].second, "a b");
  EXPECT_EQ(notes.report("f"),
            "f:0: control characters of a text were replaced by spaces (4 times)\n");
  FeedNotes none;
  taken(R"({"id":"a","title":"t","selling_points":"light; warm\nsoft","description":"a\tb"})",
        none);
  EXPECT_EQ(none.report("f"), "") << "white space is nothing to speak of";
}

TEST(ParseAd, SaysWhereALineIsNotJson) {
  FeedNotes notes;
  EXPECT_EQ(refusal_of("{x"), "not JSON at byte 2");
  EXPECT_EQ(parse_change("{x", notes).status().message(), "not JSON at byte 2");
  EXPECT_EQ(refusal_of(R"({"id":"a","title":"t","bid":1e999})"), "not JSON: a number is too large");
}

}  // namespace
}  // namespace barker
