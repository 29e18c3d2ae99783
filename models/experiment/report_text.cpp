#include <algorithm>

#include "models/experiment/report.h"
#include "models/experiment/report_numbers.h"
#include "models/text/columns.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Row = std::vector<std::string>;

std::string table(std::vector<Row> rows) {
  std::vector<size_t> widths;
  for (Row& row : rows) {
    for (std::string& text : row) text = visible_line(text);
  }
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max<size_t>(widths[i], display_width(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string air(widths[i] - display_width(row[i]), ' ');
      line += " " + (i == 0 ? row[i] + air : air + row[i]) + " ";
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string arms(const ExperimentReport& report) {
  const bool has_sums = report.kind == MetricKind::kRate && report.unit != "impression";
  std::vector<Row> rows = {{"arm", report.unit + "s", "planned"}};
  if (has_sums) rows[0].push_back("impressions");
  if (report.kind == MetricKind::kRate) rows[0].push_back("clicks");
  rows[0].push_back(report.metric);
  for (const ArmReport& arm : report.arms) {
    Row row = {arm.name, count_text(arm.units), number_text(100 * arm.share, 1) + "%"};
    if (has_sums) row.push_back(count_text(arm.impressions));
    if (report.kind == MetricKind::kRate) row.push_back(count_text(arm.clicks));
    row.push_back(mean_interval_text(arm.mean, report.kind));
    rows.push_back(row);
  }
  return table(rows);
}

std::string comparison(const Comparison& c, MetricKind kind) {
  std::vector<Row> rows = {{"", "effect", "p"}};
  rows.push_back({"difference", difference_text(c.absolute, kind), p_text(c.absolute.p)});
  rows.push_back({"lift", lift_interval(c.relative), p_text(c.relative.p)});
  if (std::isfinite(c.fieller.low)) {
    rows.push_back({"lift by Fieller", lift_interval(c.fieller), ""});
  }
  if (c.plain_z) {
    rows.push_back({"two-proportion z, impressions as units", difference_text(*c.plain_z, kind),
                    p_text(c.plain_z->p)});
  }
  if (c.cuped) {
    rows.push_back({"difference by CUPED (" + number_text(100 * c.cuped->share, 1) +
                        "% of the variance removed)",
                    difference_text(c.cuped->absolute, kind), p_text(c.cuped->absolute.p)});
    rows.push_back(
        {"lift by CUPED", lift_interval(c.cuped->relative), p_text(c.cuped->relative.p)});
  }
  if (c.strata) {
    rows.push_back({"difference by strata", difference_text(c.strata->absolute, kind),
                    p_text(c.strata->absolute.p)});
  }
  rows.push_back(
      {"valid at any time", difference_text(c.always_valid, kind), p_text(c.always_valid.p)});
  rows.push_back({"mixture SPRT", "", p_text(c.sprt_p)});
  rows.push_back({"corrected by Holm", "", p_text(c.holm_p)});
  rows.push_back({"corrected by Benjamini and Hochberg", "", p_text(c.bh_p)});
  if (c.not_worse) {
    rows.push_back({c.not_worse->holds ? "not worse by the margin: shown"
                                       : "not worse by the margin: not shown",
                    "bound " + lift_text(c.not_worse->bound), p_text(c.not_worse->p)});
  }
  std::string text =
      "\n" + visible_line(c.arm) + " against " + visible_line(c.against) + "\n" + table(rows);
  if (std::isfinite(c.design_effect)) {
    text += "  The variance by unit is " + rounded_number_text(c.design_effect, 3) +
            " times that by impression.\n";
  }
  return text;
}

std::string segments(const std::string& title, const std::vector<SegmentReport>& segments) {
  if (segments.empty()) return "";
  const bool has_changes =
      std::ranges::any_of(segments, [](const SegmentReport& s) { return !s.changed.empty(); });
  const bool has_times =
      std::ranges::any_of(segments, [](const SegmentReport& s) { return s.first.has_value(); });
  std::vector<Row> rows = {{title, "arm", "units", "lift", "p by Holm", "p by BH"}};
  if (has_times) rows[0].push_back("since (UTC)");
  if (has_changes) rows[0].push_back("changed");
  for (const SegmentReport& s : segments) {
    rows.push_back({s.name, s.arm, count_text(s.units), lift_interval(s.relative), p_text(s.holm_p),
                    p_text(s.bh_p)});
    if (has_times) rows.back().push_back(since_text(s));
    if (has_changes) rows.back().push_back(changed_text(s));
  }
  return "\n" + table(rows);
}

std::string guardrails(const ExperimentReport& report) {
  if (report.guardrails.empty()) return "";
  std::vector<Row> rows = {{"guardrail", "arm", "control", "arm's", "change", "margin", "kept"}};
  for (const Guardrail& g : report.guardrails) {
    rows.push_back({g.name, g.arm, rounded_number_text(g.control, 4),
                    rounded_number_text(g.treatment, 4), change_text(g), margin_text(g),
                    !std::isfinite(g.test.p) ? "unknown"
                    : g.test.holds           ? "yes"
                                             : "not shown"});
  }
  return "\n" + table(rows);
}

std::string sentences(const std::string& mark, const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& sentence : list) text += mark + visible_line(sentence) + "\n";
  return text;
}

}  // namespace

std::string to_text(const ExperimentReport& report) {
  std::string text = visible_line(report.name) + "\n" + visible_line(verdict_title(report)) + ". " +
                     visible_line(report.verdict_text) + "\n";
  text += sentences("Warning: ", report.warnings);
  text += "\n" + arms(report);
  text += "\n  Sample ratio: chi-square " + p_equals(report.srm.p) + ", sequential " +
          p_equals(report.srm.sequential_p) +
          (report.srm.blocks            ? ". This blocks the verdict.\n"
           : knows_sample_ratio(report) ? ". Nothing is suspicious.\n"
                                        : ". Whether the sizes are as planned is not known.\n");
  for (const Comparison& c : report.comparisons) text += comparison(c, report.kind);
  text += guardrails(report);
  text += segments("segment", report.segments);
  text += segments("period", report.periods);
  text += report.notes.empty() ? "" : "\n" + sentences("- ", report.notes);
  return text;
}

}  // namespace barker
