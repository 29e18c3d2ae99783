#include "index/catalogue/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "index/catalogue/ad_json.h"
#include "index/profiles/profiles.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string error_of(const char* line) {
  FeedNotes notes;
  const auto ad = parse_ad(line, notes);
  return ad.ok() ? "" : ad.status().message();
}

CatalogueAd parsed(const std::string& line, FeedNotes& notes) {
  auto ad = parse_ad(line, notes);
  EXPECT_TRUE(ad.ok()) << ad.status().message();
  return ad.ok() ? *ad : CatalogueAd{};
}

TEST(ParseAd, ReadsBidTermsAsTextsAndObjects) {
  FeedNotes notes;
  const auto ad = parse_ad(
      R"({"id":"1","title":"t","bid":2,"bid_terms":["shoes",{"term":"red shoes","match":"exact","bid":"0,40 EUR"},)"
      R"({"term":7,"match":"phrase"},{"term":"x","match":null,"bid":null}],)"
      R"("negative_keywords":["kids",{"term":"toy","match":"exact","bid":3}],"daily_budget":"12.50"})",
      notes);
  ASSERT_TRUE(ad.ok()) << ad.status().message();
  EXPECT_EQ(ad->bid_terms,
            (std::vector<BidTerm>{
                {"shoes"}, {"red shoes", BidMatch::kExact, .4}, {"7", BidMatch::kPhrase}, {"x"}}));
  EXPECT_EQ(ad->negative_keywords, (std::vector<BidTerm>{{"kids"}, {"toy", BidMatch::kExact}}));
  EXPECT_EQ(ad->daily_budget, 12.5);
  EXPECT_EQ(notes.values_dropped, 0u);
}

TEST(ParseAd, TakesTheLastValueOfAFieldThatIsGivenTwiceAndSaysSo) {
  FeedNotes notes;
  const CatalogueAd ad =
      parsed(R"({"id":"1","title":"t","bid":2,"attributes":{"a":"x"},"bid":3})", notes);
  EXPECT_EQ(ad.bid, 3);
  EXPECT_THAT(notes.report("f"), HasSubstr("\"bid\" is given twice, and its last value was taken"));
}

TEST(ParseChange, IsRefusedWhereAFieldIsGivenTwice) {
  for (const auto& [line, field] : std::vector<std::pair<std::string, std::string>>{
           {R"({"op":"set","id":"1","bid":2,"bid":3})", "bid"},
           {R"({"op":"delete","id":"1","id":"2"})", "id"},
           {R"({"op":"upsert","ad":{"id":"1","title":"t","title":"u"}})", "ad.title"},
           {R"({"id":"1","title":"t","bid_terms":[{"term":"a"},{"term":"b","term":"c"}]})",
            "bid_terms[1].term"}}) {
    FeedNotes notes;
    const auto change = parse_change(line, notes);
    ASSERT_FALSE(change.ok()) << line;
    EXPECT_EQ(change.status().message(), field + ": given twice");
  }
}

TEST(ParseAd, DropsTermsBeyondTheLimitsAndTermsWithoutWords) {
  FeedNotes notes;
  std::string terms = "\"!!!\",\"" + std::string(kLongestBidTerm + 1, 'a') + "\"";
  for (size_t i = 0; i < kMostBidTerms + 3; ++i) terms += ",\"t" + std::to_string(i) + "\"";
  const auto ad = parse_ad(R"({"id":"1","title":"t","bid_terms":[)" + terms + "]}", notes);
  ASSERT_TRUE(ad.ok());
  EXPECT_EQ(ad->bid_terms.size(), kMostBidTerms);
  EXPECT_EQ(ad->bid_terms[0].text, "t0");
  EXPECT_EQ(notes.values_dropped, 5u);
}

TEST(ParseAd, TakesAMatchTypeInAnyCase) {
  FeedNotes notes;
  const auto ad =
      parse_ad(R"({"id":"1","title":"t","bid_terms":{"term":"a","match":"EXACT"}})", notes);
  ASSERT_TRUE(ad.ok());
  EXPECT_EQ(ad->bid_terms, (std::vector<BidTerm>{{"a", BidMatch::kExact}}));
}

TEST(ParseAd, DropsATermThatItCannotReadAndSaysWhy) {
  FeedNotes notes;
  const auto ad = parse_ad(
      R"({"id":"1","title":"t","bid_terms":[{"match":"exact"},{"term":"a","match":"fuzzy"},{"term":["b"]},)"
      R"({"term":"c","bid":-1},["d"],{"term":""}],"daily_budget":{}})",
      notes);
  ASSERT_TRUE(ad.ok());
  EXPECT_EQ(ad->bid_terms, (std::vector<BidTerm>{{"c"}}));
  EXPECT_EQ(ad->daily_budget, 0.0);  // to be on the safe side
  EXPECT_EQ(notes.values_dropped, 7u);
  const std::string report = notes.report("f");
  for (const char* text :
       {"match: expected exact, phrase or broad, found \"fuzzy\"", "expected a text as \"term\"",
        "the ad's bid was taken", "daily_budget: expected a number"}) {
    EXPECT_NE(report.find(text), std::string::npos) << text << "\n" << report;
  }
}

TEST(ParseAd, DecodesEntitiesOnceInEveryText) {
  FeedNotes notes;
  const auto ad = parse_ad(
      R"({"id":"a","title":"Salt &amp;amp; Pepper","selling_points":["A&amp;B"],"attributes":{"x":"&lt;"}})",
      notes);
  ASSERT_TRUE(ad.ok()) << ad.status().message();
  EXPECT_EQ(ad->title, "Salt &amp; Pepper");
  EXPECT_EQ(ad->selling_points[0], "A&B");
  EXPECT_EQ(ad->attributes[0].second, "<");
}

// Of catalogues and of changes.
TEST(ParseAd, KeepsIdsAsTheyAre) {
  FeedNotes notes;
  for (const std::string id : {"a<b>c", "a<i>c", "a&amp;c"}) {
    EXPECT_EQ(parsed(R"({"id":")" + id + R"(","title":"t"})", notes).id, id);
    for (const std::string start : {R"({"op":"delete",)", R"({"op":"set","bid":1,)"}) {
      const auto change = parse_change(start + R"("id":")" + id + "\"}", notes);
      ASSERT_TRUE(change.ok()) << change.status().message();
      EXPECT_EQ(change->id, id);
    }
  }
  EXPECT_EQ(notes.tags_dropped, 0u);
}

TEST(ParseChange, RefusesAFieldThatItDoesNotRead) {
  const auto error = [](const std::string& line) {
    FeedNotes notes;
    const auto change = parse_change(line, notes);
    return change.ok() ? "" : change.status().message();
  };
  const std::string ad = R"({"id":"a","title":"t"})";
  EXPECT_EQ(error(R"({"op":"upsert","ad":)" + ad + "}"), "");
  EXPECT_EQ(error(R"({"op":"upsert","ad":)" + ad + R"(,"x":1})"),
            "x: \"upsert\" reads op and ad alone");
  EXPECT_EQ(error(R"({"op":"delete","id":"a"})"), "");
  EXPECT_EQ(error(R"({"op":"delete","id":"a","bid":1})"), "bid: \"delete\" reads op and id alone");
}

TEST(ParseAd, NotesBytesThatAreNotUtf8) {
  const std::string ad = "{\"id\":\"a\",\"title\":\"bad \xFF utf\"}";
  FeedNotes of_ad, of_change;
  ASSERT_TRUE(parse_ad(ad, of_ad).ok());
  ASSERT_TRUE(parse_change(ad, of_change).ok());
  EXPECT_THAT(of_ad.report("f"), HasSubstr("bytes that are not UTF-8 were replaced"));
  EXPECT_EQ(of_change.report("f"), of_ad.report("f"));
}

TEST(ParseAd, RefusesOnlyALineWithoutAnIdOrATitle) {
  EXPECT_THAT(error_of("{"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(error_of(R"({"title":"t"})"), HasSubstr("id: missing"));
  EXPECT_THAT(error_of(R"({"id":"","title":"t"})"), HasSubstr("id: empty"));
  EXPECT_THAT(error_of(R"({"id":"a"})"), HasSubstr("title: missing"));
  EXPECT_EQ(error_of(R"({"id":"a","title":null})"), "title: expected a text, found null");
  EXPECT_THAT(error_of(R"({"id":"a","title":"<br/>"})"), HasSubstr("title: empty"));
  EXPECT_THAT(error_of(R"({"id":"a","title":{"en":"t"}})"), HasSubstr("found object"));
  EXPECT_THAT(error_of(R"({"id":12345678901234567890123,"title":"t"})"), HasSubstr("more digits"));
  EXPECT_THAT(error_of(R"({"id":"a","Titel":"t"})"),
              HasSubstr("\"Titel\" is probably meant to be \"title\""));
}

std::string ad_line(const std::string& rest) { return R"({"id":"a","title":"t",)" + rest + "}"; }

TEST(ParseAd, TakesNumbersBooleansAndListsWhereATextIsExpected) {
  FeedNotes notes;
  const CatalogueAd ad =
      parsed(R"({"id":4711,"title":1984,"brand":true,"category":["Home","Sofas"],"merchant":null,)"
             R"("bid_terms":"sofa, red couch;","selling_points":[5,"soft",null],)"
             R"("attributes":{"size":4.5,"vegan":false,"colours":["red","blue"],"none":null}})",
             notes);
  EXPECT_EQ(ad.id, "4711");
  EXPECT_EQ(ad.title, "1984");
  EXPECT_EQ(ad.brand, "true");
  EXPECT_EQ(ad.category, "Home > Sofas");
  EXPECT_EQ(ad.bid_terms, (std::vector<BidTerm>{{"sofa"}, {"red couch"}}));
  EXPECT_EQ(ad.selling_points, (std::vector<std::string>{"5", "soft"}));
  using Attributes = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(ad.attributes,
            (Attributes{{"colours", "red, blue"}, {"size", "4.5"}, {"vegan", "false"}}));
  EXPECT_EQ(notes.values_dropped, 0u);
}

TEST(ParseAd, DropsAndCountsAValueThatCannotBeTaken) {
  FeedNotes notes;
  const CatalogueAd ad =
      parsed(R"({"id":"a","title":"t","brand":{"name":"b"},"attributes":{"x":{"y":1},"z":"kept"},)"
             R"("selling_points":["light",{"y":1}],"bid":"much"})",
             notes);
  EXPECT_EQ(ad.brand, "");
  EXPECT_EQ(ad.attributes.size(), 1u);
  EXPECT_EQ(ad.selling_points, std::vector<std::string>{"light"});
  EXPECT_EQ(ad.bid, 1);
  EXPECT_EQ(notes.values_dropped, 4u);
  EXPECT_THAT(notes.report("f"), HasSubstr("brand: expected a text, found object"));
}

TEST(ParseAd, ReadsABidThatIsWrittenAsText) {
  const auto bid_of = [](const char* text) {
    FeedNotes notes;
    return parsed(R"({"id":"a","title":"t","bid":)" + std::string(text) + "}", notes).bid;
  };
  EXPECT_EQ(bid_of("\"0.45\""), 0.45);
  EXPECT_EQ(bid_of("\" 0,45 EUR \""), 0.45);
  EXPECT_EQ(bid_of("\"$12\""), 12);
  EXPECT_EQ(bid_of("\"1,234.50\""), 1234.5);
  EXPECT_EQ(bid_of("\"1.234,50\""), 1234.5);
  for (const char* unclear : {"\"1,234\"", "\"-1\"", "-1", "true", "[2]", "\"1e400\"", "\"1 2\""}) {
    EXPECT_EQ(bid_of(unclear), 1) << unclear;
  }
}

TEST(ParseAd, TakesAnUnclearOptOutForOne) {
  const auto opts_out = [](const char* text) {
    FeedNotes notes;
    return parsed(R"({"id":"a","title":"t","opt_out":)" + std::string(text) + "}", notes).opt_out;
  };
  for (const char* yes : {"true", "1", "\"Yes\"", "\"perhaps\"", "{}"}) EXPECT_TRUE(opts_out(yes));
  for (const char* no : {"false", "0", "\"no\"", "\"\"", "null"}) EXPECT_FALSE(opts_out(no)) << no;
}

TEST(ParseAd, DropsTagsAndCountsThem) {
  FeedNotes notes;
  const CatalogueAd ad =
      parsed(R"({"id":"a","title":"&lt;b&gt;Red&lt;/b&gt; shoe<br/>a < b <3"})", notes);
  EXPECT_EQ(ad.title, "Red shoe a < b <3");
  EXPECT_EQ(notes.tags_dropped, 3u);
}

TEST(ParseAd, AcceptsExactlyTheSizesThatThePluginAccepts) {
  const auto quoted = [](size_t size) { return '"' + std::string(size, 'x') + '"'; };
  const auto points = [](size_t count) {
    std::string list = "\"x\"";
    for (size_t i = 1; i < count; ++i) list += ",\"x\"";
    return ad_line("\"selling_points\":[" + list + "]");
  };
  FeedNotes notes;
  EXPECT_EQ(parsed(points(kMostSellingPoints), notes).selling_points.size(), kMostSellingPoints);
  EXPECT_EQ(parsed(ad_line("\"merchant\":" + quoted(kLongestText)), notes).merchant.size(),
            kLongestText);
  EXPECT_EQ(notes.values_dropped, 0u);
  EXPECT_EQ(parsed(points(kMostSellingPoints + 1), notes).selling_points.size(),
            kMostSellingPoints);
  EXPECT_EQ(parsed(ad_line("\"category\":" + quoted(kLongestText + 1)), notes).category, "");
  EXPECT_EQ(notes.values_dropped, 2u);
  EXPECT_EQ(error_of((R"({"id":"a","title":)" + quoted(kLongestText + 1) + "}").c_str()),
            "title: expected at most 65536 bytes, found 65537");
  EXPECT_EQ(parsed(ad_line("\"description\":" + quoted(1 << 20)), notes).description.size(),
            1u << 20)
      << "a description is not sent to the plugin";
}

TEST(FeedNotes, NamesAMisspeltFieldOnceAndOthersNever) {
  FeedNotes notes;
  for (uint64_t line = 1; line <= 3; ++line) {
    notes.set_line(line);
    parsed(ad_line(R"("sellingpoints":["x"],"bidterms":["y"],"price":1,"image_url":"z","ids":2)"),
           notes);
  }
  EXPECT_EQ(notes.report("f"),
            "f:1: the field \"bidterms\" is not read; did you mean \"bid_terms\"?\n"
            "f:1: the field \"ids\" is not read; did you mean \"id\"?\n"
            "f:1: the field \"sellingpoints\" is not read; did you mean \"selling_points\"?\n");
}

TEST(FeedNotes, KnowsWhatWasProbablyMeant) {
  const std::vector<std::string_view> known = {"id", "title", "bid", "brand", "category"};
  for (const char* name : {"titel", "TITLE", "tilte", "titles"}) {
    EXPECT_EQ(probably_meant(name, known), "title") << name;
  }
  EXPECT_EQ(probably_meant("catagory", known), "category");
  for (const char* name : {"ad", "big", "price", "gtin", "trail", ""}) {
    EXPECT_EQ(probably_meant(name, known), "") << name;
  }
}

// With quadratic work this would take hours.
TEST(ParseAd, ReadsALineOfAMillionKeys) {
  std::string keys = "\"bid\":2";
  for (int i = 0; i < 1'000'000; ++i) keys += ",\"k" + std::to_string(i) + "\":1";
  FeedNotes notes;
  const auto ad = parse_ad(ad_line(keys), notes);
  ASSERT_TRUE(ad.ok());
  EXPECT_EQ(ad->bid, 2);
}

TEST(ReadProfiles, ReadsALineOfAMillionKeys) {
  const std::string path = temporary_path("profiles.jsonl");
  std::ofstream out(path);
  out << R"({"user":"anna","groups":{"profile":["gender=f"]})";
  for (int i = 0; i < 1'000'000; ++i) out << ",\"k" << i << "\":1";
  out << "}\n";
  out.close();
  BadLines bad;
  const auto profiles = read_profiles(path, bad);
  ASSERT_TRUE(profiles.ok());
  EXPECT_EQ(profiles->at("anna").groups.size(), 1u);
}

TEST(ReadProfiles, TakesUsersAsTheyAre) {
  const std::string path = temporary_path("profiles.jsonl");
  std::ofstream(path) << R"({"user":7,"keywords":"tent","groups":{"profile":["a",1,{"x":2}]}})"
                      << "\n\n"
                      << R"({"user":"ben","keyword":["x"],"groups":[1]})"
                      << "\r"
                      << R"({"user":null})"
                      << "\nbroken\n";
  BadLines bad;
  const auto profiles = read_profiles(path, bad);
  ASSERT_TRUE(profiles.ok());
  EXPECT_EQ(profiles->size(), 2u);
  EXPECT_EQ(profiles->at("7").keywords, std::vector<std::string>{"tent"});
  EXPECT_EQ(profiles->at("7").groups[0].second, (std::vector<std::string>{"a", "1"}));
  EXPECT_EQ(bad.report("f"),
            "f:1: groups.profile: expected texts, found object; it was dropped\n"
            "f:3: the field \"keyword\" is not read; did you mean \"keywords\"?\n"
            "f:3: groups: expected an object, found array; it was dropped\n"
            "f:4: user: missing or no text\n"
            "f:5: not JSON\n");
}

TEST(ReadCatalogue, AccountsForEveryLine) {
  const std::string path = temporary_path("c.jsonl");
  std::ofstream(path) << R"({"id":"a","title":"one"})"
                      << "\n\n{broken\n"
                      << R"({"id":"a","title":"again"})"
                      << "\n"
                      << "{\"id\":\"b\",\"title\":\"bad \xFF utf\"}\n";
  BadLines bad;
  const auto catalogue = read_catalogue(path, bad);
  ASSERT_TRUE(catalogue.ok());
  EXPECT_EQ(catalogue->lines, catalogue->ads.size() + bad.count());
  EXPECT_EQ(catalogue->ads.size(), 2u);
  EXPECT_EQ(catalogue->notes.invalid_utf8, 1u);
  EXPECT_THAT(bad.report(path), HasSubstr(":4: id: \"a\" stands on an earlier line"));
}

TEST(ReadCatalogue, SkipsBlankLinesAByteOrderMarkAndReadsEveryLineEnd) {
  const std::string path = temporary_path("c.jsonl");
  std::ofstream(path) << "\xEF\xBB\xBF\n \t\r\n"
                      << R"({"id":"a","title":"one"})"
                      << "\r"
                      << R"({"id":"b","title":"two"})"
                      << "\r\n\n"
                      << R"({"id":"c","title":"three"})";
  BadLines bad;
  const auto catalogue = read_catalogue(path, bad);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().message();
  EXPECT_EQ(catalogue->ads.size(), 3u);
  EXPECT_EQ(catalogue->lines, 3u);
}

TEST(ReadCatalogue, SaysWhatToTypeForAFileThatIsNoJsonLines) {
  using namespace std::string_literals;
  const std::pair<std::string, const char*> files[] = {
      {"[{\"id\":\"a\"}]", "jq -c '.[]'"},
      {"{\n  \"id\": \"a\",\n", "jq -c ."},
      {"{\"products\":[{\"id\":\"a\"}]}\n", "jq -c '.[\"products\"][]'"},
      {"id,title,price\n1,a,2\n", "barker import --from"},
      {"id\ttitle\n1\ta\n", "barker import --from google-merchant"},
      {"<?xml version=\"1.0\"?>\n<rss>", "barker import --from google-merchant"},
      {"\xFF\xFE{\0\"\0"s, "iconv -f UTF-16 -t UTF-8"},
      {"{\0\"\0i\0d\0"s, "iconv -f UTF-16LE -t UTF-8"},
      {"BZh91AY&SY", "bunzip2 -c"},
      {"\xFD"s + "7zXZ\0"s, "xz -dc"},
      {"PK\x03\x04", "unzip -p"},
  };
  for (const auto& [content, command] : files) {
    const std::string path = temporary_path("c.jsonl");
    std::ofstream(path, std::ios::binary) << content;
    BadLines bad;
    const auto catalogue = read_catalogue(path, bad);
    ASSERT_FALSE(catalogue.ok()) << content;
    EXPECT_THAT(catalogue.status().message(), HasSubstr(command));
  }
}

TEST(ReadCatalogue, GoesOnBehindABrokenFirstLine) {
  const std::string path = temporary_path("c.jsonl");
  std::ofstream(path) << "{broken\n"
                      << R"({"id":"a","title":"one"})"
                      << "\n";
  BadLines bad;
  const auto catalogue = read_catalogue(path, bad);
  ASSERT_TRUE(catalogue.ok());
  EXPECT_EQ(catalogue->ads.size(), 1u);
  EXPECT_EQ(bad.count(), 1u);
}

}  // namespace
}  // namespace barker
