// The rescoring call as a host sees it, through the C ABI: one query, one core.
//
//   BM_Rescore/window:W     W ads x 10 selling points, MTDL of the shape below, random weights
//   BM_RescoreIsa/...       the same at window 50, per instruction set of this machine
//
// Shape: 200,000 keyword rows of 64, user bag 64, query of 6 words, MLP 192 -> 128 -> 64 -> 1, 12
// title keywords an ad, 20,000 selling points in all. p50, p99 and p99.9 come from the calls
// themselves.

#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "models/fingerprint.h"
#include "models/weight_writer.h"
#include "plugin/barker.h"
#include "scoring/isa.h"

namespace {

constexpr uint32_t kRows = 200'000;
constexpr uint32_t kDim = 64;
constexpr size_t kSellingPoints = 20'000;
constexpr size_t kSellingPointsPerAd = 10;
constexpr size_t kTitleKeywords = 12;
constexpr size_t kUserKeywords = 64;
constexpr size_t kMaxWindow = 500;

std::string word(size_t i) { return "word" + std::to_string(i); }

// Random weights of the benchmark's shape, written once per run.
const std::string& weights_path() {
  static const std::string path = [] {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.05f);
    const auto tensor = [&](size_t size) {
      std::vector<float> values(size);
      for (float& value : values) value = normal(random);
      return values;
    };
    barker::ModelSpec model;
    model.architecture.dim = kDim;
    model.architecture.groups = {{"hist", true, 200, 0}, {"query", true, 0, 0}};
    model.architecture.hidden = {128, 64};
    model.architecture.has_auxiliary = true;
    model.architecture.attention_dim = kDim;
    model.card = {"bench", "1", "MTDL", 0, "", {}, {}};
    for (size_t i = 0; i < kRows; ++i) model.names.push_back(word(i));
    model.keyword_rows = kRows;
    model.folded_rows = kSellingPoints * 2;
    model.tensors["embedding"] = tensor(size_t{kRows} * kDim);
    model.tensors["mlp.0.weight"] = tensor(128 * 3 * kDim);
    model.tensors["mlp.0.bias"] = tensor(128);
    model.tensors["mlp.1.weight"] = tensor(64 * 128);
    model.tensors["mlp.1.bias"] = tensor(64);
    for (const char* head : {"head.main", "head.aux"}) {
      model.tensors[std::string(head) + ".weight"] = tensor(64);
      model.tensors[std::string(head) + ".bias"] = tensor(1);
    }
    for (const char* part : {"attention.user", "attention.query", "attention.title"}) {
      model.tensors[part] = tensor(kDim * kDim);
    }
    model.tensors["attention.score"] = tensor(kDim);
    const std::string file =
        (std::filesystem::temp_directory_path() / ("bench-" + std::to_string(getpid()) + ".barker"))
            .string();
    const barker::Status status = barker::write_weight_file(model, file);
    if (!status.ok()) {
      std::fprintf(stderr, "rescore_bench: %s\n", status.message().c_str());
      std::exit(65);
    }
    return file;
  }();
  return path;
}

barker_string view(const std::string& text) { return {text.data(), text.size()}; }

const barker_api& api() {
  static const barker_api* entry = [] {
    void* library = dlopen(BARKER_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      std::fprintf(stderr, "rescore_bench: %s\n", dlerror());
      std::exit(69);
    }
    return static_cast<const barker_api*>(dlsym(library, BARKER_ENTRY_SYMBOL));
  }();
  return *entry;
}

barker_plugin* make_plugin(const std::string& isa) {
  const std::string config = "isa = \"" + isa + "\"\nwindow = 500\n";
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  barker_plugin* plugin = nullptr;
  char error[BARKER_ERROR_SIZE];
  if (api().create(&host, view(config), &plugin, error) != BARKER_OK ||
      api().load_weights(plugin, view(weights_path()), nullptr, error) != BARKER_OK) {
    std::fprintf(stderr, "rescore_bench: %s\n", error);
    std::exit(65);
  }
  return plugin;
}

// One request with its own storage; built once, rescored many times.
class Query {
 public:
  explicit Query(size_t ads) : ads_(ads), results_(ads), text_(ads * 1024) {
    std::mt19937 random(7);
    std::uniform_int_distribution<size_t> selling_point(0, kSellingPoints - 1);
    std::uniform_int_distribution<size_t> any(0, kRows - 1);
    points_.resize(ads * kSellingPointsPerAd);
    point_texts_.resize(points_.size());
    keywords_.resize(ads * kTitleKeywords);
    titles_.resize(ads);
    for (size_t i = 0; i < points_.size(); ++i) {
      point_texts_[i] = word(selling_point(random));
      points_[i] = {sizeof points_[i], view(point_texts_[i]), barker::fingerprint(point_texts_[i])};
    }
    for (size_t ad = 0; ad < ads; ++ad) {
      for (size_t k = 0; k < kTitleKeywords; ++k) {
        const std::string keyword = word(kSellingPoints + any(random) % kSellingPoints);
        keywords_[ad * kTitleKeywords + k] = barker::fingerprint(keyword);
        titles_[ad] += (k ? " " : "") + keyword;
      }
      barker_ad& a = ads_[ad];
      std::memset(&a, 0, sizeof a);
      a.struct_size = sizeof a;
      a.id = view(titles_[ad]);
      a.title = view(titles_[ad]);
      a.first_pass_score = 1.0 / static_cast<double>(1 + ad);
      a.bid = 1;
      a.title_keywords = &keywords_[ad * kTitleKeywords];
      a.title_keyword_count = kTitleKeywords;
      a.selling_points = &points_[ad * kSellingPointsPerAd];
      a.selling_point_count = kSellingPointsPerAd;
      a.selling_point_stride = sizeof(barker_selling_point);
      results_[ad].struct_size = sizeof(barker_result_ad);
    }
    for (size_t i = 0; i < kUserKeywords; ++i) user_texts_.push_back(word(any(random)));
    for (const std::string& text : user_texts_) user_.push_back(view(text));
    for (int i = 0; i < 6; ++i) query_ += (i ? " " : "") + word(any(random));
    request_.struct_size = sizeof request_;
    request_.query = view(query_);
    request_.user_keywords = user_.data();
    request_.user_keyword_count = user_.size();
    request_.ads = ads_.data();
    request_.ad_count = ads;
    request_.ad_stride = sizeof(barker_ad);
    response_.struct_size = sizeof response_;
    response_.ads = results_.data();
    response_.ad_capacity = ads;
    response_.ad_stride = sizeof(barker_result_ad);
    response_.text = text_.data();
    response_.text_capacity = text_.size();
  }

  bool rescore(barker_plugin* plugin) {
    return api().rescore(plugin, &request_, &response_, nullptr) == BARKER_OK &&
           response_.status == BARKER_STATUS_RESCORED;
  }
  const barker_response& response() const { return response_; }

 private:
  std::vector<barker_ad> ads_;
  std::vector<barker_result_ad> results_;
  std::vector<char> text_;
  std::vector<barker_selling_point> points_;
  std::vector<std::string> point_texts_, titles_, user_texts_;
  std::vector<uint64_t> keywords_;
  std::vector<barker_string> user_;
  std::string query_;
  barker_request request_{};
  barker_response response_{};
};

double quantile(std::vector<double>& values, double q) {
  const auto at =
      values.begin() + static_cast<ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void rescore_loop(benchmark::State& state, barker_plugin* plugin, size_t ads) {
  Query query(ads);
  for (int i = 0; i < 100; ++i) {
    if (!query.rescore(plugin)) return state.SkipWithError("not rescored");
  }
  std::vector<double> microseconds;
  microseconds.reserve(1 << 20);
  double map = 0, score = 0, choose = 0, rewrite = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    const bool ok = query.rescore(plugin);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    if (!ok) return state.SkipWithError("not rescored");
    microseconds.push_back(took.count());
    map += static_cast<double>(query.response().map_ns);
    score += static_cast<double>(query.response().score_ns);
    choose += static_cast<double>(query.response().choose_ns);
    rewrite += static_cast<double>(query.response().rewrite_ns);
  }
  const double queries = static_cast<double>(state.iterations());
  state.counters["p50_us"] = quantile(microseconds, 0.5);
  state.counters["p99_us"] = quantile(microseconds, 0.99);
  state.counters["p99.9_us"] = quantile(microseconds, 0.999);
  state.counters["map_us"] = map / queries / 1e3;
  state.counters["score_us"] = score / queries / 1e3;
  state.counters["choose_us"] = choose / queries / 1e3;
  state.counters["rewrite_us"] = rewrite / queries / 1e3;
}

void BM_Rescore(benchmark::State& state) {
  barker_plugin* plugin = make_plugin("");
  rescore_loop(state, plugin, static_cast<size_t>(state.range(0)));
  api().destroy(plugin);
}
BENCHMARK(BM_Rescore)->ArgName("window")->Arg(10)->Arg(50)->Arg(100)->Arg(kMaxWindow);

void register_isas() {
  for (const barker::Isa isa : barker::supported_isas()) {
    const std::string name(barker::isa_name(isa));
    benchmark::RegisterBenchmark(("BM_RescoreIsa/" + name).c_str(),
                                 [name](benchmark::State& state) {
                                   barker_plugin* plugin = make_plugin(name);
                                   rescore_loop(state, plugin, 50);
                                   api().destroy(plugin);
                                 });
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  register_isas();
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove(weights_path());
  return 0;
}
