// bench_plot RESULTS.json... > FILE.svg: draws the whole reference query beside its peers, and the
// stages beside the peak of the machine. With --retrieval first, it draws the first pass beside an
// OR over all texts, by the number of ads.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/results.h"
#include "models/base/exit_code.h"
#include "scoring/isa.h"

namespace barker {
namespace {

struct Bar {
  std::string label;
  double value;
  bool ours;
};

constexpr int kLeft = 190, kWidth = 430, kRow = 24;

std::string xml(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return out;
}

// Draws horizontal bars from `top` down; a value of `full` has the whole width. Returns where they
// end.
int bars(const std::string& title, const std::vector<Bar>& all, double full, const char* format,
         int top) {
  std::printf("<text x=\"16\" y=\"%d\" class=\"title\">%s</text>\n", top, xml(title).c_str());
  int y = top + 12;
  for (const Bar& bar : all) {
    const int width = std::max(1, static_cast<int>(bar.value / full * kWidth));
    char value[48];
    std::snprintf(value, sizeof value, format, bar.value);
    std::printf("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", kLeft - 8, y + 15,
                xml(bar.label).c_str());
    std::printf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\" class=\"%s\"/>", kLeft, y + 3,
                width, bar.ours ? "ours" : "theirs");
    std::printf("<text x=\"%d\" y=\"%d\">%s</text>\n", kLeft + width + 6, y + 15, value);
    y += kRow;
  }
  return y + 32;
}

void begin_picture(int height) {
  std::printf(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"%d\" "
      "font-family=\"sans-serif\" font-size=\"13\">\n<style>.title{font-size:15px;font-weight:bold}"
      ".ours{fill:#1f6f8b}.theirs{fill:#b8b8b8}</style>\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
      height);
}

int draw_queries(const BenchResults& results) {
  const std::string isa(isa_name(supported_isas().back()));
  const auto get = [&](const std::string& name, const char* field) {
    const Result<double> value = results.get(name, field);
    return value.ok() ? *value : 0;
  };
  std::vector<Bar> queries, stages;
  const auto query = [&](const std::string& label, const std::string& name, bool ours) {
    if (results.has(name)) queries.push_back({label, get(name, "time_ns") / 1e3, ours});
  };
  query("libtorch", "Torch/plain", false);
  query("libtorch, context once", "Torch/split", false);
  query("libtorch, folded tables", "Torch/folded", false);
  query("ONNX Runtime, folded", "Onnx/folded", false);
  query("barker fp32", "Barker/fp32/" + isa, true);
  query("barker fp16", "Barker/fp16/" + isa, true);
  query("barker int8", "Barker/int8/" + isa, true);
  const double peak = get("Peak/fp32/" + isa, "gflops");
  const auto stage = [&](const std::string& label, double share, bool ours) {
    if (share > 0) stages.push_back({label, 100 * share, ours});
  };
  if (peak > 0) {
    stage("dense layer, ours", get("Dense/" + isa, "gflops") / peak, true);
    stage("candidate stage fp32", get("Candidates/fp32/" + isa, "gflops") / peak, true);
    stage("candidate stage fp16", get("Candidates/fp16/" + isa, "gflops") / peak, true);
    // The peers report only time, so their share comes from the layer's 500 x 128 x 64
    // multiply-adds.
    const double flops = 2.0 * 500 * 128 * 64;
    for (const auto& [label, name] : {std::pair{"dense layer, oneDNN", "Dense/onednn"},
                                      {"dense layer, Eigen", "Dense/eigen"},
                                      {"dense layer, libtorch", "Dense/torch"}}) {
      if (results.has(name)) stage(label, flops / get(name, "time_ns") / peak, false);
    }
  }
  if (queries.empty() && stages.empty()) {
    std::fprintf(stderr, "bench_plot: none of the benchmarks to be drawn is in these files\n");
    return kExitBadData;
  }
  const int height = 110 + static_cast<int>(queries.size() + stages.size()) * kRow + 40;
  begin_picture(height);
  int top = 28;
  double longest = 0;
  for (const Bar& bar : queries) longest = std::max(longest, bar.value);
  if (!queries.empty()) {
    top = bars("Reference query, one core (" + isa + "), microseconds", queries, longest, "%.0f",
               top);
  }
  if (!stages.empty()) bars("Share of the peak of fp32 multiply-adds", stages, 100, "%.0f%%", top);
  std::printf("</svg>\n");
  return kExitOk;
}

// Where a number of ads, and a time in microseconds, lie in the picture. Both axes are logarithmic.
constexpr int kTop = 50, kBottom = 370;
constexpr double kLeastAds = 1e4, kMostAds = 1e6, kLeastTime = 10, kMostTime = 100'000;
constexpr int kPlotLeft = 70, kPlotWidth = 480;

double x_of(double ads) {
  return kPlotLeft + std::log(ads / kLeastAds) / std::log(kMostAds / kLeastAds) * kPlotWidth;
}
double y_of(double microseconds) {
  const double within = std::clamp(microseconds, kLeastTime, kMostTime);
  return kBottom -
         std::log(within / kLeastTime) / std::log(kMostTime / kLeastTime) * (kBottom - kTop);
}

// The times of one series of benchmarks, as a line with its name at the end.
void draw_series(const std::string& name, const std::vector<std::pair<double, double>>& times,
                 const char* colour, const char* dashes) {
  std::printf("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s points=\"", colour,
              dashes);
  for (const auto& [ads, time] : times) std::printf("%.1f,%.1f ", x_of(ads), y_of(time));
  std::printf("\"/>\n");
  for (const auto& [ads, time] : times) {
    std::printf("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x_of(ads), y_of(time),
                colour);
  }
  std::printf("<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", x_of(times.back().first) + 8,
              y_of(times.back().second) + 4, xml(name).c_str());
}

int draw_retrieval(const BenchResults& results) {
  struct Series {
    const char *name, *prefix, *field, *colour, *dashes;
  };
  constexpr const char* kDashed = " stroke-dasharray=\"5 4\"";
  constexpr Series kSeries[] = {
      {"OR, rich", "Or/rich/", "p50_us", "#b8b8b8", ""},
      {"OR, demo", "Or/demo/", "p50_us", "#8a8a8a", ""},
      {"auction, rich, 99%", "FirstPass/rich/", "p99_us", "#c2571a", kDashed},
      {"auction, rich", "FirstPass/rich/", "p50_us", "#c2571a", ""},
      {"auction, demo, 99%", "FirstPass/demo/", "p99_us", "#1f6f8b", kDashed},
      {"auction, demo", "FirstPass/demo/", "p50_us", "#1f6f8b", ""}};
  begin_picture(420);
  std::printf(
      "<text x=\"16\" y=\"28\" class=\"title\">The first pass: microseconds a query, one core "
      "(solid: median)</text>\n");
  for (double time = kLeastTime; time <= kMostTime; time *= 10) {
    std::printf(
        "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e4e4e4\"/>"
        "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n",
        kPlotLeft, kPlotLeft + kPlotWidth, y_of(time), y_of(time), kPlotLeft - 8, y_of(time) + 4,
        time);
  }
  for (double ads = kLeastAds; ads <= kMostAds; ads *= 10) {
    std::printf("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f ads</text>\n", x_of(ads),
                kBottom + 20, ads);
  }
  size_t drawn = 0;
  for (const Series& series : kSeries) {
    std::vector<std::pair<double, double>> times;
    for (const int ads : {10'000, 100'000, 1'000'000}) {
      const std::string name = series.prefix + std::to_string(ads);
      const Result<double> time = results.get(name, series.field);
      if (time.ok()) times.emplace_back(ads, *time);
    }
    if (times.empty()) continue;
    draw_series(series.name, times, series.colour, series.dashes);
    ++drawn;
  }
  std::printf("</svg>\n");
  if (drawn == 0) {
    std::fprintf(stderr, "bench_plot: none of the benchmarks to be drawn is in these files\n");
    return kExitBadData;
  }
  return kExitOk;
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  const bool retrieval = argc > 1 && std::string_view(argv[1]) == "--retrieval";
  const int first = retrieval ? 2 : 1;
  if (argc <= first) {
    std::fprintf(stderr, "usage: bench_plot [--retrieval] RESULTS.json... > FILE.svg\n");
    return barker::kExitUsage;
  }
  barker::BenchResults results;
  for (int i = first; i < argc; ++i) {
    if (const barker::Status s = results.add(argv[i]); !s.ok()) {
      std::fprintf(stderr, "bench_plot: %s\n", s.message().c_str());
      return barker::exit_code(s);
    }
  }
  return retrieval ? barker::draw_retrieval(results) : barker::draw_queries(results);
}
