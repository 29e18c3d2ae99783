// What a registered catalogue (barker.catalogue/1) costs and saves: the time to copy and resolve ads
// of 12 title words and 10 selling points, the memory of each, and a page that names its ads.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <random>

#include "bench/rescore_host.h"
#include "models/weights/weight_file.h"
#include "models/weights/writer.h"
#include "plugin/catalogue.h"
#include "scoring/isa.h"

namespace barker {
namespace {

constexpr size_t kTitleWords = 12, kPoints = 10;
constexpr uint32_t kKeywords = 200'000, kPhrases = 50'000;

std::string word(uint64_t i) { return "word" + std::to_string(i % kKeywords); }

// Weights with a list of phrases of two words.
std::shared_ptr<const Generation> make_generation() {
  const auto file = WeightFile::open(weights_of({.rows = kKeywords}));
  if (!file.ok()) return nullptr;
  ModelSpec model = read_model(**file);
  model.phrases.emplace();
  for (uint32_t i = 0; i < kPhrases; ++i)
    model.phrases->push_back(word(2 * i) + " " + word(2 * i + 1));
  const std::string path = (*file)->path() + ".phrases";
  if (!write_weight_file(model, path).ok()) return nullptr;
  LoadPolicy policy;
  policy.shared_directory = true;
  auto loaded = Generation::load(path, 1, kernels_for(supported_isas().back()), policy);
  std::remove(path.c_str());
  return loaded.ok() ? *loaded : nullptr;
}

// Ads with titles of about 90 bytes, the selling points those of 2,000, which many ads share.
struct Ads {
  explicit Ads(size_t count) {
    std::mt19937_64 random(3);
    for (size_t i = 0; i < 2'000; ++i) texts.push_back(word(random()) + " " + word(random()));
    titles.resize(count);
    points.reserve(count * kPoints);
    ads.resize(count);
    for (size_t i = 0; i < count; ++i) {
      for (size_t w = 0; w < kTitleWords; w += 2) {  // every other pair may be a phrase
        const uint64_t first = random();
        titles[i] += word(first) + " " + word(first + 1) + " ";
      }
      ads[i].struct_size = sizeof(barker_ad);
      ads[i].title = ads[i].id = {titles[i].data(), titles[i].size()};
      ads[i].id.size = 10;
      ads[i].selling_points = points.data() + points.size();
      ads[i].selling_point_count = kPoints;
      ads[i].selling_point_stride = sizeof(barker_selling_point);
      for (size_t p = 0; p < kPoints; ++p) {
        const std::string& text = texts[random() % texts.size()];
        points.push_back({sizeof(barker_selling_point), {text.data(), text.size()}, 0});
      }
      changes.emplace_hint(changes.end(), i + 1, &ads[i]);
    }
  }
  std::vector<std::string> texts, titles;
  std::vector<barker_selling_point> points;
  std::vector<barker_ad> ads;
  Catalogue::Changes changes;
};

void BM_Copy(benchmark::State& state) {
  const Ads ads(static_cast<size_t>(state.range(0)));
  size_t bytes = 0;
  for (auto _ : state) {
    const Catalogue catalogue({}, ads.changes);
    bytes = 0;
    for (const auto& chunk : catalogue.chunks()) bytes += chunk->bytes();
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
    bytes = 0;
    for (const auto& chunk : rows->rows.at(1)) bytes += chunk->bytes();
  }
  state.counters["bytes/ad"] = static_cast<double>(bytes) / static_cast<double>(ads.ads.size());
}

BENCHMARK(BM_Copy)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK(BM_Resolve)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  barker::remove_weights();
}
