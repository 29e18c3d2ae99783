// A session over the plugin of this build, over one of ABI 1.0, and over a fake that misbehaves.
#include "plugin/host/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "plugin/host/names.h"
#include "plugin/host/plugin_loader.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const barker_api& api_of(const char* path) {
  const auto loaded = load_plugin(path);
  EXPECT_TRUE(loaded.ok()) << loaded.status().message();
  return **loaded;
}

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    EXPECT_TRUE(write_weight_file(random_model(1), weights_).ok());
    const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
    EXPECT_EQ(api_.create(&host, {nullptr, 0}, &plugin_, nullptr), BARKER_OK);
    EXPECT_EQ(api_.load_weights(plugin_, as_string(weights_), nullptr, nullptr), BARKER_OK);
  }
  ~SessionTest() override {
    api_.destroy(plugin_);
    std::filesystem::remove(weights_);
  }

  // Three ads of two selling points each.
  static void add_page(Session& session) {
    for (const char* title : {"word1 word2", "word3", "word4 word5"}) {
      barker_ad& ad = session.add_ad();
      ad.id = ad.title = as_string(title);
      ad.first_pass_score = ad.bid = 1;
      session.add_selling_point("word10");
      session.add_selling_point("word11");
    }
  }

  const barker_api& api_ = api_of(BARKER_PLUGIN_PATH);
  const std::string weights_ = temporary_path("session.barker");
  barker_plugin* plugin_ = nullptr;
};

TEST_F(SessionTest, ReadsTheAnswerAsAdsInTheirNewOrder) {
  Session session(api_, plugin_);
  session.start("word1 word6", "anna");
  session.add_user_keyword("word7");
  session.add_group("profile");
  session.add_token("f1");
  add_page(session);
  const Status status = session.rescore();
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_STREQ(session.status(), "rescored");
  EXPECT_STREQ(session.reason(), "");
  ASSERT_EQ(session.size(), 3u);
  std::vector<bool> seen(3);
  size_t chosen = 0;
  for (size_t rank = 0; rank < session.size(); ++rank) {
    const AnsweredAd ad = session.answer(rank);
    EXPECT_TRUE(ad.rescored);
    EXPECT_FALSE(ad.bad);
    seen[ad.index] = true;
    EXPECT_EQ(&ad.ad, &session.ads()[ad.index]);
    if (rank > 0) {
      EXPECT_LE(ad.score, session.answer(rank - 1).score);
    }
    for (const barker_chosen& point : ad.chosen) {
      EXPECT_EQ(ad.title.substr(point.begin, point.end - point.begin), ad.text_of(point));
      ++chosen;
    }
  }
  EXPECT_EQ(seen, std::vector<bool>(3, true));
  EXPECT_GT(chosen, 0u);
}

TEST_F(SessionTest, GivesTheSameAnswerToPartsAndToArrays) {
  Session parts(api_, plugin_);
  parts.start("word1 word6", "anna");
  for (const char* keyword : {"word7", "word8"}) parts.add_user_keyword(keyword);
  parts.add_group("profile");
  for (const char* token : {"f1", "f2"}) parts.add_token(token);
  add_page(parts);
  ASSERT_TRUE(parts.rescore().ok());

  const barker_string keywords[] = {as_string("word7"), as_string("word8")};
  const barker_string tokens[] = {as_string("f1"), as_string("f2")};
  const barker_group groups[] = {{sizeof(barker_group), as_string("profile"), tokens, 2, nullptr}};
  Session arrays(api_, plugin_);
  arrays.start("word1 word6", "anna");
  arrays.set_user_keywords(keywords);
  arrays.set_groups(groups);
  arrays.set_ads(parts.ads());
  ASSERT_TRUE(arrays.rescore().ok());

  EXPECT_EQ(arrays.text(), parts.text());
  ASSERT_EQ(arrays.size(), parts.size());
  for (size_t rank = 0; rank < arrays.size(); ++rank) {
    EXPECT_EQ(arrays.answer(rank).score, parts.answer(rank).score);
    EXPECT_EQ(arrays.answer(rank).index, parts.answer(rank).index);
  }
}

TEST_F(SessionTest, ForgetsTheLastQueryWhenANewOneStarts) {
  Session session(api_, plugin_);
  session.start("word1", "anna");
  session.add_user_keyword("word7");
  add_page(session);
  session.request().window = 1;
  ASSERT_TRUE(session.rescore().ok());
  session.start("word2");
  EXPECT_EQ(session.size(), 0u);
  EXPECT_EQ(session.request().window, 0u);
  ASSERT_TRUE(session.rescore().ok());
  EXPECT_STREQ(session.reason(), "no ads");
  EXPECT_EQ(session.request().user_keyword_count, 0u);
  EXPECT_EQ(session.request().user.size, 0u);
}

TEST_F(SessionTest, GrowsItsTextBufferWhenThePluginAsksForMore) {
  const std::string title = "word1 " + std::string(30'000, 'x');
  Session session(api_, plugin_);
  session.start("word1");
  for (int i = 0; i < 20; ++i) {
    barker_ad& ad = session.add_ad();
    ad.title = as_string(title);
    ad.first_pass_score = ad.bid = 1;
  }
  const Status status = session.rescore();
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(session.size(), 20u);
  for (size_t rank = 0; rank < 20; ++rank) EXPECT_EQ(session.answer(rank).title, title);
}

TEST_F(SessionTest, SaysWhyThePluginRefusesAQueryAndAnswersTheNext) {
  Session session(api_, plugin_);
  session.start("word1");
  for (int i = 0; i <= BARKER_MAX_GROUPS; ++i) session.add_group("profile");
  add_page(session);
  EXPECT_THAT(session.rescore().message(), HasSubstr("group"));
  EXPECT_EQ(session.size(), 0u);
  EXPECT_EQ(session.text(), "");
  session.start("word1");
  add_page(session);
  EXPECT_TRUE(session.rescore().ok());
  EXPECT_EQ(session.size(), 3u);
}

TEST_F(SessionTest, NamesTheWeightsThatAnsweredByTheirDigestUntilTheyAreReplaced) {
  Session session(api_, plugin_);
  const auto digest_of_a_page = [&] {
    session.start("word1");
    add_page(session);
    EXPECT_TRUE(session.rescore().ok());
    return std::string(session.weights_digest());
  };
  const std::string first = digest_of_a_page();
  EXPECT_EQ(first.size(), 32u);
  EXPECT_EQ(digest_of_a_page(), first);
  ASSERT_TRUE(write_weight_file(random_model(2), weights_).ok());
  ASSERT_EQ(api_.load_weights(plugin_, as_string(weights_), nullptr, nullptr), BARKER_OK);
  const std::string second = digest_of_a_page();
  EXPECT_EQ(second.size(), 32u);
  EXPECT_NE(second, first);
  ASSERT_TRUE(write_weight_file(random_model(1), weights_).ok());
  uint64_t generation = 0;
  ASSERT_EQ(api_.load_weights(plugin_, as_string(weights_), &generation, nullptr), BARKER_OK);
  EXPECT_EQ(digest_of_a_page(), first) << "of the same bytes, whatever their generation";
  EXPECT_EQ(session.response().generation, generation);
  session.start("word1");
  EXPECT_EQ(session.weights_digest(), "") << "nothing has answered yet";
}

TEST_F(SessionTest, ExplainsTheGenerationThatAnswered) {
  Session session(api_, plugin_);
  ASSERT_TRUE(session.can_explain());
  session.start("word1", "anna");
  add_page(session);
  std::string json;
  const Status status = session.rescore_and_explain(json);
  ASSERT_TRUE(status.ok()) << status.message();
  const auto explained = nlohmann::json::parse(json);
  EXPECT_EQ(explained["generation"], session.response().generation);
  ASSERT_EQ(explained["ads"].size(), session.size());
  for (size_t rank = 0; rank < session.size(); ++rank) {
    EXPECT_EQ(explained["ads"][rank]["id"], as_view(session.answer(rank).ad.id));
  }
}

TEST(OldPluginSession, AnswersThroughAPluginOfAbi10) {
  const barker_api& api = api_of(OLD_PLUGIN_PATH);
  barker_plugin* plugin = nullptr;
  ASSERT_EQ(api.create(nullptr, {nullptr, 0}, &plugin, nullptr), BARKER_OK);
  Session session(api, plugin);
  session.start("shoes");
  const std::string title(50'000, 'x');
  for (int i = 0; i < 3; ++i) session.add_ad().title = as_string(title);
  const Status status = session.rescore();  // the titles outgrow the first buffer
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(session.size(), 3u);
  EXPECT_EQ(session.answer(2).title, title);
  EXPECT_FALSE(session.answer(2).bad) << "1.0 knows no flags";
  EXPECT_STREQ(session.reason(), "disabled");
  std::string json;
  ASSERT_TRUE(session.can_explain());
  EXPECT_TRUE(session.rescore_and_explain(json).ok());
  EXPECT_EQ(json, R"({"status":"bypassed"})");
  api.destroy(plugin);
}

// A plugin of ABI 1.2 that wants a text buffer of `wants` bytes, and counts.
struct FakeAnswers {
  uint64_t wants = 0, wants_more_each_time = 0;
  bool always_wants_more = false;
  int rescores = 0, explained_rescores = 0, explanations = 0;

  barker_plugin* handle() { return reinterpret_cast<barker_plugin*>(this); }
  static FakeAnswers& of(barker_plugin* p) { return *reinterpret_cast<FakeAnswers*>(p); }

  int32_t answer(barker_response* response, char* error) {
    wants = always_wants_more ? response->text_capacity + 1 : wants + wants_more_each_time;
    response->text_size = wants;
    if (response->text_capacity < wants) {
      std::strcpy(error, "the text buffer is too small");
      return BARKER_E_TOO_SMALL;
    }
    std::memset(response->text, 't', wants);
    barker_result_ad result{};
    result.struct_size = sizeof result;
    result.title_size = wants;
    result.flags = BARKER_RESULT_BAD_AD;
    response->ads[0] = result;
    response->ad_count = 1;
    response->generation = 7;
    return BARKER_OK;
  }
  static int32_t rescore(barker_plugin* p, const barker_request*, barker_response* response,
                         char* error) {
    ++of(p).rescores;
    return of(p).answer(response, error);
  }
  static int32_t explain(barker_plugin* p, const barker_request*, barker_string*, char*) {
    ++of(p).explanations;
    return BARKER_E_INTERNAL;
  }
  static int32_t explained_rescore(barker_plugin* p, const barker_request*,
                                   barker_response* response, barker_string* json, char* error) {
    ++of(p).explained_rescores;
    const int32_t code = of(p).answer(response, error);
    if (code == BARKER_OK) *json = as_string("{}");
    return code;
  }
  static int& released() {
    static int count = 0;
    return count;
  }
  static void release(barker_string) { ++released(); }
  static const void* extension(const char* id) {
    static const barker_explain kExplain = {sizeof(barker_explain), explain, release,
                                            explained_rescore};
    return std::strcmp(id, BARKER_EXT_EXPLAIN) == 0 ? &kExplain : nullptr;
  }
  // As a plugin of ABI 1.1 answers, which explains in a call of its own.
  static const void* old_extension(const char* id) {
    static const barker_explain kExplain = {sizeof(barker_explain), explain, release, nullptr};
    return std::strcmp(id, BARKER_EXT_EXPLAIN) == 0 ? &kExplain : nullptr;
  }
  static barker_api table(const void* (*get_extension)(const char*)) {
    barker_api api{};
    api.struct_size = sizeof api;
    api.rescore = rescore;
    api.get_extension = get_extension;
    return api;
  }
  static const barker_api& api() {
    static const barker_api kApi = table(extension);
    return kApi;
  }
  static const barker_api& old_api() {
    static const barker_api kApi = table(old_extension);
    return kApi;
  }
};

TEST(FakePluginSession, AsksAgainWithTheRoomThatThePluginNamed) {
  FakeAnswers plugin;
  plugin.wants = 1'000'000;
  Session session(FakeAnswers::api(), plugin.handle());
  session.start("shoes");
  session.add_ad();
  ASSERT_TRUE(session.rescore().ok());
  EXPECT_EQ(plugin.rescores, 2);
  EXPECT_EQ(session.answer(0).title.size(), 1'000'000u);
  EXPECT_TRUE(session.answer(0).bad);
  ASSERT_TRUE(session.rescore().ok());
  EXPECT_EQ(plugin.rescores, 3) << "the buffer stays as large";
}

TEST(FakePluginSession, FollowsAPluginThatWantsABitMoreEachTime) {
  FakeAnswers plugin;
  plugin.wants = 100'000;
  plugin.wants_more_each_time = 10;
  Session session(FakeAnswers::api(), plugin.handle());
  session.start("shoes");
  session.add_ad();
  EXPECT_TRUE(session.rescore().ok());
  EXPECT_EQ(plugin.rescores, 2) << "the buffer at least doubles";
}

TEST(FakePluginSession, GivesUpOnAPluginThatAlwaysWantsMore) {
  FakeAnswers plugin;
  plugin.always_wants_more = true;
  Session session(FakeAnswers::api(), plugin.handle());
  session.start("shoes");
  session.add_ad();
  EXPECT_THAT(session.rescore().message(), HasSubstr("too small"));
  EXPECT_EQ(session.size(), 0u);
  EXPECT_EQ(plugin.rescores, 4);
}

TEST(FakePluginSession, ExplainsByTheCallThatAnswers) {
  FakeAnswers plugin;
  plugin.wants = 100'000;
  Session session(FakeAnswers::api(), plugin.handle());
  session.start("shoes");
  session.add_ad();
  const int before = FakeAnswers::released();
  std::string json;
  ASSERT_TRUE(session.rescore_and_explain(json).ok());
  EXPECT_EQ(json, "{}");
  EXPECT_EQ(plugin.explained_rescores, 2) << "the text buffer grew";
  EXPECT_EQ(plugin.rescores + plugin.explanations, 0);
  EXPECT_EQ(FakeAnswers::released() - before, 1);
  EXPECT_EQ(session.response().generation, 7u);
}

TEST(FakePluginSession, HasNoAnswerWhereAnOldPluginFailsToExplainIt) {
  FakeAnswers plugin;
  plugin.wants = 100'000;
  Session session(FakeAnswers::old_api(), plugin.handle());
  session.start("shoes");
  session.add_ad();
  std::string json;
  EXPECT_FALSE(session.rescore_and_explain(json).ok());
  EXPECT_EQ(plugin.rescores - plugin.explanations, 1) << "one growth, then one explanation";
  EXPECT_EQ(session.size(), 0u);
  EXPECT_TRUE(session.text().empty());
}

TEST(Names, OfValuesOfALaterVersionSayThatThePageIsComplete) {
  EXPECT_STREQ(status_name(99), "bypassed");
  EXPECT_STREQ(reason_name(99), "internal");
  EXPECT_STREQ(status_name(BARKER_STATUS_PARTIAL), "partial");
  EXPECT_STREQ(reason_name(BARKER_REASON_NON_FINITE), "non-finite score");
}

}  // namespace
}  // namespace barker
