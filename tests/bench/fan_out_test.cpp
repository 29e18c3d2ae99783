// The simulation of queues against what queueing theory knows exactly (Kleinrock, Queueing Systems
// I, 1975). Numbers are drawn from a seed, so that a test that passes passes always.
#include "bench/fan_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace barker {
namespace {

constexpr double kMean = 1000;  // microseconds

FanOut one_core(ServiceTime::Kind kind, double load) {
  FanOut options;
  options.service = {kind, kMean};
  options.searches_per_second = load * 1e6 / kMean;
  options.searches = 300'000;
  return options;
}

// So few searches that none waits.
FanOut idle(size_t shards, size_t replicas = 1) {
  FanOut options = one_core(ServiceTime::Kind::kExponential, 1e-6);
  options.shards = shards;
  options.replicas = replicas;
  options.searches = 20'000;
  return options;
}

Tail simulated(const FanOut& options) {
  const Result<Tail> tail = simulate_fan_out(options);
  EXPECT_TRUE(tail.ok()) << tail.status().message();
  return tail.ok() ? *tail : Tail{};
}

TEST(FanOut, WaitsOfExponentialWorkAreThoseOfMM1) {
  for (const double load : {.3, .5, .7}) {  // W = load / (1 - load)
    const double expected = kMean * load / (1 - load);
    EXPECT_NEAR(simulated(one_core(ServiceTime::Kind::kExponential, load)).wait_us, expected,
                .04 * expected)
        << load;
  }
}

TEST(FanOut, WaitsOfConstantWorkAreThoseOfMD1) {
  for (const double load : {.3, .5, .7}) {  // half of those of M/M/1
    const double expected = kMean * load / (1 - load) / 2;
    EXPECT_NEAR(simulated(one_core(ServiceTime::Kind::kConstant, load)).wait_us, expected,
                .04 * expected)
        << load;
  }
}

TEST(FanOut, WaitsOfLognormalWorkAreThoseOfPollaczekAndKhinchin) {
  FanOut options = one_core(ServiceTime::Kind::kLognormal, .5);
  options.service = ServiceTime::measured(253, 1014);
  options.searches_per_second = .5 * 1e6 / options.service.mean_us;
  // W = load / (1 - load) * mean * (1 + C^2) / 2, where C^2 + 1 = exp(spread^2) for a lognormal
  // time.
  const double expected =
      options.service.mean_us * std::exp(options.service.spread * options.service.spread) / 2;
  EXPECT_NEAR(simulated(options).wait_us, expected, .04 * expected);
}

TEST(FanOut, TwoCoresWithOneQueueWaitAsErlangSays) {
  FanOut options = one_core(ServiceTime::Kind::kExponential, .7);
  options.cores = 2;
  options.searches_per_second *= 2;
  const double expected = kMean * .49 / (1 - .49);  // M/M/2: load^2 / (1 - load^2)
  EXPECT_NEAR(simulated(options).wait_us, expected, .04 * expected);
}

TEST(FanOut, TheSlowestOfIdleShardsIsTheLargestOfAsManyExponentialTimes) {
  for (const size_t shards : {1u, 10u, 100u}) {
    double harmonic = 0;  // the mean of the largest of N is H_N = 1 + 1/2 + ... + 1/N
    for (size_t i = 1; i <= shards; ++i) harmonic += 1 / static_cast<double>(i);
    const Tail tail = simulated(idle(shards));
    EXPECT_NEAR(tail.mean_us, kMean * harmonic, .02 * kMean * harmonic) << shards;
    for (const auto& [share, quantile] : {std::pair(.5, tail.p50_us), {.99, tail.p99_us}}) {
      // P(largest <= t) = (1 - exp(-t))^N
      const double expected =
          -kMean * std::log(1 - std::pow(share, 1 / static_cast<double>(shards)));
      EXPECT_NEAR(quantile, expected, .03 * expected) << shards << " " << share;
    }
    EXPECT_EQ(tail.wait_us, 0);
    EXPECT_EQ(tail.copies, 1);
  }
}

TEST(FanOut, AHedgedTimeIsTheLeastOfTwoFromTheHedgeOn) {
  for (const double after : {100., 1000., 2000.}) {
    FanOut options = idle(1, 2);
    options.hedge_after_us = after;
    const double late = std::exp(-after / kMean);  // share of requests that are hedged
    const Tail tail = simulated(options);
    const double expected = kMean * (1 - late + late / 2);
    EXPECT_NEAR(tail.mean_us, expected, .03 * expected) << after;
    EXPECT_NEAR(tail.copies, 1 + late, .01) << after;
    // P(T > t) = late * exp(-2 (t - after)) beyond the hedge.
    const double p99 = after + kMean * std::log(late / .01) / 2;
    EXPECT_NEAR(tail.p99_us, p99, .03 * p99) << after;
  }
}

TEST(FanOut, WorkThatIsTheSameEverywhereGrowsWithNeitherShardsNorShrinksWithHedges) {
  FanOut options = idle(50, 2);
  options.same_work = true;
  options.hedge_after_us = kMean;
  const Tail tail = simulated(options);
  EXPECT_NEAR(tail.mean_us, kMean, .02 * kMean);
  EXPECT_NEAR(tail.p99_us, kMean * std::log(100), .04 * kMean * std::log(100));
  EXPECT_NEAR(tail.copies, 1 + std::exp(-1), .01);
}

TEST(FanOut, HedgingShortensATailOfPausesAndNotOneOfConstantWork) {
  FanOut options = one_core(ServiceTime::Kind::kConstant, .3);
  options.shards = 20;
  options.replicas = 2;
  options.searches = 20'000;
  options.service.pause_share = .01;
  options.service.pause_us = 20 * kMean;
  const double without = simulated(options).p99_us;
  options.hedge_after_us = 3 * kMean;
  EXPECT_LT(simulated(options).p99_us, .7 * without);
  FanOut steady = idle(5, 2);
  steady.service.kind = ServiceTime::Kind::kConstant;
  steady.hedge_after_us = 2 * kMean;
  EXPECT_NEAR(simulated(steady).p999_us, kMean, 1e-3);
  EXPECT_EQ(simulated(steady).copies, 1);
}

TEST(FanOut, AMeasuredTimeHasTheMedianAndTheTailThatWereMeasured) {
  FanOut options = idle(1);
  options.service = ServiceTime::measured(253, 1014);
  const Tail tail = simulated(options);
  EXPECT_NEAR(tail.p50_us, 253, 5);
  EXPECT_NEAR(tail.p99_us, 1014, 40);
  EXPECT_NEAR(tail.mean_us, options.service.mean_us, 5);
}

TEST(FanOut, EqualSeedsGiveEqualNumbersAndOthersOthers) {
  FanOut options = one_core(ServiceTime::Kind::kExponential, .5);
  options.shards = 3;
  options.searches = 2000;
  const Tail first = simulated(options);
  EXPECT_EQ(simulated(options).mean_us, first.mean_us);
  EXPECT_EQ(simulated(options).p999_us, first.p999_us);
  options.seed = 2;
  EXPECT_NE(simulated(options).mean_us, first.mean_us);
}

TEST(FanOut, ALoadOfOneOrAnOptionOutOfRangeIsRefused) {
  FanOut busy = one_core(ServiceTime::Kind::kConstant, 1);
  EXPECT_THAT(simulate_fan_out(busy).status().message(), testing::HasSubstr("the load is 1.0"));
  FanOut none = idle(0);
  EXPECT_THAT(simulate_fan_out(none).status().message(), testing::HasSubstr("at least 1"));
  FanOut few = idle(1);
  few.searches = 9;
  EXPECT_THAT(simulate_fan_out(few).status().message(), testing::HasSubstr("searches"));
  FanOut unknown = idle(1);
  unknown.hedge_after_us = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(simulate_fan_out(unknown).ok());
}

}  // namespace
}  // namespace barker
