#include "models/evaluate/gate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/evaluate/number_format.h"
#include "models/evaluate/quality.h"

namespace barker {
namespace {

struct Slice {
  std::string name;
  std::vector<uint32_t> instances;
};

std::vector<Slice> slices_of(const InstanceTable& test, uint64_t min_instances) {
  constexpr size_t kCold = kClickBins.size(), kFirstCategory = kCold + 1;
  std::vector<Slice> all(kFirstCategory + test.categories.size());
  for (size_t bin = 0; bin < kClickBins.size(); ++bin) all[bin].name = kClickBins[bin];
  all[kCold].name = "cold users";
  for (size_t c = 0; c < test.categories.size(); ++c) {
    all[kFirstCategory + c].name =
        "category " + (test.categories[c].empty() ? "(none)" : test.categories[c]);
  }
  for (uint32_t i = 0; i < test.size(); ++i) {
    const uint32_t user = test.user[i];
    all[click_bin(test, user)].instances.push_back(i);
    if (test.main_clicks[user] + test.aux_clicks[user] == 0) all[kCold].instances.push_back(i);
    all[kFirstCategory + test.category[i]].instances.push_back(i);
  }
  std::erase_if(all, [&](const Slice& s) { return s.instances.size() < min_instances; });
  return all;
}

// The AUC of a slice. The candidate is refused if the whole interval of the difference is below 0.
GateFinding judge_auc(const Slice& slice, const InstanceTable& test,
                      const std::vector<float>& candidate, const std::vector<float>& current,
                      const GateOptions& o, double level) {
  const std::vector<float> a = take(candidate, slice.instances);
  const std::vector<float> b = take(current, slice.instances);
  const std::vector<uint8_t> clicked = take(test.clicked, slice.instances);
  const std::vector<uint32_t> user = take(test.user, slice.instances);
  GateFinding f{slice.name, "AUC", clicked.size(), auc(b, clicked), auc(a, clicked), {}, false};
  f.difference = auc_difference_by_user(a, b, clicked, user, test.users, o.draws, o.seed, level);
  f.refused = f.difference.high < 0;
  return f;
}

GateFinding judge_log_loss(const InstanceTable& test, const std::vector<float>& candidate,
                           const std::vector<float>& current, const GateOptions& o) {
  std::vector<float> excess;  // loss of the candidate minus loss of the current model, by instance
  for (size_t i = 0; i < test.size(); ++i) {
    const std::span<const uint8_t> clicked(&test.clicked[i], 1);
    excess.push_back(static_cast<float>(log_loss({&candidate[i], 1}, clicked) -
                                        log_loss({&current[i], 1}, clicked)));
  }
  GateFinding f{"all", "log loss", test.size(), 0, 0, {}, false};
  f.current = log_loss(current, test.clicked);
  f.candidate = log_loss(candidate, test.clicked);
  f.difference = mean_by_user(excess, test.user, test.users, o.draws, o.seed);
  f.refused = f.difference.low > 0;
  return f;
}

GateFinding judge_calibration(const InstanceTable& test, const std::vector<float>& candidate,
                              const std::vector<float>& current, const GateOptions& o) {
  GateFinding f{"all", "calibration error", test.size(), 0, 0, {}, false};
  f.current = calibration_error(current, test.clicked);
  f.candidate = calibration_error(candidate, test.clicked);
  f.difference = {f.candidate - f.current, NAN, NAN};
  f.refused = f.difference.value > o.calibration_tolerance;
  return f;
}

double count_nan(const std::vector<float>& values) {
  return static_cast<double>(
      std::count_if(values.begin(), values.end(), [](float v) { return std::isnan(v); }));
}

}  // namespace

std::vector<GateFinding> gate(const InstanceTable& test, const std::vector<float>& candidate,
                              const std::vector<float>& current, const GateOptions& o) {
  std::vector<GateFinding> findings;
  // Nothing below can judge a NaN: every comparison with it is false, so nothing would be refused.
  const double candidate_nan = count_nan(candidate), current_nan = count_nan(current);
  if (candidate_nan > 0 || current_nan > 0) {
    findings.push_back({"all",
                        "not a number",
                        test.size(),
                        current_nan,
                        candidate_nan,
                        {candidate_nan - current_nan, NAN, NAN},
                        candidate_nan > 0});
  }
  Slice all{"all", std::vector<uint32_t>(test.size())};
  std::iota(all.instances.begin(), all.instances.end(), 0u);
  findings.push_back(judge_auc(all, test, candidate, current, o, 0.95));
  const std::vector<Slice> slices = slices_of(test, o.min_instances);
  const double level = 1 - 0.05 / static_cast<double>(std::max<size_t>(slices.size(), 1));
  for (const Slice& s : slices) {
    findings.push_back(judge_auc(s, test, candidate, current, o, level));
  }
  findings.push_back(judge_log_loss(test, candidate, current, o));
  findings.push_back(judge_calibration(test, candidate, current, o));
  return findings;
}

bool passes(const std::vector<GateFinding>& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const GateFinding& f) { return f.refused; });
}

std::string to_text(const std::vector<GateFinding>& findings) {
  std::string out;
  for (const GateFinding& f : findings) {
    out += align_left(f.refused ? "REFUSED" : "ok", 7) + " " + align_left(f.metric, 18) + " " +
           align_left(f.slice, 30) + " " + align_right(std::to_string(f.instances), 8) +
           " instances  " + number_text(f.current, 4) + " -> " + number_text(f.candidate, 4) +
           "  " + signed_number_text(f.difference.value, 4);
    if (std::isfinite(f.difference.low)) {
      out += " [" + signed_number_text(f.difference.low, 4) + ", " +
             signed_number_text(f.difference.high, 4) + "]";
    }
    out += "\n";
  }
  return out;
}

}  // namespace barker
