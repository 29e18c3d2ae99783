// Plots of the experiments' page as inline SVG, narrow enough for a telephone. Colours are classes
// of the page's style sheet. Labels are plain text and are escaped here. Pure functions; any
// thread.
#pragma once

#include <cmath>
#include <string>
#include <vector>

namespace barker {

struct IntervalRow {
  std::string label;
  double value = NAN, low = NAN, high = NAN;
};

// Intervals under each other around the line of no effect. Values are shares and written as
// percentages. Rows whose interval is not known are left out.
std::string interval_plot(const std::string& title, const std::vector<IntervalRow>& rows);

struct TimePoint {
  double days = 0;
  double value = NAN, low = NAN, high = NAN;  // the dark band
  double wide_low = NAN, wide_high = NAN;     // the pale band
};

// A lift over time, in percent, with its bands.
std::string time_plot(const std::string& title, const std::vector<TimePoint>& points);

struct Curve {
  std::string label;
  int colour = 0;              // 0 to 3, a class of the style sheet
  std::vector<double> values;  // one for each day, from day 1; NaN: not known
};

// Shares by day, in percent, each curve with its label at its end. The axis begins near the
// smallest value.
std::string curves_plot(const std::string& title, const std::vector<Curve>& curves);

struct RatioPoint {
  double days = 0;
  double chi_square_p = NAN, sequential_p = NAN;  // of the sample ratio
};

// Both p values over time on a logarithmic axis, with a line at `alarm`.
std::string p_plot(const std::string& title, const std::vector<RatioPoint>& points, double alarm);

}  // namespace barker
