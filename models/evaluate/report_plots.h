// Plots of the HTML report as inline SVG. Colours are variables of the page's style sheet. Pure
// functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/evaluate/report.h"
#include "models/text/text.h"

namespace barker {

struct Point {
  double x, y;
};
struct Series {  // of one model
  std::vector<Point> points;
};
struct Axis {
  const char* label;
  double low, high;
  bool is_whole = false;  // has a tick at every whole number, otherwise four steps
};

// The colour of a model, the same in every plot. There are twenty.
std::string model_colour(size_t model);

// What a bin of users by their clicks is called where its numbers have not been explained.
std::string click_bin_title(size_t bin);

// One line for each model; values that are not finite are left out. `diagonal` adds the line of
// chance or of perfection, `dots` marks every point. `title` is HTML.
std::string line_plot(const std::string& title, const Axis& x, const Axis& y,
                      const std::vector<Series>& series, bool diagonal, bool dots);

// The AUCs of all models with their intervals, one row for each slice and model. A value without an
// interval is a ring. There must be a model.
std::string slice_plot(const Evaluation& evaluation);

}  // namespace barker
