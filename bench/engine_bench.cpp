// A query through the whole engine, on an index, weights and a file of queries of yours:
//
//   BARKER_BENCH_INDEX=DIR BARKER_BENCH_WEIGHTS=FILE BARKER_BENCH_QUERIES=FILE engine_bench
//
// One core, one query after the other, the first 1,000 of the file in turn. Counters are
// microseconds: median and 99th percentile of each stage, and the plugin's share of the whole at
// the median.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "index/engine.h"
#include "models/lines.h"

namespace {

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0
                        : values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void BM_Engine(benchmark::State& state) {
  barker::EngineOptions options;
  options.index = setting("BARKER_BENCH_INDEX");
  options.weights = setting("BARKER_BENCH_WEIGHTS");
  options.plugin = BARKER_PLUGIN_PATH;
  const auto engine = barker::Engine::open(options);
  if (!engine.ok()) return state.SkipWithError(engine.status().message().c_str());
  auto reader = barker::LineReader::open(setting("BARKER_BENCH_QUERIES"));
  if (!reader.ok()) return state.SkipWithError(reader.status().message().c_str());
  std::vector<std::string> queries;
  std::string_view line;
  while (queries.size() < 1000 && reader->next(line)) queries.emplace_back(line);
  barker::Profile user;
  user.keywords = {"waterproof", "free shipping", "cotton", "red", "补水保湿", "moisturizing"};

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
  for (const std::string& query : queries) benchmark::DoNotOptimize((*engine)->search(query, user));
  for (auto _ : state) {
    const auto result = (*engine)->search(queries[next++ % queries.size()], user);
    if (!result.ok()) return state.SkipWithError(result.status().message().c_str());
    const barker::StageTimes& t = result->times;
    for (Stage& stage : stages) stage.times.push_back(t.*stage.field);
    share.push_back(t.rescore / (t.analyse + t.first_pass + t.fetch + t.rescore));
  }
  for (const Stage& stage : stages) {
    state.counters[std::string(stage.name) + "_p50"] = quantile(stage.times, 0.5);
    state.counters[std::string(stage.name) + "_p99"] = quantile(stage.times, 0.99);
  }
  state.counters["plugin_share"] = quantile(share, 0.5);
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
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
