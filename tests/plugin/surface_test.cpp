// Width profiles: requests that name the surface on which their titles are shown.
#include <gmock/gmock.h>

#include "models/text/columns.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

class Surface : public Plugin {
 protected:
  Surface() {
    make(
        "[title]\nformat = \"plain\"\nmax_width = 60\n"
        "[title.profile.mobile]\nmax_width = 18\nselling_points = 1\n"
        "[title.profile.bare]\nselling_points = 0\n");
    load(weights(3));
  }

  // The titles of a page that names the surface, by rank.
  std::vector<std::string> titles_on(const std::string& surface) {
    fill(6);
    request_.surface = view(surface);
    EXPECT_EQ(rescore(), BARKER_OK) << error_;
    EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
    std::vector<std::string> titles;
    for (size_t rank = 0; rank < 6; ++rank) titles.push_back(title(rank));
    return titles;
  }
  uint64_t unknown_surfaces() const {
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(api().stats(plugin_, &stats), BARKER_OK);
    return stats.unknown_surfaces;
  }
};

TEST_F(Surface, SetsTheWidthAndTheNumberOfSellingPoints) {
  titles_on("");
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(results_[rank].chosen_count, 2u);
  for (const std::string& title : titles_on("mobile")) EXPECT_LE(display_width(title), 18u);
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(results_[rank].chosen_count, 1u);
  const std::vector<std::string> bare = titles_on("bare");
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(bare[rank], titles_[results_[rank].ad]);
  EXPECT_EQ(unknown_surfaces(), 0u);
}

TEST_F(Surface, ThatIsUnknownIsAnsweredAsNoneAndCounted) {
  const std::vector<std::string> expected = titles_on("");
  EXPECT_EQ(titles_on("moblie"), expected);
  EXPECT_EQ(titles_on("Mobile"), expected) << "names are compared byte by byte";
  EXPECT_EQ(unknown_surfaces(), 2u);
}

TEST_F(Surface, ShortensAPageAndNotItsOrder) {
  titles_on("");
  std::vector<uint64_t> order;
  for (size_t rank = 0; rank < 6; ++rank) order.push_back(results_[rank].ad);
  titles_on("mobile");
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(results_[rank].ad, order[rank]);
}

TEST_F(Surface, LeavesAdsThatOptedOutAsTheyAre) {
  const std::string longer = "word1 word2 and a title of more than eighteen columns";
  fill(1);
  ads_[0].title = view(longer);
  ads_[0].flags = BARKER_AD_OPT_OUT;
  const std::string surface = "mobile";
  request_.surface = view(surface);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(title(0), longer);
}

TEST_F(Surface, IsKeptByAPreparedQuery) {
  const std::vector<std::string> expected = titles_on("mobile");
  const auto& prepared =
      *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
  for (const std::string name : {"mobile", "elsewhere"}) {
    const uint64_t before = unknown_surfaces();
    barker_prepared_query* query = nullptr;
    {
      std::string surface = name;  // it need not outlive the call
      barker_request request = request_;
      request.ads = nullptr;
      request.ad_count = 0;
      request.surface = view(surface);
      ASSERT_EQ(prepared.begin(plugin_, &request, &query, error_), BARKER_OK) << error_;
      surface.assign(surface.size(), '?');
    }
    for (size_t i = 0; i < 6; ++i) {
      ASSERT_EQ(prepared.score(query, &ads_[i], &response_, error_), BARKER_OK) << error_;
      EXPECT_EQ(results_[0].chosen_count, name == "mobile" ? 1u : 2u);
    }
    prepared.end(query);
    EXPECT_EQ(unknown_surfaces() - before, name == "mobile" ? 0u : 1u) << "once a query";
  }
}

TEST_F(Surface, IsNamedByAnExplanation) {
  const auto& explain =
      *static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  for (const std::string name : {"mobile", "elsewhere"}) {
    fill(2);
    request_.surface = view(name);
    barker_string json{};
    ASSERT_EQ(explain.explain(plugin_, &request_, &json, error_), BARKER_OK) << error_;
    const std::string known = name == "mobile" ? "true" : "false";
    EXPECT_THAT(std::string(json.data, json.size),
                HasSubstr("\"surface\":{\"name\":\"" + name + "\",\"known\":" + known + "}"));
    explain.release(json);
  }
}

TEST_F(Surface, ThatIsLongerThanATextMayBeRefusesTheRequest) {
  const std::string longer(BARKER_MAX_TEXT_SIZE + 1, 'm');
  fill(2);
  request_.surface = view(longer);
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("surface.size: expected at most 65536"));
}

}  // namespace
}  // namespace barker
