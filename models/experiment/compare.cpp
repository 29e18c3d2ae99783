#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "models/base/ascii.h"
#include "models/base/number_text.h"
#include "models/base/plain_number.h"
#include "models/experiment/report.h"
#include "models/experiment/report_numbers.h"
#include "models/experiment/sample_ratio.h"
#include "models/experiment/sequential.h"

namespace barker {
namespace {

constexpr double kUsualLift = 0.1;  // spread of the lifts that the mixture test expects

std::string names(const std::vector<ArmData>& arms) {
  std::string text;
  for (const ArmData& arm : arms) text += (text.empty() ? "" : ", ") + in_quotes(arm.name);
  return text;
}

Result<size_t> control_of(const std::vector<ArmData>& arms, const std::string& wanted) {
  for (size_t a = 0; a < arms.size(); ++a) {
    if (!wanted.empty() && arms[a].name == wanted) return a;
  }
  if (!wanted.empty()) {
    return invalid_argument("--control: there is no arm " + in_quotes(wanted) + "; the arms are " +
                            names(arms));
  }
  for (size_t a = 0; a < arms.size(); ++a) {
    if (ascii_lower_case(arms[a].name) == "control") return a;
  }
  return size_t{0};
}

ArmMoments moments_of(const ArmData& arm) {
  if (arm.sums) return proportion_moments(arm.sums->second, arm.sums->first);
  return ratio_moments(arm.units, 0, 1);
}

// Clicks and impressions of an arm of a rate. Sums of counts are whole, and those that are made of
// running means are so but for rounding.
std::pair<double, double> clicks_of(const ArmData& arm) {
  if (arm.sums) return {arm.sums->second, arm.sums->first};
  return {std::round(arm.units.sum(0)), std::round(arm.units.sum(1))};
}

ArmReport describe(const ArmData& arm, MetricKind kind, double level) {
  ArmReport report;
  report.name = arm.name;
  const ArmMoments moments = moments_of(arm);
  report.units = moments.units;
  report.mean = mean_interval(moments, level);
  if (kind == MetricKind::kRate) {
    std::tie(report.clicks, report.impressions) = clicks_of(arm);
    if (arm.sums) report.mean = wilson_interval(report.clicks, report.impressions, level);
  }
  return report;
}

Adjusted adjusted(const ArmMoments& control, const ArmMoments& treatment, double level,
                  double share) {
  return {absolute_difference(control, treatment, level), relative_lift(control, treatment, level),
          share};
}

// What needs units: CUPED, strata, and the variance that users add.
void compare_units(const std::vector<ArmData>& arms, size_t control, size_t a, MetricKind kind,
                   double level, Comparison& out) {
  const ArmMoments c = moments_of(arms[control]), t = moments_of(arms[a]);
  if (kind == MetricKind::kRate) {
    const auto [c_clicks, c_shown] = clicks_of(arms[control]);
    const auto [t_clicks, t_shown] = clicks_of(arms[a]);
    out.plain_z = two_proportion_z(c_clicks, c_shown, t_clicks, t_shown, level);
    const double by_unit = c.variance_of_mean() + t.variance_of_mean();
    const double by_impression = out.plain_z->standard_error * out.plain_z->standard_error;
    if (by_impression > 0) out.design_effect = by_unit / by_impression;
  }
  const std::vector<Covariances<4>> both = {arms[control].units, arms[a].units};
  if (both[0].mean(3) > 0 && both[1].mean(3) > 0) {
    const Cuped with_before = cuped(both);
    out.cuped =
        adjusted(with_before.arms[0], with_before.arms[1], level, with_before.variance_removed);
  }
  if (arms[a].segments.size() > 1) {
    const PostStratified stratified = post_stratify({arms[control].segments, arms[a].segments});
    out.strata = adjusted(stratified.arms[0], stratified.arms[1], level, stratified.units_used);
  }
}

Comparison compare_pair(const std::vector<ArmData>& arms, size_t control, size_t a, MetricKind kind,
                        const CompareOptions& options) {
  Comparison out;
  out.arm = arms[a].name;
  out.against = arms[control].name;
  const ArmMoments c = moments_of(arms[control]), t = moments_of(arms[a]);
  out.relative = relative_lift(c, t, options.level);
  out.fieller = fieller_lift(c, t, options.level);
  if (arms[a].sums) {
    out.absolute = two_proportion_z(arms[control].sums->second, arms[control].sums->first,
                                    arms[a].sums->second, arms[a].sums->first, options.level);
  } else {
    out.absolute = absolute_difference(c, t, options.level);
    compare_units(arms, control, a, kind, options.level, out);
  }
  const double tuned = std::isfinite(options.tuned_units) ? options.tuned_units : kTunedUnits;
  out.always_valid = confidence_sequence(out.absolute, c.units + t.units, tuned, options.level);
  out.sprt_p = mixture_sprt_p(out.absolute, kUsualLift * std::fabs(c.mean));
  if (std::isfinite(options.margin)) {
    out.not_worse =
        non_inferiority(out.relative, options.margin, options.larger_is_better, 1 - options.level);
  }
  return out;
}

void judge_sample_ratio(const std::vector<ArmData>& arms, const CompareOptions& options,
                        ExperimentReport& report) {
  std::vector<double> counts, shares;
  report.srm.shares_given = !options.shares.empty();
  for (size_t a = 0; a < arms.size(); ++a) {
    counts.push_back(report.arms[a].units);
    shares.push_back(options.shares.empty() ? 1 : options.shares.at(arms[a].name));
  }
  const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (size_t a = 0; a < arms.size(); ++a) report.arms[a].share = shares[a] / whole;
  report.srm.p = sample_ratio_p(counts, shares);
  report.srm.sequential_p = SequentialSampleRatio(shares).look(counts);
}

// One row for each segment and arm but the control, in the order of the segments' names, because
// the numbers of segments follow the order of the input.
void compare_segments(const std::vector<ArmData>& arms, size_t control,
                      const std::vector<std::string>& segment_names, double level,
                      ExperimentReport& report) {
  std::vector<double> p;
  std::vector<size_t> order(segment_names.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t s) -> const std::string& { return segment_names[s]; });
  for (const size_t s : order) {
    for (size_t a = 0; a < arms.size(); ++a) {
      if (a == control) continue;
      const ArmMoments c = ratio_moments(arms[control].segments[s], 0, 1);
      const ArmMoments t = ratio_moments(arms[a].segments[s], 0, 1);
      SegmentReport row;
      row.name = segment_names[s];
      row.arm = arms[a].name;
      row.units = c.units + t.units;
      row.relative = relative_lift(c, t, level);
      p.push_back(absolute_difference(c, t, level).p);
      report.segments.push_back(row);
    }
  }
  const std::vector<double> by_holm = holm(p), by_share = benjamini_hochberg(p);
  for (size_t i = 0; i < p.size(); ++i) {
    report.segments[i].holm_p = by_holm[i];
    report.segments[i].bh_p = by_share[i];
  }
}

// As the shares of the arms in an experiment's file, they sum to 1 (plugin/EXPERIMENTS.md): of
// others nobody knows whether one was forgotten.
Status check_shares(const std::vector<ArmData>& arms, const std::map<std::string, double>& shares) {
  if (shares.empty()) return {};
  double sum = 0;
  for (const auto& [name, share] : shares) {
    if (!(share > 0) || !std::isfinite(share)) {
      return invalid_argument("--shares: expected a positive share for " + in_quotes(name) +
                              ", found " + plain_number_text(share));
    }
    sum += share;
  }
  for (const ArmData& arm : arms) {
    if (!shares.contains(arm.name)) {
      return invalid_argument("--shares: no share for the arm " + in_quotes(arm.name));
    }
  }
  constexpr double kRounding = 1e-6;
  if (std::fabs(sum - 1) <= kRounding) return {};
  const bool are_percentages = std::fabs(sum - 100) <= 100 * kRounding;
  return invalid_argument("--shares: the shares of the arms must sum to 1, found " +
                          rounded_number_text(sum, 10) +
                          (are_percentages ? "; write 50% as .5" : ""));
}

Status check(const std::vector<ArmData>& arms, const CompareOptions& options) {
  if (arms.size() < 2) {
    return bad_data("expected two arms or more to compare, found " +
                    (arms.empty() ? "none" : names(arms) + " alone"));
  }
  return check_shares(arms, options.shares);
}

}  // namespace

Result<ExperimentReport> compare(const std::vector<ArmData>& given,
                                 const std::vector<std::string>& segment_names, MetricKind kind,
                                 const CompareOptions& options) {
  std::vector<ArmData> arms = given;
  for (const auto& [name, share] : options.shares) {
    const auto is_it = [&, arm = name](const ArmData& a) { return a.name == arm; };
    if (std::any_of(arms.begin(), arms.end(), is_it)) continue;
    ArmData missing;  // planned, and nobody was in it
    missing.name = name;
    missing.segments.resize(segment_names.size());
    if (!arms.empty() && arms[0].sums) missing.sums = {0, 0};
    arms.push_back(missing);
  }
  if (Status s = check(arms, options); !s.ok()) return s;
  const Result<size_t> control = control_of(arms, options.control);
  if (!control.ok()) return control.status();
  std::rotate(arms.begin(), arms.begin() + static_cast<ptrdiff_t>(*control),
              arms.begin() + static_cast<ptrdiff_t>(*control) + 1);

  ExperimentReport report;
  report.kind = kind;
  report.level = options.level;
  report.always_valid = options.always_valid;
  for (const ArmData& arm : arms) report.arms.push_back(describe(arm, kind, options.level));
  judge_sample_ratio(arms, options, report);
  std::vector<double> p, always_valid_p;
  for (size_t a = 1; a < arms.size(); ++a) {
    report.comparisons.push_back(compare_pair(arms, 0, a, kind, options));
    const Comparison& made = report.comparisons.back();
    p.push_back(options.always_valid ? made.always_valid.p : made.absolute.p);
    always_valid_p.push_back(made.always_valid.p);
  }
  const std::vector<double> by_holm = holm(p), by_share = benjamini_hochberg(p);
  const std::vector<double> at_any_time = holm(always_valid_p);
  for (size_t i = 0; i < p.size(); ++i) {
    report.comparisons[i].always_valid_holm_p = at_any_time[i];
    report.comparisons[i].holm_p = by_holm[i];
    report.comparisons[i].bh_p = by_share[i];
  }
  if (options.control.empty()) {
    report.notes.push_back("The arms are compared with " + in_quotes(arms[0].name) +
                           ", because no other control was given.");
  }
  if (segment_names.size() > 1) compare_segments(arms, 0, segment_names, options.level, report);
  decide(report, options);
  return report;
}

}  // namespace barker
