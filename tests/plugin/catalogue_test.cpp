// The extension barker.catalogue/1: answers with a handle are those without, bit for bit, whatever
// is asked, loaded and changed meanwhile.
#include <gmock/gmock.h>

#include "tests/plugin/catalogue_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST_P(CatalogueOf, AdsAnswersAsTheAdsThemselvesDo) { expect_equal_answers(add_random(300), 150); }

TEST_P(CatalogueOf, AdsIsResolvedForWhateverIsLoaded) {
  const uint64_t handle = add_random(100);
  load(weights_with_phrases(2, GetParam()));
  expect_equal_answers(handle, 20);
  ASSERT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_OK);
  expect_equal_answers(handle, 20);
  const auto& canary = *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  const std::string path = weights_with_phrases(3, GetParam());
  ASSERT_EQ(canary.start(plugin_, view(path), nullptr, error_), BARKER_OK) << error_;
  ASSERT_EQ(canary.set_shares(plugin_, 1, 1, error_), BARKER_OK);
  const std::string user = "anna";
  draw_page(handle, 10);
  request_.user = view(user);
  EXPECT_EQ(ask(numbered_, true).bytes, ask(whole_, false).bytes);
  EXPECT_EQ(response_.generation, 3u) << "the canary's";
  uint64_t compared = 0;
  ASSERT_EQ(canary.compare(plugin_, 10, &compared, error_), BARKER_OK);
  EXPECT_EQ(compared, 2u);
  barker_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  ASSERT_EQ(canary.read_agreement(plugin_, &agreement), BARKER_OK);
  EXPECT_EQ(agreement.serving_failed + agreement.canary_failed, 0u);
  ASSERT_EQ(canary.promote(plugin_, nullptr, error_), BARKER_OK);
  expect_equal_answers(handle, 20);
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  const std::string forbids =
      "merchants_off = ['m1', 'a&b']\n[[forbid]]\npattern = '[0-4]$'\ncategory = 'cosmetics'\n"
      "[[forbid]]\npattern = '[5-9]$'\ncategory = 'shoes > running'\n";
  ASSERT_EQ(rules.load_rules(plugin_, view(forbids), error_), BARKER_OK) << error_;
  expect_equal_answers(handle, 20);
}

TEST_P(CatalogueOf, AdsHasTitlesWithoutWeightsToo) {
  make("");
  const uint64_t handle = add_random(50);
  draw_page(handle, 10);
  EXPECT_EQ(ask(numbered_, true).bytes, ask(whole_, false).bytes);
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_WEIGHTS);
  load(weights_with_phrases(2, GetParam()));
  expect_equal_answers(handle, 10);
}

TEST_P(CatalogueOf, AdsIsChangedUnderAnotherHandle) {
  const uint64_t first = add_random(2500);
  const std::vector<OwnAd> before = own_;
  own_.resize(2600);
  std::vector<std::pair<uint64_t, const OwnAd*>> changes;
  for (const uint64_t number : {1, 5, 1024, 1025, 2500}) {
    own_[number - 1] = random_ad();
    changes.emplace_back(number, &own_[number - 1]);
  }
  own_[2599] = random_ad();  // 2501 to 2599 stay without an ad
  changes.emplace_back(2600, &own_[2599]);
  const uint64_t second = put(first, changes);
  for (uint64_t number = 2501; number < 2600; ++number) removed_[number] = true;
  expect_equal_answers(second, 100);
  const std::vector<uint64_t> gone = {1, 2, 2600};
  uint64_t third = 0;
  ASSERT_EQ(catalogues().remove(plugin_, second, gone.data(), gone.size(), &third, error_),
            BARKER_OK)
      << error_;
  for (const uint64_t number : gone) removed_[number] = true;
  expect_equal_answers(third, 100);
  ASSERT_EQ(catalogues().release(plugin_, second, error_), BARKER_OK) << error_;
  removed_.clear();
  own_ = before;
  expect_equal_answers(first, 100);
}

TEST_P(CatalogueOf, AdsGrowsPastNumbersThatAreLeftOut) {
  for (const uint64_t end : {3000, 5000, 1024, 1025, 20'000}) {
    const uint64_t first = add_random(10);
    own_.resize(end);
    own_.back() = random_ad();
    const uint64_t grown = put(first, {{end, &own_.back()}});
    draw_page(first, 1);
    request_.ads = numbered_.data();
    request_.catalogue = grown;
    for (const uint64_t absent : {11, 500, 1000, 2000, 2900, 4999, 19'999}) {
      numbered_[0].catalogue_ad = absent;
      EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT) << absent << " of " << end;
      EXPECT_THAT(error_, HasSubstr("expected the number of an ad of the catalogue"));
      uint64_t changed = 0;
      EXPECT_EQ(catalogues().remove(plugin_, grown, &absent, 1, &changed, error_),
                BARKER_E_INVALID_ARGUMENT);
    }
    load(weights_with_phrases(2, GetParam()));
    for (uint64_t number = 11; number < end; ++number) removed_[number] = true;
    expect_equal_answers(grown, 10);
    own_[499] = random_ad();  // a number that was left out can be taken later
    removed_[500] = end <= 500;
    expect_equal_answers(put(grown, {{500, &own_[499]}}), 10);
    removed_.clear();
  }
}

// Catalogues made from each other in any order share what they can, while some are released.
TEST_P(CatalogueOf, AdsAnswersAfterAnyChanges) {
  struct Model {
    std::vector<OwnAd> ads;
    std::map<uint64_t, bool> removed;
  };
  std::map<uint64_t, Model> models;
  for (int step = 0; step < 60; ++step) {
    const bool is_new = models.empty() || step % 15 == 0;
    uint64_t handle = is_new ? 0 : std::next(models.begin(), random_() % models.size())->first;
    if (is_new) {
      handle = add_random(1 + random_() % 60);
      removed_.clear();
    } else {
      own_ = models[handle].ads;
      removed_ = models[handle].removed;
      if (random_() % 3 == 0) {
        std::vector<uint64_t> gone;
        for (uint64_t number = 2; number <= own_.size(); ++number) {  // the first one stays
          if (!removed_[number] && random_() % 4 == 0) gone.push_back(number);
        }
        const uint64_t from = handle;
        ASSERT_EQ(catalogues().remove(plugin_, from, gone.data(), gone.size(), &handle, error_),
                  BARKER_OK)
            << error_;
        for (const uint64_t number : gone) removed_[number] = true;
      } else {
        std::map<uint64_t, const OwnAd*> changes;
        const size_t size = own_.size();
        own_.resize(size + random_() % 20);
        for (uint64_t number = 1; number <= own_.size(); ++number) {
          if (number <= size && random_() % 6 != 0) continue;
          own_[number - 1] = random_ad();
          changes[number] = &own_[number - 1];
          removed_[number] = false;
        }
        handle = put(handle, {changes.begin(), changes.end()});
      }
    }
    models[handle] = {own_, removed_};
    ASSERT_NO_FATAL_FAILURE(expect_equal_answers(handle, 2)) << "step " << step;
    if (models.size() > 4) {
      const auto released = std::next(models.begin(), random_() % models.size());
      ASSERT_EQ(catalogues().release(plugin_, released->first, error_), BARKER_OK) << error_;
      models.erase(released);
    }
    own_ = models.begin()->second.ads;
    removed_ = models.begin()->second.removed;
    ASSERT_NO_FATAL_FAILURE(expect_equal_answers(models.begin()->first, 1)) << "step " << step;
    if (step % 20 == 19) load(weights_with_phrases(static_cast<uint64_t>(step), GetParam()));
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutPctr, CatalogueOf, testing::Bool());

}  // namespace
}  // namespace barker
