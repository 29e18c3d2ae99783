// A query through the whole engine, on an index, weights and queries that the caller names:
//
//   BARKER_BENCH_INDEX=DIR BARKER_BENCH_WEIGHTS=FILE BARKER_BENCH_QUERIES=FILE engine_bench
//
//   BM_Engine     the time of every stage
//   BM_Numbers    on weights that were frozen to bf16 or int8: every query in float, fast and
//                 screened; counters: time of the rescoring call, answers that differ from float's
//   BM_UserState  on weights with a dot product: every query, with its bar of features, of a user
//                 without and with a state of the user's own; counters: time of the whole search
//
// The first 1,000 queries of the file are asked one after the other on one core. Counters are
// microseconds: median and 99th percentile of each stage, and the plugin's share of the whole at
// the median.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/quantile.h"
#include "index/engine/engine_session.h"
#include "index/engine/state_learner.h"
#include "models/base/lines.h"

namespace {

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

barker::Result<std::unique_ptr<barker::Engine>> open_engine(const std::string& config) {
  barker::EngineOptions options;
  options.index = setting("BARKER_BENCH_INDEX");
  options.watched.weights = setting("BARKER_BENCH_WEIGHTS");
  options.plugin = BARKER_PLUGIN_PATH;
  options.config = config;
  options.user_states = true;  // they cost nothing where a user has none
  return barker::Engine::open(options);
}

std::vector<std::string> read_queries() {
  std::vector<std::string> queries;
  auto reader = barker::LineReader::open(setting("BARKER_BENCH_QUERIES"));
  std::string_view line;
  while (reader.ok() && queries.size() < 1000 && reader->next(line)) queries.emplace_back(line);
  return queries;
}

barker::Profile some_user() {
  barker::Profile user;
  user.keywords = {"waterproof", "free shipping", "cotton", "red", "补水保湿", "moisturizing"};
  return user;
}

// Returns whether two answers show the same ads, in the same order, with the same titles and
// numbers.
bool same(const barker::SearchResult& a, const barker::SearchResult& b) {
  if (a.ads.size() != b.ads.size()) return false;
  for (size_t i = 0; i < a.ads.size(); ++i) {
    const barker::AdShown &x = a.ads[i], &y = b.ads[i];
    if (x.id != y.id || x.title != y.title || x.score != y.score ||
        x.selling_points.size() != y.selling_points.size()) {
      return false;
    }
    for (size_t k = 0; k < x.selling_points.size(); ++k) {
      if (x.selling_points[k].score != y.selling_points[k].score) return false;
    }
  }
  return true;
}

void BM_Numbers(benchmark::State& state) {
  constexpr const char* kNumbers[] = {"exact", "fast", "screened"};
  const std::vector<std::string> queries = read_queries();
  const barker::Profile user = some_user();
  std::unique_ptr<barker::Engine> engines[3];
  std::unique_ptr<barker::EngineSession> sessions[3];
  for (size_t n = 0; n < 3; ++n) {
    auto engine = open_engine(std::string("numbers = \"") + kNumbers[n] + "\"");
    if (!engine.ok()) return state.SkipWithError(engine.status().message().c_str());
    engines[n] = std::move(*engine);
    sessions[n] = std::make_unique<barker::EngineSession>(*engines[n]);
    for (const std::string& query : queries) (void)sessions[n]->search(query, user);
  }
  std::vector<double> times[3];
  double different[3] = {};
  for (auto _ : state) {
    for (const std::string& query : queries) {
      barker::SearchResult exact;
      for (size_t n = 0; n < 3; ++n) {
        auto result = sessions[n]->search(query, user);
        if (!result.ok()) return state.SkipWithError(result.status().message().c_str());
        times[n].push_back(result->times.map + result->times.score + result->times.choose);
        if (n == 0) exact = std::move(*result);
        if (n > 0 && !same(exact, *result)) ++different[n];
      }
    }
  }
  for (size_t n = 0; n < 3; ++n) {
    state.counters[std::string(kNumbers[n]) + "_us"] = barker::quantile(times[n], 0.5);
    if (n > 0) state.counters[std::string(kNumbers[n]) + "_different"] = different[n];
  }
  state.counters["queries"] = static_cast<double>(times[0].size());
}

void BM_UserState(benchmark::State& state) {
  const auto engine = open_engine("");
  if (!engine.ok()) return state.SkipWithError(engine.status().message().c_str());
  const std::vector<std::string> queries = read_queries();
  barker::Profile users[2] = {some_user(), some_user()};  // without a state, and with one
  const auto page = std::make_shared<const barker::ShownPage>(
      barker::ShownPage{queries.empty() ? "" : queries[0], some_user(), {"waterproof", "cotton"}});
  if (!barker::StateLearner(**engine).learn({page, 0}, users[1].learned)) {
    return state.SkipWithError("BARKER_BENCH_WEIGHTS: the model has no users' states");
  }
  barker::EngineSession session(**engine);
  std::vector<double> times[2];
  size_t turn = 0;
  for (auto _ : state) {
    for (const std::string& query : queries) {
      // The search that comes second finds warm caches, so that they take turns in that.
      ++turn;
      for (const size_t with : {turn % 2, 1 - turn % 2}) {
        const auto start = std::chrono::steady_clock::now();
        const auto result = session.search(query, users[with], {.bar = {.count = 8}});
        if (!result.ok()) return state.SkipWithError(result.status().message().c_str());
        const std::chrono::duration<double, std::micro> took =
            std::chrono::steady_clock::now() - start;
        times[with].push_back(took.count());
      }
    }
  }
  state.counters["without_us"] = barker::quantile(times[0], 0.5);
  state.counters["with_us"] = barker::quantile(times[1], 0.5);
  state.counters["ratio"] = barker::quantile(times[1], 0.5) / barker::quantile(times[0], 0.5);
}

void BM_Engine(benchmark::State& state) {
  const auto engine = open_engine("");
  if (!engine.ok()) return state.SkipWithError(engine.status().message().c_str());
  barker::EngineSession session(**engine);
  const std::vector<std::string> queries = read_queries();
  if (queries.empty()) return state.SkipWithError("BARKER_BENCH_QUERIES: no queries to be read");
  const barker::Profile user = some_user();

  struct Stage {
    const char* name;
    double barker::StageTimes::*field;
    std::vector<double> times;
  };
  Stage stages[] = {{"analyse", &barker::StageTimes::analyse, {}},
                    {"first_pass", &barker::StageTimes::first_pass, {}},
                    {"fetch", &barker::StageTimes::fetch, {}},
                    {"rescore", &barker::StageTimes::rescore, {}},
                    {"rewrite", &barker::StageTimes::rewrite, {}}};
  std::vector<double> share;
  size_t next = 0;
  for (const std::string& query : queries) benchmark::DoNotOptimize(session.search(query, user));
  for (auto _ : state) {
    const auto result = session.search(queries[next++ % queries.size()], user);
    if (!result.ok()) return state.SkipWithError(result.status().message().c_str());
    const barker::StageTimes& t = result->times;
    for (Stage& stage : stages) stage.times.push_back(t.*stage.field);
    share.push_back(t.rescore / (t.analyse + t.first_pass + t.fetch + t.rescore));
  }
  for (const Stage& stage : stages) {
    state.counters[std::string(stage.name) + "_p50"] = barker::quantile(stage.times, 0.5);
    state.counters[std::string(stage.name) + "_p99"] = barker::quantile(stage.times, 0.99);
  }
  state.counters["plugin_share"] = barker::quantile(share, 0.5);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (setting("BARKER_BENCH_INDEX").empty() || setting("BARKER_BENCH_QUERIES").empty()) {
    std::puts(
        "engine_bench: not run; set BARKER_BENCH_INDEX, BARKER_BENCH_WEIGHTS, "
        "BARKER_BENCH_QUERIES");
    return 0;
  }
  benchmark::RegisterBenchmark("BM_Engine", BM_Engine)->Iterations(5000);
  benchmark::RegisterBenchmark("BM_Numbers", BM_Numbers)->Iterations(3);
  benchmark::RegisterBenchmark("BM_UserState", BM_UserState)->Iterations(5);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
