// Weights are swapped all the time, a fifth of the files damaged, canaries come and go, while every
// core asks. Each answer is compared, bit for bit, with that of the generation it names.
//
// BARKER_STORM_SECONDS: how long; a few seconds in the test suite.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "models/weight_file.h"
#include "plugin/counters.h"
#include "tests/models/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double resident_mib() {
  std::ifstream in("/proc/self/statm");
  double total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

size_t mappings_of(const std::string& prefix) {
  std::ifstream in("/proc/self/maps");
  size_t found = 0;
  for (std::string line; std::getline(in, line);) found += line.find(prefix) != std::string::npos;
  return found;
}

size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

TEST(Storm, OfSwapsAndDamagedFilesLosesTearsAndSlowsNoQuery) {
  constexpr size_t kModels = 4, kDamaged = 8, kAskers = 16, kMostLoads = 1 << 20;
  const char* given = std::getenv("BARKER_STORM_SECONDS");
  const auto duration = std::chrono::duration<double>(given ? std::atof(given) : 3);
  const std::string directory = temporary_path("storm");
  fs::create_directories(directory);
  std::vector<std::string> whole, damaged;
  for (size_t m = 0; m < kModels; ++m) {
    whole.push_back(directory + "/whole" + std::to_string(m));
    ASSERT_TRUE(write_weight_file(random_model(100 + m), whole.back()).ok());
  }
  std::mt19937 random(1);
  for (size_t d = 0; d < kDamaged; ++d) {
    damaged.push_back(directory + "/damaged" + std::to_string(d));
    fs::copy_file(whole[d % kModels], damaged.back());
    const auto size = fs::file_size(damaged.back());
    if (d % 2 == 0) {
      fs::resize_file(damaged.back(), random() % size);
    } else {
      std::fstream file(damaged.back(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(random() % size));
      file.put('\xA5').put('\x5A').put('\xA5');
    }
  }

  // What each model answers to each asker.
  std::vector<std::vector<std::string>> expected(kModels);
  for (size_t m = 0; m < kModels; ++m) {
    barker_plugin* alone = make_plugin();
    ASSERT_EQ(api().load_weights(alone, view(whole[m]), nullptr, nullptr), BARKER_OK);
    for (unsigned a = 0; a < kAskers; ++a) {
      Asker asker(a, "user" + std::to_string(a));
      ASSERT_TRUE(asker.ask(alone));
      expected[m].push_back(asker.answer());
    }
    api().destroy(alone);
  }
  EXPECT_NE(expected[0], expected[1]);

  barker_plugin* plugin = make_plugin("[canary]\nserved = 0.3\ncompared = 0.01\n");
  const auto& canary = *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  ASSERT_EQ(api().load_weights(plugin, view(whole[0]), nullptr, nullptr), BARKER_OK);
  // Generation g was loaded from whole[model_of[g]]; written before it can serve.
  std::vector<std::atomic<size_t>> model_of(kMostLoads);
  for (auto& model : model_of) model = 0;  // touched before memory is measured
  uint64_t loaded = 1, refused = 0, failed_rollbacks = 0;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> queries{0}, by_canaries{0}, lost{0}, wrong{0};
  std::atomic<uint64_t> canary_generation{0};

  const auto ask_until_stop = [&](unsigned first, LatencyHistogram& times) {
    std::deque<Asker> askers;  // requests point into themselves: they must not move
    for (unsigned a = 0; a < kAskers; ++a) askers.emplace_back(a, "user" + std::to_string(a));
    for (unsigned i = first; !stop; ++i) {
      Asker& asker = askers[i % kAskers];
      const auto start = Clock::now();
      const bool answered = asker.ask(plugin);
      const std::chrono::nanoseconds took = Clock::now() - start;
      times.add(static_cast<uint64_t>(took.count()));
      ++queries;
      by_canaries += asker.response.generation == canary_generation;
      if (!answered) {
        ++lost;
      } else if (asker.answer() != expected[model_of[asker.response.generation]][i % kAskers]) {
        ++wrong;
      }
    }
  };
  const auto run_readers = [&](auto control) {
    const unsigned readers = std::max(2u, std::thread::hardware_concurrency());
    LatencyHistogram times;
    std::vector<std::thread> threads;
    stop = false;
    for (unsigned r = 0; r < readers; ++r) {
      threads.emplace_back([&, r] { ask_until_stop(r, times); });
    }
    control();
    stop = true;
    for (std::thread& thread : threads) thread.join();
    return static_cast<double>(times.quantile(0.99)) / 1e3;
  };

  const double quiet = run_readers([&] { std::this_thread::sleep_for(duration / 3); });
  const double resident_before = resident_mib();
  const size_t descriptors_before = open_descriptors();
  const double storm = run_readers([&] {
    const auto end = Clock::now() + duration;
    for (unsigned i = 0; Clock::now() < end; ++i) {
      if (i % 5 == 4) {
        const int32_t code =
            api().load_weights(plugin, view(damaged[random() % kDamaged]), nullptr, nullptr);
        EXPECT_NE(code, BARKER_OK);
        ++refused;
      } else if (i % 17 == 5) {
        const size_t model = random() % kModels;
        model_of[loaded + 1] = model;
        canary_generation = loaded + 1;
        uint64_t generation = 0;
        ASSERT_EQ(canary.start(plugin, view(whole[model]), &generation, nullptr), BARKER_OK);
        ASSERT_EQ(generation, ++loaded);
      } else if (i % 17 == 11) {
        (void)canary.stop(plugin, nullptr);  // the first time there is none
      } else if (i % 13 == 12) {
        failed_rollbacks += api().rollback(plugin, nullptr, nullptr) != BARKER_OK;
      } else {
        const size_t model = random() % kModels;
        model_of[loaded + 1] = model;
        uint64_t generation = 0;
        ASSERT_EQ(api().load_weights(plugin, view(whole[model]), &generation, nullptr), BARKER_OK);
        ASSERT_EQ(generation, ++loaded);
      }
      canary.compare(plugin, 2, nullptr, nullptr);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  std::printf(
      "%llu queries, %llu of them by canaries, %llu swaps, %llu files refused: %llu lost, %llu "
      "wrong; p99 %.0f us, "
      "quiet %.0f us; resident %.1f -> %.1f MiB, descriptors %zu -> %zu, mappings %zu\n",
      static_cast<unsigned long long>(queries), static_cast<unsigned long long>(by_canaries),
      static_cast<unsigned long long>(loaded), static_cast<unsigned long long>(refused),
      static_cast<unsigned long long>(lost), static_cast<unsigned long long>(wrong), storm, quiet,
      resident_before, resident_mib(), descriptors_before, open_descriptors(),
      mappings_of(directory));
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(failed_rollbacks, 0u);
  EXPECT_GT(by_canaries, 0u);
  EXPECT_GT(loaded, 20u);
  EXPECT_GT(refused, 5u);
  // The generation that serves, the one before it and a canary; all others are gone.
  EXPECT_LE(mappings_of(directory), 3u);
  EXPECT_LE(open_descriptors(), descriptors_before + 2);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(resident_mib(), resident_before * 1.02 + 8);  // a generation, and the times
#endif
  api().destroy(plugin);
  EXPECT_EQ(mappings_of(directory), 0u);
  fs::remove_all(directory);
}

}  // namespace
}  // namespace barker
