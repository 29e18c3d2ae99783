#include "models/simulate/click_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>

#include "models/evaluate/metrics.h"
#include "models/simulate/oracles.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

std::string log_of(const ClickWorldOptions& options) {
  std::string log;
  EXPECT_TRUE(ClickWorld(options)
                  .generate([&](const SearchEvent& event) {
                    append_event(event, log);
                    return Status();
                  })
                  .ok());
  return log;
}

ClickWorldOptions small(uint64_t seed = 1) {
  ClickWorldOptions options;
  options.seed = seed;
  options.users = 50;
  return options;
}

TEST(ClickWorld, GivesEqualEventsForEqualSeeds) {
  EXPECT_EQ(log_of(small()), log_of(small()));
  EXPECT_NE(log_of(small()), log_of(small(2)));
}

TEST(ClickWorld, KeepsItsUsersIfMoreAreAdded) {
  ClickWorldOptions more = small();
  more.users = 80;
  EXPECT_TRUE(log_of(more).starts_with(log_of(small())));
}

TEST(ClickWorld, ShowsEachWordOnceInEachBarAndGoesForwardInTime) {
  std::map<std::string, int64_t> last;
  const KeywordSplitter splitter;
  const Status status = ClickWorld(small()).generate([&](const SearchEvent& event) {
    EXPECT_GT(event.time, last[event.user]);
    last[event.user] = event.time;
    std::set<std::string> sfs;
    for (const SfImpression& sf : event.sfs) {
      EXPECT_TRUE(sfs.insert(sf.text).second);
      EXPECT_EQ(splitter.split(sf.text).size(), 1u) << sf.text;
    }
    for (const AdImpression& ad : event.ads) EXPECT_EQ(splitter.split(ad.title).size(), 9u);
    EXPECT_EQ(event.ads.size(), 5u);
    return Status();
  });
  EXPECT_TRUE(status.ok());
}

TEST(ClickWorld, StopsWhenTheSinkFails) {
  int events = 0;
  const Status status = ClickWorld(small()).generate(
      [&](const SearchEvent&) { return ++events == 3 ? io_error("full") : Status(); });
  EXPECT_EQ(status.message(), "full");
  EXPECT_EQ(events, 3);
}

TEST(ClickWorld, RefusesOptionsThatLeaveACategoryEmpty) {
  for (uint32_t ClickWorldOptions::*count :
       {&ClickWorldOptions::title_words, &ClickWorldOptions::queries, &ClickWorldOptions::items}) {
    ClickWorldOptions options = small();
    options.*count = options.categories - 1;
    const ClickWorld world(options);
    EXPECT_EQ(world.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(world.status().message(), ::testing::HasSubstr("20 categories, found 19"));
    EXPECT_FALSE(world.generate([](const SearchEvent&) { return Status(); }).ok());
    options.*count = options.categories;
    EXPECT_TRUE(ClickWorld(options).generate([](const SearchEvent&) { return Status(); }).ok());
  }
  ClickWorldOptions options = small();
  options.axes = 65;
  EXPECT_FALSE(ClickWorld(options).status().ok());
}

// The rates of world S1. A quarter of its users is enough to see them.
TEST(ClickWorld, HasTheRatesAndTheCeilingOfS1) {
  ClickWorldOptions options;
  options.users = 4500;
  double sfs = 0, sf_clicks = 0, ads = 0, ad_clicks = 0;
  std::map<int, double> bins;
  const ClickWorld world(options);
  const Status status = world.for_each_user([&](const WorldUser&, const auto& searches) {
    uint32_t main = 0, aux = 0;
    double shown = 0;
    for (const WorldSearch& s : searches) {
      for (const uint8_t c : s.sf_clicked) {
        sf_clicks += c;
        main += c && s.time <= 0.85;
      }
      for (const uint8_t c : s.ad_clicked) {
        ad_clicks += c;
        aux += c && s.time <= 0.85;
      }
      shown += static_cast<double>(s.sfs.size());
      ads += static_cast<double>(s.ads.size());
    }
    sfs += shown;
    bins[(main > 6) * 2 + (aux > 21)] += shown;
    return Status();
  });
  ASSERT_TRUE(status.ok());
  EXPECT_NEAR(sfs, 162000 / 4.0, 5000);
  EXPECT_NEAR(sf_clicks / sfs, 0.27, 0.03);
  EXPECT_NEAR(ads / sfs, 7.2, 0.8);
  EXPECT_NEAR(ad_clicks / ads, 0.30, 0.03);
  for (const auto& [bin, share] : bins) EXPECT_GT(share / sfs, 0.10) << "bin " << bin;

  std::map<std::string, double> auc;
  for (const OracleAuc& o : oracle_aucs(world)) auc[o.name] = o.all;
  EXPECT_GT(auc["Bayes-optimal"], 0.92);
  EXPECT_LT(auc["Bayes-optimal"], 0.95);
  EXPECT_LT(auc["no user"], auc["demographic"]);
  EXPECT_LT(auc["demographic"], auc["pooled history"]);
  EXPECT_LT(auc["pooled history"], auc["observable"]);
  EXPECT_LT(auc["observable, no ads"], auc["observable"]);
  EXPECT_LT(auc["observable"], auc["Bayes-optimal"]);
}

// With position bias the true probabilities hold that a place is looked at, so that nothing is
// better.
TEST(ClickWorld, TellsTrueProbabilitiesOfClicksAlsoWhereLaterPlacesAreSeldomLookedAt) {
  ClickWorldOptions options;
  options.users = 3000;
  options.position_bias = true;
  const ClickWorld world(options);
  std::array<double, 4> expected{}, clicked{}, shown{};
  ASSERT_TRUE(world
                  .for_each_user([&](const WorldUser&, const auto& searches) {
                    for (const WorldSearch& search : searches) {
                      for (size_t place = 0; place < search.sfs.size(); ++place) {
                        expected[place] += search.sf_truth[place];
                        clicked[place] += search.sf_clicked[place];
                        shown[place] += 1;
                      }
                    }
                    return Status();
                  })
                  .ok());
  for (size_t place = 0; place < 4; ++place) {
    EXPECT_NEAR(clicked[place] / shown[place], expected[place] / shown[place], 0.02) << place;
  }
  EXPECT_LT(expected[3] / shown[3], 0.6 * expected[0] / shown[0]);
  const std::vector<OracleAuc> oracles = oracle_aucs(world);
  for (const OracleAuc& o : oracles) EXPECT_LE(o.all, oracles[0].all + 0.003) << o.name;
}

}  // namespace
}  // namespace barker
