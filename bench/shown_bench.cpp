// What it saves that only the first ads of a page are shown and that its ads are registered,
// through the C ABI on one core. Two ways to ask take turns of 64 queries each, so that what slows
// the machine slows both, and so that each finds caches that its own calls have left. (Query by
// query, the two would share the caches, which a host that asks in one way does not.)
//
//   Shown/fp16, Shown/int8   window 50 of a registered catalogue, shown 10, beside window 50 of
//                            whole ads, all shown, in the same numbers
//   Shown/fp16_registered    the same beside window 50 of the registered catalogue, all shown
//   Shown/screened_int8      screened beside int8, both of such a catalogue with 10 shown
//   Shown/screened_fp32      screened beside fp32, in the same way
//   Shown/screened_fp32_all  the same, all 50 shown
//   Shown/fp16_cached, Shown/int8_cached   each call asked four times, the last one counted, beside
//                            one that is asked once: what waiting for memory takes
//
// With --before LIBRARY, which comes before all other arguments and names a libbarker.so of another
// build, besides:
//
//   Before/fp16, Before/int8            as Shown/, beside window 50 of whole ads in that build
//   Before/fp16_shown, .../int8_shown   beside the same call in that build
//
// Counters: p50 of both ways in microseconds, the median of the queries' ratios, and for how
// many of the 64 queries the answers differ in anything among the 10 ads that both ways show; where
// both take the same numbers in the same build, such a difference is an error. Shape: that of
// rescore_bench.
#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/quantile.h"
#include "bench/rescore_host.h"

namespace barker {
namespace {

constexpr size_t kQueries = 64, kWindow = 50, kShown = 10;

// One way to ask, with a host and queries of its own. Where `shown` is above 0, the ads are those
// of a registered catalogue.
struct Way {
  Way(const RescoreShape& shape, const std::string& toml, uint64_t shown,
      const barker_api& api = plugin_api(), int times = 1)
      : calls(times),
        config(toml),
        host(weights_of(shape), toml, api),
        queries(make_queries(shape, kQueries, api)) {
    if (shown == 0) return;
    register_ads(host, queries);
    for (auto& query : queries) query->set_shown(shown);
  }
  // Microseconds of the last of its calls; negative where it was not rescored.
  double ask(size_t query) const {
    for (int call = 1; call < calls; ++call) queries[query]->rescore(host);
    const auto begin = std::chrono::steady_clock::now();
    const bool ok = queries[query]->rescore(host);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    return ok ? took.count() : -1;
  }

  const int calls;
  const std::string config;
  const RescoreHost host;
  std::vector<std::unique_ptr<RescoreQuery>> queries;
};

// Asks in both ways in turn; which of them asks first alternates.
void run_pair(benchmark::State& state, const Way& base, const Way& other) {
  std::vector<double> times[2], ratios;
  uint64_t differ = 0;
  for (size_t query = 0; query < kQueries; ++query) {
    if (base.ask(query) < 0 || other.ask(query) < 0) return state.SkipWithError("not rescored");
    differ += !are_equal(base.queries[query]->response(), other.queries[query]->response(), kShown);
  }
  const bool are_alike = base.config == other.config && &base.host.api() == &other.host.api();
  if (differ > 0 && are_alike) return state.SkipWithError("answers differ");
  bool is_other_first = false;
  for (auto _ : state) {
    double us[2][kQueries];
    for (const bool is_other : {is_other_first, !is_other_first}) {
      const Way& way = is_other ? other : base;
      for (size_t query = 0; query < kQueries; ++query) us[is_other][query] = way.ask(query);
    }
    is_other_first = !is_other_first;
    for (size_t query = 0; query < kQueries; ++query) {
      if (us[0][query] < 0 || us[1][query] < 0) return state.SkipWithError("not rescored");
      ratios.push_back(us[1][query] / us[0][query]);
    }
    for (const int way : {0, 1}) times[way].insert(times[way].end(), us[way], us[way] + kQueries);
  }
  state.counters["base_p50_us"] = quantile(times[0], 0.5);
  state.counters["p50_us"] = quantile(times[1], 0.5);
  state.counters["ratio"] = quantile(ratios, 0.5);
  state.counters["differ"] = static_cast<double>(differ);
}

void register_all(const std::string& before) {
  const RescoreShape fp16, int8{.compute = ComputeSpec::kInt8};
  const std::string fast = "numbers = \"fast\"", screened = "numbers = \"screened\"",
                    exact = "numbers = \"exact\"";
  const auto add = [](const std::string& name, std::function<void(benchmark::State&)> body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->MinTime(0.3);
  };
  add("Shown/fp16", [=](auto& s) { run_pair(s, {fp16, "", 0}, {fp16, "", kShown}); });
  add("Shown/fp16_registered", [=](auto& s) {
    run_pair(s, {fp16, "", kWindow}, {fp16, "", kShown});
  });
  add("Shown/int8", [=](auto& s) { run_pair(s, {int8, fast, 0}, {int8, fast, kShown}); });
  add("Shown/screened_int8", [=](auto& s) {
    run_pair(s, {int8, fast, kShown}, {int8, screened, kShown});
  });
  add("Shown/screened_fp32", [=](auto& s) {
    run_pair(s, {int8, exact, kShown}, {int8, screened, kShown});
  });
  add("Shown/screened_fp32_all", [=](auto& s) {
    run_pair(s, {int8, exact, kWindow}, {int8, screened, kWindow});
  });
  constexpr int kUntilCached = 4;
  add("Shown/fp16_cached", [=](auto& s) {
    run_pair(s, {fp16, "", kShown}, {fp16, "", kShown, plugin_api(), kUntilCached});
  });
  add("Shown/int8_cached", [=](auto& s) {
    run_pair(s, {int8, fast, kShown}, {int8, fast, kShown, plugin_api(), kUntilCached});
  });
  if (before.empty()) return;
  const barker_api* const api = &plugin_api(before);
  add("Before/fp16", [=](auto& s) { run_pair(s, {fp16, "", 0, *api}, {fp16, "", kShown}); });
  add("Before/int8", [=](auto& s) { run_pair(s, {int8, fast, 0, *api}, {int8, fast, kShown}); });
  if (!api->get_extension(BARKER_EXT_CATALOGUE)) return;
  add("Before/fp16_shown", [=](auto& s) {
    run_pair(s, {fp16, "", kShown, *api}, {fp16, "", kShown});
  });
  add("Before/int8_shown", [=](auto& s) {
    run_pair(s, {int8, fast, kShown, *api}, {int8, fast, kShown});
  });
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::string before;
  if (argc >= 3 && std::string_view(argv[1]) == "--before") {
    before = argv[2];
    argv[2] = argv[0];
    argc -= 2;
    argv += 2;
  }
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  barker::register_all(before);
  benchmark::RunSpecifiedBenchmarks();
  barker::remove_weights();
  return 0;
}
