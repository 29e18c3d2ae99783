// What a query takes from the allocator, counted in all of the process: in the plugin, in the C++
// runtime and in ICU. Once a thread's buffers have grown, a query takes nothing, in any script,
// where its ads bring the keywords of their titles or are named by their numbers in a catalogue.
#include "tests/models/text/allocations.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "models/text/fingerprint.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

class QueryAllocations : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!can_count_allocations()) GTEST_SKIP() << "the sanitizer brings its own allocator";
    ASSERT_TRUE(write_weight_file(random_model(1), file_).ok());
    plugin_ = make_plugin(GetParam());
    ASSERT_EQ(api().load_weights(plugin_, view(file_), nullptr, nullptr), BARKER_OK);
  }
  void TearDown() override {
    if (plugin_) api().destroy(plugin_);
    std::filesystem::remove(file_);
  }

  // Of a query that was asked before.
  size_t of_a_query(Asker& asker) {
    EXPECT_TRUE(asker.ask(plugin_));
    EXPECT_TRUE(asker.ask(plugin_));
    bool answered = false;
    const size_t taken = allocations_in([&] { answered = asker.ask(plugin_); });
    EXPECT_TRUE(answered);
    size_t chosen = 0;
    for (const barker_result_ad& ad : asker.results) chosen += ad.chosen_count;
    EXPECT_GT(chosen, 0u) << "no title was rewritten, so this proves nothing";
    return taken;
  }

  const std::string file_ = temporary_path("allocations.barker");
  barker_plugin* plugin_ = nullptr;
};

TEST_P(QueryAllocations, AreNoneForAsciiTitles) {
  Asker asker(1, "somebody");
  EXPECT_EQ(of_a_query(asker), 0u);
}

TEST_P(QueryAllocations, AreNoneForAUserWithAState) {
  ASSERT_TRUE(write_weight_file(random_model(1, {.dot_dim = 12}), file_).ok());
  ASSERT_EQ(api().load_weights(plugin_, view(file_), nullptr, nullptr), BARKER_OK);
  const auto& learn = *static_cast<const barker_learn*>(api().get_extension(BARKER_EXT_LEARN));
  Asker asker(1, "somebody");
  barker_request request = asker.request;
  request.ad_count = 0;
  const std::string text = "word1";
  const barker_shown shown = {sizeof shown, view(text), 0, 1, 0};
  std::string state(1024, '\0');
  uint64_t size = 0;
  ASSERT_EQ(learn.update(plugin_, &request, &shown, 1, sizeof shown, state.data(), state.size(),
                         &size, nullptr),
            BARKER_OK);
  asker.request.user_state = state.data();
  asker.request.user_state_size = size;
  EXPECT_EQ(of_a_query(asker), 0u);
  barker_stats stats{};
  stats.struct_size = sizeof stats;
  ASSERT_EQ(api().stats(plugin_, &stats), BARKER_OK);
  EXPECT_EQ(stats.user_states, 3u) << "the state was used";
}

TEST_P(QueryAllocations, AreNoneForAnyTitlesThatBringTheirKeywords) {
  for (const std::string title :
       {"补水保湿面膜 word1 正品 👩‍🚀 T恤 补水保湿面膜 <b>",
        "ภาษาไทย กำลัง word1 ดีที่สุด สำหรับคุณ", "Größe word1 naïve ÉTÉ für alle, die Laufschuhe mögen",
        "🇩🇪 word1 ｶﾞｷﾞｸﾞ हिन्दी क्ष عربى",
        "evil\u202Etxt word1 zero\u200Bwidth \xFF broken \x1b[31m"}) {
    Asker asker(1, "somebody");
    const Fingerprint keywords[] = {fingerprint("word1")};
    for (barker_ad& ad : asker.ads) {
      ad.title = view(title);
      ad.title_keywords = keywords;
      ad.title_keyword_count = 1;
    }
    EXPECT_EQ(of_a_query(asker), 0u) << title;
  }
}

// The titles bring no keywords here, and merchants and categories have character references: all of
// that is read when a catalogue is registered.
TEST_P(QueryAllocations, AreNoneForAdsOfACatalogue) {
  const auto& catalogues =
      *static_cast<const barker_catalogue*>(api().get_extension(BARKER_EXT_CATALOGUE));
  const std::string titles[] = {"补水保湿面膜 word1 正品 👩‍🚀 T恤 <b>",
                                "ภาษาไทย word1 สำหรับคุณ", "evil\u202Etxt word1 \xFF broken"};
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  const std::string toml =
      "merchants_off = ['m1']\n[[forbid]]\npattern = 'never'\ncategory = 'masks'\n";
  ASSERT_EQ(rules.load_rules(plugin_, view(toml), nullptr), BARKER_OK);
  const std::string merchant = "M &amp; Co", category = "Beauty &gt; Masks";
  Asker asker(1, "somebody");
  for (size_t i = 0; i < asker.ads.size(); ++i) {
    asker.ads[i].title = view(titles[i % std::size(titles)]);
    asker.ads[i].merchant = view(merchant);
    asker.ads[i].category = view(category);
  }
  ASSERT_EQ(catalogues.add(plugin_, asker.ads.data(), asker.ads.size(), sizeof(barker_ad),
                           &asker.request.catalogue, nullptr),
            BARKER_OK);
  for (size_t i = 0; i < asker.ads.size(); ++i) {
    asker.ads[i] = {};
    asker.ads[i].struct_size = sizeof(barker_ad);
    asker.ads[i].catalogue_ad = i + 1;
    asker.ads[i].first_pass_score = asker.ads[i].bid = 1;
  }
  EXPECT_EQ(of_a_query(asker), 0u);
}

// Where the plugin has to split Chinese titles itself, ICU's dictionary allocates, and nothing
// else.
TEST_P(QueryAllocations, AreThoseOfTheDictionaryForChineseTitlesWithoutKeywords) {
  const std::string title = "补水保湿面膜 word1 正品";
  Asker asker(1, "somebody");
  for (barker_ad& ad : asker.ads) ad.title = view(title);
  const size_t taken = of_a_query(asker);
  EXPECT_GT(taken, 0u) << "the limit that the pages state is gone: say so there";
  EXPECT_LT(taken, 30 * asker.ads.size());
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutAWidth, QueryAllocations,
                         testing::Values("", "[title]\nmax_width = 25\n",
                                         "[title]\nmax_width = 25\nformat = 'plain'\n"));

}  // namespace
}  // namespace barker
