#include "models/cli/search_space.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "models/base/number_text.h"
#include "models/base/toml_readers.h"

namespace barker {
namespace {

using Kind = SearchedOption::Kind;

Status wrong_option(const toml::node& node, const std::string& name, const std::string& what) {
  return {Code::kBadConfiguration, place_of(node, name) + what};
}

Status read_choices(const toml::array& values, const std::string& name, SearchedOption& option) {
  if (values.empty()) return wrong_option(values, name, "expected at least one choice");
  for (const toml::node& value : values) {
    std::ostringstream text;
    value.visit([&](const auto& v) { text << v; });
    option.choices.push_back(text.str());
  }
  return {};
}

Status read_range(const toml::array& values, const std::string& name, SearchedOption& option) {
  const bool are_numbers =
      values.size() == 2 && values.get(0)->is_number() && values.get(1)->is_number();
  if (!are_numbers) return wrong_option(values, name, "expected two numbers, [low, high]");
  option.low = *values.get(0)->value<double>();
  option.high = *values.get(1)->value<double>();
  option.is_integer = values.get(0)->is_integer() && values.get(1)->is_integer();
  if (!std::isfinite(option.low) || !std::isfinite(option.high) || option.low >= option.high) {
    return wrong_option(values, name, "expected [low, high] with low < high");
  }
  if (option.kind == Kind::kLog && option.low <= 0) {
    return wrong_option(values, name, "expected a low end above 0, because its logarithm is taken");
  }
  return {};
}

Result<SearchedOption> read_option(const toml::node& node, const std::string& name) {
  const std::string expected =
      "expected { linear = [a, b] }, { log = [a, b] } or { choices = [...] }";
  const toml::table* table = node.as_table();
  if (!table || table->size() != 1 || !table->begin()->second.is_array()) {
    return wrong_option(node, name, expected);
  }
  SearchedOption option;
  option.name = name;
  const std::string kind(table->begin()->first.str());
  const toml::array& values = *table->begin()->second.as_array();
  if (kind != "choices" && kind != "log" && kind != "linear")
    return wrong_option(node, name, expected);
  if (kind == "log") option.kind = Kind::kLog;
  if (kind == "linear") option.kind = Kind::kLinear;
  Status s =
      kind == "choices" ? read_choices(values, name, option) : read_range(values, name, option);
  if (!s.ok()) return s;
  return option;
}

// Six digits are as many as anybody tells apart, and they read back as they were.
std::string setting(const SearchedOption& option, double value) {
  const double rounded = std::clamp(value, option.low, option.high);
  std::string text =
      option.is_integer ? number_text(std::round(rounded), 0) : rounded_number_text(rounded, 6);
  const bool looks_like_integer = text.find_first_of(".e") == std::string::npos;
  if (!option.is_integer && looks_like_integer) text += ".0";
  return option.name + "=" + text;
}

std::string draw_one(const SearchedOption& option, Random& random) {
  if (option.kind == Kind::kChoices) return option.name + "=" + random.pick(option.choices);
  // An integer stands for the numbers that round to it, so that each is as likely as the others.
  const double half = option.is_integer ? 0.5 : 0;
  const double low = option.low - half, high = option.high + half;
  const double u = random.uniform();
  if (option.kind == Kind::kLinear) return setting(option, low + u * (high - low));
  return setting(option, std::exp(std::log(low) + u * (std::log(high) - std::log(low))));
}

}  // namespace

Result<SearchSpace> SearchSpace::parse(std::string_view toml) {
  const Result<toml::table> parsed = parse_toml(toml);
  if (!parsed.ok()) return Status(Code::kBadConfiguration, parsed.status().message());
  SearchSpace space;
  for (const auto& [section, node] : *parsed) {
    const toml::table* table = node.as_table();
    if (!table) return wrong_option(node, std::string(section.str()), "expected a section");
    for (const auto& [key, value] : *table) {
      Result<SearchedOption> option =
          read_option(value, std::string(section.str()) + "." + std::string(key.str()));
      if (!option.ok()) return option.status();
      space.options_.push_back(std::move(*option));
    }
  }
  if (space.options_.empty()) {
    return Status(Code::kBadConfiguration, "it declares no option to search");
  }
  std::ranges::sort(space.options_, {}, &SearchedOption::name);
  return space;
}

std::vector<std::string> SearchSpace::draw(Random& random) const {
  std::vector<std::string> settings;
  for (const SearchedOption& option : options_) settings.push_back(draw_one(option, random));
  return settings;
}

std::vector<std::string> SearchSpace::extremes() const {
  std::vector<std::string> settings;
  for (const SearchedOption& option : options_) {
    if (option.kind == Kind::kChoices) {
      for (const std::string& choice : option.choices) {
        settings.push_back(option.name + "=" + choice);
      }
    } else {
      settings.push_back(setting(option, option.low));
      settings.push_back(setting(option, option.high));
    }
  }
  return settings;
}

}  // namespace barker
