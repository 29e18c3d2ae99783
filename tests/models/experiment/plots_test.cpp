#include "models/experiment/plots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace barker {
namespace {

using ::testing::HasSubstr;

// The number of points of the first line with this class.
size_t points_of(const std::string& svg, const std::string& style) {
  const std::string start = "<polyline class='" + style + "' points='";
  const size_t from = svg.find(start);
  if (from == std::string::npos) return 0;
  const std::string text =
      svg.substr(from + start.size(), svg.find('\'', from + start.size()) - from - start.size());
  return static_cast<size_t>(std::ranges::count(text, ','));
}

TEST(CurvesPlot, DrawsEachCurveWithItsLabelAndLeavesUnknownDaysOut) {
  const std::string svg = curves_plot(
      "CTR <by day>", {{"none", 0, {0.040, 0.041, 0.042}}, {"a&b", 1, {0.045, NAN, 0.047}}});
  EXPECT_EQ(points_of(svg, "line line0"), 3u);
  EXPECT_EQ(points_of(svg, "line line1"), 2u);
  EXPECT_THAT(svg, HasSubstr("CTR &lt;by day&gt;"));
  EXPECT_THAT(svg, HasSubstr(">a&amp;b</text>"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(CurvesPlot, BeginsItsAxisNearTheSmallestValueAndItsDaysAtOne) {
  const std::string svg = curves_plot("CTR", {{"none", 0, {0.040, 0.042}}});
  EXPECT_EQ(svg.find(">0.0%</text>"), std::string::npos);
  EXPECT_THAT(svg, HasSubstr(">4.1%</text>"));
  EXPECT_THAT(svg, HasSubstr(">1</text>"));
  EXPECT_EQ(svg.find(">0</text>"), std::string::npos);
}

TEST(CurvesPlot, KeepsTheLabelsOfEqualCurvesApart) {
  const std::string svg = curves_plot("CTR", {{"a", 0, {0.04, 0.05}}, {"b", 1, {0.04, 0.05}}});
  const auto y_of = [&](const std::string& style) {
    const size_t at = svg.find(" y='", svg.find("class='" + style + "'"));
    return std::stod(svg.substr(at + 4));
  };
  EXPECT_GE(std::abs(y_of("label0") - y_of("label1")), 12);
}

TEST(CurvesPlot, DrawsOneDayAndNothingWhereNothingIsKnown) {
  EXPECT_EQ(points_of(curves_plot("CTR", {{"none", 0, {0.04}}}), "line line0"), 1u);
  EXPECT_EQ(curves_plot("CTR", {{"none", 0, {NAN}}, {"loop", 2, {}}}), "");
}

}  // namespace
}  // namespace barker
