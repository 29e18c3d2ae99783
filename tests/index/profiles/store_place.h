// Where the stores of a test lie: each kind has a place of its own, so that one suite runs on all.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "index/profiles/profile_store.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

// A moment that a test's clock can begin with.
inline constexpr int64_t kMoment = 1'790'000'000;

inline std::chrono::steady_clock::time_point in_a_minute() {
  return std::chrono::steady_clock::now() + std::chrono::minutes(1);
}

// Opens a store, or fails the test with the reason.
inline std::unique_ptr<ProfileStore> open_store(const ProfileStoreOptions& options) {
  Result<std::unique_ptr<ProfileStore>> store = open_profile_store(options);
  EXPECT_TRUE(store.ok()) << store.status().message();
  return store.ok() ? std::move(*store) : nullptr;
}

inline Profile read_user(ProfileStore& store, std::string_view user) {
  Profile profile;
  store.reader()->read(user, in_a_minute(), profile);
  return profile;
}

// Reads until the outcome is the one that is waited for; false after half a minute.
inline bool comes_to(ProfileReader& reader, const std::string& user, ReadOutcome outcome) {
  Profile profile;
  for (int i = 0; i < 30'000; ++i) {
    if (reader.read(user, in_a_minute(), profile) == outcome) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

inline StoredProfile stored(ProfileStore& store, std::string_view user) {
  const Result<std::optional<StoredProfile>> found = store.find(user);
  EXPECT_TRUE(found.ok()) << found.status().message();
  return found.ok() ? found->value_or(StoredProfile{}) : StoredProfile{};
}

inline std::vector<std::string> texts_of(const std::vector<TimedText>& history) {
  std::vector<std::string> texts;
  for (const TimedText& text : history) texts.push_back(text.text);
  return texts;
}

// Each place makes the options of an empty store, and keeps it from call to call.
struct MemoryPlace {
  static std::string skip() { return ""; }
  ProfileStoreOptions options() const {
    ProfileStoreOptions options;
    options.store = "memory:";
    return options;
  }
};

struct LmdbPlace {
  static std::string skip() { return ""; }
  const std::string path = temporary_path("users.mdb");
  ProfileStoreOptions options() const {
    ProfileStoreOptions options;
    options.store = "lmdb:" + path;
    return options;
  }
};

}  // namespace barker
