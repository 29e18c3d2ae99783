#include "bench/results.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

namespace barker {
namespace {

bool less_is_better(const std::string& field) {
  return field == "time_ns" || field.ends_with("_bytes") || field.ends_with("_us") ||
         field.ends_with("_different") || field.ends_with("_violations");
}

}  // namespace

Status BenchResults::add(const std::string& path) {
  std::ifstream in(path);
  if (!in) return not_found(path + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  // Google Benchmark writes the coefficient of variation of zeros as NaN, which is not JSON.
  static const std::regex not_json(": -?(NaN|Infinity)");
  const nlohmann::json document = nlohmann::json::parse(
      std::regex_replace(text.str(), not_json, ": null"), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("benchmarks")) {
    return bad_data(path + ": expected what --benchmark_out writes");
  }
  static const std::regex suffix("/(min_time|iterations|repeats|real_time)(:[^/]*)?");
  for (const auto& run : document["benchmarks"]) {
    if (run.value("run_type", "") != "iteration") continue;
    const std::string name = std::regex_replace(run.value("name", ""), suffix, "");
    if (run.value("error_occurred", false)) {
      return bad_data(path + ": " + name + ": " + run.value("error_message", "failed"));
    }
    std::map<std::string, double>& best = runs_[name];
    for (const auto& [key, value] : run.items()) {
      if (!value.is_number()) continue;
      const std::string field = key == "real_time" ? "time_ns" : key;
      const auto [at, is_new] = best.try_emplace(field, value.get<double>());
      if (is_new) continue;
      at->second = less_is_better(field) ? std::min(at->second, value.get<double>())
                                         : std::max(at->second, value.get<double>());
    }
  }
  return {};
}

Result<double> BenchResults::get(const std::string& benchmark, const std::string& field) const {
  const auto run = runs_.find(benchmark);
  if (run == runs_.end()) return not_found("no benchmark \"" + benchmark + "\"");
  const auto value = run->second.find(field);
  if (value == run->second.end()) {
    return not_found("benchmark \"" + benchmark + "\" has no \"" + field + "\"");
  }
  return value->second;
}

std::vector<std::string> BenchResults::names() const {
  std::vector<std::string> all;
  for (const auto& [name, run] : runs_) all.push_back(name);
  return all;
}

}  // namespace barker
