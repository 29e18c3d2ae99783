#include "models/evaluate/gate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "models/evaluate/quality.h"

namespace barker {
namespace {

struct Slice {
  std::string name;
  std::vector<uint32_t> instances;
};

std::vector<Slice> slices_of(const InstanceTable& test, uint64_t min_instances) {
  const char* bins[] = {"main <=6, aux >21", "main <=6, aux <=21", "main >6, aux >21",
                        "main >6, aux <=21"};
  std::vector<Slice> all(5 + test.categories.size());
  for (size_t b = 0; b < 4; ++b) all[b].name = bins[b];
  all[4].name = "cold users";
  for (size_t c = 0; c < test.categories.size(); ++c) {
    all[5 + c].name = "category " + (test.categories[c].empty() ? "(none)" : test.categories[c]);
  }
  for (uint32_t i = 0; i < test.size(); ++i) {
    const uint32_t main = test.main_clicks[test.user[i]], aux = test.aux_clicks[test.user[i]];
    all[(main > 6 ? 2 : 0) + (aux > 21 ? 0 : 1)].instances.push_back(i);
    if (main + aux == 0) all[4].instances.push_back(i);
    all[5 + test.category[i]].instances.push_back(i);
  }
  std::erase_if(all, [&](const Slice& s) { return s.instances.size() < min_instances; });
  return all;
}

template <typename T>
std::vector<T> take(const std::vector<T>& from, const std::vector<uint32_t>& instances) {
  std::vector<T> out;
  for (const uint32_t i : instances) out.push_back(from[i]);
  return out;
}

}  // namespace

std::vector<GateFinding> gate(const InstanceTable& test, const std::vector<float>& candidate,
                              const std::vector<float>& current, const GateOptions& o) {
  std::vector<GateFinding> findings;
  const auto judge = [&](const std::string& name, const std::vector<float>& a,
                         const std::vector<float>& b, const std::vector<uint8_t>& clicked,
                         const std::vector<uint32_t>& user, double level) {
    GateFinding f{name, "AUC", clicked.size(), auc(b, clicked), auc(a, clicked), {}, false};
    f.difference = auc_difference_by_user(a, b, clicked, user, test.users, o.draws, o.seed, level);
    f.refused = f.difference.high < 0;
    findings.push_back(std::move(f));
  };
  judge("all", candidate, current, test.clicked, test.user, 0.95);
  const std::vector<Slice> slices = slices_of(test, o.min_instances);
  const double level = 1 - 0.05 / static_cast<double>(std::max<size_t>(slices.size(), 1));
  for (const Slice& s : slices) {
    judge(s.name, take(candidate, s.instances), take(current, s.instances),
          take(test.clicked, s.instances), take(test.user, s.instances), level);
  }
  GateFinding loss{"all",
                   "log loss",
                   test.size(),
                   log_loss(current, test.clicked),
                   log_loss(candidate, test.clicked),
                   {},
                   false};
  std::vector<float> excess;  // of each instance's loss
  for (size_t i = 0; i < test.size(); ++i) {
    const std::span<const uint8_t> clicked(&test.clicked[i], 1);
    excess.push_back(static_cast<float>(log_loss({&candidate[i], 1}, clicked) -
                                        log_loss({&current[i], 1}, clicked)));
  }
  loss.difference = mean_by_user(excess, test.user, test.users, o.draws, o.seed);
  loss.refused = loss.difference.low > 0;
  findings.push_back(std::move(loss));
  GateFinding calibration{"all",
                          "calibration error",
                          test.size(),
                          calibration_error(current, test.clicked),
                          calibration_error(candidate, test.clicked),
                          {},
                          false};
  const double worse = calibration.candidate - calibration.current;
  calibration.difference = {worse, NAN, NAN};
  calibration.refused = worse > o.calibration_tolerance;
  findings.push_back(std::move(calibration));
  return findings;
}

bool passes(const std::vector<GateFinding>& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const GateFinding& f) { return f.refused; });
}

std::string to_text(const std::vector<GateFinding>& findings) {
  std::string out;
  char line[512];
  for (const GateFinding& f : findings) {
    std::snprintf(line, sizeof line, "%-7s %-18s %-30s %8llu instances  %.4f -> %.4f  %+.4f",
                  f.refused ? "REFUSED" : "ok", f.metric.c_str(), f.slice.c_str(),
                  static_cast<unsigned long long>(f.instances), f.current, f.candidate,
                  f.difference.value);
    out += line;
    if (std::isfinite(f.difference.low)) {
      std::snprintf(line, sizeof line, " [%+.4f, %+.4f]", f.difference.low, f.difference.high);
      out += line;
    }
    out += "\n";
  }
  return out;
}

}  // namespace barker
