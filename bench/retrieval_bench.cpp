// The first pass beside an OR over all texts (or_index.h), on catalogues of the marketplace
// generator:
//
//   FirstPass/KIND/ADS   the auction: FirstPass::analyse() and find() for a page of 50
//   Or/KIND/ADS          the OR of the same words, of the same page
//
// KIND: "demo" (30 bid terms and their selling points) or "rich" (nearly as many terms as ads).
// ADS: 10^4 and 10^5; with BARKER_BENCH_ADS=1000000 also that number. Counters are microseconds a
// query: median and 99th percentile; of FirstPass also the share of pages that bid matches fill, MB
// of the bid book and index, and seconds and MB of building.
//
//   retrieval_bench --write DIR ADS      only writes a demo index
//   retrieval_bench --run DIR QUERIES    only runs so many first passes on it: for callgrind

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/or_index.h"
#include "bench/quantile.h"
#include "index/engine/first_pass.h"
#include "index/retrieval/index_writer.h"
#include "models/base/lines.h"
#include "models/simulate/marketplace.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr size_t kPage = 50;

double microseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double megabytes(const fs::path& path) {
  uint64_t bytes = 0;
  if (fs::is_regular_file(path)) return static_cast<double>(fs::file_size(path)) / 1e6;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return static_cast<double>(bytes) / 1e6;
}

void must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "retrieval_bench: %s\n", status.message().c_str());
  std::exit(1);
}

// A catalogue of the generator, with both indexes.
class Shop {
 public:
  Shop(const std::string& kind, uint32_t ads, const fs::path& directory) : directory_(directory) {
    MarketplaceOptions options;
    options.ads = ads;
    options.users = 5;
    options.searches = 1;
    options.is_rich = kind == "rich";
    must(write_marketplace(options, directory_));
    BadLines bad;
    Result<Catalogue> catalogue = read_catalogue(directory_ / "catalogue.jsonl", bad);
    must(catalogue.ok() ? Status() : catalogue.status());
    const Clock::time_point begin = Clock::now();
    must(write_index(catalogue->ads, directory_ / "index"));
    build_seconds_ = microseconds_since(begin) / 1e6;
    const Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create({"en"});
    fs::create_directories(directory_ / "or");
    OrIndex::write(catalogue->ads, *analyzer, directory_ / "or");
    or_index = std::make_unique<OrIndex>(directory_ / "or");
    EngineOptions engine_options;
    engine_options.index = directory_ / "index";
    engine_options.plugin = BARKER_PLUGIN_PATH;
    Result<std::unique_ptr<Engine>> opened = Engine::open(engine_options);
    must(opened.ok() ? Status() : opened.status());
    engine = std::move(*opened);
    auto reader = LineReader::open(directory_ / "queries.txt");
    std::string_view line;
    while (reader.ok() && reader->next(line)) queries.emplace_back(line);
  }
  ~Shop() { fs::remove_all(directory_); }
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  double build_seconds() const { return build_seconds_; }
  double index_megabytes() const {
    return megabytes(directory_ / "index/bids") + megabytes(directory_ / "index/bids.book");
  }

  std::unique_ptr<OrIndex> or_index;
  std::unique_ptr<Engine> engine;
  std::vector<std::string> queries;

 private:
  fs::path directory_;
  double build_seconds_ = 0;
};

// One shop stands at a time, because a million ads take a gigabyte.
Shop& shop(const std::string& kind, uint32_t ads) {
  static std::map<std::pair<std::string, uint32_t>, std::unique_ptr<Shop>> shops;
  std::unique_ptr<Shop>& found = shops[{kind, ads}];
  if (!found) {
    shops.clear();
    const fs::path directory =
        fs::temp_directory_path() / ("retrieval_bench." + std::to_string(getpid()));
    auto made = std::make_unique<Shop>(kind, ads, directory);
    return *(shops[{kind, ads}] = std::move(made));
  }
  return *found;
}

// Asks all queries in turn and reports their times. The first round warms up.
template <class Ask>
void ask_in_turn(benchmark::State& state, const std::vector<std::string>& queries, const Ask& ask) {
  std::vector<double> times;
  for (const std::string& query : queries) ask(query);
  size_t next = 0;
  for (auto _ : state) {
    const Clock::time_point begin = Clock::now();
    ask(queries[next++ % queries.size()]);
    times.push_back(microseconds_since(begin));
  }
  state.counters["p50_us"] = quantile(times, .5);
  state.counters["p99_us"] = quantile(times, .99);
}

void first_pass(benchmark::State& state, const std::string& kind, uint32_t ads) {
  Shop& of = shop(kind, ads);
  FirstPass pass(of.engine->parts());
  size_t asked = 0, filled = 0;
  ask_in_turn(state, of.queries, [&](const std::string& query) {
    pass.analyse(query);
    must(pass.find(kPage));
    ++asked;
    filled += pass.record().bid_matches == kPage;
  });
  state.counters["filled"] = static_cast<double>(filled) / static_cast<double>(asked);
  state.counters["index_MB"] = of.index_megabytes();
  state.counters["build_s"] = of.build_seconds();
}

void or_search(benchmark::State& state, const std::string& kind, uint32_t ads) {
  Shop& of = shop(kind, ads);
  const Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create({"en"});
  ask_in_turn(state, of.queries, [&](const std::string& query) {
    benchmark::DoNotOptimize(of.or_index->search(analyzer->words(query).front(), kPage));
  });
}

int write_only(const std::string& directory, uint32_t ads) {
  MarketplaceOptions options;
  options.ads = ads;
  options.users = 5;
  options.searches = 1;
  must(write_marketplace(options, directory));
  BadLines bad;
  Result<Catalogue> catalogue = read_catalogue(directory + "/catalogue.jsonl", bad);
  must(catalogue.ok() ? Status() : catalogue.status());
  must(write_index(catalogue->ads, directory + "/index"));
  return 0;
}

int run_only(const std::string& directory, size_t queries) {
  EngineOptions options;
  options.index = directory + "/index";
  options.plugin = BARKER_PLUGIN_PATH;
  const Result<std::unique_ptr<Engine>> engine = Engine::open(options);
  must(engine.ok() ? Status() : engine.status());
  FirstPass pass((*engine)->parts());
  for (size_t i = 0; i < queries; ++i) {
    pass.analyse(i % 2 ? "trail running shoes" : "waterproof hiking backpack");
    must(pass.find(kPage));
    if (pass.record().bid_matches != kPage) must(bad_data("the page is not filled by bids"));
  }
  return 0;
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--write") == 0) {
    return barker::write_only(argv[2], static_cast<uint32_t>(std::strtoul(argv[3], nullptr, 10)));
  }
  if (argc == 4 && std::strcmp(argv[1], "--run") == 0) {
    return barker::run_only(argv[2], std::strtoul(argv[3], nullptr, 10));
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  std::vector<uint32_t> sizes = {10'000, 100'000};
  if (const char* more = std::getenv("BARKER_BENCH_ADS")) {
    sizes.push_back(static_cast<uint32_t>(std::strtoul(more, nullptr, 10)));
  }
  for (const std::string kind : {"demo", "rich"}) {
    for (const uint32_t ads : sizes) {
      const std::string name = "/" + kind + "/" + std::to_string(ads);
      const auto add = [&](const char* what, auto run) {
        benchmark::RegisterBenchmark((what + name).c_str(),
                                     [=](benchmark::State& state) { run(state, kind, ads); })
            ->MinTime(0.5)
            ->Unit(benchmark::kMicrosecond);
      };
      add("FirstPass", barker::first_pass);
      add("Or", barker::or_search);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
