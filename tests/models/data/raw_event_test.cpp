#include "models/data/raw_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/base/utf8.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

RawImpression page() {
  RawImpression shown;
  shown.request = "r1";
  shown.time = 1'790'000'000'123;
  shown.user = "ben";
  shown.query = "wireless \"headphones\"";
  shown.features = {"noise cancelling", "防水"};
  shown.surface = "mobile";
  shown.arms = {{"titles", "points", "treatment", "5d1f07c2a9e4b836"}};
  shown.explored = true;
  shown.generation = UINT64_MAX;
  shown.weights = "8bd3009b3d3d5a03513dd4057b6a8bda";
  shown.took_us = 812.5;
  shown.user_keywords = {"waterproof", "面膜"};
  shown.groups = {{"profile", {"gender=f", "age=25-29"}, {}}, {"weighted", {"a"}, {0.5f}}};
  shown.ads = {{"a1", 1, 1.5, 0.25, 0.9, "exact", "[lace] Midi dress", "Midi dress", {"lace"}},
               {"a2", 2, 0, 0, NAN, "", "Line\nend \\ and \x7f", "", {}}};
  shown.sfs = {{"retro", 1, 0.5}, {"lace", 2, NAN}};
  return shown;
}

RawImpression read_impression(const std::string& line) {
  Result<RawEvent> event = parse_raw_event(line);
  EXPECT_TRUE(event.ok()) << event.status().message() << ": " << line.substr(0, 200);
  if (!event.ok() || !std::holds_alternative<RawImpression>(*event)) return {};
  return std::get<RawImpression>(*event);
}

std::string reason(const std::string& line) { return parse_raw_event(line).status().message(); }

TEST(RawEvents, HaveNoDigestOfWeightsOrOfAPolicyWhereTheTextIsNone) {
  const std::string too_long(40, 'a');
  for (const std::string& text :
       {std::string("generation 7"), std::string("9F"), std::string("ééééééé"), too_long}) {
    RawImpression shown = page();
    shown.weights = shown.arms[0].policy = text;
    EXPECT_EQ(read_impression(to_line(shown)).weights, "") << text;
    EXPECT_EQ(read_impression(to_line(shown)).arms[0].policy, "") << text;
  }
}

TEST(RawEvents, AreReadAsTheyWereWritten) {
  const std::string line = to_line(page());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const RawImpression read = read_impression(line);
  EXPECT_EQ(to_line(read), line);
  EXPECT_EQ(read.time, 1'790'000'000'123);
  EXPECT_EQ(read.generation, UINT64_MAX);
  EXPECT_EQ(read.weights, page().weights);
  EXPECT_EQ(read.arms[0].policy, page().arms[0].policy);
  EXPECT_EQ(read.took_us, 812.5);
  EXPECT_EQ(read.user_keywords, page().user_keywords);
  ASSERT_EQ(read.groups.size(), 2u);
  EXPECT_EQ(read.groups[1].weights, std::vector<float>{0.5f});
  ASSERT_EQ(read.ads.size(), 2u);
  EXPECT_EQ(read.ads[0].original_title, "Midi dress");
  EXPECT_EQ(read.ads[0].selling_points, std::vector<std::string>{"lace"});
  EXPECT_EQ(read.ads[0].propensity, 0.9);
  EXPECT_EQ(read.ads[1].title, page().ads[1].title);
  EXPECT_TRUE(std::isnan(read.ads[1].propensity));
  ASSERT_EQ(read.sfs.size(), 2u);
  EXPECT_EQ(read.sfs[1].keyword, "lace");

  const RawClick click{"e1", 1'790'000'000'500, "r1", RawClick::Kind::kSf, "lace", 2};
  const Result<RawEvent> again = parse_raw_event(to_line(click));
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(to_line(std::get<RawClick>(*again)), to_line(click));

  const RawOptOut opt_out{"o1", 1'790'000'000'600, "r1"};
  const Result<RawEvent> read_again = parse_raw_event(to_line(opt_out));
  ASSERT_TRUE(read_again.ok()) << read_again.status().message();
  EXPECT_EQ(to_line(std::get<RawOptOut>(*read_again)), to_line(opt_out));
  EXPECT_THAT(reason(R"({"type":"opt_out","event":"o1","time":1})"),
              HasSubstr("request: missing or empty"));
}

TEST(RawEvents, LeaveOutGroupsThatTheTrainerMakesItself) {
  RawImpression shown = page();
  shown.groups = {{"uid", {"ben"}, {}}, {"hist", {"a"}, {}}, {"profile", {"gender=f"}, {}}};
  const RawImpression read = read_impression(to_line(shown));
  ASSERT_EQ(read.groups.size(), 1u);
  EXPECT_EQ(read.groups[0].name, "profile");
}

TEST(RawEvents, NeverHoldInvalidUtf8) {
  RawImpression shown = page();
  for (std::string* text :
       {&shown.request, &shown.user, &shown.query, &shown.arms[0].arm, &shown.user_keywords[0],
        &shown.groups[0].name, &shown.groups[0].tokens[0], &shown.ads[0].id, &shown.ads[0].title,
        &shown.ads[0].match, &shown.sfs[0].keyword}) {
    *text += "\xff\xc3(\xed\xa0\x80";
  }
  EXPECT_TRUE(is_valid_utf8(to_line(shown)));
  EXPECT_THAT(read_impression(to_line(shown)).user, HasSubstr("ben\xEF\xBF\xBD"));
  const RawClick click{"\xff", 0, "\xc3", RawClick::Kind::kAd, "\xe9", 0};
  EXPECT_TRUE(is_valid_utf8(to_line(click)));
}

TEST(RawEvents, CutTextsWhereACharacterEnds) {
  RawImpression shown = page();
  for (size_t shift = 0; shift < 4; ++shift) {
    shown.query = std::string(shift, 'x');
    for (int i = 0; i < 5000; ++i) shown.query += "膜";
    const RawImpression read = read_impression(to_line(shown));
    EXPECT_EQ(read.query, shown.query.substr(0, read.query.size()));
    EXPECT_GT(read.query.size() + 3, kMaxRawText);
    EXPECT_LE(read.query.size(), kMaxRawText);
  }
  shown.query = std::string(5000, '\x01');
  EXPECT_EQ(read_impression(to_line(shown)).query.size(), kMaxRawText / 6);
}

TEST(RawEvents, CutIdsOfImpressionsAndClicksAlike) {
  for (const std::string& id : {std::string(5000, 'x'), std::string(5000, '"'),
                                std::string(5000, '\xff'), std::string(9000, '\x80')}) {
    RawImpression shown = page();
    shown.request = shown.ads[0].id = shown.sfs[0].keyword = id;
    const RawImpression read = read_impression(to_line(shown));
    RawClick click{"e", 1, id, RawClick::Kind::kAd, id, 1};
    const Result<RawEvent> on_ad = parse_raw_event(to_line(click));
    click.kind = RawClick::Kind::kSf;
    const Result<RawEvent> on_sf = parse_raw_event(to_line(click));
    ASSERT_TRUE(on_ad.ok() && on_sf.ok());
    EXPECT_EQ(std::get<RawClick>(*on_ad).request, read.request);
    EXPECT_EQ(std::get<RawClick>(*on_ad).object, read.ads[0].id);
    EXPECT_EQ(std::get<RawClick>(*on_sf).object, read.sfs[0].keyword);
  }
}

TEST(RawEvents, AreBoundedWhateverAPageHolds) {
  const std::string worst(5000, '\x01');
  RawImpression shown;
  shown.request = shown.user = shown.query = worst;
  shown.arms.assign(2 * kMaxRawArms, {worst, worst, worst});
  shown.user_keywords.assign(5000, worst);
  for (int g = 0; g < 100; ++g) {
    shown.groups.push_back({std::to_string(g) + worst, std::vector<std::string>(100, worst), {}});
  }
  shown.sfs.assign(1000, {worst, UINT32_MAX, 0.1234567890123456789});
  RawAd ad{worst, UINT32_MAX, 1e-300, 1e300, 0.1234567890123456789, worst, worst, worst, {}};
  ad.selling_points.assign(20, worst);
  shown.ads.assign(300, ad);
  const std::string line = to_line(shown);
  EXPECT_LE(line.size(), kMaxRawLine);
  const RawImpression read = read_impression(line);
  EXPECT_EQ(read.user_keywords.size(), kMaxRawKeywords);
  EXPECT_EQ(read.sfs.size(), kMaxRawSfs);
  EXPECT_GT(read.ads.size(), 10u);
  EXPECT_EQ(read.ads.size() + read.ads_left_out, 300u);
  EXPECT_TRUE(to_line(read) == line);
}

TEST(RawEvents, LeaveOutTheLastAdsWhereALineIsFull) {
  RawImpression shown = page();
  RawAd ad = shown.ads[0];
  ad.title = std::string(4000, 'x');
  shown.ads.clear();
  for (int i = 0; i < 400; ++i) {
    ad.id = "a" + std::to_string(i);
    shown.ads.push_back(ad);
  }
  const std::string line = to_line(shown);
  EXPECT_LE(line.size(), kMaxRawLine);
  EXPECT_GT(line.size() + 5000, kMaxRawLine);
  const RawImpression read = read_impression(line);
  ASSERT_FALSE(read.ads.empty());
  EXPECT_EQ(read.ads.front().id, "a0");
  EXPECT_EQ(read.ads.back().id, "a" + std::to_string(read.ads.size() - 1));
  EXPECT_EQ(read.ads.size() + read.ads_left_out, 400u);
}

TEST(RawEvents, DoNotWriteNumbersThatAreNotFinite) {
  RawImpression shown = page();
  shown.ads[0].bid = NAN;
  shown.ads[0].price = INFINITY;
  EXPECT_EQ(read_impression(to_line(shown)).ads[0].bid, 0);
}

TEST(RawEvents, SayWhatIsWrongWithALine) {
  EXPECT_THAT(reason("[]"), HasSubstr("expected a JSON object, found array"));
  EXPECT_THAT(reason("{\"type\":\"impr"), HasSubstr("not JSON"));
  EXPECT_THAT(reason("{}"), HasSubstr("type: expected \"impression\", \"click\" or \"opt_out\""));
  EXPECT_THAT(reason(R"({"type":"impression","time":1})"), HasSubstr("request: missing or empty"));
  EXPECT_THAT(reason(R"({"type":"impression","request":"r","time":1.5})"), HasSubstr("time: "));
  EXPECT_THAT(reason(R"({"type":"impression","request":"r","time":-1})"), HasSubstr("time: "));
  EXPECT_THAT(reason(R"({"type":"impression","request":"r","time":9223372036854775807})"),
              HasSubstr("time: expected milliseconds since 1970, found 9223372036854775807"));
  EXPECT_THAT(reason(R"({"type":"impression","request":"r","time":1,"ads":[{}]})"),
              HasSubstr("ads[0].id: missing or empty"));
  EXPECT_THAT(reason(R"({"type":"impression","request":"r","time":1,"ads":[{"id":"a"},3]})"),
              HasSubstr("ads[1]: expected an object, found number"));
  EXPECT_THAT(
      reason(
          R"({"type":"impression","request":"r","time":1,"sfs":[{"keyword":"a","propensity":2}]})"),
      HasSubstr("sfs[0].propensity: expected a number above 0 and at most 1, found number 2"));
  EXPECT_THAT(reason(R"({"type":"click","event":"e","time":1,"request":"r","kind":"x"})"),
              HasSubstr("kind: expected \"ad\" or \"sf\", found \"x\""));
  EXPECT_THAT(
      reason(R"({"type":"click","event":"e","time":1,"request":"r","kind":"ad","object":"a",)"
             R"("position":-1})"),
      HasSubstr("position: expected a whole number from 0"));
}

}  // namespace
}  // namespace barker
