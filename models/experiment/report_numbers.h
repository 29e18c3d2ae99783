// How the text and the page write the numbers of a report.
#pragma once

#include <cmath>
#include <string>

#include "models/base/number_text.h"
#include "models/data/time_check.h"
#include "models/experiment/report.h"

namespace barker {

inline std::string in_quotes(const std::string& name) { return "\"" + name + "\""; }

// Of intervals: "95%".
inline std::string level_text(double level) { return rounded_number_text(100 * level, 6) + "%"; }

// "+1.25%", "-" where it is not known.
inline std::string lift_text(double lift) {
  if (!std::isfinite(lift)) return "-";
  const std::string digits = number_text(100 * lift, std::fabs(lift) < 10 ? 2 : 0);
  return (digits.starts_with('-') ? "" : "+") + digits + "%";
}

inline std::string lift_interval(const Effect& lift) {
  if (!std::isfinite(lift.low)) return lift_text(lift.value);
  return lift_text(lift.value) + " [" + lift_text(lift.low) + ", " + lift_text(lift.high) + "]";
}

// A mean: a rate as a percentage, a value with four significant digits.
inline std::string mean_text(double mean, MetricKind kind) {
  if (!std::isfinite(mean)) return "-";
  if (kind == MetricKind::kRate) return rounded_number_text(100 * mean, 4) + "%";
  return rounded_number_text(mean, 4);
}

inline std::string mean_interval_text(const Effect& mean, MetricKind kind) {
  if (!std::isfinite(mean.low)) return mean_text(mean.value, kind);
  return mean_text(mean.value, kind) + " [" + mean_text(mean.low, kind) + ", " +
         mean_text(mean.high, kind) + "]";
}

// A difference of means: of rates in points, because "1%" beside a lift would be taken for one.
inline std::string difference_text(const Effect& e, MetricKind kind) {
  const auto signed_text = [&](double value) {
    if (!std::isfinite(value)) return std::string("-");
    const double scale = kind == MetricKind::kRate ? 100 : 1;
    return (value < 0 ? "" : "+") + rounded_number_text(value * scale, 4) +
           (kind == MetricKind::kRate ? " points" : "");
  };
  if (!std::isfinite(e.low)) return signed_text(e.value);
  return signed_text(e.value) + " [" + signed_text(e.low) + ", " + signed_text(e.high) + "]";
}

// How far an arm's guardrail is from the control's, and how far it may be.
inline std::string change_text(const Guardrail& rail) {
  return rail.absolute ? difference_text(*rail.absolute, MetricKind::kRate)
                       : lift_interval(rail.relative);
}
inline std::string margin_text(const Guardrail& rail) {
  if (!rail.absolute) return lift_text(rail.margin);
  Effect margin;
  margin.value = rail.margin;
  margin.low = NAN;
  return difference_text(margin, MetricKind::kRate);
}

inline std::string p_text(double p) {
  if (!std::isfinite(p)) return "-";
  if (p < 1e-12) return "<1e-12";
  return p < 0.001 ? rounded_number_text(p, 2) : number_text(p, 4);
}

// "p = 0.0123", "p < 1e-12".
inline std::string p_equals(double p) {
  const std::string text = p_text(p);
  return text.starts_with('<') ? "p < " + text.substr(1) : "p = " + text;
}

// A count with thin groups of three digits: "1 234 567".
inline std::string count_text(double count) {
  if (!std::isfinite(count)) return "-";
  std::string digits = number_text(count, 0);
  for (size_t i = digits.size(); i > 3;) digits.insert(i -= 3, " ");
  return digits;
}

// What is not as in the period before: "weights and policy of two"; empty for the first.
inline std::string changed_text(const SegmentReport& period) {
  std::string text;
  for (const std::string& what : period.changed) text += (text.empty() ? "" : " and ") + what;
  return text;
}

// When its first page came, in UTC: "2026-09-21 14:13:20".
inline std::string since_text(const SegmentReport& period) {
  return period.first ? time_text(*period.first / 1000) : "-";
}

// The p of the sample ratio that decides: where the end was not fixed, only the sequential one may
// be looked at again and again.
inline double deciding_sample_ratio_p(const ExperimentReport& report) {
  if (report.always_valid) return report.srm.sequential_p;
  return report.srm.blocks ? std::fmin(report.srm.p, report.srm.sequential_p) : report.srm.p;
}

// Whether the sample ratio could be tested at all: without any unit it cannot.
inline bool knows_sample_ratio(const ExperimentReport& report) {
  return std::isfinite(report.srm.p) && std::isfinite(report.srm.sequential_p);
}

// What the whole means in one word, before the sentence of the verdict.
inline std::string verdict_title(const ExperimentReport& report) {
  switch (report.verdict) {
    case ExperimentVerdict::kBlocked:
      return "Do not trust this experiment";
    case ExperimentVerdict::kNotEnough:
      return "Too little data";
    case ExperimentVerdict::kNone:
      return "No difference shown";
    case ExperimentVerdict::kBetter:
      return "Arm \"" + report.verdict_arm + "\" won";
    case ExperimentVerdict::kWorse:
      return "Arm \"" + report.verdict_arm + "\" lost";
  }
  return "";
}

}  // namespace barker
