#include "models/evaluate/report_plots.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "models/evaluate/number_format.h"

namespace barker {
namespace {

// A coordinate or length of a plot, in SVG units.
std::string units(double value) { return number_text(value, 1); }

std::string svg_line(const std::string& style, double x1, double y1, double x2, double y2) {
  return "<line " + style + " x1='" + units(x1) + "' y1='" + units(y1) + "' x2='" + units(x2) +
         "' y2='" + units(y2) + "'/>";
}

std::string svg_text(const std::string& style, double x, double y, const std::string& text) {
  return "<text " + style + " x='" + units(x) + "' y='" + units(y) + "'>" + text + "</text>";
}

std::string svg_dot(double radius, double x, double y, const std::string& fill) {
  return "<circle r='" + units(radius) + "' cx='" + units(x) + "' cy='" + units(y) + "' fill='" +
         fill + "'/>";
}

std::string svg_ring(double radius, double x, double y, const std::string& colour) {
  return "<circle r='" + units(radius) + "' cx='" + units(x) + "' cy='" + units(y) +
         "' fill='none' stroke='" + colour + "' stroke-width='1.6'/>";
}

std::string svg_begin(double width, double height, const std::string& label) {
  return "<svg viewBox='0 0 " + number_text(width, 0) + " " + number_text(height, 0) + "' width='" +
         number_text(width, 0) + "' role='img' aria-label='" + label + "'>";
}

constexpr double kWidth = 340, kHeight = 260, kLeft = 48, kRight = 12, kTop = 12, kBottom = 40;

double place(double value, const Axis& axis, double from, double to) {
  if (axis.high == axis.low) return (from + to) / 2;
  return from + (value - axis.low) / (axis.high - axis.low) * (to - from);
}

std::vector<double> ticks_of(const Axis& axis) {
  std::vector<double> ticks;
  const double step = axis.is_whole ? 1 : (axis.high - axis.low) / 4;
  const double steps = axis.is_whole ? axis.high - axis.low : 4;
  for (int i = 0; i <= steps; ++i) ticks.push_back(axis.low + i * step);
  return ticks;
}

struct NamedSlice {
  std::string name;
  std::function<Interval(const ModelReport&)> auc;
};

std::vector<NamedSlice> slices_of() {
  std::vector<NamedSlice> slices = {{"all", [](const ModelReport& m) { return m.auc; }}};
  for (size_t b = 0; b < 4; ++b) {
    slices.push_back({click_bin_title(b), [b](const ModelReport& m) { return m.bins[b].auc; }});
  }
  return slices;
}

// The range of all values and intervals, in steps of 0.05. From 0.5 to 1 if none is known.
Axis auc_axis(const Evaluation& e, const std::vector<NamedSlice>& slices) {
  double low = 1, high = 0;
  for (const NamedSlice& slice : slices) {
    for (const ModelReport& m : e.models) {
      const Interval i = slice.auc(m);
      if (!std::isfinite(i.value)) continue;
      low = std::min(low, std::isfinite(i.low) ? i.low : i.value);
      high = std::max(high, std::isfinite(i.high) ? i.high : i.value);
    }
  }
  if (low > high) return {"AUC", 0.5, 1};
  low = std::floor(low * 20) / 20;
  return {"AUC", low, std::max(std::ceil(high * 20) / 20, low + 0.05)};
}

}  // namespace

std::string model_colour(size_t model) { return "var(--s" + std::to_string(model % 20) + ")"; }

std::string click_bin_title(size_t bin) {
  return std::string(bin < 2 ? "at most 6 SFs" : "over 6 SFs") +
         (bin % 2 == 0 ? ", over 21 ads" : ", at most 21 ads");
}

std::string line_plot(const std::string& title, const Axis& x, const Axis& y,
                      const std::vector<Series>& series, bool diagonal, bool dots) {
  std::string out =
      "<figure><figcaption>" + title + "</figcaption>" + svg_begin(kWidth, kHeight, title);
  for (const double tick : ticks_of(y)) {
    const double py = place(tick, y, kHeight - kBottom, kTop);
    out += svg_line("class='axis'", kLeft, py, kWidth - kRight, py);
    out += svg_text("text-anchor='end'", kLeft - 6, py + 4, rounded_number_text(tick, 3));
  }
  for (const double tick : ticks_of(x)) {
    out += svg_text("text-anchor='middle'", place(tick, x, kLeft, kWidth - kRight),
                    kHeight - kBottom + 16, rounded_number_text(tick, 3));
  }
  out += svg_text("text-anchor='middle'", (kLeft + kWidth) / 2, kHeight - 6, x.label);
  out += svg_text(
      "transform='translate(12 " + units(kHeight / 2 - 10) + ") rotate(-90)' text-anchor='middle'",
      0, 0, y.label);
  const auto at = [&](const Point& p) {
    return Point{place(p.x, x, kLeft, kWidth - kRight), place(p.y, y, kHeight - kBottom, kTop)};
  };
  if (diagonal) {
    const Point a = at({x.low, y.low}), b = at({x.high, y.high});
    out += svg_line("class='guide'", a.x, a.y, b.x, b.y);
  }
  for (size_t m = 0; m < series.size(); ++m) {
    out += "<polyline fill='none' stroke='" + model_colour(m) + "' stroke-width='1.8' points='";
    for (const Point& p : series[m].points) {
      if (!std::isfinite(p.y)) continue;
      out += units(at(p).x) + "," + units(at(p).y) + " ";
    }
    out += "'/>";
    for (const Point& p : dots ? series[m].points : std::vector<Point>()) {
      if (std::isfinite(p.y)) out += svg_dot(2.4, at(p).x, at(p).y, model_colour(m));
    }
  }
  return out + "</svg></figure>";
}

std::string slice_plot(const Evaluation& e) {
  const std::vector<NamedSlice> slices = slices_of();
  const Axis x = auc_axis(e, slices);
  const double row = 14, gap = 14, left = 150, width = 720;
  const double height =
      static_cast<double>(slices.size()) * (static_cast<double>(e.models.size()) * row + gap) + 40;
  const auto at = [&](double value) { return place(value, x, left, width - 20); };
  std::string out = svg_begin(width, height, "AUC by slice");
  for (double tick = x.low; tick <= x.high + 1e-9; tick += 0.05) {
    out += svg_line("class='axis'", at(tick), 8, at(tick), height - 28);
    out += svg_text("text-anchor='middle'", at(tick), height - 12, number_text(tick, 2));
  }
  double py = 20;
  for (const NamedSlice& slice : slices) {
    out += svg_text("class='name'", 4, py + 4, html_escaped(slice.name));
    for (size_t m = 0; m < e.models.size(); ++m, py += row) {
      const Interval i = slice.auc(e.models[m]);
      if (!std::isfinite(i.value)) continue;
      if (!std::isfinite(i.low)) {
        out += svg_ring(3.4, at(i.value), py, model_colour(m));
        continue;
      }
      out += svg_line("stroke='" + model_colour(m) + "' stroke-width='2'", at(i.low), py,
                      at(i.high), py);
      out += svg_dot(3.4, at(i.value), py, model_colour(m));
    }
    py += gap;
  }
  return out + "</svg>";
}

}  // namespace barker
