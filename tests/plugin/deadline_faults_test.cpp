// Deadlines that pass at any look at the clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "models/text/fingerprint.h"
#include "tests/plugin/faults_fixture.h"

namespace barker {
namespace {

// Deadlines, at every look at the clock: past one, the query ends within a block of work, and what
// it gives is either first-pass order and titles or right as far as it got.
TEST_F(Faults, OfTimeEndAQueryWithinABlockOfWork) {
  NEEDS_FAILING_NEW;
  FailingMemory& memory = failing_memory();
  constexpr size_t kAds = 400;
  const std::string file = directory_ + "/large.barker";
  ASSERT_TRUE(write_weight_file(random_model(5, {.keywords = 900}), file).ok());
  Asker asker(1, "", kAds, 900);
  asker.request.window = kAds;
  barker_plugin* plugin = make_plugin();
  ASSERT_EQ(api().load_weights(plugin, view(file), nullptr, nullptr), BARKER_OK);
  ASSERT_TRUE(asker.ask(plugin));
  const std::string whole = asker.answer();
  Asker next(2, "somebody else", 10, 900);
  ASSERT_TRUE(next.ask(plugin));
  const std::string answer_to_next = next.answer();
  std::vector<std::string> titles(kAds);  // by ad
  for (size_t rank = 0; rank < kAds; ++rank) {
    titles[asker.results[rank].ad] = asker.title(rank);
  }
  int seen[3] = {};
  int32_t last = BARKER_STATUS_BYPASSED;
  for (uint64_t deadline = 1; last != BARKER_STATUS_RESCORED; ++deadline) {
    asker.request.deadline_ns = deadline;
    barker_stats before{};
    before.struct_size = sizeof before;
    api().stats(plugin, &before);
    memory.has_fake_clock = true;
    memory.looks = 0;
    const int32_t code = asker.call(plugin);
    memory.has_fake_clock = false;
    ASSERT_EQ(code, BARKER_OK);
    last = asker.response.status;
    ++seen[last];
    if (last == BARKER_STATUS_RESCORED) {
      EXPECT_EQ(asker.answer(), whole);
      break;
    }
    EXPECT_EQ(asker.response.reason, BARKER_REASON_DEADLINE) << deadline;
    barker_stats after{};
    after.struct_size = sizeof after;
    api().stats(plugin, &after);
    // A look before each block: no more blocks than looks.
    EXPECT_LE(after.candidates_scored - before.candidates_scored, 64 * deadline) << deadline;
    // The stages that remain time themselves, four looks, and ask once each.
    EXPECT_LE(memory.looks, deadline + 6) << deadline;
    EXPECT_TRUE(next.ask(plugin)) << deadline;
    EXPECT_EQ(next.answer(), answer_to_next) << deadline << ": it left something to the next";
    for (size_t rank = 0; rank < kAds; ++rank) {
      const barker_result_ad& ad = asker.results[rank];
      if (last == BARKER_STATUS_BYPASSED) {
        EXPECT_EQ(ad.ad, rank);
        EXPECT_EQ(ad.chosen_count, 0u);
      } else if (ad.chosen_count == 2) {
        EXPECT_EQ(asker.title(rank), titles[ad.ad]) << deadline;
      }
    }
  }
  std::printf("bypassed at %d looks, partial at %d\n", seen[BARKER_STATUS_BYPASSED],
              seen[BARKER_STATUS_PARTIAL]);
  EXPECT_GT(seen[BARKER_STATUS_BYPASSED], 5);
  EXPECT_GT(seen[BARKER_STATUS_PARTIAL], 10);
  api().destroy(plugin);
}

// How often a query looks at the clock.
uint64_t looks_of(Asker& asker, barker_plugin* plugin) {
  FailingMemory& memory = failing_memory();
  asker.request.deadline_ns = ~uint64_t{0};
  memory.has_fake_clock = true;
  memory.looks = 0;
  const bool answered = asker.ask(plugin);
  memory.has_fake_clock = false;
  EXPECT_TRUE(answered);
  return memory.looks;
}

// A block of work is not a number of ads: these have as much as a request may.
TEST_F(Faults, OfTimeAreSeenBetweenLargeAds) {
  NEEDS_FAILING_NEW;
  barker_plugin* plugin = make();
  constexpr size_t kAds = 20;
  Asker usual(1, "", kAds), large(1, "", kAds);
  std::vector<barker_selling_point> points(BARKER_MAX_AD_SELLING_POINTS,
                                           usual.ads[0].selling_points[0]);
  const std::vector<uint64_t> keywords(BARKER_MAX_TITLE_KEYWORDS, fingerprint("word1"));
  for (barker_ad& ad : large.ads) {
    ad.selling_points = points.data();
    ad.selling_point_count = points.size();
    ad.title_keywords = keywords.data();
    ad.title_keyword_count = keywords.size();
  }
  EXPECT_LT(looks_of(usual, plugin), 20u);
  EXPECT_GT(looks_of(large, plugin),
            4 * kAds);  // an ad is more than a block where it is mapped, where its
                        // words are looked up, its title scored, its SPs chosen
  api().destroy(plugin);
}

// A merchant repeats a selling point as often as a title has room for it.
TEST_F(Faults, OfTimeAreSeenWhileTitlesRepeatTheirSellingPoints) {
  NEEDS_FAILING_NEW;
  barker_plugin* plugin = make();
  constexpr size_t kAds = 20;
  Asker asker(1, "", kAds);
  const uint64_t keyword = fingerprint("word1");
  const auto looks_with_titles_of = [&](const auto& part_of) {
    std::vector<std::string> titles(kAds);
    for (size_t i = 0; i < kAds; ++i) {
      const std::string part = part_of(asker.ads[i]) + " ";
      while (titles[i].size() + part.size() <= BARKER_MAX_TEXT_SIZE) titles[i] += part;
      asker.ads[i].title = view(titles[i]);
      asker.ads[i].title_keywords = &keyword;
      asker.ads[i].title_keyword_count = 1;
    }
    return looks_of(asker, plugin);
  };
  const auto nothing = [](const barker_ad&) { return std::string("nothing"); };
  const auto first_point = [](const barker_ad& ad) {
    return std::string(ad.selling_points[0].text.data, ad.selling_points[0].text.size);
  };
  const uint64_t usual = looks_with_titles_of(nothing);
  EXPECT_GT(looks_with_titles_of(first_point), usual + kAds / 2);
  api().destroy(plugin);
}

// Empty tokens have no byte to count, but each of them is looked up.
TEST_F(Faults, OfTimeAreSeenBetweenTheTokensOfAGroup) {
  NEEDS_FAILING_NEW;
  barker_plugin* plugin = make();
  Asker asker(1);
  const uint64_t few = looks_of(asker, plugin);
  const std::vector<barker_string> tokens(BARKER_MAX_TOKENS);
  const std::string name = "profile";
  const barker_group group = {sizeof group, view(name), tokens.data(), tokens.size(), nullptr};
  asker.request.groups = &group;
  asker.request.group_count = 1;
  asker.request.group_stride = sizeof group;
  EXPECT_GT(looks_of(asker, plugin), few + 100);
  api().destroy(plugin);
}

}  // namespace
}  // namespace barker
