// One page, no scripts, nothing fetched: plots are inline SVG, colours follow the reader's light or
// dark mode.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "models/evaluate/report.h"

namespace barker {
namespace {

constexpr const char* kStyle = R"(
:root{--bg:#fff;--fg:#1b1f24;--soft:#6a737d;--line:#d8dee4;
--s0:#0b62c4;--s1:#c2410c;--s2:#15803d;--s3:#7e22ce;--s4:#b45309;--s5:#be123c;--s6:#0f766e;--s7:#475569;
--s8:#4d7c0f;--s9:#a21caf;--s10:#1e3a8a;--s11:#78350f}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ec;--soft:#9aa4ae;--line:#333b44;
--s0:#6cb0ff;--s1:#ff9a5c;--s2:#5fd38a;--s3:#c99bff;--s4:#f0c060;--s5:#ff8098;--s6:#5fd6c8;--s7:#aab6c2;
--s8:#b5e06a;--s9:#f0a0ff;--s10:#a5b8ff;--s11:#d9b48f}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;max-width:72rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}p{color:var(--soft)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .8rem .25rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
.plots{display:flex;flex-wrap:wrap;gap:1.2rem}figure{margin:0}figcaption{font-weight:600}
svg{max-width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}svg .name{fill:var(--fg)}
.axis{stroke:var(--line)}.guide{stroke:var(--soft);stroke-dasharray:3 4}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.8rem 0}
.dot{display:inline-block;width:.75em;height:.75em;border-radius:50%;margin-right:.4em}
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

template <typename... Args>
std::string format(const char* pattern, Args... args) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

std::string number(double value) { return std::isfinite(value) ? format("%.4f", value) : "-"; }

std::string interval(const Interval& i) {
  if (!std::isfinite(i.value)) return "-";
  return number(i.value) + " <small>[" + number(i.low) + ", " + number(i.high) + "]</small>";
}

std::string colour(size_t model) { return format("var(--s%zu)", model % 12); }

struct Point {
  double x, y;
};
struct Series {
  std::vector<Point> points;
};
struct Axis {
  const char* label;
  double low, high;
};

constexpr double kWidth = 340, kHeight = 260, kLeft = 48, kRight = 12, kTop = 12, kBottom = 40;

double place(double value, const Axis& axis, double from, double to) {
  return from + (value - axis.low) / (axis.high - axis.low) * (to - from);
}

// Range of values with a little air, for an axis.
Axis axis_of(const char* label, const std::vector<Series>& series) {
  double low = INFINITY, high = -INFINITY;
  for (const Series& s : series) {
    for (const Point& p : s.points) {
      if (!std::isfinite(p.y)) continue;
      low = std::min(low, p.y);
      high = std::max(high, p.y);
    }
  }
  if (!(low <= high)) return {label, 0, 1};
  const double air = std::max((high - low) * 0.08, 1e-3);
  return {label, low - air, high + air};
}

// Lines, one a model. diagonal: what chance or perfection would be.
std::string line_plot(const std::string& title, const Axis& x, const Axis& y,
                      const std::vector<Series>& series, bool diagonal, bool dots) {
  std::string out = "<figure><figcaption>" + title + "</figcaption>" +
                    format("<svg viewBox='0 0 %.0f %.0f' width='%.0f' role='img' aria-label='",
                           kWidth, kHeight, kWidth) +
                    title + "'>";
  for (int tick = 0; tick <= 4; ++tick) {
    const double share = tick / 4.0;
    const double px = kLeft + share * (kWidth - kLeft - kRight);
    const double py = kHeight - kBottom - share * (kHeight - kTop - kBottom);
    out += format("<line class='axis' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>", kLeft, py,
                  kWidth - kRight, py);
    out += format("<text x='%.1f' y='%.1f' text-anchor='end'>%.3g</text>", kLeft - 6, py + 4,
                  y.low + share * (y.high - y.low));
    out += format("<text x='%.1f' y='%.1f' text-anchor='middle'>%.3g</text>", px,
                  kHeight - kBottom + 16, x.low + share * (x.high - x.low));
  }
  out += format("<text x='%.1f' y='%.1f' text-anchor='middle'>%s</text>", (kLeft + kWidth) / 2,
                kHeight - 6, x.label);
  out += format("<text transform='translate(12 %.1f) rotate(-90)' text-anchor='middle'>%s</text>",
                kHeight / 2 - 10, y.label);
  const auto at = [&](const Point& p) {
    return Point{place(p.x, x, kLeft, kWidth - kRight), place(p.y, y, kHeight - kBottom, kTop)};
  };
  if (diagonal) {
    const Point a = at({x.low, y.low}), b = at({x.high, y.high});
    out +=
        format("<line class='guide' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>", a.x, a.y, b.x, b.y);
  }
  for (size_t m = 0; m < series.size(); ++m) {
    out += "<polyline fill='none' stroke='" + colour(m) + "' stroke-width='1.8' points='";
    for (const Point& p : series[m].points) {
      if (!std::isfinite(p.y)) continue;
      const Point where = at(p);
      out += format("%.1f,%.1f ", where.x, where.y);
    }
    out += "'/>";
    for (const Point& p : dots ? series[m].points : std::vector<Point>()) {
      if (!std::isfinite(p.y)) continue;
      const Point where = at(p);
      out += format("<circle r='2.4' cx='%.1f' cy='%.1f' fill='%s'/>", where.x, where.y,
                    colour(m).c_str());
    }
  }
  return out + "</svg></figure>";
}

// AUC of all models with intervals, one row a slice and model.
std::string slice_plot(const Evaluation& e) {
  std::vector<std::pair<std::string, std::function<SliceAuc(const ModelReport&)>>> slices = {
      {"all", [](const ModelReport& m) {
         return SliceAuc{"", 0, m.auc};
       }}};
  for (size_t b = 0; b < 4; ++b) {
    slices.emplace_back(e.models[0].bins[b].name, [b](const ModelReport& m) { return m.bins[b]; });
  }
  double low = 1, high = 0;
  for (const auto& [name, slice] : slices) {
    for (const ModelReport& m : e.models) {
      const Interval i = slice(m).auc;
      if (!std::isfinite(i.low)) continue;
      low = std::min(low, i.low);
      high = std::max(high, i.high);
    }
  }
  const Axis x{"AUC", std::floor(low * 20) / 20, std::ceil(high * 20) / 20};
  const double row = 14, gap = 14, left = 150, width = 720;
  const double height =
      static_cast<double>(slices.size()) * (static_cast<double>(e.models.size()) * row + gap) + 40;
  std::string out = format(
      "<svg viewBox='0 0 %.0f %.0f' width='%.0f' role='img' "
      "aria-label='AUC by slice'>",
      width, height, width);
  for (double tick = x.low; tick <= x.high + 1e-9; tick += 0.05) {
    const double px = place(tick, x, left, width - 20);
    out += format("<line class='axis' x1='%.1f' y1='8' x2='%.1f' y2='%.1f'/>", px, px, height - 28);
    out +=
        format("<text x='%.1f' y='%.1f' text-anchor='middle'>%.2f</text>", px, height - 12, tick);
  }
  double py = 20;
  for (const auto& [name, slice] : slices) {
    out += format("<text class='name' x='4' y='%.1f'>%s</text>", py + 4, escaped(name).c_str());
    for (size_t m = 0; m < e.models.size(); ++m, py += row) {
      const Interval i = slice(e.models[m]).auc;
      if (!std::isfinite(i.low)) continue;
      const std::string c = colour(m);
      out += format("<line x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f' stroke='%s' stroke-width='2'/>",
                    place(i.low, x, left, width - 20), place(i.high, x, left, width - 20), py, py,
                    c.c_str());
      out += format("<circle r='3.4' cx='%.1f' cy='%.1f' fill='%s'/>",
                    place(i.value, x, left, width - 20), py, c.c_str());
    }
    py += gap;
  }
  return out + "</svg>";
}

class Page {
 public:
  explicit Page(const Evaluation& e) : e_(e) {}

  std::string render() {
    out_ =
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        "content='width=device-width'><title>barker: evaluation</title><style>" +
        std::string(kStyle) + "</style></head><body><h1>Evaluation</h1>";
    out_ += format(
        "<p>%llu instances, %llu clicked, %llu searches, %llu users. Brackets: 95%% "
        "intervals from %d draws of users.</p>",
        static_cast<unsigned long long>(e_.instances), static_cast<unsigned long long>(e_.clicks),
        static_cast<unsigned long long>(e_.searches), static_cast<unsigned long long>(e_.users),
        e_.draws);
    if (!e_.models.empty()) {
      key();
      auc_section();
      curves();
      lists();
      categories();
    }
    return out_ + "</body></html>\n";
  }

 private:
  void key() {
    out_ += "<div class='key'>";
    for (size_t m = 0; m < e_.models.size(); ++m) {
      out_ += "<span><span class='dot' style='background:" + colour(m) + "'></span>" +
              escaped(e_.models[m].name) + "</span>";
    }
    out_ += "</div>";
  }

  template <typename Cells>
  void table(const std::vector<std::string>& head, Cells cells) {
    out_ += "<div class='scroll'><table><tr>";
    for (const std::string& h : head) out_ += "<th>" + escaped(h) + "</th>";
    out_ += "</tr>";
    for (const ModelReport& m : e_.models) {
      out_ += "<tr><td>" + escaped(m.name) + "</td>";
      for (const std::string& cell : cells(m)) out_ += "<td>" + cell + "</td>";
      out_ += "</tr>";
    }
    out_ += "</table></div>";
  }

  void auc_section() {
    using Cells = std::vector<std::string>;
    out_ += "<h2>AUC</h2>";
    table({"model", "all", "above the first", "above the one before", "auxiliary task"},
          [&](const ModelReport& m) -> Cells {
            const bool first = &m == &e_.models.front();
            return {interval(m.auc), first ? "" : interval(m.above_first),
                    first ? "" : interval(m.above_previous),
                    m.auxiliary.instances ? interval(m.auxiliary.auc) : ""};
          });
    out_ += "<h2>By the users' clicks before the test period (Table 3)</h2><div class='scroll'>" +
            slice_plot(e_) + "</div>";
    std::vector<std::string> head = {"model"};
    for (const SliceAuc& bin : e_.models[0].bins) {
      head.push_back(bin.name + format(" (%llu)", static_cast<unsigned long long>(bin.instances)));
    }
    table(head, [](const ModelReport& m) {
      Cells cells;
      for (const SliceAuc& bin : m.bins) cells.push_back(interval(bin.auc));
      return cells;
    });
    out_ += "<h2>Probabilities and decisions (Table 4)</h2>";
    table({"model", "GAUC", "log loss", "RMSE", "calibration error", "recall", "precision",
           "accuracy", "F1", "threshold", "cold users' AUC"},
          [](const ModelReport& m) -> Cells {
            const Decisions& d = m.decisions;
            return {number(m.grouped_auc),       number(m.log_loss), number(m.rmse),
                    number(m.calibration_error), number(d.recall),   number(d.precision),
                    number(d.accuracy),          number(d.f1),       number(d.threshold),
                    interval(m.cold.auc)};
          });
  }

  template <typename Points>
  std::vector<Series> series(Points points) const {
    std::vector<Series> out;
    for (const ModelReport& m : e_.models) out.push_back({points(m)});
    return out;
  }

  void curves() {
    const auto roc_points = series([](const ModelReport& m) {
      std::vector<Point> points;
      for (const RocPoint& p : m.roc)
        points.push_back({p.false_positive_rate, p.true_positive_rate});
      return points;
    });
    const auto reliability_points = series([](const ModelReport& m) {
      std::vector<Point> points;
      for (const ReliabilityPoint& p : m.reliability) points.push_back({p.predicted, p.clicked});
      return points;
    });
    double largest = 0.05;
    for (const Series& s : reliability_points) {
      for (const Point& p : s.points) largest = std::max({largest, p.x, p.y});
    }
    largest = std::ceil(largest * 10) / 10;
    out_ += "<h2>Curves</h2><div class='plots'>" +
            line_plot("ROC (Fig. 11)", {"false positive rate", 0, 1}, {"true positive rate", 0, 1},
                      roc_points, true, false) +
            line_plot("Reliability", {"predicted", 0, largest}, {"clicked", 0, largest},
                      reliability_points, true, true) +
            "</div>";
  }

  void lists() {
    const std::pair<const char*, double TopK::*> fields[] = {{"precision at K", &TopK::precision},
                                                             {"recall at K", &TopK::recall},
                                                             {"MAE at K", &TopK::mae},
                                                             {"RMSE at K", &TopK::rmse},
                                                             {"coverage at K", &TopK::coverage}};
    out_ +=
        "<h2>Lists of the K best (Fig. 8-10)</h2><p>One list a search, from the SFs shown; a "
        "list is the whole bar where it is shorter than K.</p><div class='plots'>";
    for (const auto& [title, field] : fields) {
      const auto lines = series([f = field](const ModelReport& m) {
        std::vector<Point> points;
        for (size_t k = 0; k < kMaxK; ++k)
          points.push_back({static_cast<double>(k + 1), m.top_k[k].*f});
        return points;
      });
      out_ += line_plot(title, {"K", 1, kMaxK}, axis_of("", lines), lines, false, true);
    }
    out_ += "</div>";
    table({"model", "P@1", "P@3", "P@10", "R@1", "R@3", "MAE@1", "RMSE@1", "coverage@1"},
          [](const ModelReport& m) -> std::vector<std::string> {
            const auto& t = m.top_k;
            return {number(t[0].precision), number(t[2].precision), number(t[9].precision),
                    number(t[0].recall),    number(t[2].recall),    number(t[0].mae),
                    number(t[0].rmse),      number(t[0].coverage)};
          });
  }

  void categories() {
    if (e_.models[0].categories.empty()) return;
    out_ +=
        "<h2>AUC by category</h2><div class='scroll'><table><tr><th>category</th>"
        "<th>instances</th>";
    for (const ModelReport& m : e_.models) out_ += "<th>" + escaped(m.name) + "</th>";
    out_ += "</tr>";
    for (size_t c = 0; c < e_.models[0].categories.size(); ++c) {
      const SliceAuc& shared = e_.models[0].categories[c];
      out_ += "<tr><td>" + escaped(shared.name) +
              format("</td><td>%llu</td>", static_cast<unsigned long long>(shared.instances));
      for (const ModelReport& m : e_.models)
        out_ += "<td>" + interval(m.categories[c].auc) + "</td>";
      out_ += "</tr>";
    }
    out_ += "</table></div>";
  }

  const Evaluation& e_;
  std::string out_;
};

}  // namespace

std::string to_html(const Evaluation& evaluation) { return Page(evaluation).render(); }

}  // namespace barker
