#include "index/config/plugin_table.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>

#include "models/base/toml_text.h"

namespace barker {
namespace {

// "open" or "\"two words\"": a part of a dotted key.
std::string key_part(std::string_view name) {
  constexpr std::string_view kBare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!name.empty() && name.find_first_not_of(kBare) == std::string_view::npos) {
    return std::string(name);
  }
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

// "= VALUE", on one line.
std::string assignment(const toml::node& node) {
  toml::table one;
  one.insert("x", node);
  std::ostringstream out;
  out << toml::toml_formatter(one, toml::format_flags::none);
  std::string text = std::move(out).str();
  // Line breaks stand only between the entries of a list, because strings have theirs escaped.
  std::ranges::replace(text, '\n', ' ');
  return text.substr(text.find('='));
}

void collect(const toml::table& table, const std::string& prefix,
             std::multimap<size_t, std::string>& lines) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + key_part(key.str());
    const toml::table* inner = node.as_table();
    if (inner && !inner->is_inline()) {
      collect(*inner, name + ".", lines);
    } else {
      lines.emplace(node.source().begin.line, name + " " + assignment(node));
    }
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The line that an error is about, counted from 0: "configuration: line 12: title.size: no such
// key" names it, "configuration: numbers: expected one of ..." names the key.
std::optional<size_t> line_of(const std::string& error, const std::vector<std::string>& lines) {
  constexpr std::string_view kLine = "line ";
  if (const size_t at = error.find(kLine); at != std::string::npos) {
    size_t number = 0;
    const char* const begin = error.data() + at + kLine.size();
    std::from_chars(begin, error.data() + error.size(), number);
    if (number >= 1 && number <= lines.size() && !lines[number - 1].empty()) return number - 1;
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string key = lines[i].substr(0, lines[i].find(' '));
    if (!key.empty() && error.find(" " + key + ":") != std::string::npos) return i;
  }
  return std::nullopt;
}

}  // namespace

std::string plugin_text(const toml::table& plugin) {
  std::multimap<size_t, std::string> lines;
  collect(plugin, "", lines);
  std::string text;
  size_t next = 1;  // number of the line that is written next
  for (const auto& [number, line] : lines) {
    for (; next < number; ++next) text += '\n';
    text += line + '\n';
    ++next;
  }
  return text;
}

std::vector<std::string> trusted_keys(const std::string& text) {
  std::vector<std::string> keys;
  const Result<toml::table> table = parse_toml(text);
  if (!table.ok()) return keys;
  const toml::array* list = (*table)["trusted_keys"].as_array();
  if (!list) return keys;
  for (const toml::node& key : *list) keys.push_back(key.value_or(std::string()));
  return keys;
}

std::vector<ConfigProblem> check_plugin_text(
    const std::string& text, const std::string& file,
    const std::function<Status(const std::string& text)>& create) {
  std::vector<ConfigProblem> problems;
  std::vector<std::string> lines = lines_of(text);
  for (size_t tries = 0; tries <= lines.size(); ++tries) {
    std::string rest;
    for (const std::string& line : lines) rest += line + '\n';
    const Status status = create(rest);
    if (status.ok()) break;
    const std::optional<size_t> line = line_of(status.message(), lines);
    problems.push_back(
        {line ? file + ":" + std::to_string(*line + 1) : file, "[plugin]: " + status.message()});
    if (!line) break;
    lines[*line].clear();
  }
  return problems;
}

}  // namespace barker
