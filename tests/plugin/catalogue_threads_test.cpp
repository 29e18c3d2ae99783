// barker.catalogue/1: queries by number on several threads while the catalogue is changed, outgrows
// its words, and is resolved for other weights.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

constexpr size_t kAskingThreads = 3;
constexpr uint64_t kAds = 1500;  // two chunks

const barker_catalogue& catalogue_calls() {
  return *static_cast<const barker_catalogue*>(api().get_extension(BARKER_EXT_CATALOGUE));
}

// Ad N has the title "item N of ROUND" with words that no other round has, and selling points of
// which the model knows two.
class Shelf {
 public:
  explicit Shelf(barker_plugin* plugin) : plugin_(plugin) {}

  uint64_t add() { return put(0, 0, kAds); }
  uint64_t change(uint64_t handle, int round, uint64_t count) { return put(handle, round, count); }

 private:
  uint64_t put(uint64_t handle, int round, uint64_t count) {
    const std::string of = " of " + std::to_string(round);
    std::vector<std::string> titles, own_points;
    for (uint64_t number = 1; number <= count; ++number) {
      titles.push_back("item" + std::to_string(number) + of + " word" +
                       std::to_string(number % 40) + " new" + of + std::to_string(number));
      own_points.push_back("point " + std::to_string(number) + of);
    }
    const std::array<std::string, 2> known = {"word1", "word2"};
    std::vector<std::array<barker_selling_point, 3>> points(count);
    std::vector<barker_ad> ads(count);
    for (uint64_t i = 0; i < count; ++i) {
      points[i] = {{{sizeof(barker_selling_point), view(known[0]), 0},
                    {sizeof(barker_selling_point), view(known[1]), 0},
                    {sizeof(barker_selling_point), view(own_points[i]), 0}}};
      ads[i].struct_size = sizeof ads[i];
      ads[i].title = view(titles[i]);
      ads[i].selling_points = points[i].data();
      ads[i].selling_point_count = points[i].size();
      ads[i].selling_point_stride = sizeof(barker_selling_point);
      ads[i].catalogue_ad = handle ? i + 1 : 0;
    }
    uint64_t made = 0;
    std::array<char, BARKER_ERROR_SIZE> error{};
    const int32_t code = handle ? catalogue_calls().upsert(plugin_, handle, ads.data(), count,
                                                           sizeof ads[0], &made, error.data())
                                : catalogue_calls().add(plugin_, ads.data(), count, sizeof ads[0],
                                                        &made, error.data());
    EXPECT_EQ(code, BARKER_OK) << error.data();
    return made;
  }

  barker_plugin* const plugin_;
};

// Asks for ads by number until `stop`. Returns how many answers were not those of their ads. A
// query may meet a handle that was just released, which is refused and no failure.
size_t ask_by_number(barker_plugin* plugin, unsigned seed, const std::atomic<uint64_t>& handle,
                     const std::atomic<bool>& stop, std::atomic<uint64_t>& answers) {
  Asker asker(seed);
  size_t failures = 0;
  for (uint64_t round = seed; !stop; ++round) {
    for (size_t i = 0; i < asker.ads.size(); ++i) {
      asker.ads[i].catalogue_ad = 1 + (round * 37 + i * 151) % kAds;
    }
    const uint64_t asked = handle;
    asker.request.catalogue = asked;
    if (asker.call(plugin) != BARKER_OK) {
      failures += asked == handle;
      continue;
    }
    for (size_t rank = 0; rank < asker.results.size(); ++rank) {
      const uint64_t number = asker.ads[asker.results[rank].ad].catalogue_ad;
      const std::string item = "item" + std::to_string(number) + " of ";
      failures += asker.title(rank).find(item) == std::string::npos;
      failures += asker.results[rank].chosen_count == 0;
    }
    ++answers;
  }
  return failures;
}

TEST(CatalogueOnThreads, AnswersAreThoseOfTheirAdsWhileTheCatalogueChanges) {
  std::array<std::string, 2> files;
  for (size_t i = 0; i < files.size(); ++i) {
    files[i] = temporary_path("weights" + std::to_string(i) + ".barker");
    ASSERT_TRUE(write_weight_file(random_model(i + 1), files[i]).ok());
  }
  barker_plugin* const plugin = make_plugin();
  ASSERT_EQ(api().load_weights(plugin, view(files[0]), nullptr, nullptr), BARKER_OK);
  Shelf shelf(plugin);
  std::atomic<uint64_t> handle = shelf.add(), answers = 0;
  std::atomic<bool> stop = false;
  std::array<size_t, kAskingThreads> failures{};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kAskingThreads; ++t) {
    threads.emplace_back([&, t] {
      failures[t] = ask_by_number(plugin, static_cast<unsigned>(t), handle, stop, answers);
    });
  }
  for (int round = 1; round <= 12; ++round) {
    const uint64_t before = answers;
    // A few ads, whose words go to the pool that queries read; now and then all, into a new one.
    const uint64_t old = handle;
    handle = shelf.change(old, round, round % 4 == 0 ? kAds : 300);
    EXPECT_EQ(catalogue_calls().release(plugin, old, nullptr), BARKER_OK);
    if (round % 3 == 0) {
      EXPECT_EQ(api().load_weights(plugin, view(files[round % 2]), nullptr, nullptr), BARKER_OK);
    }
    while (answers < before + kAskingThreads) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (const size_t f : failures) EXPECT_EQ(f, 0u);
  api().destroy(plugin);
}

}  // namespace
}  // namespace barker
