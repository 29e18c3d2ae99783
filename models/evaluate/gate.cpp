#include "models/evaluate/gate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/base/one_line.h"
#include "models/evaluate/number_format.h"
#include "models/evaluate/quality.h"
#include "models/text/text.h"

namespace barker {
namespace {

struct JudgedSlice {
  std::string name;
  std::vector<uint32_t> instances;
};

JudgedSlice all_of(const std::string& name, size_t size) {
  JudgedSlice all{name, std::vector<uint32_t>(size)};
  std::iota(all.instances.begin(), all.instances.end(), 0u);
  return all;
}

std::vector<JudgedSlice> slices_of(const InstanceTable& test) {
  constexpr size_t kCold = kClickBins.size(), kFirstCategory = kCold + 1;
  std::vector<JudgedSlice> all(kFirstCategory + test.categories.size());
  for (size_t bin = 0; bin < kClickBins.size(); ++bin) all[bin].name = kClickBins[bin];
  all[kCold].name = "without history";
  for (size_t c = 0; c < test.categories.size(); ++c) {
    all[kFirstCategory + c].name =
        "category " + (test.categories[c].empty() ? "(none)" : test.categories[c]);
  }
  for (uint32_t i = 0; i < test.size(); ++i) {
    all[click_bin(test, test.user[i])].instances.push_back(i);
    if (test.is_cold[i]) all[kCold].instances.push_back(i);
    all[kFirstCategory + test.category[i]].instances.push_back(i);
  }
  std::erase_if(all, [](const JudgedSlice& s) { return s.instances.empty(); });
  return all;
}

double count_nan(const std::vector<float>& values) {
  return static_cast<double>(
      std::count_if(values.begin(), values.end(), [](float v) { return std::isnan(v); }));
}

class Gate {
 public:
  Gate(const GateInput& input, const GateOptions& options) : in_(input), o_(options) {}

  GateReport run() {
    judge_numbers();
    const JudgedSlice all = all_of("all", in_.main.size());
    const GateFinding whole = judge_auc(all, in_.main, in_.candidate.main, in_.current.main, 0.95);
    report_.findings.push_back(whole);
    std::vector<JudgedSlice> slices = slices_of(in_.main);
    const auto is_large = [&](const JudgedSlice& s) {
      return s.instances.size() >= o_.min_instances;
    };
    const auto judged = std::max<ptrdiff_t>(std::ranges::count_if(slices, is_large), 1);
    for (const JudgedSlice& slice : slices) {
      report_.findings.push_back(judge_auc(slice, in_.main, in_.candidate.main, in_.current.main,
                                           1 - 0.05 / static_cast<double>(judged)));
    }
    judge_auxiliary();
    if (whole.verdict != GateVerdict::kCannotJudge) {
      judge_log_loss(whole);
      judge_calibration(whole);
    }
    decide(whole);
    return std::move(report_);
  }

 private:
  // Nothing else can judge a NaN: every comparison with it is false, so nothing would be refused.
  void judge_numbers() {
    const double candidate = count_nan(in_.candidate.main) + count_nan(in_.candidate.auxiliary);
    const double current = count_nan(in_.current.main) + count_nan(in_.current.auxiliary);
    if (candidate == 0 && current == 0) return;
    GateFinding f = finding_of(all_of("all", in_.main.size()), in_.main, "not a number");
    f.current = current;
    f.candidate = candidate;
    f.difference = {candidate - current, NAN, NAN};
    if (candidate > 0) f.verdict = GateVerdict::kRefused;
    report_.findings.push_back(std::move(f));
  }

  GateFinding finding_of(const JudgedSlice& slice, const InstanceTable& table,
                         const char* metric) const {
    GateFinding f;
    f.slice = slice.name;
    f.metric = metric;
    f.instances = slice.instances.size();
    f.users = count_users(take(table.user, slice.instances), table.users);
    f.difference = {NAN, NAN, NAN};
    return f;
  }

  GateFinding judge_auc(const JudgedSlice& slice, const InstanceTable& table,
                        const std::vector<float>& candidate, const std::vector<float>& current,
                        double level) const {
    GateFinding f = finding_of(slice, table, "AUC");
    const std::vector<float> a = take(candidate, slice.instances);
    const std::vector<float> b = take(current, slice.instances);
    const std::vector<uint8_t> clicked = take(table.clicked, slice.instances);
    f.candidate = auc(a, clicked);
    f.current = auc(b, clicked);
    const std::vector<uint32_t> users = take(table.user, slice.instances);
    f.reason = too_little(f, clicked, users, table.users);
    if (!f.reason.empty()) {
      f.verdict = GateVerdict::kCannotJudge;
      return f;
    }
    f.difference =
        auc_difference_by_user(a, b, clicked, users, table.users, o_.draws, o_.seed, level);
    if (f.difference.high < 0) f.verdict = GateVerdict::kRefused;
    return f;
  }

  // Why a slice judges nothing; empty where it does.
  std::string too_little(const GateFinding& f, const std::vector<uint8_t>& clicked,
                         const std::vector<uint32_t>& users, uint32_t user_count) const {
    if (f.instances < o_.min_instances) {
      return "fewer than " + std::to_string(o_.min_instances) + " instances";
    }
    const auto clicks = std::accumulate(clicked.begin(), clicked.end(), uint64_t{0});
    if (clicks == 0) return "nothing is clicked";
    if (clicks == clicked.size()) return "everything is clicked";
    return too_few_for_interval(clicked, users, user_count);
  }

  // A candidate without the task would order ads by nothing.
  void judge_auxiliary() {
    const JudgedSlice ads = all_of("ads", in_.auxiliary.size());
    if (!in_.current.has_auxiliary) return;
    if (!in_.candidate.has_auxiliary) {
      GateFinding f = finding_of(ads, in_.auxiliary, "auxiliary task");
      f.current = 1;
      f.difference = {-1, NAN, NAN};
      f.verdict = GateVerdict::kRefused;
      report_.findings.push_back(std::move(f));
    } else if (in_.auxiliary.size() == 0) {
      GateFinding f = finding_of(ads, in_.auxiliary, "AUC");
      f.verdict = GateVerdict::kCannotJudge;
      f.reason = "the log has no ads";
      report_.findings.push_back(std::move(f));
    } else {
      report_.findings.push_back(
          judge_auc(ads, in_.auxiliary, in_.candidate.auxiliary, in_.current.auxiliary, 0.95));
    }
  }

  void judge_log_loss(const GateFinding& whole) {
    const InstanceTable& test = in_.main;
    const double weight = 1 / o_.negatives_kept;
    const auto clicks = std::accumulate(test.clicked.begin(), test.clicked.end(), 0.0);
    const auto all = static_cast<double>(test.size());
    const double mean_weight = (clicks + weight * (all - clicks)) / all;
    std::vector<float> excess;  // weighted loss of the candidate minus that of the current model
    for (size_t i = 0; i < test.size(); ++i) {
      const std::span<const uint8_t> clicked(&test.clicked[i], 1);
      const double more = log_loss({&in_.candidate.main[i], 1}, clicked) -
                          log_loss({&in_.current.main[i], 1}, clicked);
      excess.push_back(static_cast<float>((test.clicked[i] ? 1 : weight) / mean_weight * more));
    }
    GateFinding f = whole;
    f.metric = "log loss";
    f.current = log_loss(in_.current.main, test.clicked, weight);
    f.candidate = log_loss(in_.candidate.main, test.clicked, weight);
    f.difference = mean_by_user(excess, test.user, test.users, o_.draws, o_.seed);
    f.verdict = f.difference.low > 0 ? GateVerdict::kRefused : GateVerdict::kPassed;
    report_.findings.push_back(std::move(f));
  }

  void judge_calibration(const GateFinding& whole) {
    const double weight = 1 / o_.negatives_kept;
    GateFinding f = whole;
    f.metric = "calibration error";
    f.current = calibration_error(in_.current.main, in_.main.clicked, weight);
    f.candidate = calibration_error(in_.candidate.main, in_.main.clicked, weight);
    f.difference = {f.candidate - f.current, NAN, NAN};
    f.verdict = f.difference.value > o_.calibration_tolerance ? GateVerdict::kRefused
                                                              : GateVerdict::kPassed;
    report_.findings.push_back(std::move(f));
  }

  void decide(const GateFinding& whole) {
    const auto is_refused = [](const GateFinding& f) { return f.verdict == GateVerdict::kRefused; };
    const uint64_t unknown = std::min(in_.candidate.unknown, in_.current.unknown);
    if (std::ranges::any_of(report_.findings, is_refused)) {
      report_.verdict = GateVerdict::kRefused;
    } else if (unknown * 2 > in_.main.size()) {
      report_.verdict = GateVerdict::kCannotJudge;
      report_.reason = "neither model knows the keywords of " + std::to_string(unknown) + " of " +
                       std::to_string(in_.main.size()) + " instances";
    } else {
      report_.verdict = whole.verdict;
      report_.reason = whole.reason;
      if (whole.verdict == GateVerdict::kPassed) doubt_the_clicks();
    }
  }

  // Where neither model does better than chance, that they do equally well says nothing: the clicks
  // of the log are wrong (mixed up on their way), or both models are.
  void doubt_the_clicks() {
    std::string found;
    for (const std::vector<float>* p : {&in_.current.main, &in_.candidate.main}) {
      const Interval i =
          auc_by_user(*p, in_.main.clicked, in_.main.user, in_.main.users, o_.draws, o_.seed);
      if (i.low > 0.5) return;
      found += (found.empty() ? "" : " and ") + number_text(i.value, 4) + " [" +
               number_text(i.low, 4) + ", " + number_text(i.high, 4) + "]";
    }
    report_.verdict = GateVerdict::kCannotJudge;
    report_.reason =
        "neither model is better than chance at telling what is clicked from what is not: AUC " +
        found;
  }

  const GateInput& in_;
  const GateOptions& o_;
  GateReport report_;
};

const char* word_of(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::kPassed:
      return "ok";
    case GateVerdict::kRefused:
      return "REFUSED";
    case GateVerdict::kCannotJudge:
      return "-";
  }
  return "";
}

}  // namespace

GateReport gate(const GateInput& input, const GateOptions& options) {
  return Gate(input, options).run();
}

std::string to_text(const GateReport& report) {
  std::string out;
  for (const GateFinding& f : report.findings) {
    out += align_left(word_of(f.verdict), 7) + " " + align_left(f.metric, 18) + " " +
           align_left(visible_line(f.slice), 30) + " " +
           align_right(std::to_string(f.instances), 8) + " instances " +
           align_right(std::to_string(f.users), 6) + " users  ";
    if (f.verdict == GateVerdict::kCannotJudge) {
      out += "not judged: " + one_line(f.reason) + "\n";
      continue;
    }
    out += number_text(f.current, 4) + " -> " + number_text(f.candidate, 4) + "  " +
           signed_number_text(f.difference.value, 4);
    if (std::isfinite(f.difference.low)) {
      out += " [" + signed_number_text(f.difference.low, 4) + ", " +
             signed_number_text(f.difference.high, 4) + "]";
    }
    out += "\n";
  }
  switch (report.verdict) {
    case GateVerdict::kPassed:
      return out + "passed: no regression beyond the noise\n";
    case GateVerdict::kRefused:
      return out + "refused: worse beyond the noise where it says REFUSED\n";
    case GateVerdict::kCannotJudge:
      return out + "cannot judge: " + one_line(report.reason) + "\n";
  }
  return out;
}

}  // namespace barker
