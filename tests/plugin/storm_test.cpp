// Weights are swapped all the time, a fifth of the files damaged, canaries come and go, rules
// change, while every core asks. Each answer is compared, bit for bit, with that of the generation
// it names, under one or the other rules.
//
// BARKER_STORM_SECONDS: how long; a few seconds in the test suite (`./dev storm` runs it longer).
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "models/weights/weight_file.h"
#include "plugin/counters.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kRules[] = {"", "[[forbid]]\npattern = '[0-4]$'\n"};
constexpr size_t kModels = 4, kDamaged = 8, kAskers = 16, kMostLoads = 1 << 20;

// What the process holds, of the system and of the weights in a directory. A weight file that is in
// use stays open, so that its descriptor tells of it.
struct Footprint {
  double resident_mib = 0, weights_mib = 0;
  size_t weights = 0, descriptors = 0;
};

Footprint footprint(const std::string& directory) {
  constexpr double kMib = 1 << 20;
  Footprint now;
  double total = 0;
  std::ifstream("/proc/self/statm") >> total >> now.resident_mib;
  now.resident_mib *= static_cast<double>(sysconf(_SC_PAGESIZE)) / kMib;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    ++now.descriptors;
    std::error_code closed;  // the iterator's own descriptor may be gone
    const std::string file = fs::read_symlink(entry.path(), closed);
    if (!file.starts_with(directory)) continue;
    ++now.weights;
    now.weights_mib += static_cast<double>(fs::file_size(file)) / kMib;
  }
  return now;
}

void print(const char* when, const Footprint& f) {
  std::printf("%s: resident %.1f MiB, weights %.1f MiB in %zu, descriptors %zu\n", when,
              f.resident_mib, f.weights_mib, f.weights, f.descriptors);
}

class Storm : public testing::Test {
 protected:
  Storm() {
    fs::create_directories(directory_);
    for (size_t m = 0; m < kModels; ++m) {
      whole_.push_back(directory_ + "/whole" + std::to_string(m));
      const auto model = random_model(100 + m, {.keywords = 10'000, .dim = 32});
      EXPECT_TRUE(write_weight_file(model, whole_.back()).ok());
    }
    for (size_t d = 0; d < kDamaged; ++d) damage(whole_[d % kModels], d);
    for (const std::string& file : whole_) {
      for (size_t r = 0; r < 2; ++r) expected_[r].push_back(answers_of(file, kRules[r]));
    }
    EXPECT_NE(expected_[0][0], expected_[0][1]);
    EXPECT_NE(expected_[0][0], expected_[1][0]);
    for (auto& model : model_of_) model = 0;  // touched before memory is measured
  }
  ~Storm() override { fs::remove_all(directory_); }

  // Cut short or overwritten, each in another place.
  void damage(const std::string& file, size_t number) {
    damaged_.push_back(directory_ + "/damaged" + std::to_string(number));
    fs::copy_file(file, damaged_.back());
    const auto size = fs::file_size(file);
    if (number % 2 == 0) return fs::resize_file(damaged_.back(), random_() % size);
    std::fstream bytes(damaged_.back(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(random_() % size));
    bytes.put('\xA5').put('\x5A').put('\xA5');
  }

  static std::string user(unsigned asker) { return "user" + std::to_string(asker); }

  // What weights answer to each asker when nothing else goes on.
  std::vector<std::string> answers_of(const std::string& file, const std::string& rules) const {
    barker_plugin* alone = make_plugin();
    EXPECT_EQ(rules_.load_rules(alone, view(rules), nullptr), BARKER_OK);
    EXPECT_EQ(api().load_weights(alone, view(file), nullptr, nullptr), BARKER_OK);
    std::vector<std::string> answers;
    for (unsigned a = 0; a < kAskers; ++a) {
      Asker asker(a, user(a));
      EXPECT_TRUE(asker.ask(alone));
      answers.push_back(asker.answer());
    }
    api().destroy(alone);
    return answers;
  }

  // Asks on every core while `control` runs. Returns the 99th percentile in microseconds.
  template <typename Control>
  double ask_while(Control control) {
    LatencyHistogram times;
    std::vector<std::thread> threads;
    stop_ = false;
    const unsigned readers = std::max(2u, std::thread::hardware_concurrency());
    for (unsigned r = 0; r < readers; ++r) {
      threads.emplace_back([&, r] { ask_until_stop(r, times); });
    }
    control();
    stop_ = true;
    for (std::thread& thread : threads) thread.join();
    return static_cast<double>(times.quantile(0.99)) / 1e3;
  }

  void ask_until_stop(unsigned first, LatencyHistogram& times) {
    std::deque<Asker> askers;  // requests point into themselves: they must not move
    for (unsigned a = 0; a < kAskers; ++a) askers.emplace_back(a, user(a));
    for (unsigned i = first; !stop_; ++i) {
      Asker& asker = askers[i % kAskers];
      const auto start = Clock::now();
      const bool answered = asker.ask(plugin_);
      const std::chrono::nanoseconds took = Clock::now() - start;
      times.add(static_cast<uint64_t>(took.count()));
      ++queries_;
      by_canaries_ += asker.response.generation == canary_generation_;
      const size_t model = model_of_[asker.response.generation];
      lost_ += !answered;
      wrong_ += answered && std::ranges::none_of(expected_, [&](const auto& expected) {
                  return expected[model][i % kAskers] == asker.answer();
                });
    }
  }

  // One control call: a load, in one of five of a damaged file, a canary's start, promotion or
  // stop, a rollback, or other rules.
  void change(unsigned number) {
    if (number % 5 == 4) {
      const std::string& file = damaged_[random_() % kDamaged];
      EXPECT_NE(api().load_weights(plugin_, view(file), nullptr, nullptr), BARKER_OK);
      ++refused_;
    } else if (number % 17 == 5) {
      canary_generation_ = load([this](auto... arguments) { return canary_.start(arguments...); });
    } else if (number % 17 == 11) {
      (void)canary_.stop(plugin_, nullptr);  // there may be none
    } else if (number % 34 == 8) {
      (void)canary_.promote(plugin_, nullptr, nullptr);
    } else if (number % 11 == 3) {
      const std::string rules = kRules[random_() % 2];
      EXPECT_EQ(rules_.load_rules(plugin_, view(rules), nullptr), BARKER_OK);
    } else if (number % 13 == 12) {
      EXPECT_EQ(api().rollback(plugin_, nullptr, nullptr), BARKER_OK);
    } else {
      load(api().load_weights);
    }
  }

  // Any whole weights, by a control function of the ABI. Returns their generation.
  template <typename Loading>
  uint64_t load(Loading loading) {
    const size_t model = random_() % kModels;
    model_of_[loaded_ + 1] = model;  // before it can serve
    uint64_t generation = 0;
    EXPECT_EQ(loading(plugin_, view(whole_[model]), &generation, nullptr), BARKER_OK);
    EXPECT_EQ(generation, ++loaded_);
    return generation;
  }

  const std::string directory_ = temporary_path("storm");
  std::mt19937 random_{1};
  std::vector<std::string> whole_, damaged_;
  std::vector<std::vector<std::string>> expected_[2];  // [rules][model][asker]
  barker_plugin* plugin_ = nullptr;
  const barker_canary& canary_ =
      *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  const barker_rules& rules_ =
      *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  std::vector<std::atomic<size_t>> model_of_ =
      std::vector<std::atomic<size_t>>(kMostLoads);  // generation -> model
  uint64_t loaded_ = 0, refused_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> queries_{0}, by_canaries_{0}, lost_{0}, wrong_{0}, canary_generation_{0};
};

TEST_F(Storm, OfSwapsAndDamagedFilesLosesAndTearsNoQueryAndLeavesNothingBehind) {
  const char* given = std::getenv("BARKER_STORM_SECONDS");
  const auto duration = std::chrono::duration<double>(given ? std::atof(given) : 3);
  plugin_ = make_plugin("[canary]\nserved = 0.3\ncompared = 0.01\n");
  load(api().load_weights);
  const auto quiet_time = std::min(duration / 3, std::chrono::duration<double>(20));
  const double quiet = ask_while([&] { std::this_thread::sleep_for(quiet_time); });
  // For so long, and so many changes at least: a sanitizer on a busy machine is slow.
  const auto change_for = [&](std::chrono::duration<double> time, unsigned at_least) {
    const auto end = Clock::now() + time;
    for (unsigned i = 0; (i < at_least || Clock::now() < end) && loaded_ + 1 < kMostLoads; ++i) {
      change(i);
      canary_.compare(plugin_, 2, nullptr, nullptr);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    (void)canary_.stop(plugin_, nullptr);
  };
  // Memory is measured between two storms: what the first one needed, such as the workspaces of
  // canaries, is no leak.
  ask_while([&] { change_for(quiet_time, 1); });
  const Footprint before = footprint(directory_);
  print("before", before);
  const double storm = ask_while([&] { change_for(duration, 60); });
  const Footprint after = footprint(directory_);
  print("after", after);
  std::printf("%" PRIu64 " queries, %" PRIu64 " of them by canaries; %" PRIu64 " loads, %" PRIu64
              " more refused: %" PRIu64 " lost, %" PRIu64 " wrong; p99 %.0f us, quiet %.0f us\n",
              queries_.load(), by_canaries_.load(), loaded_, refused_, lost_.load(), wrong_.load(),
              storm, quiet);
  EXPECT_EQ(lost_, 0u);
  EXPECT_EQ(wrong_, 0u);
  EXPECT_GT(by_canaries_, 0u);
  EXPECT_GT(loaded_, 20u);
  EXPECT_GT(refused_, 5u);
  // What serves and what a rollback would bring back; all others are gone.
  EXPECT_LE(after.weights, 2u);
  EXPECT_LE(after.descriptors, before.descriptors + 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const double generation = after.weights_mib / static_cast<double>(after.weights);
  EXPECT_LE(after.resident_mib, before.resident_mib * 1.02 + generation);
#endif
  api().destroy(plugin_);
  EXPECT_EQ(footprint(directory_).weights, 0u);
}

}  // namespace
}  // namespace barker
