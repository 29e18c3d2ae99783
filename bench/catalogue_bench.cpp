// What a registered catalogue (barker.catalogue/1) costs and saves. Ads have 12 title words and 10
// selling points.
//
//   Copy/N, Resolve/N     the time to copy N ads, and to find the rows of their keywords; bytes an
//                         ad
//   Page/FORM/SPS         a page of 50 ads out of 200,000 through the C ABI: ads that come whole,
//                         with the fingerprints of their words and selling points ("words") or
//                         without ("texts"), and ads that are named ("numbers"). The model knows
//                         all their selling points ("known") or none ("unknown")
//   Swapped/NAME          such pages with fingerprints while another thread loads weights each
//                         second: without a catalogue, beside one that is not asked, and by its
//                         numbers
//
// Counters of pages: p50, p99, p99.9 of the calls and p50 of their first stage (map: keywords to
// rows), in microseconds. 4,096 pages in turn, so that a page's ads have left the caches when it
// comes again.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "bench/quantile.h"
#include "bench/rescore_host.h"
#include "models/text/fingerprint.h"
#include "models/text/keywords.h"
#include "models/weights/weight_file.h"
#include "models/weights/writer.h"
#include "plugin/catalogue.h"
#include "plugin/catalogue_rows.h"
#include "scoring/isa.h"

namespace barker {
namespace {

constexpr size_t kTitleWords = 12, kPoints = 10, kPageAds = 50, kPages = 4096;
constexpr size_t kRegistered = 200'000;
constexpr uint32_t kKeywords = 200'000, kPhrases = 50'000;

std::string word(uint64_t i) { return "word" + std::to_string(i % kKeywords); }

// Weights with a list of phrases of two words; empty where they cannot be made. Written once for
// each seed.
const std::string& phrased_weights(unsigned seed) {
  static std::map<unsigned, std::string> paths;
  std::string& path = paths[seed];
  if (!path.empty()) return path;
  const auto file = WeightFile::open(weights_of({.rows = kKeywords, .seed = seed}));
  if (!file.ok()) return path;
  ModelSpec model = read_model(**file);
  model.phrases.emplace();
  for (uint32_t i = 0; i < kPhrases; ++i)
    model.phrases->push_back(word(2 * i) + " " + word(2 * i + 1));
  // Over the file itself, which remove_weights() removes.
  if (write_weight_file(model, (*file)->path()).ok()) path = (*file)->path();
  return path;
}

std::shared_ptr<const Generation> make_generation() {
  LoadPolicy policy;
  policy.shared_directory = true;
  auto loaded =
      Generation::load(phrased_weights(1), 1, kernels_for(supported_isas().back()), policy);
  return loaded.ok() ? *loaded : nullptr;
}

enum class Points { kKnown, kUnknown };  // to the model

// Ads with titles of about 120 bytes, the selling points those of 2,000, which many ads share.
struct Ads {
  explicit Ads(size_t count, Points kind = Points::kUnknown) {
    std::mt19937_64 random(3);
    for (size_t i = 0; i < 2'000; ++i) {
      texts.push_back(kind == Points::kKnown ? word(random())
                                             : word(random()) + " " + word(random()));
    }
    titles.resize(count);
    points.reserve(count * kPoints);
    ads.resize(count);
    for (size_t i = 0; i < count; ++i) {
      for (size_t w = 0; w < kTitleWords; w += 2) {  // every other pair may be a phrase
        const uint64_t first = random();
        titles[i] += word(first) + " " + word(first + 1) + " ";
      }
      ads[i].struct_size = sizeof(barker_ad);
      ads[i].title = ads[i].id = as_string(titles[i]);
      ads[i].id.size = 10;
      ads[i].bid = 1;
      ads[i].first_pass_score = 1;
      ads[i].selling_points = points.data() + points.size();
      ads[i].selling_point_count = kPoints;
      ads[i].selling_point_stride = sizeof(barker_selling_point);
      for (size_t p = 0; p < kPoints; ++p) {
        const std::string& text = texts[random() % texts.size()];
        points.push_back({sizeof(barker_selling_point), as_string(text), 0});
      }
      changes.emplace_hint(changes.end(), i + 1, &ads[i]);
    }
  }

  // Lets the ads bring what an ad store keeps: the fingerprints of their words and selling points.
  void bring_fingerprints() {
    for (const std::string& title : titles) split_words(title, words);
    if (words.size() != ads.size() * kTitleWords) std::abort();
    for (size_t i = 0; i < ads.size(); ++i) {
      ads[i].title_keywords = words.data() + i * kTitleWords;
      ads[i].title_keyword_count = kTitleWords;
    }
    for (barker_selling_point& point : points) {
      point.fingerprint = keyword_fingerprint(as_view(point.text));
    }
  }

  std::vector<std::string> texts, titles;
  std::vector<Fingerprint> words;
  std::vector<barker_selling_point> points;
  std::vector<barker_ad> ads;
  Catalogue::Changes changes;
};

void BM_Copy(benchmark::State& state) {
  const Ads ads(static_cast<size_t>(state.range(0)));
  size_t bytes = 0;
  for (auto _ : state) {
    const Catalogue catalogue({}, ads.changes);
    bytes = catalogue.bytes();
  }
  state.counters["bytes/ad"] = static_cast<double>(bytes) / static_cast<double>(ads.ads.size());
}

// What load_weights adds for each catalogue.
void BM_Resolve(benchmark::State& state) {
  const auto generation = make_generation();
  if (!generation) return state.SkipWithError("the weights cannot be loaded");
  const Ads ads(static_cast<size_t>(state.range(0)));
  const auto catalogue = std::make_shared<const Catalogue>(Catalogue(), ads.changes);
  const auto set = std::make_shared<const CatalogueSet>(CatalogueSet{{1, catalogue}});
  size_t bytes = 0;
  for (auto _ : state) {
    const auto rows = resolve(set, *generation, nullptr);
    bytes = rows->rows.at(1)[0]->pool()->bytes();
    for (const auto& chunk : rows->rows.at(1)) bytes += chunk->bytes();
  }
  state.counters["bytes/ad"] = static_cast<double>(bytes) / static_cast<double>(ads.ads.size());
}

// ---- pages

enum class Form { kTexts, kWords, kNumbers };

uint64_t register_ads(const RescoreHost& host, const Ads& ads) {
  const auto& catalogue =
      *static_cast<const barker_catalogue*>(plugin_api().get_extension(BARKER_EXT_CATALOGUE));
  uint64_t handle = 0;
  char error[BARKER_ERROR_SIZE];
  if (catalogue.add(host.plugin(), ads.ads.data(), ads.ads.size(), sizeof(barker_ad), &handle,
                    error) != BARKER_OK) {
    std::fprintf(stderr, "catalogue_bench: %s\n", error);
    std::exit(65);
  }
  return handle;
}

// Pages of random ads, asked one after the other. One thread.
class Pages {
 public:
  // `handle`: of the ads' catalogue where they are named by number; 0: they come whole.
  Pages(const RescoreHost& host, const Ads& ads, uint64_t handle)
      : session_(plugin_api(), host.plugin()), handle_(handle) {
    std::mt19937_64 random(11);
    for (size_t i = 0; i < kPages * kPageAds; ++i) {
      const uint64_t at = random() % ads.ads.size();
      barker_ad ad{};
      if (handle == 0) {
        ad = ads.ads[at];
      } else {
        ad.struct_size = sizeof ad;
        ad.bid = ad.first_pass_score = 1;
        ad.catalogue_ad = at + 1;
      }
      ads_.push_back(ad);
    }
    for (size_t i = 0; i < 64; ++i) user_texts_.push_back(word(random()));
    for (const std::string& text : user_texts_) user_.push_back(as_string(text));
    for (int i = 0; i < 6; ++i) query_ += word(random()) + " ";
    session_.reserve(kPageAds, kPageAds * 1024);
  }

  // Returns whether the page was rescored.
  bool ask() {
    session_.start(query_, "somebody");
    session_.set_user_keywords(user_);
    session_.set_ads(std::span(ads_).subspan(at_ % kPages * kPageAds, kPageAds));
    session_.request().catalogue = handle_;
    ++at_;
    const auto begin = std::chrono::steady_clock::now();
    const int32_t code = session_.rescore(nullptr);
    const std::chrono::duration<double, std::micro> taken =
        std::chrono::steady_clock::now() - begin;
    calls_.push_back(taken.count());
    maps_.push_back(static_cast<double>(session_.response().map_ns) / 1e3);
    return code == BARKER_OK && session_.response().status == BARKER_STATUS_RESCORED;
  }
  void forget_calls() {
    calls_.clear();
    maps_.clear();
  }
  void tell(benchmark::State& state) {
    state.counters["p50_us"] = quantile(calls_, 0.5);
    state.counters["p99_us"] = quantile(calls_, 0.99);
    state.counters["p99.9_us"] = quantile(calls_, 0.999);
    state.counters["map_us"] = quantile(maps_, 0.5);
  }

 private:
  std::vector<std::string> user_texts_;
  std::vector<barker_string> user_;
  std::string query_;
  std::vector<barker_ad> ads_;
  Session session_;
  const uint64_t handle_;
  size_t at_ = 0;
  std::vector<double> calls_, maps_;
};

void run_page(benchmark::State& state, Form form, Points points) {
  const RescoreHost host(phrased_weights(1), "");
  Ads ads(kRegistered, points);
  if (form == Form::kWords) ads.bring_fingerprints();
  Pages pages(host, ads, form == Form::kNumbers ? register_ads(host, ads) : 0);
  for (size_t i = 0; i < 500; ++i) {
    if (!pages.ask()) return state.SkipWithError("not rescored");
  }
  pages.forget_calls();
  for (auto _ : state) {
    if (!pages.ask()) return state.SkipWithError("not rescored");
  }
  pages.tell(state);
}

void run_swapped(benchmark::State& state, bool is_registered, bool by_number) {
  const std::string paths[] = {phrased_weights(1), phrased_weights(2)};
  RescoreHost host(paths[0], "");
  Ads ads(kRegistered, Points::kKnown);
  ads.bring_fingerprints();
  const uint64_t handle = is_registered ? register_ads(host, ads) : 0;
  Pages pages(host, ads, by_number ? handle : 0);
  for (size_t i = 0; i < 500; ++i) pages.ask();
  pages.forget_calls();
  uint64_t swaps = 0;
  double load_ms = 0;
  for (auto _ : state) {
    std::atomic<bool> done{false};
    std::thread control([&] {
      while (!done) {
        const auto begin = std::chrono::steady_clock::now();
        host.load(paths[++swaps % 2]);
        const std::chrono::duration<double, std::milli> taken =
            std::chrono::steady_clock::now() - begin;
        load_ms += taken.count();
        std::this_thread::sleep_until(begin + std::chrono::seconds(1));
      }
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(8);
    while (std::chrono::steady_clock::now() < end) {
      if (!pages.ask()) state.SkipWithError("not rescored");
    }
    done = true;
    control.join();
  }
  pages.tell(state);
  state.counters["swaps"] = static_cast<double>(swaps);
  state.counters["load_ms"] = load_ms / static_cast<double>(swaps);
}

void register_pages() {
  const auto add = [](const std::string& name, std::function<void(benchmark::State&)> body) {
    return benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMicrosecond);
  };
  for (const auto& [name, points] :
       {std::pair("known", Points::kKnown), std::pair("unknown", Points::kUnknown)}) {
    for (const auto& [form_name, form] :
         {std::pair("texts", Form::kTexts), std::pair("words", Form::kWords),
          std::pair("numbers", Form::kNumbers)}) {
      add(std::string("Page/") + form_name + "/" + name, [form = form, points = points](auto& s) {
        run_page(s, form, points);
      })->MinTime(1);
    }
  }
  add("Swapped/none", [](auto& s) { run_swapped(s, false, false); })->Iterations(1);
  add("Swapped/beside", [](auto& s) { run_swapped(s, true, false); })->Iterations(1);
  add("Swapped/numbers", [](auto& s) { run_swapped(s, true, true); })->Iterations(1);
}

BENCHMARK(BM_Copy)->Name("Copy")->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK(BM_Resolve)
    ->Name("Resolve")
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3);

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  barker::register_pages();
  benchmark::RunSpecifiedBenchmarks();
  barker::remove_weights();
}
