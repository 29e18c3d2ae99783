#include <algorithm>
#include <cmath>

#include "models/experiment/report.h"
#include "models/experiment/report_numbers.h"
#include "models/experiment/sample_ratio.h"

namespace barker {
namespace {

constexpr double kFewClicks = 5;  // expected in an arm, below which no normal approximation holds
constexpr double kMostInTwoArms = 0.01;     // share of units, above which the arms are mixed up
constexpr double kFewOutsideStrata = 0.95;  // share of units in strata, below which it is said

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
