// What is said of one experiment: the arms, how they compare, whether that can be trusted. It is
// made of what was counted by compare(), and written as text, JSON or a page. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/experiment/adjust.h"
#include "models/experiment/statistics.h"

namespace barker {

// What was counted of an arm. Of each unit: y and x, whose ratio of sums is the metric, and the
// same before the experiment. For the clicks of users, y are clicks and x impressions. For a value
// by unit, x is 1; y and x before are 0 where nothing is known of the time before, which adjusts
// the unit by nothing.
struct ArmData {
  std::string name;
  Covariances<4> units;
  // The same by segment, in the order of the segments' names.
  std::vector<Covariances<4>> segments;
  // A table that has sums alone: impressions and clicks of the whole arm. Then each impression is a
  // unit, and `units` is empty.
  std::optional<std::pair<double, double>> sums;
};

enum class MetricKind {
  kValue,  // a number of each unit
  kRate,   // clicks over impressions
};

struct CompareOptions {
  std::string control;                   // empty: "control", or else the first arm
  std::map<std::string, double> shares;  // planned, by arm; sum to 1; empty: equal
  double level = 0.95;
  double margin = NAN;  // of non-inferiority, relative; NaN: not asked for
  bool larger_is_better = true;
  bool always_valid = false;  // the verdict comes from the interval that may be looked at often
  double tuned_units = NAN;   // see sequential.h; NaN: kTunedUnits
  double srm_alarm = 0.001;   // p below which the verdict is blocked
};

struct ArmReport {
  std::string name;
  double units = 0;
  double impressions = NAN, clicks = NAN;  // of a rate
  double share = NAN;                      // planned
  Effect mean;
};

struct Adjusted {
  Effect absolute, relative;
  double share = NAN;  // CUPED: variance removed; strata: units that are in them
};

struct Comparison {
  std::string arm, against;
  Effect absolute, relative;
  Effect fieller;                 // the lift again, with Fieller's interval
  std::optional<Effect> plain_z;  // impressions as units, where units are users
  std::optional<Adjusted> cuped, strata;
  Effect always_valid;               // of the difference
  double always_valid_holm_p = NAN;  // its p for all comparisons
  double sprt_p = NAN;
  double holm_p = NAN, bh_p = NAN;  // of the difference, for all comparisons
  std::optional<NonInferiority> not_worse;
  double design_effect = NAN;  // variance by user over variance by impression
};

struct SampleRatio {
  double p = NAN;             // chi-square
  double sequential_p = NAN;  // over all looks
  bool blocks = false;
  bool shares_given = false;
};

struct SegmentReport {  // or a period
  std::string name;
  std::string arm;
  double units = 0;
  Effect relative;
  double holm_p = NAN, bh_p = NAN;  // of the difference, for all segments and arms
  // Of a period: what is not as in the one before, "weights" or "policy of ARM". Empty: the first.
  std::vector<std::string> changed = {};
  std::optional<int64_t> first = {};  // of a period: time of its first page, ms since the epoch
};

struct Guardrail {
  std::string name, arm;
  double control = NAN, treatment = NAN;
  Effect relative;
  double margin = NAN;
  NonInferiority test;
  // Where the margin is not relative: the difference that the test is of.
  std::optional<Effect> absolute = {};
};

struct Look {  // of an experiment over time, cumulative
  double days = 0;
  std::string arm;
  Effect relative;
  Effect absolute;
  Effect always_valid;  // of the difference
  double srm_p = NAN, sequential_srm_p = NAN;
  double units = 0;
};

enum class ExperimentVerdict {
  kBlocked,    // the sample ratio says that the arms cannot be compared
  kNotEnough,  // nothing can be said from so little
  kNone,       // no difference was shown
  kBetter,
  kWorse,
};

struct ExperimentReport {
  std::string name;    // of the experiment or the file
  std::string metric;  // in words: "clicks per impression"
  std::string unit;    // "user", "impression", "unit"
  MetricKind kind = MetricKind::kRate;
  double level = 0.95;
  std::vector<ArmReport> arms;
  std::vector<Comparison> comparisons;
  SampleRatio srm;
  double days = NAN;       // that it ran, where that is known
  double in_two_arms = 0;  // units, which are left out of everything
  ExperimentVerdict verdict = ExperimentVerdict::kNone;
  std::string verdict_arm;   // of kBetter and kWorse
  std::string verdict_text;  // one or two sentences
  bool always_valid = false;
  std::vector<std::string> warnings;  // sentences
  std::vector<SegmentReport> segments, periods;
  std::vector<Guardrail> guardrails;
  std::vector<Look> looks;
  std::vector<std::string> notes;  // sentences on how it was counted
};

// Compares all arms with the control. An error says what is wrong with the options or the arms.
// `looks` and what else needs more than sums is left for the caller to fill in, before decide().
Result<ExperimentReport> compare(const std::vector<ArmData>& arms,
                                 const std::vector<std::string>& segment_names, MetricKind kind,
                                 const CompareOptions& options);

// Sets the verdict and the warnings by the arms, comparisons and sample ratio of the report.
void decide(ExperimentReport& report, const CompareOptions& options);

// The word of a verdict in JSON: "blocked", "not enough data", "no difference shown", "better",
// "worse".
const char* verdict_word(ExperimentVerdict verdict);

std::string to_text(const ExperimentReport& report);
std::string to_json(const ExperimentReport& report);
// Several experiments: one object as above, or {"experiments": [...], "notes": [...]}.
std::string to_json(const std::vector<ExperimentReport>& reports,
                    const std::vector<std::string>& notes);
std::string to_html(const std::vector<ExperimentReport>& reports,
                    const std::vector<std::string>& notes);

}  // namespace barker
