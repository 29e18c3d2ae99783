// The guard itself: it reads what benchmarks write, tells kept bounds from broken ones, and notices
// a kernel that has become slow.
#include "bench/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "scoring/isa.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

BenchResults results_of(const std::string& json) {
  const std::string path = temporary_path("results.json");
  std::ofstream(path) << json;
  BenchResults results;
  const Status s = results.add(path);
  EXPECT_TRUE(s.ok()) << s.message();
  std::filesystem::remove(path);
  return results;
}

constexpr const char* kRuns = R"({"benchmarks": [
  {"name": "Dense/avx2/min_time:0.100", "run_type": "iteration", "real_time": 300, "gflops": 60},
  {"name": "Dense/avx2/min_time:0.100", "run_type": "iteration", "real_time": 200, "gflops": 90},
  {"name": "Dense/avx2/min_time:0.100_cv", "run_type": "aggregate", "real_time": NaN},
  {"name": "Peak/fp32/avx2", "run_type": "iteration", "real_time": 9, "gflops": 100}]})";

TEST(BenchResults, KeepsTheBestRunAndIgnoresAggregates) {
  const BenchResults results = results_of(kRuns);
  EXPECT_EQ(*results.get("Dense/avx2", "time_ns"), 200);
  EXPECT_EQ(*results.get("Dense/avx2", "gflops"), 90);
  EXPECT_EQ(results.names().size(), 2u);
  EXPECT_THAT(results.get("Dense/avx2", "rows").status().message(), HasSubstr("\"rows\""));
  EXPECT_THAT(results.get("Sparse", "time_ns").status().message(), HasSubstr("Sparse"));
}

TEST(BenchResults, RefusesFilesThatHoldNoResults) {
  BenchResults results;
  EXPECT_EQ(results.add("/nowhere.json").code(), Code::kNotFound);
  const std::string path = temporary_path("broken.json");
  std::ofstream(path) << "{";
  EXPECT_THAT(results.add(path).message(), HasSubstr(path));
  std::filesystem::remove(path);
}

std::vector<Finding> check(const std::string& bounds) {
  const auto read = read_bounds(bounds);
  EXPECT_TRUE(read.ok()) << read.status().message();
  return check_bounds(*read, results_of(kRuns), "avx2");
}

TEST(Guard, TellsKeptBoundsFromBrokenOnes) {
  const std::string ratio =
      "[[bound]]\nwhat = \"share\"\nvalue = \"Dense/{isa} gflops\"\nover = \"Peak/fp32/{isa} "
      "gflops\"\n";
  EXPECT_TRUE(all_kept(check(ratio + "at_least = 0.9")));
  EXPECT_FALSE(all_kept(check(ratio + "at_least = 0.91")));
  EXPECT_FALSE(all_kept(check(ratio + "at_most = 0.8")));
  EXPECT_THAT(to_table(check(ratio + "at_most = 0.8")), HasSubstr("BREACH  share"));
}

TEST(Guard, CountsABoundWithoutAValueAsBroken) {
  EXPECT_FALSE(all_kept(check("[[bound]]\nwhat = \"x\"\nvalue = \"Gone time_ns\"\nat_most = 1e9")));
  EXPECT_FALSE(all_kept(check("[[bound]]\nwhat = \"x\"\nvalue = \"time_ns\"\nat_most = 1e9")));
  // With no bound left to check, the guard must not pass.
  EXPECT_FALSE(all_kept(
      check("[[bound]]\nwhat = \"x\"\nvalue = \"Gone time_ns\"\nat_most = 1\nisa = \"avx512\"")));
}

TEST(Guard, CountsABoundOnlyWhereItsConditionHolds) {
  const auto bound = [](const char* limit, const char* condition) {
    return std::string("[[bound]]\nwhat = \"x\"\nvalue = \"Dense/avx2 gflops\"\n") + limit +
           "\nwhen = {value = \"Dense/avx2 gflops\", over = \"Peak/fp32/avx2 gflops\", " +
           condition + "}\n";
  };
  const std::string broken = bound("at_least = 91", "at_least = 0.9"),
                    elsewhere = bound("at_least = 91", "at_most = 0.8"),
                    kept = bound("at_least = 90", "at_least = 0.9");
  EXPECT_FALSE(all_kept(check(broken + kept)));
  EXPECT_EQ(check(broken + kept).size(), 2u);
  EXPECT_TRUE(all_kept(check(elsewhere + kept)));
  EXPECT_EQ(check(elsewhere + kept).size(), 1u);
  // A condition that was not measured must not make a bound go away.
  EXPECT_FALSE(
      all_kept(check("[[bound]]\nwhat = \"x\"\nvalue = \"Dense/avx2 gflops\"\nat_least = 1\n"
                     "when = {value = \"Gone gflops\", at_least = 1}")));
  EXPECT_THAT(read_bounds(bound("at_least = 1", "at_lest = 1")).status().message(),
              HasSubstr("line 1: when: no such key: at_lest"));
  EXPECT_THAT(read_bounds("[[bound]]\nwhat = \"x\"\nvalue = \"y z\"\nat_most = 1\nwhen = 3")
                  .status()
                  .message(),
              HasSubstr("when: expected a table"));
}

TEST(Guard, RefusesBoundsWithoutALimit) {
  EXPECT_FALSE(read_bounds("").ok());
  EXPECT_THAT(read_bounds("[[bound]]\nwhat = \"x\"\nvalue = \"y z\"").status().message(),
              HasSubstr("line 1"));
  EXPECT_THAT(read_bounds("[[bound]]\nwhat = \"x\"\nvalue = \"y z\"\nat_most = 1\nat_mots = 2")
                  .status()
                  .message(),
              HasSubstr("at_mots"));
}

TEST(Guard, ReadsTheCommittedBounds) {
  std::ifstream in(BARKER_SOURCE_DIR "/bench/guard.toml");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto bounds = read_bounds(text);
  ASSERT_TRUE(bounds.ok()) << bounds.status().message();
  EXPECT_GT(bounds->size(), 8u);
}

// Runs the real benchmark with kernels that do everything four times. The bound lies at half of
// what the kernels reach and at twice what the slowed ones reach, so that other work on the machine
// does not decide.
TEST(Guard, NoticesAKernelThatWasSlowedOnPurpose) {
  const Isa best = supported_isas().back();
  if (best == Isa::kBaseline) GTEST_SKIP() << "no peak is measured on this machine";
  const std::string isa(isa_name(best));
  const auto share_at_peak = [&](const char* environment) {
    const std::string out = temporary_path("slow.json");
    const std::string command =
        std::string(environment) +
        " BARKER_BENCH_ROWS=20000 " KERNEL_BENCH
        " --benchmark_repetitions=5 --benchmark_filter='^(Peak/fp32|Dense)/" +
        isa + "/' --benchmark_out=" + out + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    BenchResults results;
    EXPECT_TRUE(results.add(out).ok());
    std::filesystem::remove(out);
    return check_bounds(*read_bounds("[[bound]]\nwhat = \"dense\"\nvalue = \"Dense/{isa} gflops\"\n"
                                     "over = \"Peak/fp32/{isa} gflops\"\nat_least = 0.45"),
                        results, isa);
  };
  EXPECT_TRUE(all_kept(share_at_peak("")));
  const std::vector<Finding> slowed = share_at_peak("BARKER_BENCH_SLOW=1");
  EXPECT_FALSE(all_kept(slowed)) << to_table(slowed);
}

}  // namespace
}  // namespace barker
