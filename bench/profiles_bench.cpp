// What a search pays for its user: a read of 20 keywords, of one user again and again and of users
// at random among a hundred thousand. The Profile is kept from read to read, as an engine does.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "index/profiles/profile_store.h"
#include "models/base/random.h"

namespace barker {
namespace {

constexpr int kUsers = 100'000, kKeywords = 20;

StoredProfile user(int number) {
  StoredProfile profile;
  profile.user = "user" + std::to_string(number);
  profile.groups = {{"profile", {"gender=f", "age=25-29"}}};
  for (int k = 0; k < kKeywords; ++k) {
    profile.keywords.push_back({"keyword" + std::to_string((number * 7 + k) % 5000), 0});
  }
  return profile;
}

// The stores of this process; the file of LMDB goes with it.
ProfileStore& store(bool is_lmdb) {
  struct Stores {
    const std::string path =
        std::filesystem::temp_directory_path() / ("barker-bench-" + std::to_string(getpid()));
    std::unique_ptr<ProfileStore> memory, lmdb;
    Stores() {
      ProfileStoreOptions options;
      for (const bool lmdb_too : {false, true}) {
        options.store = lmdb_too ? "lmdb:" + path : "memory:";
        Result<std::unique_ptr<ProfileStore>> opened = open_profile_store(options);
        if (!opened.ok()) {
          std::fprintf(stderr, "%s\n", opened.status().message().c_str());
          std::exit(69);
        }
        (lmdb_too ? lmdb : memory) = std::move(*opened);
      }
      std::vector<StoredProfile> users;
      for (int i = 0; i < kUsers; ++i) {
        users.push_back(user(i));
        if (users.size() < 1000) continue;
        if (!memory->import(users).ok() || !lmdb->import(users).ok()) std::exit(69);
        users.clear();
      }
    }
    ~Stores() {
      lmdb.reset();
      std::filesystem::remove(path);
      std::filesystem::remove(path + "-lock");
    }
  };
  static Stores stores;
  return is_lmdb ? *stores.lmdb : *stores.memory;
}

void read_profile(benchmark::State& state, bool is_lmdb, bool is_random) {
  const std::unique_ptr<ProfileReader> reader = store(is_lmdb).reader();
  std::vector<std::string> ids;
  Random random(1, 1);
  for (int i = 0; i < 4096; ++i) {
    ids.push_back("user" + std::to_string(is_random ? random.below(kUsers) : 7));
  }
  const auto deadline = std::chrono::steady_clock::time_point::max();
  Profile profile;
  size_t next = 0;
  for (auto _ : state) {
    if (reader->read(ids[next++ % ids.size()], deadline, profile) != ReadOutcome::kFound) {
      state.SkipWithError("a user is missing");
      break;
    }
    benchmark::DoNotOptimize(profile.keywords.data());
  }
}

BENCHMARK_CAPTURE(read_profile, lmdb / one, true, false)->Name("ReadProfile/lmdb/one");
BENCHMARK_CAPTURE(read_profile, lmdb / random, true, true)->Name("ReadProfile/lmdb/random");
BENCHMARK_CAPTURE(read_profile, memory / one, false, false)->Name("ReadProfile/memory/one");
BENCHMARK_CAPTURE(read_profile, memory / random, false, true)->Name("ReadProfile/memory/random");

}  // namespace
}  // namespace barker

BENCHMARK_MAIN();
