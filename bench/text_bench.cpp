// What text costs: cleaning, escaping, measuring, splitting and rewriting, in nanoseconds a byte,
// for ASCII and for Chinese titles. `ns/byte` of splitting is what the plugin's deadline counts
// with.
#include <benchmark/benchmark.h>

#include <string>

#include "models/text/columns.h"
#include "models/text/keywords.h"
#include "models/text/text.h"
#include "plugin/rewrite.h"

namespace barker {
namespace {

const std::string& title(int64_t script) {
  static const std::string kTitles[] = {
      "Trail Running Shoes for Women, Waterproof & Breathable, Size 38, Free Shipping (Black)",
      "正品补水保湿面膜女美白淡斑紧致抗皱收缩毛孔玻尿酸精华护肤品套装30片 包邮",
      "Größe 38 Laufschuhe für Damen, wasserdicht, atmungsaktiv, schöne Grüße aus München",
      "LED Desk Lamp 12 W with USB Port 5 V, 3000 mAh Battery, 1.5 m Cable, Set of 2 pcs, White"};
  return kTitles[script];
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(title(state.range(0)).size()));
  state.counters["s/byte"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(title(state.range(0)).size()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  static const char* const kNames[] = {"ascii", "chinese", "german", "quantities"};
  state.SetLabel(kNames[state.range(0)]);
}

void clean(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_visible(title(state.range(0)), out, nullptr);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state);
}

void escape(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_html_escaped(title(state.range(0)), out);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state);
}

void measure(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(display_width(title(state.range(0))));
  count_bytes(state);
}

void split(benchmark::State& state) {
  const KeywordSplitter splitter({"free shipping", "补水保湿"});
  std::vector<Fingerprint> found;
  for (auto _ : state) {
    found.clear();
    splitter.split(title(state.range(0)), found);
    benchmark::DoNotOptimize(found.data());
  }
  count_bytes(state);
}

void name_a_keyword(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(keyword_fingerprint(title(state.range(0))));
  count_bytes(state);
}

// Two selling points in front, and a width that cuts the title's end.
void rewrite(benchmark::State& state) {
  TitlePolicy policy;
  policy.max_width = 60;
  const Prefix prefixes[] = {{"waterproof"}, {"补水保湿"}};
  Placed placed[2];
  std::string out;
  for (auto _ : state) {
    out.clear();
    rewrite_title(title(state.range(0)), prefixes, policy, out, placed, nullptr);
    benchmark::DoNotOptimize(out.data());
  }
  count_bytes(state);
}

BENCHMARK(clean)->DenseRange(0, 2);
BENCHMARK(escape)->DenseRange(0, 1);
BENCHMARK(measure)->DenseRange(0, 2);
BENCHMARK(split)->DenseRange(0, 3);
BENCHMARK(name_a_keyword)->DenseRange(0, 3);
BENCHMARK(rewrite)->DenseRange(0, 2);

}  // namespace
}  // namespace barker

BENCHMARK_MAIN();
