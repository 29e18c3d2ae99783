// What it saves that only the first ads of a page are shown and that its ads are registered,
// through the C ABI on one core. Two ways to ask take turns, so that what slows the machine slows
// both.
//
//   Shown/fp16, Shown/int8   window 50 of a registered catalogue, shown 10, beside window 50 of
//                            whole ads, all shown, in the same numbers
//   Shown/fp16_registered    the same beside window 50 of the registered catalogue, all shown
//   Shown/screened_int8      screened beside int8, both of such a catalogue with 10 shown
//   Shown/screened_fp32      screened beside fp32, in the same way
//
// Counters: p50 of both ways in microseconds, the median of the ratios of the turns, and for how
// many of the 64 queries the answers differ in anything among the 10 ads that both ways show; where
// both take the same numbers, such a difference is an error. Shape: that of rescore_bench.
#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "bench/quantile.h"
#include "bench/rescore_host.h"

namespace barker {
namespace {

constexpr size_t kQueries = 64, kWindow = 50, kShown = 10;

// One way to ask, with a host and queries of its own. Where `shown` is above 0, the ads are those
// of a registered catalogue.
struct Way {
  Way(const RescoreShape& shape, const std::string& toml, uint64_t shown)
      : config(toml), host(weights_of(shape), toml), queries(make_queries(shape, kQueries)) {
    if (shown == 0) return;
    register_ads(host, queries);
    for (auto& query : queries) query->set_shown(shown);
  }
  // Microseconds; negative where it was not rescored.
  double ask(size_t query) const {
    const auto begin = std::chrono::steady_clock::now();
    const bool ok = queries[query]->rescore(host);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    return ok ? took.count() : -1;
  }

  const std::string config;
  const RescoreHost host;
  std::vector<std::unique_ptr<RescoreQuery>> queries;
};

// Asks in both ways in turn. The way that asks second finds caches that the first one filled, so
// that they take turns in that, too.
void run_pair(benchmark::State& state, const Way& base, const Way& other) {
  std::vector<double> times[2], ratios;
  uint64_t differ = 0;
  for (size_t query = 0; query < kQueries; ++query) {
    if (base.ask(query) < 0 || other.ask(query) < 0) return state.SkipWithError("not rescored");
    differ += !are_equal(base.queries[query]->response(), other.queries[query]->response(), kShown);
  }
  if (differ > 0 && base.config == other.config) return state.SkipWithError("answers differ");
  size_t at = 0;
  for (auto _ : state) {
    const size_t query = at % kQueries;
    double us[2];
    for (const bool second : {false, true}) {
      const bool is_other = second != (at / kQueries % 2 == 1);
      us[is_other] = (is_other ? other : base).ask(query);
    }
    ++at;
    if (us[0] < 0 || us[1] < 0) return state.SkipWithError("not rescored");
    for (const int way : {0, 1}) times[way].push_back(us[way]);
    ratios.push_back(us[1] / us[0]);
  }
  state.counters["base_p50_us"] = quantile(times[0], 0.5);
  state.counters["p50_us"] = quantile(times[1], 0.5);
  state.counters["ratio"] = quantile(ratios, 0.5);
  state.counters["differ"] = static_cast<double>(differ);
}

void register_all() {
  const RescoreShape fp16, int8{.compute = ComputeSpec::kInt8};
  const std::string fast = "numbers = \"fast\"", screened = "numbers = \"screened\"",
                    exact = "numbers = \"exact\"";
  const auto add = [](const std::string& name, std::function<void(benchmark::State&)> body) {
    benchmark::RegisterBenchmark(("Shown/" + name).c_str(), body)->MinTime(0.3);
  };
  add("fp16", [=](auto& s) { run_pair(s, {fp16, "", 0}, {fp16, "", kShown}); });
  add("fp16_registered", [=](auto& s) { run_pair(s, {fp16, "", kWindow}, {fp16, "", kShown}); });
  add("int8", [=](auto& s) { run_pair(s, {int8, fast, 0}, {int8, fast, kShown}); });
  add("screened_int8", [=](auto& s) {
    run_pair(s, {int8, fast, kShown}, {int8, screened, kShown});
  });
  add("screened_fp32", [=](auto& s) {
    run_pair(s, {int8, exact, kShown}, {int8, screened, kShown});
  });
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  barker::register_all();
  benchmark::RunSpecifiedBenchmarks();
  barker::remove_weights();
  return 0;
}
