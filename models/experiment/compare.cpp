#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "models/base/ascii.h"
#include "models/base/number_text.h"
#include "models/experiment/report.h"
#include "models/experiment/report_numbers.h"
#include "models/experiment/sample_ratio.h"
#include "models/experiment/sequential.h"

namespace barker {
namespace {

constexpr double kFewClicks = 5;  // expected in an arm, below which no normal approximation holds
constexpr double kMostInTwoArms = 0.01;     // share of units, above which the arms are mixed up
constexpr double kFewOutsideStrata = 0.95;  // share of units in strata, below which it is said
constexpr double kUsualLift = 0.1;          // spread of the lifts that the mixture test expects

std::string in_quotes(const std::string& name) { return "\"" + name + "\""; }

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

Status judge_sample_ratio(const std::vector<ArmData>& arms, const CompareOptions& options,
                          ExperimentReport& report) {
  std::vector<double> counts, shares;
  report.srm.shares_given = !options.shares.empty();
  for (size_t a = 0; a < arms.size(); ++a) {
    const auto share = options.shares.find(arms[a].name);
    if (!options.shares.empty() && share == options.shares.end()) {
      return invalid_argument("--shares: no share for the arm " + in_quotes(arms[a].name));
    }
    counts.push_back(report.arms[a].units);
    shares.push_back(options.shares.empty() ? 1 : share->second);
  }
  const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (size_t a = 0; a < arms.size(); ++a) report.arms[a].share = shares[a] / whole;
  report.srm.p = sample_ratio_p(counts, shares);
  report.srm.sequential_p = SequentialSampleRatio(shares).look(counts);
  return {};
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

Status check(const std::vector<ArmData>& arms, const CompareOptions& options) {
  if (arms.size() < 2) {
    return bad_data("expected two arms or more to compare, found " +
                    (arms.empty() ? "none" : names(arms) + " alone"));
  }
  for (const auto& [name, share] : options.shares) {
    if (!(share > 0) || !std::isfinite(share)) {
      return invalid_argument("--shares: expected a positive share for " + in_quotes(name) +
                              ", found " + number_text(share));
    }
  }
  return {};
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
  if (Status s = judge_sample_ratio(arms, options, report); !s.ok()) return s;
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

namespace {

// Whether the delta method's interval of the lift means something: Fieller's, which is exact, is
// unbounded where the control's mean is not surely different from 0.
bool has_bounded_lift(const Comparison& c) {
  return !c.relative.is_known() || std::isfinite(c.fieller.low);
}

std::string of_lift(const Comparison& c) {
  const Effect& lift = c.relative;
  if (!std::isfinite(lift.value) || !has_bounded_lift(c)) return "";
  std::string text = " The lift is " + signed_percent_text(lift.value, 2);
  if (std::isfinite(lift.low)) {
    text += ", between " + signed_percent_text(lift.low, 2) + " and " +
            signed_percent_text(lift.high, 2);
  }
  return text + ".";
}

// Fewer impressions with a click, or fewer without one, than a normal approximation needs.
bool has_too_few(const ExperimentReport& report) {
  for (const ArmReport& arm : report.arms) {
    if (!(arm.units >= 2)) return true;
  }
  if (report.kind != MetricKind::kRate) return false;
  double clicks = 0, shown = 0;
  for (const ArmReport& arm : report.arms) {
    clicks += arm.clicks;
    shown += arm.impressions;
  }
  for (const ArmReport& arm : report.arms) {
    const double rate = clicks / shown;
    if (std::min(rate, 1 - rate) * arm.impressions < kFewClicks) return true;
  }
  return false;
}

bool can_test(const ExperimentReport& report) {
  return std::any_of(report.comparisons.begin(), report.comparisons.end(),
                     [](const Comparison& c) { return c.absolute.is_known(); });
}

void warn(ExperimentReport& report) {
  const double alpha = 1 - report.level;
  for (const Comparison& c : report.comparisons) {
    const std::string who = "Arm " + in_quotes(c.arm) + ": ";
    if (c.absolute.is_known() && c.relative.is_known() &&
        (c.absolute.p < alpha) != (c.relative.p < alpha)) {
      report.warnings.push_back(
          who + "the tests of the difference (p = " + rounded_number_text(c.absolute.p, 3) +
          ") and of the lift (p = " + rounded_number_text(c.relative.p, 3) +
          ") disagree. The verdict is that of the difference.");
    }
    if (!has_bounded_lift(c)) {
      report.warnings.push_back(who + "the mean of " + in_quotes(c.against) +
                                " is not surely different from 0, so that a lift over it says "
                                "nothing. Read the difference.");
    }
    if (c.plain_z && c.plain_z->is_known() && c.absolute.is_known() &&
        (c.plain_z->p < alpha) != (c.absolute.p < alpha)) {
      report.warnings.push_back(
          who + "taking each impression as independent gives p = " +
          rounded_number_text(c.plain_z->p, 3) + ", and taking each user, who makes many, p = " +
          rounded_number_text(c.absolute.p, 3) + ". Only the latter is right.");
    }
    if (c.strata && !(c.strata->share >= kFewOutsideStrata)) {
      report.warnings.push_back(
          who +
          "segments in which an arm has fewer than two units are not in the difference by "
          "strata, which is that of " +
          percent_text(c.strata->share, 1) +
          " of the units. Do the arms change the segment of a unit?");
    }
    if (!c.absolute.is_known() && std::isfinite(c.absolute.value)) {
      const auto is_small = [&](const ArmReport& arm) {
        return arm.units < 2 && (arm.name == c.arm || arm.name == c.against);
      };
      const bool has_one = std::any_of(report.arms.begin(), report.arms.end(), is_small);
      report.warnings.push_back(who +
                                (has_one ? "one unit does not say how units vary, so that nothing "
                                           "can be tested."
                                         : "the values do not vary, so that nothing can be "
                                           "tested."));
    }
  }
}

// Whether `a` is surer than `b`: its p is smaller. Corrected p values are often equal, and those of
// very sure ones are all zero; then the difference decides that is more standard errors from zero.
bool is_surer(const Comparison& a, const Comparison& b) {
  if (a.holm_p != b.holm_p) return a.holm_p < b.holm_p;
  return std::fabs(a.absolute.value) * b.absolute.standard_error >
         std::fabs(b.absolute.value) * a.absolute.standard_error;
}

// The comparison that decides: the surest of those that are sure, better ones first.
const Comparison* decisive(const ExperimentReport& report, bool larger_is_better, bool& is_better) {
  const Comparison* best = nullptr;
  for (const bool wanted : {true, false}) {
    for (const Comparison& c : report.comparisons) {
      if (!(c.holm_p < 1 - report.level)) continue;
      if (((c.absolute.value > 0) == larger_is_better) != wanted) continue;
      if (!best || is_surer(c, *best)) best = &c;
    }
    is_better = wanted;
    if (best) break;
  }
  return best;
}

}  // namespace

void decide(ExperimentReport& report, const CompareOptions& options) {
  report.warnings.clear();
  warn(report);
  const std::string in_two_arms =
      count_text(report.in_two_arms) +
      (report.in_two_arms == 1 ? " unit was in two arms" : " units were in two arms");
  if (report.in_two_arms > 0) {
    report.warnings.push_back(in_two_arms + " and " + (report.in_two_arms == 1 ? "is" : "are") +
                              " left out.");
  }
  // The chi-square p of an experiment that is looked at often falls below any line at some time.
  report.srm.blocks = report.srm.sequential_p < options.srm_alarm ||
                      (!options.always_valid && report.srm.p < options.srm_alarm);
  double units = report.in_two_arms;
  for (const ArmReport& arm : report.arms) units += arm.units;
  const bool is_mixed = report.in_two_arms > kMostInTwoArms * units;
  const std::string control = in_quotes(report.comparisons[0].against);
  bool is_better = false;
  const Comparison* winner = decisive(report, options.larger_is_better, is_better);
  report.verdict_arm.clear();
  if (report.srm.blocks) {
    report.verdict = ExperimentVerdict::kBlocked;
    report.verdict_text =
        "There is no verdict: the arms do not have the sizes that were planned (" +
        p_equals(deciding_sample_ratio_p(report)) +
        "), so that something other than chance put units into them or lost them. Find out what, "
        "and do not read the differences below.";
    if (!report.srm.shares_given) {
      report.verdict_text += " Equal sizes were taken as planned; --shares says others.";
    }
  } else if (is_mixed) {
    report.verdict = ExperimentVerdict::kBlocked;
    report.verdict_text =
        "There is no verdict: " + in_two_arms + ", so that the arms were not kept apart.";
  } else if (has_too_few(report) || !can_test(report)) {
    report.verdict = ExperimentVerdict::kNotEnough;
    report.verdict_text =
        "There are too few units or clicks, or too little variation in them, for any verdict.";
  } else if (!winner) {
    report.verdict = ExperimentVerdict::kNone;
    report.verdict_text = "No arm was shown to differ from " + control +
                          ". That is not the same as shown to be equal: see the intervals.";
    if (report.comparisons.size() == 1) report.verdict_text += of_lift(report.comparisons[0]);
  } else {
    report.verdict = is_better ? ExperimentVerdict::kBetter : ExperimentVerdict::kWorse;
    report.verdict_arm = winner->arm;
    report.verdict_text =
        "Arm " + in_quotes(winner->arm) + " is " + (is_better ? "better" : "worse") + " than " +
        control + " (" + p_equals(winner->holm_p) +
        (report.comparisons.size() > 1 ? ", corrected for the number of arms" : "") + ")." +
        of_lift(*winner);
  }
}

const char* verdict_word(ExperimentVerdict verdict) {
  switch (verdict) {
    case ExperimentVerdict::kBlocked:
      return "blocked";
    case ExperimentVerdict::kNotEnough:
      return "not enough data";
    case ExperimentVerdict::kNone:
      return "no difference shown";
    case ExperimentVerdict::kBetter:
      return "better";
    case ExperimentVerdict::kWorse:
      return "worse";
  }
  return "";
}

}  // namespace barker
