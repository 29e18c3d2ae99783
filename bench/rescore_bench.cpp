// The rescoring call as a host sees it, through the C ABI, on one core unless threads are named.
//
//   Window/W              W ads x 10 selling points, 12 title keywords an ad, fp16 tables
//   Precision/NAME        window 50 in fp32, fp16, bf16, int8, and screened (int8, then fp32)
//   Isa/NAME              window 50 in fp16
//   Rows/V  Candidates/C  History/H   the shape changed in one place
//   Threads/T             window 50 on T threads at once: time of one call
//   Quiet, Swapped        window 50, and the same while another thread swaps the weights each
//                         second; and the first call that each of them answers
//   Canary/NAME           no canary, a canary for half of the users, every query recorded for
//                         comparison
//   Lateness/NAME         50 Chinese ads that the plugin splits itself, with deadlines at all
//                         moments of a query: by how much the calls that missed theirs returned
//                         late; with titles as they are, cut, or with two selling points promoted
//                         in each
//   Control/load          load_weights while another thread asks: open, check, prove, switch
//   Control/rollback      rollback to weights that are still mapped, while another thread asks
//
// Shape: 200,000 keyword rows of 64, user bag 64, query of 6 words, MLP 192 -> 128 -> 64 -> 1,
// 20,000 selling points in all; 64 queries in turn. Counters: p50, p99, p99.9 of the calls in
// microseconds, stages, and the bytes that the calls allocated.
//
//   rescore_bench --write FILE               only writes the weights of Window/50
//   rescore_bench --run FILE ISA QUERIES     only runs so many queries on them: for callgrind

#include <benchmark/benchmark.h>
#include <jemalloc/jemalloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include "bench/quantile.h"
#include "bench/rescore_host.h"
#include "scoring/isa.h"

namespace barker {
namespace {

// Bytes that this thread has allocated. Only jemalloc counts them.
uint64_t allocated_bytes() {
  static thread_local volatile uint64_t* counter = [] {
    uint64_t* found = nullptr;
    size_t size = sizeof found;
    if (mallctl("thread.allocatedp", &found, &size, nullptr, 0) != 0) std::abort();
    return found;
  }();
  return *counter;
}

void check_counter() {
  const uint64_t before = allocated_bytes();
  void* volatile probe = std::malloc(1000);
  std::free(probe);
  if (allocated_bytes() < before + 1000) {
    std::fprintf(stderr, "rescore_bench: the allocation counter does not count\n");
    std::exit(70);
  }
}

class Clock {
 public:
  double microseconds() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void tell_quantiles(benchmark::State& state, std::vector<double>& calls) {
  state.counters["p50_us"] = quantile(calls, 0.5);
  state.counters["p99_us"] = quantile(calls, 0.99);
  state.counters["p99.9_us"] = quantile(calls, 0.999);
}

constexpr size_t kQueries = 64;

void run(benchmark::State& state, const RescoreShape& shape, const std::string& config) {
  const RescoreHost host(weights_of(shape), config);
  std::vector<std::unique_ptr<RescoreQuery>> queries = make_queries(shape, kQueries);
  const Clock first;  // buffers grow and pages of the weights are read during this call
  if (!queries[0]->rescore(host)) return state.SkipWithError("not rescored");
  state.counters["first_us"] = first.microseconds();
  for (auto& query : queries) {
    for (int i = 0; i < 3; ++i) {
      if (!query->rescore(host)) return state.SkipWithError("not rescored");
    }
  }
  std::vector<double> calls;
  calls.reserve(1 << 20);
  double map = 0, score = 0, choose = 0, rewrite = 0;
  uint64_t allocated = 0;
  size_t at = 0;
  for (auto _ : state) {
    RescoreQuery& query = *queries[at++ % kQueries];
    const uint64_t before = allocated_bytes();
    const Clock clock;
    const bool ok = query.rescore(host);
    calls.push_back(clock.microseconds());
    allocated += allocated_bytes() - before;
    if (!ok) return state.SkipWithError("not rescored");
    const barker_response& r = query.response();
    map += static_cast<double>(r.map_ns);
    score += static_cast<double>(r.score_ns);
    choose += static_cast<double>(r.choose_ns);
    rewrite += static_cast<double>(r.rewrite_ns);
  }
  const double n = static_cast<double>(state.iterations());
  tell_quantiles(state, calls);
  state.counters["map_us"] = map / n / 1e3;
  state.counters["score_us"] = score / n / 1e3;
  state.counters["choose_us"] = choose / n / 1e3;
  state.counters["rewrite_us"] = rewrite / n / 1e3;
  state.counters["allocated_bytes"] = static_cast<double>(allocated) / n;
  const barker_stats stats = host.stats();
  state.counters["rescored_share"] =
      static_cast<double>(stats.candidates_rescored) / static_cast<double>(stats.candidates_scored);
  state.counters["screen_violations"] = static_cast<double>(stats.screen_violations);
  state.counters["rss_mib"] = resident_mib();
}

void run_threads(benchmark::State& state, size_t threads) {
  const RescoreHost host(weights_of({}), "");
  std::vector<double> all;
  for (auto _ : state) {
    std::vector<std::vector<double>> calls(threads);
    std::vector<std::thread> running;
    for (size_t t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        auto queries = make_queries({}, kQueries);
        for (auto& query : queries) query->rescore(host);
        for (size_t i = 0; i < 5000; ++i) {
          const Clock clock;
          queries[i % kQueries]->rescore(host);
          calls[t].push_back(clock.microseconds());
        }
      });
    }
    for (std::thread& thread : running) thread.join();
    for (const auto& some : calls) all.insert(all.end(), some.begin(), some.end());
  }
  tell_quantiles(state, all);
}

void run_swapped(benchmark::State& state, bool swap) {
  RescoreShape other;
  other.seed = 2;
  const std::string paths[] = {weights_of({}), weights_of(other)};
  RescoreHost host(paths[0], "");
  auto queries = make_queries({}, kQueries);
  for (auto& query : queries) query->rescore(host);
  std::vector<double> calls, first;  // first: by a generation
  uint64_t generation = queries.back()->response().generation;
  std::atomic<bool> done{false};
  uint64_t swaps = 0;
  for (auto _ : state) {
    done = false;
    std::thread control([&] {
      while (swap && !done) {
        host.load(paths[++swaps % 2]);
        for (int i = 0; i < 100 && !done; ++i) {
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
      }
    });
    const Clock run_time;
    for (size_t i = 0; run_time.microseconds() < 1e7; ++i) {
      const Clock clock;
      if (!queries[i % kQueries]->rescore(host)) state.SkipWithError("not rescored");
      calls.push_back(clock.microseconds());
      const uint64_t by = queries[i % kQueries]->response().generation;
      if (by != generation) first.push_back(calls.back());
      generation = by;
    }
    done = true;
    control.join();
  }
  tell_quantiles(state, calls);
  state.counters["swaps"] = static_cast<double>(swaps);
  if (first.empty()) return;
  state.counters["first_p50_us"] = quantile(first, 0.5);
  state.counters["first_most_us"] = std::ranges::max(first);
}

// What a canary costs the queries, where there is none, where half of the users see it (its weights
// are equal, so that the work is the same), and where every query is recorded for comparison. The
// comparison itself is not timed, because it runs on a thread of its own.
void run_canary(benchmark::State& state, const std::string& config) {
  const RescoreHost host(weights_of({}), config);
  const auto& canary =
      *static_cast<const barker_canary*>(plugin_api().get_extension(BARKER_EXT_CANARY));
  const std::string& path = weights_of({});
  if (!config.empty() &&
      canary.start(host.plugin(), {path.data(), path.size()}, nullptr, nullptr) != BARKER_OK) {
    return state.SkipWithError("no canary");
  }
  auto queries = make_queries({}, kQueries);
  for (auto& query : queries) query->rescore(host);
  std::vector<double> calls;
  size_t at = 0;
  for (auto _ : state) {
    const Clock clock;
    const bool ok = queries[at++ % kQueries]->rescore(host);
    calls.push_back(clock.microseconds());
    state.SetIterationTime(calls.back() / 1e6);
    if (!ok) return state.SkipWithError("not rescored");
    canary.compare(host.plugin(), 32, nullptr, nullptr);
  }
  tell_quantiles(state, calls);
}

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Deadlines spread evenly over the time that a whole query takes. A call that misses its own is
// late by what it does after it.
void run_lateness(benchmark::State& state, const std::string& config, bool promoted) {
  const RescoreShape shape{.chinese = true, .promoted = promoted};
  const RescoreHost host(weights_of(shape), config);
  auto queries = make_queries(shape, kQueries);
  std::vector<double> whole, map, rewrite, late;
  for (int round = 0; round < 3; ++round) {
    for (auto& query : queries) {
      const Clock clock;
      if (!query->rescore(host)) return state.SkipWithError("not rescored");
      if (round == 0) continue;
      whole.push_back(clock.microseconds());
      map.push_back(static_cast<double>(query->response().map_ns) / 1e3);
      rewrite.push_back(static_cast<double>(query->response().rewrite_ns) / 1e3);
    }
  }
  const auto whole_ns = static_cast<uint64_t>(1000 * quantile(whole, 0.5));
  size_t at = 0;
  for (auto _ : state) {
    RescoreQuery& query = *queries[at % kQueries];
    const uint64_t deadline = now_ns() + whole_ns * (at++ % 101) / 100;
    query.set_deadline(deadline);
    if (!query.answer(host)) return state.SkipWithError("refused");
    const uint64_t end = now_ns();
    if (end > deadline) late.push_back(static_cast<double>(end - deadline) / 1e3);
  }
  state.counters["whole_us"] = static_cast<double>(whole_ns) / 1e3;
  state.counters["map_us"] = quantile(map, 0.5);
  state.counters["rewrite_us"] = quantile(rewrite, 0.5);
  state.counters["late_p50_us"] = quantile(late, 0.5);
  state.counters["late_p99_us"] = quantile(late, 0.99);
  state.counters["late_share"] =
      static_cast<double>(late.size()) / static_cast<double>(state.iterations());
}

// Control calls while another thread asks.
void run_control(benchmark::State& state, bool rollback) {
  RescoreShape other;
  other.seed = 2;
  const std::string paths[] = {weights_of({}), weights_of(other)};
  RescoreHost host(paths[0], "");
  host.load(paths[1]);
  std::atomic<bool> done{false};
  std::thread asking([&] {
    auto queries = make_queries({}, kQueries);
    for (size_t i = 0; !done; ++i) queries[i % kQueries]->rescore(host);
  });
  std::vector<double> calls;
  for (auto _ : state) {
    const Clock clock;
    if (rollback) {
      plugin_api().rollback(host.plugin(), nullptr, nullptr);
    } else {
      host.load(paths[calls.size() % 2]);
    }
    calls.push_back(clock.microseconds());
    state.SetIterationTime(calls.back() / 1e6);
  }
  done = true;
  asking.join();
  tell_quantiles(state, calls);
}

void register_all() {
  const auto add = [](const std::string& name, std::function<void(benchmark::State&)> body) {
    return benchmark::RegisterBenchmark(name.c_str(), body);
  };
  const auto shaped = [&](const std::string& name, const RescoreShape& shape,
                          const std::string& config = "") {
    add(name, [=](benchmark::State& s) { run(s, shape, config); })->MinTime(0.3);
  };
  for (const size_t window : {10, 50, 100, 200, 500}) {
    shaped("Window/" + std::to_string(window), {.ads = window});
  }
  shaped("Precision/fp32", {.tables = TableElement::kF32});
  shaped("Precision/fp16", {});
  shaped("Precision/bf16", {.compute = ComputeSpec::kBf16});
  shaped("Precision/int8", {.compute = ComputeSpec::kInt8}, "numbers = \"fast\"");
  shaped("Precision/screened", {.compute = ComputeSpec::kInt8}, "numbers = \"screened\"");
  for (const Isa isa : supported_isas()) {
    const std::string name(isa_name(isa));
    shaped("Isa/" + name, {}, "isa = \"" + name + "\"");
  }
  // What policies cost that experiments choose (plugin/EXPERIMENTS.md).
  for (const auto& [name, config] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Policy/attraction", ""},
           {"Policy/click_rate", "[selling_points]\nchoose_by = 'click_rate'\n"},
           {"Policy/random", "[selling_points]\nchoose_by = 'random'\n"},
           {"Policy/uniform", "[exploration]\nshare = 0.05\n"},
           {"Policy/thompson", "[exploration]\nshare = 0.05\nby = 'thompson'\n"}}) {
    shaped(name, {.click_rates = true}, config);
  }
  for (const uint32_t rows : {10'000u, 100'000u, 1'000'000u, 10'000'000u}) {
    if (rows > 1'000'000 && !std::getenv("BARKER_BENCH_LARGE")) continue;
    RescoreShape shape{.rows = rows};
    shape.selling_points = std::min(shape.selling_points, rows / 2);
    shaped("Rows/" + std::to_string(rows), shape);
  }
  for (const size_t candidates : {1, 5, 20, 100}) {
    shaped("Candidates/" + std::to_string(50 * candidates), {.selling_points_per_ad = candidates});
  }
  for (const size_t history : {0, 10, 100, 200, 1000}) {
    shaped("History/" + std::to_string(history), {.user_keywords = history});
  }
  for (const size_t threads : {1, 2}) {
    add("Threads/" + std::to_string(threads), [=](benchmark::State& s) { run_threads(s, threads); })
        ->Iterations(1)
        ->UseRealTime();
  }
  for (const auto& [name, config] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Canary/none", ""},
           {"Canary/half", "[canary]\nserved = 0.5\n"},
           {"Canary/recorded", "[canary]\ncompared = 1.0\n"}}) {
    add(name, [config = config](benchmark::State& s) { run_canary(s, config); })
        ->UseManualTime()
        ->MinTime(0.3);
  }
  const std::string cut = "[title]\nmax_width = 40\n";
  const std::string promote = "[selling_points]\nduplicates = 'promote'\n";
  for (const auto& [name, config] :
       std::initializer_list<std::pair<const char*, std::string>>{{"Lateness/whole_titles", ""},
                                                                  {"Lateness/cut_titles", cut},
                                                                  {"Lateness/promoted", promote}}) {
    add(name, [config = config, promoted = config == promote](benchmark::State& s) {
      run_lateness(s, config, promoted);
    })->MinTime(0.5);
  }
  for (const bool rollback : {false, true}) {
    add(rollback ? "Control/rollback" : "Control/load", [=](benchmark::State& s) {
      run_control(s, rollback);
    })->UseManualTime();
  }
  for (const bool swap : {false, true}) {
    add(swap ? "Swapped" : "Quiet", [=](benchmark::State& s) { run_swapped(s, swap); })
        ->Iterations(1)
        ->UseRealTime();
  }
}

int run_queries(const std::string& weights, const std::string& isa, size_t count) {
  const RescoreHost host(weights, "isa = \"" + isa + "\"");
  auto queries = make_queries({}, 8);
  for (size_t i = 0; i < count; ++i) {
    if (!queries[i % queries.size()]->rescore(host)) return 70;
  }
  return 0;
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--write") == 0) {
    barker::write_weights({}, argv[2]);
    return 0;
  }
  if (argc == 5 && std::strcmp(argv[1], "--run") == 0) {
    return barker::run_queries(argv[2], argv[3], std::strtoul(argv[4], nullptr, 10));
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  barker::check_counter();
  barker::register_all();
  benchmark::RunSpecifiedBenchmarks();
  barker::remove_weights();
  return 0;
}
