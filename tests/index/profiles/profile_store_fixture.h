// A store of each kind, with a clock that tests set.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "index/profiles/profile_store.h"
#include "tests/index/profiles/redis_server.h"
#include "tests/index/profiles/store_place.h"

namespace barker {

template <typename Place>
class ProfileStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = Place::skip(); !reason.empty()) GTEST_SKIP() << reason;
    place_ = std::make_unique<Place>();
    options_ = place_->options();
    options_.clock = [this] { return now_.load(); };
  }

  std::unique_ptr<ProfileStore> open() { return open_store(options_); }

  std::atomic<int64_t> now_ = kMoment;
  std::unique_ptr<Place> place_;
  ProfileStoreOptions options_;
};

using Places = ::testing::Types<MemoryPlace, LmdbPlace, RedisPlace>;

}  // namespace barker
