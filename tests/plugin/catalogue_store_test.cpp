// What a catalogue keeps of its ads, and how much memory that takes, against a model that keeps the
// ads as they came.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "models/text/keywords.h"
#include "plugin/ascii_core.h"
#include "plugin/catalogue.h"
#include "plugin/catalogue_rows.h"
#include "plugin/page_direction.h"
#include "plugin/rules.h"
#include "scoring/isa.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

struct PlainAd {
  std::string id, title, merchant, category;
  std::vector<std::string> points;
  std::vector<Fingerprint> given;  // of the selling points; 0: none
  std::vector<Fingerprint> words;  // empty: the plugin splits the title
  uint32_t flags = 0;
};
using PlainAds = std::map<uint64_t, PlainAd>;

barker_string as_string(const std::string& text) { return {text.data(), text.size()}; }

class CatalogueStore : public testing::Test {
 protected:
  std::string word(uint64_t of) { return "word" + std::to_string(random_() % of); }

  // Words and selling points are some of `kinds` each.
  PlainAd random_ad(uint64_t kinds) {
    static constexpr const char* kBetween[] = {" ", " ", ". ", " (", " 面膜 "};
    PlainAd ad;
    ad.id = "ad" + std::to_string(random_() % 100'000);
    for (size_t i = random_() % 12; i-- > 0;) ad.title += word(kinds) + kBetween[random_() % 5];
    if (random_() % 9 == 0) ad.title += "& more";
    if (random_() % 50 == 0) ad.title.append(300, 'x');  // its size takes two bytes
    ad.merchant = "m" + std::to_string(random_() % 7);
    ad.category = random_() % 3 ? "Beauty &gt; Masks" : "";
    for (size_t i = random_() % 10; i-- > 0;) {
      ad.points.push_back(random_() % 2 ? word(kinds) : word(kinds) + " " + word(kinds));
      ad.given.push_back(random_() % 3 ? 0 : random_() % 5 + 1);
    }
    if (random_() % 2) split_words(ad.title, ad.words);
    if (!ad.words.empty() && random_() % 4 == 0) ad.words[0] = ~Fingerprint{0};
    ad.flags = random_() % 8 == 0 ? BARKER_AD_OPT_OUT : 0;
    return ad;
  }

  // `before` with these ads, and without those of `gone`.
  static Catalogue changed(const Catalogue& before, const PlainAds& ads,
                           const std::vector<uint64_t>& gone = {}) {
    std::vector<barker_ad> structs(ads.size());
    std::vector<std::vector<barker_selling_point>> points(ads.size());
    Catalogue::Changes changes;
    size_t at = 0;
    for (const auto& [number, from] : ads) {
      barker_ad& ad = structs[at];
      ad.struct_size = sizeof ad;
      ad.id = as_string(from.id);
      ad.title = as_string(from.title);
      ad.merchant = as_string(from.merchant);
      ad.category = as_string(from.category);
      ad.flags = from.flags;
      if (!from.words.empty()) ad.title_keywords = from.words.data();
      ad.title_keyword_count = from.words.size();
      for (size_t p = 0; p < from.points.size(); ++p) {
        points[at].push_back(
            {sizeof(barker_selling_point), as_string(from.points[p]), from.given[p]});
      }
      ad.selling_points = points[at].data();
      ad.selling_point_count = points[at].size();
      ad.selling_point_stride = sizeof(barker_selling_point);
      changes[number] = &structs[at++];
    }
    for (const uint64_t number : gone) changes[number] = nullptr;
    return {before, changes};
  }

  static std::vector<Fingerprint> words_of(const PlainAd& ad) {
    std::vector<Fingerprint> words = ad.words;
    if (words.empty()) split_words(ad.title, words);
    return words;
  }
  static Fingerprint point_of(const PlainAd& ad, size_t p) {
    return ad.given[p] ? ad.given[p] : keyword_fingerprint(ad.points[p]);
  }

  static void expect_ad(const CatalogueChunk& chunk, size_t index, const PlainAd& want) {
    const StoredAd got = chunk.ad(index);
    const CataloguePool& pool = *chunk.pool();
    ASSERT_EQ(got.id, want.id);
    ASSERT_EQ(got.title, want.title);
    ASSERT_EQ(got.flags, want.flags);
    ASSERT_EQ(pool.merchant(got.merchant).text, want.merchant);
    ASSERT_EQ(pool.merchant(got.merchant).fingerprint, merchant_fingerprint(want.merchant));
    ASSERT_EQ(pool.category(got.category).text, want.category);
    std::vector<Fingerprint> path, words;
    append_category_path(want.category, path);
    ASSERT_EQ(pool.category(got.category).path, path);
    for (size_t w = 0; w < got.words.size(); ++w) words.push_back(pool.word(got.words.number(w)));
    ASSERT_EQ(words, words_of(want));
    ASSERT_EQ(got.points.size(), want.points.size());
    uint64_t bytes = 0;
    for (size_t p = 0; p < want.points.size(); ++p) {
      const CataloguePool::Point& point = pool.point(got.points.number(p));
      ASSERT_EQ(point.text, want.points[p]);
      ASSERT_EQ(point.given, want.given[p]);
      ASSERT_EQ(point.fingerprint, point_of(want, p));
      bytes += want.points[p].size();
    }
    ASSERT_EQ(got.point_bytes, bytes);
    ASSERT_EQ(got.is_plain, is_plain_title(want.title));
    expect_points_in_title(got, want);
  }

  static void expect_points_in_title(const StoredAd& got, const PlainAd& want) {
    AsciiCore title, point;
    title.assign(want.title);
    bool is_any = false;
    for (size_t p = 0; p < want.points.size(); ++p) {
      point.assign(want.points[p]);
      const bool may_be = title.may_contain(point);
      is_any |= may_be;
      const unsigned char byte = got.points_in_title ? got.points_in_title[p / 8] : 0;
      ASSERT_EQ((byte >> p % 8 & 1) != 0, may_be);
    }
    ASSERT_EQ(got.points_in_title != nullptr, is_any);
  }

  static void expect_rows(const ChunkRows& rows, size_t index, const PlainAd& want,
                          const Generation& generation) {
    const Vocabulary& vocabulary = generation.file->vocabulary();
    std::vector<Fingerprint> keywords = words_of(want);
    keywords.resize(generation.splitter.phrases().compose(keywords, keywords.data()));
    std::vector<uint32_t> known, got;
    for (const Fingerprint keyword : keywords) {
      const uint32_t row = vocabulary.find(keyword);
      if (row < generation.network().keyword_rows) known.push_back(row);
    }
    const AdRows ad = rows.ad(index);
    for (size_t t = 0; t < ad.title.size(); ++t) got.push_back(ad.title.number(t));
    ASSERT_EQ(got, known);
    for (size_t p = 0; p < want.points.size(); ++p) {
      const Fingerprint point = point_of(want, p);
      ASSERT_EQ(rows.point_row(rows.chunk()->ad(index).points.number(p)), vocabulary.find(point));
      ASSERT_EQ(ad.is_in_title(p), std::ranges::find(keywords, point) != keywords.end());
    }
  }

  // The whole of a catalogue, and its rows where there are any.
  static void expect_equal(const Catalogue& got, const PlainAds& want,
                           const std::vector<std::shared_ptr<const ChunkRows>>* rows = nullptr,
                           const Generation* generation = nullptr) {
    for (uint64_t number = 1; number <= got.size(); ++number) {
      const auto ad = want.find(number);
      ASSERT_EQ(got.has(number), ad != want.end()) << number;
      if (ad == want.end()) continue;
      const size_t chunk = (number - 1) / CatalogueChunk::kAds;
      const size_t index = (number - 1) % CatalogueChunk::kAds;
      ASSERT_NO_FATAL_FAILURE(expect_ad(*got.chunks()[chunk], index, ad->second)) << number;
      if (!rows) continue;
      ASSERT_EQ((*rows)[chunk]->chunk(), got.chunks()[chunk]);
      ASSERT_NO_FATAL_FAILURE(expect_rows(*(*rows)[chunk], index, ad->second, *generation))
          << number;
    }
    ASSERT_TRUE(want.empty() || want.rbegin()->first <= got.size());
  }

  static std::shared_ptr<const Generation> make_generation() {
    ModelSpec model = random_model(1);
    model.golden.clear();  // they name the keywords that are renamed
    model.names[20] = "word1 word2";
    model.names[21] = "word3 word4 word5";
    model.phrases = {"word1 word2", "word3 word4 word5", "word6 word7"};
    const std::string path = temporary_path("store.barker");
    EXPECT_TRUE(write_weight_file(model, path).ok());
    LoadPolicy policy;
    policy.shared_directory = true;
    return *Generation::load(path, 1, kernels_for(supported_isas().back()), policy);
  }

  std::mt19937_64 random_{7};
};

TEST_F(CatalogueStore, KeepsWhatWasGivenThroughAnyChanges) {
  const auto generation = make_generation();
  std::map<uint64_t, PlainAds> models;  // by handle
  CatalogueSet all;
  std::shared_ptr<const CatalogueRows> rows;
  uint64_t last = 0;
  for (int step = 0; step < 150; ++step) {
    const bool from_nothing = all.empty() || random_() % 10 == 0;
    const uint64_t from = from_nothing ? 0 : std::next(all.begin(), random_() % all.size())->first;
    const uint64_t largest = from_nothing ? 1 : all[from]->size() + random_() % 40 + 1;
    PlainAds model = from_nothing ? PlainAds() : models[from], ads;
    std::vector<uint64_t> gone;
    for (size_t i = random_() % 40; i-- > 0;) {
      const uint64_t number = random_() % largest + random_() % 30 * (random_() % 50 == 0) * 60 + 1;
      if (random_() % 4 != 0) {
        model[number] = ads[number] = random_ad(step % 2 ? 12 : 1'000'000);
      } else if (model.contains(number) && !ads.contains(number)) {
        gone.push_back(number);
        model.erase(number);
      }
    }
    std::erase_if(gone, [&](uint64_t number) { return ads.contains(number); });
    const Catalogue none;
    all[++last] =
        std::make_shared<const Catalogue>(changed(from_nothing ? none : *all[from], ads, gone));
    models[last] = std::move(model);
    while (all.size() > 6) {
      const auto released = std::next(all.begin(), random_() % all.size());
      models.erase(released->first);
      all.erase(released);
    }
    rows = resolve(std::make_shared<const CatalogueSet>(all), *generation, rows.get());
    for (const uint64_t handle : {all.begin()->first, all.rbegin()->first}) {
      ASSERT_NO_FATAL_FAILURE(
          expect_equal(*all[handle], models[handle], &rows->rows.at(handle), generation.get()))
          << "step " << step << ", handle " << handle;
    }
  }
}

TEST_F(CatalogueStore, TakesNoMoreMemoryForTheSameAdsPutAgain) {
  PlainAds ads;
  for (uint64_t number = 1; number <= 1500; ++number) ads[number] = random_ad(400);
  Catalogue catalogue = changed({}, ads);
  const size_t bytes = catalogue.bytes();
  for (int round = 0; round < 1000; ++round) {
    PlainAds same;
    for (int i = 0; i < 3; ++i) {
      const uint64_t number = 1025 + random_() % 476;
      same[number] = ads[number];
    }
    catalogue = changed(catalogue, same);
    ASSERT_EQ(catalogue.bytes(), bytes) << round;
  }
  expect_equal(catalogue, ads);
}

// Each round brings words and selling points that were never there, and what it replaces is of no
// use any more.
TEST_F(CatalogueStore, ForgetsWordsAndSellingPointsOfAdsThatWereReplaced) {
  PlainAds ads;
  for (uint64_t number = 1; number <= 300; ++number) ads[number] = random_ad(1u << 30);
  Catalogue catalogue = changed({}, ads);
  const size_t first = catalogue.bytes();
  size_t most = 0;
  for (int round = 0; round < 1000; ++round) {
    PlainAds others;
    for (int i = 0; i < 5; ++i) {
      const uint64_t number = 1 + random_() % 300;
      ads[number] = others[number] = random_ad(1u << 30);
    }
    catalogue = changed(catalogue, others);
    most = std::max(most, catalogue.bytes());
  }
  expect_equal(catalogue, ads);
  EXPECT_LE(most, 3 * first) << "about 16 times as many ads were put as there are";
  // Without most of the ads little is left.
  std::vector<uint64_t> gone;
  PlainAds few = ads;
  for (uint64_t number = 1; number <= 290; ++number) gone.push_back(number);
  for (const uint64_t number : gone) few.erase(number);
  catalogue = changed(catalogue, {}, gone);
  expect_equal(catalogue, few);
  EXPECT_LE(catalogue.bytes(), first / 4);
}

TEST_F(CatalogueStore, SharesChunksInWhichNothingChanged) {
  PlainAds ads;
  for (uint64_t number = 1; number <= 3000; ++number) ads[number] = random_ad(400);
  const Catalogue first = changed({}, ads);
  const Catalogue second = changed(first, {{1030, random_ad(400)}});
  EXPECT_EQ(second.chunks()[0], first.chunks()[0]);
  EXPECT_NE(second.chunks()[1], first.chunks()[1]);
  EXPECT_EQ(second.chunks()[2], first.chunks()[2]);
  EXPECT_EQ(second.chunks()[1]->pool(), first.chunks()[0]->pool());
}

}  // namespace
}  // namespace barker
