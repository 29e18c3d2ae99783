#include "models/experiment/log_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "models/base/number_text.h"
#include "models/experiment/report_numbers.h"
#include "models/experiment/sample_ratio.h"
#include "models/experiment/sequential.h"

namespace barker {
namespace {

constexpr double kMsOfDay = 86'400'000;
constexpr size_t kDigestShown = 12;  // characters

std::string weights_name(const LogPages::Weights& weights) {
  if (weights.digest.empty()) return "weights of generation " + std::to_string(weights.generation);
  return "weights " + weights.digest.substr(0, kDigestShown);
}

class LogReporter {
 public:
  LogReporter(const LogArms& log, const LogReportOptions& options) : log_(log), options_(options) {}

  Result<ExperimentLogReport> run() const {
    ExperimentLogReport report;
    report.bad_lines = log_.pages().bad_lines();
    Status first_error;
    for (const LogExperiment& experiment : log_.experiments()) {
      Result<ExperimentReport> made = report_of(experiment);
      if (made.ok()) {
        report.experiments.push_back(std::move(*made));
        continue;
      }
      // Where all experiments are wanted, one that cannot be compared does not hide the others.
      if (!options_.reading.experiment.empty()) return made.status();
      if (first_error.ok()) first_error = made.status();
      report.notes.push_back("There is no report of " + made.status().message() + ".");
    }
    if (report.experiments.empty()) return first_error;
    add_notes(report);
    return report;
  }

 private:
  Result<ExperimentReport> report_of(const LogExperiment& experiment) const {
    std::vector<ArmData> data;
    for (const LogArm& arm : experiment.arms) data.push_back(arm.data);
    Result<ExperimentReport> made =
        compare(data, log_.pages().segments(), MetricKind::kRate, options_.comparing);
    if (!made.ok()) {
      return Status(made.status().code(),
                    "experiment " + experiment.full_name() + ": " + made.status().message());
    }
    ExperimentReport& report = *made;
    report.name = experiment.full_name();
    report.metric = "clicks per ad shown";
    report.unit = "user";
    report.in_two_arms = static_cast<double>(experiment.in_two_arms);
    // In the order of the report. Null: an arm without users, or all of them are in another, too.
    std::vector<const LogArm*> arms;
    for (const ArmReport& arm : report.arms) {
      const auto at = experiment.numbers.find(arm.name);
      const LogArm* found = at == experiment.numbers.end() ? nullptr : &experiment.arms[at->second];
      arms.push_back(found && found->data.units.units() > 0 ? found : nullptr);
    }
    report.days = days_of(arms);
    if (std::find(arms.begin(), arms.end(), nullptr) == arms.end()) {
      add_looks(arms, report);
      add_guardrails(arms, report);
      add_periods(arms, report);
    }
    for (const Look& look : report.looks) {
      report.srm.sequential_p = std::fmin(report.srm.sequential_p, look.sequential_srm_p);
    }
    decide(report, options_.comparing);
    warn_of_changes(arms, report);
    add_overlaps(experiment, report);
    return made;
  }

  static double days_of(const std::vector<const LogArm*>& arms) {
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (const LogArm* arm : arms) {
      if (!arm) continue;
      first = std::min(first, arm->first);
      last = std::max(last, arm->last);
    }
    if (first > last) return NAN;  // nobody was in any arm
    return static_cast<double>(last - first + 1) / kMsOfDay;
  }

  void add_looks(const std::vector<const LogArm*>& arms, ExperimentReport& report) const {
    std::vector<double> shares;
    for (const ArmReport& arm : report.arms) shares.push_back(arm.share);
    SequentialSampleRatio sequential(shares);
    const double level = options_.comparing.level;
    const double tuned = options_.comparing.tuned_units;
    int64_t start = INT64_MAX;  // of the experiment, which may be later than that of the log
    for (const LogArm* arm : arms) start = std::min(start, arm->first);
    for (size_t l = log_.look_of(start); l < log_.looks(); ++l) {
      std::vector<double> counts;
      for (const LogArm* arm : arms) counts.push_back(arm->looks[l].units());
      const double p = sample_ratio_p(counts, shares), sequential_p = sequential.look(counts);
      const ArmMoments c = ratio_moments(arms[0]->looks[l], 0, 1);
      for (size_t a = 1; a < arms.size(); ++a) {
        const ArmMoments t = ratio_moments(arms[a]->looks[l], 0, 1);
        Look look;
        look.days = static_cast<double>(log_.end_of_look(l) - start) / kMsOfDay;
        look.arm = report.arms[a].name;
        look.units = c.units + t.units;
        look.relative = relative_lift(c, t, level);
        look.absolute = absolute_difference(c, t, level);
        look.always_valid = confidence_sequence(look.absolute, look.units,
                                                std::isfinite(tuned) ? tuned : kTunedUnits, level);
        look.srm_p = p;
        look.sequential_srm_p = sequential_p;
        report.looks.push_back(look);
      }
    }
  }

  void add_guardrails(const std::vector<const LogArm*>& arms, ExperimentReport& report) const {
    struct Kind {
      const char* name;
      size_t y, x;
      double scale;
      bool larger_is_better;
    };
    const Kind kinds[] = {{"clicks per user", 0, 6, 1, true},
                          {"pages per user", 2, 6, 1, true},
                          {"revenue per thousand ads", 3, 1, 1000, true},
                          {"share of pages without weights", 4, 2, 1, false},
                          {"SF clicks per page", 5, 2, 1, true},
                          {"milliseconds per page", 7, 8, 1, false}};
    for (const Kind& kind : kinds) {
      for (size_t a = 1; a < arms.size(); ++a) {
        const ArmMoments c = ratio_moments(arms[0]->guarded, kind.y, kind.x);
        const ArmMoments t = ratio_moments(arms[a]->guarded, kind.y, kind.x);
        if (!std::isfinite(c.mean) || !std::isfinite(t.mean)) continue;  // an arm showed no ads
        if (c.mean == 0 && t.mean == 0) continue;  // the log has nothing of the kind
        Guardrail rail;
        rail.name = kind.name;
        rail.arm = report.arms[a].name;
        rail.control = c.mean * kind.scale;
        rail.treatment = t.mean * kind.scale;
        rail.relative = relative_lift(c, t, options_.comparing.level);
        rail.margin = options_.guardrail_margin;
        rail.test = non_inferiority(rail.relative, rail.margin, kind.larger_is_better,
                                    1 - options_.comparing.level);
        report.guardrails.push_back(rail);
      }
    }
  }

  // The experiment again for each of several weights alone, in the order in which they came.
  void add_periods(const std::vector<const LogArm*>& arms, ExperimentReport& report) const {
    const std::vector<LogPages::Weights>& known = log_.pages().weights();
    // Lines may lack digests that others have: those of an older server, and those of weights that
    // were replaced at that moment. They are no weights of their own.
    const bool has_digests = std::ranges::any_of(
        known, [](const LogPages::Weights& weights) { return !weights.digest.empty(); });
    std::map<std::pair<int64_t, uint32_t>, uint32_t> in_order;
    for (const LogArm* arm : arms) {
      for (const auto& [number, unused] : arm->weights) {
        const LogPages::Weights& weights = known[number];
        if (weights.generation == 0 || (has_digests && weights.digest.empty())) continue;
        in_order[{weights.first, number}] = number;
      }
    }
    if (in_order.size() < 2) return;
    std::vector<double> p;
    for (const auto& [unused, number] : in_order) {
      for (size_t a = 1; a < arms.size(); ++a) {
        const auto moments = [&, of = number](const LogArm* arm) {
          const auto at = arm->weights.find(of);
          return at == arm->weights.end() ? ArmMoments() : ratio_moments(at->second, 0, 1);
        };
        const ArmMoments c = moments(arms[0]), t = moments(arms[a]);
        SegmentReport row;
        row.name = weights_name(known[number]);
        row.arm = report.arms[a].name;
        row.units = c.units + t.units;
        row.relative = relative_lift(c, t, options_.comparing.level);
        p.push_back(absolute_difference(c, t, options_.comparing.level).p);
        report.periods.push_back(row);
      }
    }
    const std::vector<double> by_holm = holm(p), by_share = benjamini_hochberg(p);
    for (size_t i = 0; i < p.size(); ++i) {
      report.periods[i].holm_p = by_holm[i];
      report.periods[i].bh_p = by_share[i];
    }
  }

  void warn_of_changes(const std::vector<const LogArm*>& arms, ExperimentReport& report) const {
    if (!report.periods.empty()) {
      report.warnings.push_back(
          "The weights changed during the experiment. The verdict is of their mixture; the periods "
          "say what each of them did.");
    }
    const double span = report.days * kMsOfDay;
    for (size_t a = 1; a < arms.size(); ++a) {
      if (!arms[0] || !arms[a]) continue;
      const double begin = static_cast<double>(std::llabs(arms[a]->first - arms[0]->first));
      const double end = static_cast<double>(std::llabs(arms[a]->last - arms[0]->last));
      if (std::max(begin, end) > 0.1 * span) {
        report.warnings.push_back("Arm \"" + report.arms[a].name +
                                  "\" did not run at the same time as \"" + report.arms[0].name +
                                  "\": the plan changed during the experiment, and days differ.");
      }
    }
  }

  // Which other experiments the users of this one were in, and whether independently of it.
  void add_overlaps(const LogExperiment& experiment, ExperimentReport& report) const {
    const auto e = static_cast<size_t>(&experiment - log_.experiments().data());
    for (const auto& [pair, cells] : log_.together()) {
      if (pair.first != e && pair.second != e) continue;
      const LogExperiment& other = log_.experiments()[pair.first == e ? pair.second : pair.first];
      std::map<int, double> rows, columns;
      double all = 0, chi = 0;
      for (const auto& [cell, count] : cells) {
        rows[cell.first] += count;
        columns[cell.second] += count;
        all += count;
      }
      for (const auto& [row, in_row] : rows) {
        for (const auto& [column, in_column] : columns) {
          const auto at = cells.find({row, column});
          const double expected = in_row * in_column / all;
          const double apart = (at == cells.end() ? 0 : at->second) - expected;
          chi += apart * apart / expected;
        }
      }
      const double p =
          chi_square_p(chi, static_cast<double>((rows.size() - 1) * (columns.size() - 1)));
      const std::string text = count_text(all) + " users are in " + other.full_name() + ", too";
      if (p < options_.comparing.srm_alarm) {
        report.warnings.push_back(text + ", and not independently of their arm here (" +
                                  p_equals(p) + "): the experiments disturb each other.");
      } else {
        report.notes.push_back(text + ", independently of their arm here (" + p_equals(p) + ").");
      }
    }
  }

  void add_notes(ExperimentLogReport& report) const {
    const LogCounts& c = log_.pages().counts();
    report.notes.push_back(count_text(static_cast<double>(c.lines)) +
                           " lines: " + count_text(static_cast<double>(c.pages)) + " pages and " +
                           count_text(static_cast<double>(c.clicks)) + " clicks.");
    const auto note = [&](uint64_t count, const char* what) {
      if (count > 0) report.notes.push_back(count_text(static_cast<double>(count)) + what);
    };
    note(c.bad_lines, " lines could not be used.");
    note(c.without_user, " pages name neither user nor visitor and are left out.");
    note(c.duplicate_pages, " pages stand in the log again and are counted once.");
    note(c.unmatched_clicks,
         " clicks are not counted: their page is not in the log, they came more than 30 minutes "
         "after it, or the same thing was clicked before.");
    report.notes.emplace_back(
        "Users are the units, visitors without a name among them. The event log has no "
        "opt-outs, so that this guardrail has to be looked at elsewhere.");
    if (options_.reading.is_aa) {
      const SplitCheck::Alarms alarms = log_.splits().alarms(1 - options_.comparing.level);
      const auto share = [](double s) { return number_text(100 * s, 1) + "%"; };
      report.notes.push_back("A/A: of " + std::to_string(alarms.splits) +
                             " random splits of all users, the test by user calls " +
                             share(alarms.by_unit) + " different and the one by impression " +
                             share(alarms.by_impression) + ". " +
                             share(1 - options_.comparing.level) + " is right.");
    }
  }

  const LogArms& log_;
  const LogReportOptions& options_;
};

}  // namespace

Result<ExperimentLogReport> report_logs(const std::vector<std::string>& paths,
                                        const LogReportOptions& options) {
  LogArms log;
  if (Status s = log.read(paths, options.reading); !s.ok()) return s;
  return LogReporter(log, options).run();
}

}  // namespace barker
