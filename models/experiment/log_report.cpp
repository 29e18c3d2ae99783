#include "models/experiment/log_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "models/base/number_text.h"
#include "models/experiment/report_numbers.h"
#include "models/experiment/sample_ratio.h"
#include "models/experiment/sequential.h"

namespace barker {
namespace {

constexpr double kMsOfDay = 86'400'000;
constexpr size_t kDigestShown = 12;  // characters
// Up to this share of pages by another policy than that of their arm, there is no warning: servers
// take a change one after the other.
constexpr double kMostStrays = 0.01;

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
      add_periods(experiment, arms, report);
    }
    for (const Look& look : report.looks) {
      report.srm.sequential_p = std::fmin(report.srm.sequential_p, look.sequential_srm_p);
    }
    decide(report, options_.comparing);
    warn_of_changes(experiment, arms, report);
    if (experiment.without_digest > 0) {
      report.notes.push_back(
          count_text(static_cast<double>(experiment.without_digest)) +
          " pages do not name their weights. They count to those that answered most of the other "
          "pages at that time, or at the time nearest to it.");
    }
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

  // Whether any opt-out could be counted, also of a user in no arm, which shows that the shop sends
  // them.
  bool has_opt_outs() const {
    const LogCounts& c = log_.pages().counts();
    return c.opt_outs > c.unmatched_opt_outs;
  }

  void add_guardrails(const std::vector<const LogArm*>& arms, ExperimentReport& report) const {
    struct Kind {
      const char* name;
      size_t y, x;
      double scale;
      bool larger_is_better;
      // The margin is one of the difference, because y counts events that few users or none have.
      bool is_absolute = false;
    };
    const Kind kinds[] = {{"clicks per user", 0, 6, 1, true},
                          {"pages per user", 2, 6, 1, true},
                          {"revenue per thousand ads", 3, 1, 1000, true},
                          {"share of pages without weights", 4, 2, 1, false},
                          {"SF clicks per page", 5, 2, 1, true},
                          {"milliseconds per page", 7, 8, 1, false},
                          {"share of users who opted out", 9, 6, 1, false, true}};
    for (const Kind& kind : kinds) {
      for (size_t a = 1; a < arms.size(); ++a) {
        const ArmMoments c = ratio_moments(arms[0]->guarded, kind.y, kind.x);
        const ArmMoments t = ratio_moments(arms[a]->guarded, kind.y, kind.x);
        if (!std::isfinite(c.mean) || !std::isfinite(t.mean)) continue;  // an arm showed no ads
        const bool is_in_log = kind.is_absolute ? has_opt_outs() : c.mean != 0 || t.mean != 0;
        if (!is_in_log) continue;
        Guardrail rail;
        rail.name = kind.name;
        rail.arm = report.arms[a].name;
        rail.control = c.mean * kind.scale;
        rail.treatment = t.mean * kind.scale;
        rail.relative = relative_lift(c, t, options_.comparing.level);
        if (kind.is_absolute) {
          const auto proportion = [&](const LogArm* arm) {
            return Proportion{std::round(arm->guarded.sum(kind.y)), arm->guarded.units()};
          };
          const Proportion of_control = proportion(arms[0]), of_arm = proportion(arms[a]);
          rail.margin = options_.opt_out_margin;
          rail.absolute = score_difference(of_control, of_arm, options_.comparing.level);
          rail.test = not_more(of_control, of_arm, rail.margin, 1 - options_.comparing.level);
        } else {
          rail.margin = options_.guardrail_margin;
          rail.test = non_inferiority(rail.relative, rail.margin, kind.larger_is_better,
                                      1 - options_.comparing.level);
        }
        report.guardrails.push_back(rail);
      }
    }
  }

  // What was in force in a period.
  struct PeriodState {
    int64_t first;  // time of the first page of any arm
    LogArm::Period key;
    std::string weights;                // a name
    std::vector<std::string> policies;  // by arm, in the order of the report
  };

  // In the order in which they came.
  std::vector<PeriodState> states_of(const LogExperiment& experiment,
                                     const std::vector<const LogArm*>& arms) const {
    const std::vector<LogPages::Weights>& known = log_.pages().weights();
    std::map<LogArm::Period, PeriodState> states;
    for (const LogArm* arm : arms) {
      for (const auto& [key, in_period] : arm->periods) {
        const LogPages::Weights& weights = known[key.second];
        if (weights.generation == 0) continue;
        if (const auto at = states.find(key); at != states.end()) {
          at->second.first = std::min(at->second.first, in_period.first);
          continue;
        }
        PeriodState state{in_period.first, key, weights_name(weights), {}};
        for (const LogArm* of : arms) {
          const auto at = static_cast<size_t>(of - experiment.arms.data());
          state.policies.push_back(experiment.policies.digests(key.first)[at]);
        }
        states.emplace(key, std::move(state));
      }
    }
    std::vector<PeriodState> ordered;
    for (auto& [key, state] : states) ordered.push_back(std::move(state));
    std::ranges::stable_sort(ordered, {}, &PeriodState::first);
    return ordered;
  }

  // The experiment again for each period, in which neither weights nor policies changed, alone.
  void add_periods(const LogExperiment& experiment, const std::vector<const LogArm*>& arms,
                   ExperimentReport& report) const {
    const std::vector<PeriodState> states = states_of(experiment, arms);
    if (states.size() < 2) return;
    const auto changes = [&](const PeriodState& a, const PeriodState& b) {
      std::vector<std::string> changed;
      if (a.weights != b.weights) changed.emplace_back("weights");
      for (size_t i = 0; i < arms.size(); ++i) {
        if (a.policies[i] != b.policies[i]) changed.push_back("policy of " + report.arms[i].name);
      }
      return changed;
    };
    // The name of a period has only what differs between periods.
    std::set<std::string> varying;
    for (const PeriodState& state : states) {
      for (std::string& what : changes(states[0], state)) varying.insert(std::move(what));
    }
    const auto name_of = [&](const PeriodState& state) {
      std::string name = varying.contains("weights") ? state.weights : "";
      for (size_t i = 0; i < arms.size(); ++i) {
        if (!varying.contains("policy of " + report.arms[i].name)) continue;
        const std::string policy = state.policies[i].substr(0, kDigestShown);
        name += (name.empty() ? "policy " : ", policy ") + policy + " of " + report.arms[i].name;
      }
      return name;
    };
    std::vector<double> p;
    for (size_t s = 0; s < states.size(); ++s) {
      for (size_t a = 1; a < arms.size(); ++a) {
        const auto moments = [&](const LogArm* arm) {
          const auto at = arm->periods.find(states[s].key);
          return at == arm->periods.end() ? ArmMoments() : ratio_moments(at->second.units, 0, 1);
        };
        const ArmMoments c = moments(arms[0]), t = moments(arms[a]);
        SegmentReport row;
        row.name = name_of(states[s]);
        row.arm = report.arms[a].name;
        row.units = c.units + t.units;
        row.relative = relative_lift(c, t, options_.comparing.level);
        row.first = states[s].first;
        if (s > 0) row.changed = changes(states[s - 1], states[s]);
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

  // "The weights changed", "The policy of two and the policy of three changed", ...
  static void warn_of_periods(ExperimentReport& report) {
    std::vector<std::string> changed;
    for (const SegmentReport& period : report.periods) {
      for (const std::string& what : period.changed) {
        if (std::ranges::find(changed, what) == changed.end()) changed.push_back(what);
      }
    }
    if (changed.empty()) return;
    std::string list;
    for (size_t i = 0; i < changed.size(); ++i) {
      list += (i == 0 ? "The " : i + 1 < changed.size() ? ", the " : " and the ") + changed[i];
    }
    report.warnings.push_back(list +
                              " changed during the experiment. The verdict is of the mixture; the "
                              "periods say what each of them did.");
  }

  void warn_of_changes(const LogExperiment& experiment, const std::vector<const LogArm*>& arms,
                       ExperimentReport& report) const {
    warn_of_periods(report);
    const auto strays = static_cast<double>(experiment.by_other_policies);
    if (strays > kMostStrays * static_cast<double>(experiment.pages)) {
      report.warnings.push_back(count_text(strays) +
                                " pages were answered by another policy than most pages of their "
                                "arm at that time: servers are configured differently.");
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
                           " lines: " + count_text(static_cast<double>(c.pages)) + " pages, " +
                           count_text(static_cast<double>(c.clicks)) + " clicks and " +
                           count_text(static_cast<double>(c.opt_outs)) + " opt-outs.");
    const auto note = [&](uint64_t count, const char* what) {
      if (count > 0) report.notes.push_back(count_text(static_cast<double>(count)) + what);
    };
    note(c.bad_lines, " lines could not be used.");
    note(c.without_user, " pages name neither user nor visitor and are left out.");
    note(c.duplicate_pages, " pages stand in the log again and are counted once.");
    note(c.unmatched_clicks,
         " clicks are not counted: their page is not in the log, they came more than 30 minutes "
         "after it, or the same thing was clicked before.");
    note(c.unmatched_opt_outs,
         " opt-outs are not counted: their page is not in the log, names no user, or is later.");
    report.notes.emplace_back("Users are the units, visitors without a name among them.");
    if (!has_opt_outs()) {
      report.notes.emplace_back(
          c.opt_outs == 0
              ? "The log has no opt-outs. Where the shop offers none or does not send them (POST "
                "/v1/events, kind opt_out), this guardrail is not guarded."
              : "No opt-out of the log could be counted, so that their share is not guarded.");
    }
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
