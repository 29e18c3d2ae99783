// Titles, selling points and queries written to harm, through the ABI, in every format.
#include <gtest/gtest.h>

#include <filesystem>

#include "models/text/columns.h"
#include "models/text/keywords.h"
#include "tests/models/text/clean_text.h"
#include "tests/models/text/hostile_texts.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

class TitleAttack : public testing::TestWithParam<const char*> {
 protected:
  TitleAttack() { EXPECT_TRUE(write_weight_file(random_model(1), file_).ok()); }
  ~TitleAttack() override { std::filesystem::remove(file_); }

  // Takes the marks at the places that the answer names, and nowhere else, out of a title.
  static std::string without_marks(const std::string& title, const barker_result_ad& ad,
                                   const std::string& open, const std::string& close) {
    std::string bare;
    size_t from = 0;
    for (uint32_t k = 0; k < ad.chosen_count; ++k) {
      const barker_chosen& c = ad.chosen[k];
      EXPECT_EQ(title.substr(c.begin - open.size(), open.size()), open);
      EXPECT_EQ(title.substr(c.end, close.size()), close);
      bare += title.substr(from, c.begin - open.size() - from);
      bare += title.substr(c.begin, c.end - c.begin);
      from = c.end + close.size();
    }
    return bare + title.substr(from);
  }

  const std::string file_ = temporary_path("attack.barker");
};

TEST_P(TitleAttack, ChangesNothingButText) {
  const std::string format = GetParam();
  const std::string open = format == "html" ? "<em>" : format == "ansi" ? "\x1b[1;33m" : "";
  const std::string close = format == "html" ? "</em>" : format == "ansi" ? "\x1b[0m" : "";
  int shown = 0;
  for (const char* extra : {"", "max_width = 25\n"}) {
    for (const char* duplicates : {"skip", "promote"}) {
      barker_plugin* plugin = make_plugin("[title]\nformat = '" + format + "'\n" + extra +
                                          "[selling_points]\nduplicates = '" + duplicates + "'\n");
      ASSERT_EQ(api().load_weights(plugin, view(file_), nullptr, nullptr), BARKER_OK);
      for (const std::string& hostile : hostile_texts()) {
        Asker asker(3, hostile);
        // The first claims to be a keyword that the model knows, so that it is chosen for sure.
        const barker_selling_point points[] = {
            {sizeof(barker_selling_point), view(hostile), keyword_fingerprint("word7")},
            {sizeof(barker_selling_point), {"word8", 5}, 0}};
        const std::string title = hostile + " word7 " + hostile;
        asker.request.query = view(hostile);
        for (barker_ad& ad : asker.ads) {
          ad.id = ad.merchant = ad.category = view(hostile);
          ad.title = view(title);
          ad.selling_points = points;
          ad.selling_point_count = 2;
        }
        asker.ads.back().flags = BARKER_AD_OPT_OUT;
        ASSERT_TRUE(asker.ask(plugin));
        for (size_t rank = 0; rank < asker.results.size(); ++rank) {
          const barker_result_ad& ad = asker.results[rank];
          const std::string bare = without_marks(asker.title(rank), ad, open, close);
          EXPECT_EQ(what_is_unclean(bare), "") << hostile << " -> " << bare;
          EXPECT_TRUE(format != "html" || what_is_markup(bare).empty())
              << hostile << " -> " << bare;
          const bool is_limited = *extra && ad.ad + 1 < asker.ads.size();  // the last opted out
          if (is_limited && format == "plain") {
            EXPECT_LE(display_width(bare), 25u) << hostile << " -> " << bare;
          }
          for (uint32_t k = 0; k < ad.chosen_count; ++k) shown += ad.chosen[k].index == 0;
        }
      }
      api().destroy(plugin);
    }
  }
  EXPECT_GT(shown, 500) << "hostile selling points must have been shown for this to prove anything";
}

TEST_P(TitleAttack, ChangesNothingInBypassedQueriesEither) {
  const std::string format = GetParam();
  barker_plugin* plugin = make_plugin("[title]\nformat = '" + format + "'\n");  // without weights
  for (const std::string& hostile : hostile_texts()) {
    Asker asker(3, hostile);
    for (barker_ad& ad : asker.ads) ad.title = view(hostile);
    ASSERT_EQ(asker.call(plugin), BARKER_OK);
    EXPECT_EQ(asker.response.status, BARKER_STATUS_BYPASSED);
    for (size_t rank = 0; rank < asker.results.size(); ++rank) {
      EXPECT_EQ(what_is_unclean(asker.title(rank)), "") << hostile;
      EXPECT_TRUE(format != "html" || what_is_markup(asker.title(rank)).empty()) << hostile;
    }
  }
  api().destroy(plugin);
}

INSTANTIATE_TEST_SUITE_P(InEveryFormat, TitleAttack, testing::Values("html", "ansi", "plain"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace barker
