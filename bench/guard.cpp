#include "bench/guard.h"

#include <algorithm>
#include <cstdio>

#include "models/base/toml_text.h"

namespace barker {
namespace {

std::string with_isa(std::string text, const std::string& isa) {
  const std::string mark = "{isa}";
  for (size_t at; (at = text.find(mark)) != std::string::npos;) text.replace(at, mark.size(), isa);
  return text;
}

Result<double> look_up(const BenchResults& results, const std::string& name) {
  const size_t space = name.rfind(' ');
  if (space == std::string::npos) {
    return invalid_argument("\"" + name + "\": expected \"BENCHMARK FIELD\"");
  }
  return results.get(name.substr(0, space), name.substr(space + 1));
}

// What a limit is about.
Result<double> measured(const Limit& limit, const BenchResults& results, const std::string& isa) {
  const Result<double> value = look_up(results, with_isa(limit.value, isa));
  if (!value.ok() || limit.over.empty()) return value;
  const Result<double> over = look_up(results, with_isa(limit.over, isa));
  if (!over.ok()) return over;
  return *value / *over;
}

Status check_keys(const toml::table& table, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : table) {
    if (std::ranges::find(known, key.str()) == known.end()) {
      return bad_data("no such key: " + std::string(key.str()));
    }
  }
  return {};
}

Result<Limit> read_limit(const toml::table& table) {
  Limit limit;
  limit.value = table["value"].value_or("");
  limit.over = table["over"].value_or("");
  limit.has_low = table.contains("at_least");
  limit.has_high = table.contains("at_most");
  limit.low = table["at_least"].value_or(0.0);
  limit.high = table["at_most"].value_or(0.0);
  if (limit.value.empty() || !(limit.has_low || limit.has_high)) {
    return bad_data("expected value, and at_least or at_most");
  }
  return limit;
}

Result<Bound> read_bound(const toml::table& table) {
  if (Status s = check_keys(table, {"what", "value", "over", "isa", "at_least", "at_most", "when"});
      !s.ok()) {
    return s;
  }
  Result<Limit> limit = read_limit(table);
  if (!limit.ok()) return limit.status();
  Bound bound;
  bound.what = table["what"].value_or("");
  bound.limit = std::move(*limit);
  bound.isa = table["isa"].value_or("");
  if (bound.what.empty()) return bad_data("expected what");
  if (!table.contains("when")) return bound;
  const toml::table* when = table["when"].as_table();
  if (!when) return bad_data("when: expected a table");
  if (Status s = check_keys(*when, {"value", "over", "at_least", "at_most"}); !s.ok()) {
    return bad_data("when: " + s.message());
  }
  limit = read_limit(*when);
  if (!limit.ok()) return bad_data("when: " + limit.status().message());
  bound.when = std::move(*limit);
  return bound;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace

Result<std::vector<Bound>> read_bounds(const std::string& toml_text) {
  const Result<toml::table> parsed = parse_toml(toml_text);
  if (!parsed.ok()) return parsed.status();
  const toml::array* tables = (*parsed)["bound"].as_array();
  if (!tables || tables->empty()) return bad_data("expected [[bound]] tables, found none");
  std::vector<Bound> bounds;
  for (const toml::node& node : *tables) {
    const std::string where = "line " + std::to_string(node.source().begin.line) + ": ";
    if (!node.is_table()) return bad_data(where + "expected a [[bound]] table");
    Result<Bound> bound = read_bound(*node.as_table());
    if (!bound.ok()) return bad_data(where + bound.status().message());
    bounds.push_back(std::move(*bound));
  }
  return bounds;
}

std::vector<Finding> check_bounds(const std::vector<Bound>& bounds, const BenchResults& results,
                                  const std::string& isa) {
  std::vector<Finding> findings;
  for (const Bound& b : bounds) {
    if (!b.isa.empty() && b.isa != isa) continue;
    Finding f;
    f.what = b.what;
    const Limit& limit = b.limit;
    if (limit.has_low) f.bound = ">= " + number(limit.low);
    if (limit.has_high) f.bound += (limit.has_low ? ", <= " : "<= ") + number(limit.high);
    const Result<double> found = measured(limit, results, isa);
    const Result<double> condition = b.when ? measured(*b.when, results, isa) : Result<double>(0.0);
    if (b.when && condition.ok() && !b.when->holds(*condition)) continue;
    if (!found.ok() || !condition.ok()) {
      f.error = (found.ok() ? condition : found).status().message();
    } else {
      f.value = *found;
      f.kept = limit.holds(f.value);
    }
    findings.push_back(std::move(f));
  }
  return findings;
}

std::string to_table(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& f : findings) {
    char line[256];
    std::snprintf(line, sizeof line, "%-7s %-58s %10s  %s\n", f.kept ? "ok" : "BREACH",
                  f.what.c_str(), f.error.empty() ? number(f.value).c_str() : "-",
                  f.error.empty() ? f.bound.c_str() : f.error.c_str());
    out += line;
  }
  return out;
}

bool all_kept(const std::vector<Finding>& findings) {
  return !findings.empty() && std::ranges::all_of(findings, &Finding::kept);
}

}  // namespace barker
