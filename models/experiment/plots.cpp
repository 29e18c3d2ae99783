#include "models/experiment/plots.h"

#include <algorithm>

#include "models/base/number_text.h"
#include "models/text/text.h"

namespace barker {
namespace {

constexpr double kWidth = 340, kHeight = 220, kLeft = 52, kRight = 10, kTop = 10, kBottom = 38;

std::string units(double value) { return number_text(value, 1); }

std::string percent(double share, double step) {
  const int digits = step >= 0.01 ? 0 : step >= 0.001 ? 1 : 2;
  return number_text(100 * share + 0.0, digits) + "%";
}

std::string line(const char* style, double x1, double y1, double x2, double y2) {
  return std::string("<line class='") + style + "' x1='" + units(x1) + "' y1='" + units(y1) +
         "' x2='" + units(x2) + "' y2='" + units(y2) + "'/>";
}

std::string words(const char* style, double x, double y, const std::string& html) {
  return std::string("<text ") + style + " x='" + units(x) + "' y='" + units(y) + "'>" + html +
         "</text>";
}

std::string begin(const std::string& title, double height) {
  return "<figure><figcaption>" + html_escaped(title) + "</figcaption><svg viewBox='0 0 " +
         units(kWidth) + " " + units(height) + "' width='" + units(kWidth) +
         "' role='img' aria-label='" + html_escaped(title) + "'>";
}

// About four round steps between two numbers.
double round_step(double low, double high) {
  const double rough = (high - low) / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

// Where numbers of a range are on the page. The range has some air and holds zero.
struct Scale {
  double low = 0, high = 0, from = 0, to = 0;

  void hold(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void finish() {
    if (high - low < 1e-9) high = low + 0.01;
    const double air = 0.06 * (high - low);
    low -= air;
    high += air;
  }
  double at(double value) const {
    return from + (std::clamp(value, low, high) - low) / (high - low) * (to - from);
  }
};

// `shape` is polygon or polyline.
std::string path(const char* shape, const std::string& style,
                 const std::vector<std::pair<double, double>>& points) {
  std::string text = std::string("<") + shape + " class='" + style + "' points='";
  for (const auto& [x, y] : points) text += units(x) + "," + units(y) + " ";
  return text + "'/>";
}

std::string day_axis(const Scale& x) {
  std::string out;
  const double step = std::max(round_step(0, x.high), x.low > 0 ? 1.0 : 0.0);
  for (double day = x.low; day <= x.high + 1e-9; day += step) {
    out += words("text-anchor='middle'", x.at(day), kHeight - kBottom + 15,
                 rounded_number_text(day, 4));
  }
  return out + words("text-anchor='middle'", (kLeft + kWidth) / 2, kHeight - 6, "days");
}

template <typename Low, typename High>
std::string band(const char* style, const std::vector<TimePoint>& points, const Scale& x,
                 const Scale& y, Low low, High high) {
  std::vector<std::pair<double, double>> edge;
  for (const TimePoint& p : points) {
    if (std::isfinite(low(p))) edge.push_back({x.at(p.days), y.at(low(p))});
  }
  for (size_t i = points.size(); i-- > 0;) {
    if (std::isfinite(low(points[i])))
      edge.push_back({x.at(points[i].days), y.at(high(points[i]))});
  }
  return edge.empty() ? "" : path("polygon", style, edge);
}

// The label at a curve's end.
struct EndLabel {
  double y;
  std::string style, text;
};

// So that labels of curves that end at one place can be read.
void move_apart(std::vector<EndLabel>& labels) {
  constexpr double kLine = 12;
  std::ranges::sort(labels, {}, &EndLabel::y);
  for (size_t i = 1; i < labels.size(); ++i) {
    labels[i].y = std::max(labels[i].y, labels[i - 1].y + kLine);
  }
}

}  // namespace

std::string interval_plot(const std::string& title, const std::vector<IntervalRow>& rows) {
  constexpr double kRow = 34;
  std::vector<IntervalRow> known;
  Scale x = {0, 0, 12, kWidth - 12};
  for (const IntervalRow& row : rows) {
    if (!std::isfinite(row.low) || !std::isfinite(row.high)) continue;
    known.push_back(row);
    x.hold(row.low);
    x.hold(row.high);
  }
  if (known.empty()) return "";
  x.finish();
  const double height = kRow * static_cast<double>(known.size()) + 34;
  std::string out = begin(title, height);
  const double step = round_step(x.low, x.high);
  for (double tick = std::ceil(x.low / step) * step; tick <= x.high; tick += step) {
    const double value = std::fabs(tick) < step / 2 ? 0 : tick;
    out += line(value == 0 ? "zero" : "axis", x.at(value), 4, x.at(value), height - 26);
    out += words("text-anchor='middle'", x.at(value), height - 10, percent(value, step));
  }
  double y = 16;
  for (const IntervalRow& row : known) {
    const char* style = row.low > 0 || row.high < 0 ? "sure" : "unsure";
    out += words("class='name'", 12, y, html_escaped(row.label));
    out += line(style, x.at(row.low), y + 11, x.at(row.high), y + 11);
    out += std::string("<circle class='") + style + "' r='4' cx='" + units(x.at(row.value)) +
           "' cy='" + units(y + 11) + "'/>";
    y += kRow;
  }
  return out + "</svg></figure>";
}

std::string time_plot(const std::string& title, const std::vector<TimePoint>& points) {
  Scale x = {0, 0, kLeft, kWidth - kRight}, y = {0, 0, kHeight - kBottom, kTop};
  std::vector<TimePoint> known;
  for (const TimePoint& p : points) {
    x.hold(p.days);
    if (std::isfinite(p.value) && std::isfinite(p.low)) known.push_back(p);
  }
  if (known.size() < 2) return "";
  // The first looks are so unsure that they would flatten all others.
  for (size_t i = known.size() / 4; i < known.size(); ++i) {
    for (const double v : {known[i].low, known[i].high}) y.hold(v);
  }
  y.hold(known.back().wide_low);
  y.hold(known.back().wide_high);
  y.finish();
  std::string out = begin(title, kHeight);
  out += band(
      "pale", known, x, y, [](const TimePoint& p) { return p.wide_low; },
      [](const TimePoint& p) { return p.wide_high; });
  out += band(
      "band", known, x, y, [](const TimePoint& p) { return p.low; },
      [](const TimePoint& p) { return p.high; });
  const double step = round_step(y.low, y.high);
  for (double tick = std::ceil(y.low / step) * step; tick <= y.high; tick += step) {
    const double value = std::fabs(tick) < step / 2 ? 0 : tick;
    out += line(value == 0 ? "zero" : "axis", kLeft, y.at(value), kWidth - kRight, y.at(value));
    out += words("text-anchor='end'", kLeft - 6, y.at(value) + 4, percent(value, step));
  }
  std::vector<std::pair<double, double>> middle;
  for (const TimePoint& p : known) middle.push_back({x.at(p.days), y.at(p.value)});
  return out + path("polyline", "curve", middle) + day_axis(x) + "</svg></figure>";
}

std::string curves_plot(const std::string& title, const std::vector<Curve>& curves) {
  constexpr double kLabels = 52;  // room at the right
  Scale x = {1, 2, kLeft, kWidth - kRight - kLabels};
  Scale y = {INFINITY, -INFINITY, kHeight - kBottom, kTop};
  for (const Curve& curve : curves) {
    if (!curve.values.empty()) x.hold(static_cast<double>(curve.values.size()));
    for (const double value : curve.values) y.hold(value);
  }
  if (!(y.low <= y.high)) return "";
  y.finish();
  std::string out = begin(title, kHeight);
  const double step = round_step(y.low, y.high);
  for (double tick = std::ceil(y.low / step) * step; tick <= y.high; tick += step) {
    out += line("axis", kLeft, y.at(tick), x.to, y.at(tick));
    out += words("text-anchor='end'", kLeft - 6, y.at(tick) + 4, percent(tick, step));
  }
  std::vector<EndLabel> labels;
  for (size_t i = 0; i < curves.size(); ++i) {
    const std::string number = std::to_string(curves[i].colour);
    std::vector<std::pair<double, double>> points;
    for (size_t day = 0; day < curves[i].values.size(); ++day) {
      if (!std::isfinite(curves[i].values[day])) continue;
      points.push_back({x.at(static_cast<double>(day + 1)), y.at(curves[i].values[day])});
    }
    if (points.empty()) continue;
    out += path("polyline", "line line" + number, points);
    labels.push_back({points.back().second + 4, "class='label" + number + "'", curves[i].label});
  }
  move_apart(labels);
  for (const EndLabel& label : labels) {
    out += words(label.style.c_str(), x.to + 4, label.y, html_escaped(label.text));
  }
  return out + day_axis(x) + "</svg></figure>";
}

std::string p_plot(const std::string& title, const std::vector<RatioPoint>& points, double alarm) {
  constexpr double kSmallest = -8;  // decades; what is smaller is drawn there
  Scale x = {0, 0, kLeft, kWidth - kRight},
        y = {std::log10(alarm) - 1, 0.2, kHeight - kBottom, kTop};
  const auto decades = [&](double p) {
    return p > 0 ? std::max(kSmallest, std::log10(p)) : kSmallest;
  };
  std::vector<std::pair<double, double>> lines[2];
  for (const RatioPoint& p : points) {
    x.hold(p.days);
    if (std::isfinite(p.chi_square_p)) y.low = std::min(y.low, decades(p.chi_square_p) - 0.3);
    if (std::isfinite(p.sequential_p)) y.low = std::min(y.low, decades(p.sequential_p) - 0.3);
  }
  if (points.size() < 2) return "";
  for (const RatioPoint& p : points) {
    if (std::isfinite(p.chi_square_p))
      lines[0].push_back({x.at(p.days), y.at(decades(p.chi_square_p))});
    if (std::isfinite(p.sequential_p))
      lines[1].push_back({x.at(p.days), y.at(decades(p.sequential_p))});
  }
  std::string out = begin(title, kHeight);
  for (double tick = 0; tick >= y.low; tick -= 1) {
    out += line("axis", kLeft, y.at(tick), kWidth - kRight, y.at(tick));
    out += words("text-anchor='end'", kLeft - 6, y.at(tick) + 4,
                 rounded_number_text(std::pow(10, tick), 1));
  }
  out += line("alarm", kLeft, y.at(std::log10(alarm)), kWidth - kRight, y.at(std::log10(alarm)));
  out += words("text-anchor='end'", kWidth - kRight, y.at(std::log10(alarm)) - 5,
               "alarm below this line");
  return out + path("polyline", "thin", lines[0]) + path("polyline", "curve", lines[1]) +
         day_axis(x) + "</svg></figure>";
}

}  // namespace barker
