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
    const toml::table& table = *node.as_table();
    Bound b;
    b.what = table["what"].value_or("");
    b.value = table["value"].value_or("");
    b.over = table["over"].value_or("");
    b.isa = table["isa"].value_or("");
    b.has_low = table.contains("at_least");
    b.has_high = table.contains("at_most");
    b.low = table["at_least"].value_or(0.0);
    b.high = table["at_most"].value_or(0.0);
    if (b.what.empty() || b.value.empty() || !(b.has_low || b.has_high)) {
      return bad_data(where + "expected what, value, and at_least or at_most");
    }
    for (const auto& [key, value] : table) {
      constexpr std::string_view kKeys[] = {"what", "value", "over", "isa", "at_least", "at_most"};
      if (std::ranges::find(kKeys, key.str()) == std::end(kKeys)) {
        return bad_data(where + "no such key: " + std::string(key.str()));
      }
    }
    bounds.push_back(std::move(b));
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
    if (b.has_low) f.bound = ">= " + number(b.low);
    if (b.has_high) f.bound += (b.has_low ? ", <= " : "<= ") + number(b.high);
    Result<double> value = look_up(results, with_isa(b.value, isa));
    Result<double> over =
        b.over.empty() ? Result<double>(1.0) : look_up(results, with_isa(b.over, isa));
    if (!value.ok() || !over.ok()) {
      f.error = (value.ok() ? over : value).status().message();
    } else {
      f.value = *value / *over;
      f.kept = (!b.has_low || f.value >= b.low) && (!b.has_high || f.value <= b.high);
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
