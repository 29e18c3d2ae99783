// Weights are swapped all the time, a fifth of the files damaged, while every core asks. Each
// answer is compared, bit for bit, with that of the generation it names.
//
// BARKER_STORM_SECONDS: how long; a few seconds in the test suite.
#include <dlfcn.h>
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

#include "models/fingerprint.h"
#include "models/weight_file.h"
#include "plugin/barker.h"
#include "tests/models/random_model.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const barker_api& api() {
  static const auto* const table = static_cast<const barker_api*>(
      dlsym(dlopen(BARKER_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL), BARKER_ENTRY_SYMBOL));
  return *table;
}

barker_string view(const std::string& s) { return {s.data(), s.size()}; }

barker_plugin* make_plugin() {
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  barker_plugin* plugin = nullptr;
  EXPECT_EQ(api().create(&host, {nullptr, 0}, &plugin, nullptr), BARKER_OK);
  return plugin;
}

// A thread's request and its answer.
class Asker {
 public:
  explicit Asker(unsigned seed) : text_(1 << 14, '\0') {
    std::mt19937 random(seed);
    const auto word = [&] { return "word" + std::to_string(random() % 50); };
    query_ = word() + " " + word();
    for (int i = 0; i < 4; ++i) texts_.push_back(word());
    for (const std::string& text : texts_) user_.push_back(view(text));
    for (int i = 0; i < 30; ++i) points_texts_.push_back(word());
    for (const std::string& text : points_texts_) {
      points_.push_back({sizeof(barker_selling_point), view(text), 0});
    }
    for (int i = 0; i < 10; ++i) titles_.push_back(word() + " " + word() + " " + word());
    for (size_t i = 0; i < titles_.size(); ++i) {
      barker_ad ad{};
      ad.struct_size = sizeof ad;
      ad.id = ad.title = view(titles_[i]);
      ad.first_pass_score = ad.bid = 1;
      ad.selling_points = points_.data() + 3 * i;
      ad.selling_point_count = 3;
      ad.selling_point_stride = sizeof points_[0];
      ads_.push_back(ad);
    }
    results_.resize(ads_.size());
    request_.struct_size = sizeof request_;
    request_.query = view(query_);
    request_.user_keywords = user_.data();
    request_.user_keyword_count = user_.size();
    request_.ads = ads_.data();
    request_.ad_count = ads_.size();
    request_.ad_stride = sizeof(barker_ad);
  }

  bool ask(barker_plugin* plugin) {
    for (barker_result_ad& ad : results_) {
      ad = {};
      ad.struct_size = sizeof ad;
    }
    response_ = {};
    response_.struct_size = sizeof response_;
    response_.ads = results_.data();
    response_.ad_capacity = results_.size();
    response_.ad_stride = sizeof(barker_result_ad);
    response_.text = text_.data();
    response_.text_capacity = text_.size();
    return api().rescore(plugin, &request_, &response_, nullptr) == BARKER_OK &&
           response_.status == BARKER_STATUS_RESCORED;
  }
  uint64_t generation() const { return response_.generation; }
  std::string answer() const {
    return std::string(reinterpret_cast<const char*>(results_.data()),
                       results_.size() * sizeof results_[0]) +
           text_.substr(0, response_.text_size);
  }

 private:
  std::string query_;
  std::vector<std::string> texts_, points_texts_, titles_;
  std::vector<barker_string> user_;
  std::vector<barker_selling_point> points_;
  std::vector<barker_ad> ads_;
  std::vector<barker_result_ad> results_;
  std::string text_;
  barker_request request_{};
  barker_response response_{};
};

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

double p99(std::vector<double>& times) {
  if (times.empty()) return 0;
  const auto at = times.begin() + static_cast<ptrdiff_t>(times.size() * 99 / 100);
  std::nth_element(times.begin(), at, times.end());
  return *at;
}

TEST(Storm, OfSwapsAndDamagedFilesLosesTearsAndSlowsNoQuery) {
  constexpr size_t kModels = 4, kDamaged = 8, kAskers = 16, kTimedQueries = 61;
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
      Asker asker(a);
      ASSERT_TRUE(asker.ask(alone));
      expected[m].push_back(asker.answer());
    }
    api().destroy(alone);
  }
  EXPECT_NE(expected[0], expected[1]);

  barker_plugin* plugin = make_plugin();
  ASSERT_EQ(api().load_weights(plugin, view(whole[0]), nullptr, nullptr), BARKER_OK);
  // Generation g was loaded from whole[model_of[g]]; written before it can serve.
  std::vector<std::atomic<size_t>> model_of(100'000);
  for (auto& model : model_of) model = 0;  // touched before memory is measured
  uint64_t loaded = 1, refused = 0, failed_rollbacks = 0;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> queries{0}, lost{0}, wrong{0};

  const auto ask_until_stop = [&](unsigned first, std::vector<double>& times) {
    std::deque<Asker> askers;  // requests point into themselves: they must not move
    for (unsigned a = 0; a < kAskers; ++a) askers.emplace_back(a);
    for (unsigned i = first; !stop; ++i) {
      Asker& asker = askers[i % kAskers];
      const auto start = Clock::now();
      const bool answered = asker.ask(plugin);
      const std::chrono::duration<double, std::micro> took = Clock::now() - start;
      if (i % kTimedQueries == 0) times.push_back(took.count());  // few: memory is measured, too
      ++queries;
      if (!answered) {
        ++lost;
      } else if (asker.answer() != expected[model_of[asker.generation()]][i % kAskers]) {
        ++wrong;
      }
    }
  };
  const auto run_readers = [&](auto control) {
    const unsigned readers = std::max(2u, std::thread::hardware_concurrency());
    std::vector<std::vector<double>> times(readers);
    std::vector<std::thread> threads;
    stop = false;
    for (unsigned r = 0; r < readers; ++r) {
      threads.emplace_back([&, r] { ask_until_stop(r, times[r]); });
    }
    control();
    stop = true;
    for (std::thread& thread : threads) thread.join();
    std::vector<double> all;
    for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
    return p99(all);
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
      } else if (i % 13 == 12) {
        failed_rollbacks += api().rollback(plugin, nullptr, nullptr) != BARKER_OK;
      } else {
        const size_t model = random() % kModels;
        model_of[loaded + 1] = model;
        uint64_t generation = 0;
        ASSERT_EQ(api().load_weights(plugin, view(whole[model]), &generation, nullptr), BARKER_OK);
        ASSERT_EQ(generation, ++loaded);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  std::printf(
      "%llu queries, %llu swaps, %llu files refused: %llu lost, %llu wrong; p99 %.0f us, "
      "quiet %.0f us; resident %.1f -> %.1f MiB, descriptors %zu -> %zu, mappings %zu\n",
      static_cast<unsigned long long>(queries), static_cast<unsigned long long>(loaded),
      static_cast<unsigned long long>(refused), static_cast<unsigned long long>(lost),
      static_cast<unsigned long long>(wrong), storm, quiet, resident_before, resident_mib(),
      descriptors_before, open_descriptors(), mappings_of(directory));
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(failed_rollbacks, 0u);
  EXPECT_GT(loaded, 20u);
  EXPECT_GT(refused, 5u);
  // The generation that serves and the one before it; all others are gone.
  EXPECT_LE(mappings_of(directory), 2u);
  EXPECT_LE(open_descriptors(), descriptors_before + 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(resident_mib(), resident_before * 1.02 + 8);  // a generation, and the times
#endif
  api().destroy(plugin);
  EXPECT_EQ(mappings_of(directory), 0u);
  fs::remove_all(directory);
}

}  // namespace
}  // namespace barker
