// Memory that runs out and system calls that fail, at any place, while a plugin loads and answers.
//
// This program replaces operator new and aligned_alloc, so that the n-th allocation of a thread can
// fail; the plugin, which brings no allocator, gets them as well. What ICU takes from malloc is left alone: ICU 72 does
// not survive that itself. Sanitizers bring their own allocators: there only system calls fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <new>
#include <string_view>
#include <vector>

#include "models/text/fingerprint.h"
#include "tests/models/base/system_calls.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define BARKER_FAILING_NEW 1
#endif

namespace {

constexpr int kNever = std::numeric_limits<int>::max();
thread_local int allocations_left = kNever;
thread_local bool fails_for_good = false, has_failed = false;
thread_local uint64_t allocated_bytes = 0;  // since the thread began

#ifdef BARKER_FAILING_NEW
bool must_fail() {
  if (allocations_left == kNever) return false;
  if (allocations_left > 0 && --allocations_left > 0) return false;
  if (has_failed && !fails_for_good) return false;
  has_failed = true;
  return true;
}
#endif

}  // namespace

#ifdef BARKER_FAILING_NEW
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // it sees through only one of a pair
#endif
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  allocated_bytes += size;
  return must_fail() ? nullptr : std::malloc(size ? size : 1);
}
void* operator new(size_t size) {
  if (void* data = operator new(size, std::nothrow)) return data;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t alignment) {
  const auto step = static_cast<size_t>(alignment);
  if (void* data = aligned_alloc(step, (size + step - 1) / step * step)) return data;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, const std::nothrow_t& none) noexcept {
  return operator new(size, none);
}
extern "C" void* aligned_alloc(size_t alignment, size_t size) noexcept {
  allocated_bytes += size;
  void* data = nullptr;
  return must_fail() || posix_memalign(&data, alignment, size) != 0 ? nullptr : data;
}
void operator delete(void* data) noexcept { std::free(data); }
void operator delete(void* data, size_t) noexcept { std::free(data); }
void operator delete(void* data, std::align_val_t) noexcept { std::free(data); }
void operator delete(void* data, size_t, std::align_val_t) noexcept { std::free(data); }
void operator delete[](void* data) noexcept { std::free(data); }
void operator delete[](void* data, size_t) noexcept { std::free(data); }
#endif

// With `fake_clock`, every look at the clock takes a nanosecond.
namespace {
thread_local bool fake_clock = false;
thread_local uint64_t looks = 0;
}  // namespace

#ifdef BARKER_FAILING_NEW
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  if (!fake_clock) return static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  *now = {0, static_cast<long>(++looks)};
  return 0;
}
#endif

namespace barker {
namespace {

namespace fs = std::filesystem;

// Runs `body` with its n-th allocation, and with `for_good` all later ones, failing. False: it made
// fewer.
template <typename Body>
bool with_failing_allocation(int n, bool for_good, Body body) {
  allocations_left = n;
  fails_for_good = for_good;
  has_failed = false;
  body();
  allocations_left = kNever;
  return has_failed;
}

class Faults : public testing::Test {
 protected:
  Faults() {
    fs::create_directories(directory_);
    for (uint64_t seed = 0; seed < 2; ++seed) {
      files_[seed] = directory_ + "/" + std::to_string(seed) + ".barker";
      EXPECT_TRUE(write_weight_file(random_model(seed + 1), files_[seed]).ok());
    }
    for (barker_ad& ad : asker_.ads) ad.title = view(chinese_);
    asker_.ads[0].title = view(plain_);
    // More keywords than there is room for before the first query.
    for (int i = 0; i < 300; ++i) long_ += "word" + std::to_string(i % 50) + " ";
    asker_.ads[1].title = view(long_);
  }
  ~Faults() override { fs::remove_all(directory_); }

  barker_plugin* make() const {
    barker_plugin* plugin = make_plugin(config_);
    EXPECT_EQ(api().load_weights(plugin, view(files_[0]), nullptr, nullptr), BARKER_OK);
    return plugin;
  }
  std::string answer_of(size_t file) {
    barker_plugin* plugin = make_plugin(config_);
    EXPECT_EQ(api().load_weights(plugin, view(files_[file]), nullptr, nullptr), BARKER_OK);
    EXPECT_TRUE(asker_.ask(plugin));
    api().destroy(plugin);
    return asker_.answer();
  }

  const std::string directory_ = temporary_path("faults");
  const std::string config_ = "[title]\nmax_width = 30\n[selling_points]\nduplicates = 'promote'\n";
  const std::string chinese_ =
      "word1 补水保湿面膜 <b> 👩‍🚀 补水保湿面膜 补水保湿面膜";
  const std::string plain_ = "word2 word3 word4";
  std::string long_;
  std::string files_[2];
  Asker asker_{1, "somebody"};
};

#ifdef BARKER_FAILING_NEW
#define NEEDS_FAILING_NEW
#else
#define NEEDS_FAILING_NEW GTEST_SKIP() << "the sanitizer brings its own allocator"
#endif

TEST_F(Faults, OfOneAllocationCostAQueryItsRescoringAtMost) {
  NEEDS_FAILING_NEW;
  const std::string expected = answer_of(0);
  int bypassed = 0, n = 1;
  for (bool failed = true; failed; ++n) {
    barker_plugin* plugin = make();
    int32_t code = -1;
    failed = with_failing_allocation(n, false, [&] { code = asker_.call(plugin); });
    ASSERT_EQ(code, BARKER_OK) << n;
    if (asker_.response.status == BARKER_STATUS_BYPASSED) {
      ++bypassed;
      EXPECT_EQ(asker_.response.reason, BARKER_REASON_INTERNAL) << n;
      EXPECT_EQ(asker_.title(0), plain_) << n;
      for (size_t i = 0; i < asker_.results.size(); ++i) EXPECT_EQ(asker_.results[i].ad, i) << n;
    } else {
      EXPECT_EQ(asker_.answer(), expected) << n;
    }
    EXPECT_TRUE(asker_.ask(plugin)) << n;  // the next one is as if nothing had been
    EXPECT_EQ(asker_.answer(), expected) << n;
    api().destroy(plugin);
  }
  std::printf("%d places, %d queries bypassed\n", n - 2, bypassed);
  EXPECT_GT(bypassed, 20);
}

TEST_F(Faults, OfAllAllocationsNeverCrashAQuery) {
  NEEDS_FAILING_NEW;
  const std::string expected = answer_of(0);
  int refused = 0, n = 1;
  for (bool failed = true; failed; ++n) {
    barker_plugin* plugin = make();
    int32_t code = -1;
    failed = with_failing_allocation(n, true, [&] { code = asker_.call(plugin); });
    EXPECT_TRUE(code == BARKER_OK || code == BARKER_E_INTERNAL) << n << ": " << code;
    refused += code != BARKER_OK;
    EXPECT_TRUE(asker_.ask(plugin)) << n;
    EXPECT_EQ(asker_.answer(), expected) << n;
    api().destroy(plugin);
  }
  std::printf("%d places, %d queries refused\n", n - 2, refused);
}

TEST_F(Faults, OfAllocationsNeverCrashAnExplanation) {
  NEEDS_FAILING_NEW;
  const auto& explain =
      *static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  for (const bool for_good : {false, true}) {
    barker_plugin* plugin = make();
    EXPECT_TRUE(asker_.ask(plugin));  // takes the scratch memory that every query needs
    barker_string whole{};
    ASSERT_EQ(explain.explain(plugin, &asker_.request, &whole, nullptr), BARKER_OK);
    int n = 1, without = 0;
    for (bool failed = true; failed; ++n) {
      barker_string json{};
      int32_t code = -1;
      failed = with_failing_allocation(
          n, for_good, [&] { code = explain.explain(plugin, &asker_.request, &json, nullptr); });
      if (code == BARKER_OK) {
        EXPECT_EQ(std::string_view(json.data, json.size), std::string_view(whole.data, whole.size))
            << n;
      } else {
        EXPECT_EQ(code, BARKER_E_INTERNAL) << n;
        ++without;
      }
      explain.release(json);
    }
    std::printf("%d places, %d calls without an explanation\n", n - 2, without);
    EXPECT_GT(without, 20);
    explain.release(whole);
    api().destroy(plugin);
  }
}

// What a plugin serves, and with which weights.
struct State {
  uint64_t serving, canary;
  int32_t status;
  std::string answer;
  bool operator==(const State&) const = default;
};

class ControlFaults : public Faults {
 protected:
  struct Deed {
    const char* name;
    std::function<int32_t(barker_plugin*)> run;
  };
  // Each from the same beginning: the second weights serve, the first are kept, and there is a
  // canary.
  std::vector<Deed> deeds() const {
    const auto load_rules = [this](barker_plugin* plugin, const std::string& toml) {
      return rules_.load_rules(plugin, view(toml), nullptr);
    };
    const auto load = api().load_weights;
    return {
        {"load", [=, this](auto* p) { return load(p, view(files_[0]), nullptr, nullptr); }},
        {"canary", [this](auto* p) { return canary_.start(p, view(files_[1]), nullptr, nullptr); }},
        {"promote", [this](auto* p) { return canary_.promote(p, nullptr, nullptr); }},
        {"stop", [this](auto* p) { return canary_.stop(p, nullptr); }},
        {"shares", [this](auto* p) { return canary_.set_shares(p, 0, 0, nullptr); }},
        {"rollback", [](auto* p) { return api().rollback(p, nullptr, nullptr); }},
        {"claims", [=, this](auto* p) { return load_rules(p, claims_); }},
        {"off", [=, this](auto* p) { return load_rules(p, off_); }}};
  }
  barker_plugin* begin() const {
    barker_plugin* plugin = make_plugin(config_ + "[canary]\nserved = 1\n");
    for (const std::string& file : files_) {
      EXPECT_EQ(api().load_weights(plugin, view(file), nullptr, nullptr), BARKER_OK);
    }
    EXPECT_EQ(canary_.start(plugin, view(files_[0]), nullptr, nullptr), BARKER_OK);
    return plugin;
  }
  State state_of(barker_plugin* plugin) {
    barker_generation_stats stats[2] = {};
    for (int32_t role : {BARKER_ROLE_SERVING, BARKER_ROLE_CANARY}) {
      stats[role].struct_size = sizeof stats[role];
      EXPECT_EQ(canary_.read_generation(plugin, role, &stats[role]), BARKER_OK);
    }
    EXPECT_EQ(asker_.call(plugin), BARKER_OK);
    return {stats[0].generation, stats[1].generation, asker_.response.status, asker_.answer()};
  }
  // What serves after a rollback: whether the way back was kept.
  State back_of(barker_plugin* plugin) {
    EXPECT_EQ(api().rollback(plugin, nullptr, nullptr), BARKER_OK);
    return state_of(plugin);
  }

  const std::string claims_ = "[[forbid]]\npattern = 'word'\n", off_ = "off = true";
  const barker_canary& canary_ =
      *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  const barker_rules& rules_ =
      *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
};

TEST_F(ControlFaults, OfAnAllocationLeaveWhatWasBeforeOrWhatWasAskedFor) {
  NEEDS_FAILING_NEW;
  for (const Deed& deed : deeds()) {
    barker_plugin* whole = begin();
    const State before = state_of(whole);
    ASSERT_EQ(deed.run(whole), BARKER_OK) << deed.name;
    const State after = state_of(whole), back = back_of(whole);
    api().destroy(whole);
    int n = 1, refused = 0;
    for (bool failed = true; failed; ++n) {
      barker_plugin* plugin = begin();
      int32_t code = -1;
      failed = with_failing_allocation(n, false, [&] { code = deed.run(plugin); });
      EXPECT_EQ(state_of(plugin), code == BARKER_OK ? after : before) << deed.name << n;
      if (code != BARKER_OK) {
        ++refused;
        EXPECT_EQ(deed.run(plugin), BARKER_OK) << deed.name << n;
        EXPECT_EQ(state_of(plugin), after) << deed.name << n;
      }
      EXPECT_EQ(back_of(plugin), back) << deed.name << n;
      api().destroy(plugin);
    }
    std::printf("%s: %d places, %d refused\n", deed.name, n - 2, refused);
    EXPECT_GE(refused, 1) << deed.name;
  }
}

// Deadlines, at every look at the clock: past one, the query ends within a block of work, and what
// it gives is either first-pass order and titles or right as far as it got.
TEST_F(Faults, OfTimeEndAQueryWithinABlockOfWork) {
  NEEDS_FAILING_NEW;
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
    fake_clock = true;
    looks = 0;
    const int32_t code = asker.call(plugin);
    fake_clock = false;
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
    EXPECT_LE(looks, deadline + 6) << deadline;
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
  asker.request.deadline_ns = ~uint64_t{0};
  fake_clock = true;
  looks = 0;
  const bool answered = asker.ask(plugin);
  fake_clock = false;
  EXPECT_TRUE(answered);
  return looks;
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

// A check takes the copy of the file, and beside it nothing that grows with the file.
// BARKER_LARGE_FILE_ROWS: how many rows of 64 floats; four million make a gigabyte.
TEST_F(Faults, OfMemoryComeOnlyFromTheCopyOfAFile) {
  NEEDS_FAILING_NEW;
  constexpr rlim_t kRoom = 8 << 20;  // bytes of private memory beyond process and copy
  const char* given = std::getenv("BARKER_LARGE_FILE_ROWS");
  const auto rows = static_cast<uint32_t>(given ? std::atoi(given) : 200'000);
  const std::string file = directory_ + "/large.barker";
  ASSERT_TRUE(write_weight_file(random_model(5, {.keywords = rows, .dim = 64}), file).ok());
  const auto size = fs::file_size(file);
  ASSERT_GT(size, 4 * kRoom);
  const auto& verify = *static_cast<const barker_verify*>(api().get_extension(BARKER_EXT_VERIFY));
  const pid_t child = fork();
  if (child == 0) {
    std::ifstream statm("/proc/self/statm");
    rlim_t pages[6] = {};
    for (rlim_t& number : pages) statm >> number;
    const rlim_t limit = pages[5] * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + size + kRoom;
    const rlimit data = {limit, limit};
    if (setrlimit(RLIMIT_DATA, &data) != 0) _exit(3);
    char error[BARKER_ERROR_SIZE] = "";
    const int32_t code = verify.verify(view(file), {nullptr, 0}, nullptr, nullptr, error);
    if (code != BARKER_OK) std::fprintf(stderr, "%s\n", error);
    _exit(code == BARKER_OK ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << size << " bytes";
  std::printf("%ju bytes verified within %ju bytes of memory beside the copy\n",
              static_cast<uintmax_t>(size), static_cast<uintmax_t>(kRoom));
}

// A thread's first query allocates its scratch memory: as much as the query needs, however many
// keywords the model knows.
TEST_F(Faults, OfMemoryDoNotComeFromTheKeywordsOfAModel) {
  NEEDS_FAILING_NEW;
  const auto bytes_of_first_query = [&](uint32_t keywords) {
    const std::string file = directory_ + "/keywords.barker";
    EXPECT_TRUE(write_weight_file(random_model(5, {.keywords = keywords, .dim = 8}), file).ok());
    barker_plugin* plugin = make_plugin(config_);
    EXPECT_EQ(api().load_weights(plugin, view(file), nullptr, nullptr), BARKER_OK);
    const uint64_t before = allocated_bytes;
    EXPECT_TRUE(asker_.ask(plugin));
    const uint64_t bytes = allocated_bytes - before;
    api().destroy(plugin);
    return bytes;
  };
  bytes_of_first_query(1000);  // what a thread keeps for all plugins is there from here on
  const uint64_t few = bytes_of_first_query(1000), many = bytes_of_first_query(300'000);
  std::printf("%ju bytes with 1,000 keywords, %ju with 300,000\n", static_cast<uintmax_t>(few),
              static_cast<uintmax_t>(many));
  EXPECT_GT(few, 1000u);
  EXPECT_LE(many, few + few / 20);
}

TEST_F(Faults, OfSystemCallsWhileWeightsAreSwappedLeaveTheOldOrTheNewOnes) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer maps memory of its own, and ends the process where that fails";
#endif
  const std::string before = answer_of(0), after = answer_of(1);
  for (const char* memory : {"mapped", "copied"}) {
    int n = 1, refused = 0;
    for (bool happened = true; happened; ++n) {
      barker_plugin* plugin = make_plugin("memory = '" + std::string(memory) + "'\n" + config_);
      ASSERT_EQ(api().load_weights(plugin, view(files_[0]), nullptr, nullptr), BARKER_OK);
      ASSERT_TRUE(asker_.ask(plugin));
      const int error = n % 3 == 0 ? ENOMEM : n % 3 == 1 ? EIO : EMFILE;
      const Traced traced = run_traced(
          [&] {
            const int32_t code = api().load_weights(plugin, view(files_[1]), nullptr, nullptr);
            if (!asker_.ask(plugin)) return 2;
            if (asker_.answer() != (code == BARKER_OK ? after : before)) return 3;
            return code == BARKER_OK ? 0 : 1;
          },
          {Fault::Kind::kError, n, error});
      if (!traced.possible) GTEST_SKIP() << "this machine lets nobody trace";
      happened = traced.happened;
      EXPECT_FALSE(traced.killed) << memory << " " << n << ": signal " << traced.signal
                                  << " after call " << traced.number;
      EXPECT_LE(traced.code, 1) << memory << n << " call " << traced.number;
      refused += traced.code == 1;
      api().destroy(plugin);
    }
    std::printf("%s: %d system calls, %d of them refused the load\n", memory, n - 2, refused);
    EXPECT_GE(refused, 3) << memory;
  }
}

}  // namespace
}  // namespace barker
