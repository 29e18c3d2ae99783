#include "models/base/cores.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <thread>

namespace barker {
namespace {

TEST(Cores, AreThoseOfTheAffinityOfTheThreadThatAsks) {
  size_t before = 0, pinned = 0;
  std::thread([&before, &pinned] {
    before = usable_cores();
    cpu_set_t all, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core) {
      if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    pinned = usable_cores();
  }).join();
  EXPECT_GE(before, 1u);
  EXPECT_LE(before, std::max(1u, std::thread::hardware_concurrency()));
  EXPECT_EQ(pinned, 1u);
}

TEST(Cores, OfAQuotaAreRoundedUp) {
  EXPECT_EQ(cores_of_quota("200000 100000"), 2u);
  EXPECT_EQ(cores_of_quota("200001 100000"), 3u);
  EXPECT_EQ(cores_of_quota("150000 100000"), 2u);
  EXPECT_EQ(cores_of_quota("5000 100000"), 1u);
  EXPECT_EQ(cores_of_quota("100000 50000"), 2u);
}

TEST(Cores, OfNoQuotaAreNotLimited) {
  for (const char* text : {"max 100000", "", "max", "100000", "100000 ", "100000 0", "-1 100000",
                           "100000,100000", "99999999999999999999 100000"}) {
    EXPECT_FALSE(cores_of_quota(text)) << text;
  }
}

}  // namespace
}  // namespace barker
