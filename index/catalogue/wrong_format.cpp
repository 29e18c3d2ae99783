#include "index/catalogue/wrong_format.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/base/ascii.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::json;

constexpr char kIndex[] = "barker index --ads - --out DIR";

std::string through_pipe(const std::string& filter, const std::string& path,
                         const std::string& command) {
  const std::string file = path == "-" ? "" : " " + path;
  return filter + file + " | " + command;
}

std::string index_from_pipe(const std::string& filter, const std::string& path) {
  return through_pipe(filter, path, kIndex);
}

std::string import_from(const std::string& path, const char* from) {
  return std::string("barker import --from ") + from + " " + path + " --out catalogue.jsonl";
}

// `expected` is what the file should be, and `command` what reads it from standard input.
std::string compressed_or_encoded(std::string_view line, const std::string& path,
                                  const std::string& expected, const std::string& command) {
  struct Magic {
    std::string_view bytes;
    const char *what, *filter;
  };
  using namespace std::string_view_literals;
  static constexpr auto kMagics = std::to_array<Magic>({
      {"BZh"sv, "compressed by bzip2", "bunzip2 -c"},
      {"\xFD"
       "7zXZ"sv,
       "compressed by xz", "xz -dc"},
      {"\x28\xB5\x2F\xFD"sv, "compressed by zstd", "zstd -dc"},
      {"PK\x03\x04"sv, "a ZIP archive (an .xlsx workbook is one; save that as CSV)", "unzip -p"},
      {"\xFF\xFE"sv, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
      {"\xFE\xFF"sv, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
  });
  for (const Magic& magic : kMagics) {
    if (line.starts_with(magic.bytes)) {
      return std::string("the file is ") + magic.what + ", expected " + expected +
             "; type: " + through_pipe(magic.filter, path, command);
    }
  }
  // UTF-16 without a byte order mark: every other byte of an ASCII text is 0.
  if (line.size() >= 2 && (line[0] == '\0') != (line[1] == '\0')) {
    const char* const filter =
        line[0] == '\0' ? "iconv -f UTF-16BE -t UTF-8" : "iconv -f UTF-16LE -t UTF-8";
    return "the file is UTF-16, expected UTF-8; type: " + through_pipe(filter, path, command);
  }
  return "";
}

// Whether one of the cells is what feeds call a column.
bool is_header(std::string_view line, char separator) {
  static constexpr auto kColumns = std::to_array<std::string_view>(
      {"id", "sku", "title", "name", "handle", "product_id", "item_group_id", "link", "price"});
  size_t cells = 0;
  bool known = false;
  while (!line.empty()) {
    const size_t end = std::min(line.find(separator), line.size());
    std::string cell;
    for (const char c : line.substr(0, end)) {
      if (c != '"' && c != ' ') cell += ascii_lower(c);
    }
    known |= std::ranges::find(kColumns, cell) != kColumns.end();
    ++cells;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return known && cells >= 2;
}

// An object without id and title, one of whose members is an array of objects, is a whole feed.
std::optional<std::string> list_inside(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || json.contains("id") || json.contains("title")) return std::nullopt;
  for (const auto& [name, value] : json.items()) {
    if (value.is_array() && !value.empty() && value.front().is_object()) return name;
  }
  return std::nullopt;
}

std::string other_json(std::string_view line, const std::string& path) {
  if (line.starts_with('[')) {
    return "the file is a JSON array, expected one ad a line; type: " +
           index_from_pipe("jq -c '.[]'", path);
  }
  const char last = line.back();
  if (last == '{' || last == ',' || last == '[') {
    return "the file is a JSON document over several lines, expected one ad a line; type: " +
           index_from_pipe("jq -c .", path) +
           " (with '.products[]' for '.' if the ads are in a list)";
  }
  if (const std::optional<std::string> list = list_inside(line)) {
    return "the file is one JSON document with the list \"" + visible(*list) +
           "\", expected one ad a line; type: " +
           index_from_pipe("jq -c '.[\"" + visible(*list) + "\"][]'", path);
  }
  return "";
}

}  // namespace

std::string wrong_format(std::string_view line, const std::string& path) {
  if (std::string what = compressed_or_encoded(line, path, "JSON Lines", kIndex); !what.empty()) {
    return what;
  }
  while (!line.empty() && static_cast<unsigned char>(line.front()) <= ' ') line.remove_prefix(1);
  while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
  if (line.empty()) return "";
  if (line.front() == '{' || line.front() == '[') return other_json(line, path);
  if (line.starts_with("<?xml") || line.starts_with("<rss") || line.starts_with("<feed")) {
    return "the file is XML, expected JSON Lines; type: " + import_from(path, "google-merchant");
  }
  if (is_header(line, '\t')) {
    return "the file has columns between tabs, expected JSON Lines; type: " +
           import_from(path, "google-merchant");
  }
  if (is_header(line, ',') || is_header(line, ';')) {
    return "the file is CSV, expected JSON Lines; type: " +
           import_from(path, "shopify|woocommerce|jsonl-map");
  }
  return "";
}

std::string not_columns(std::string_view start, const std::string& path, const std::string& from) {
  const std::string command = "barker import --from " + from + " - --out catalogue.jsonl";
  if (std::string what = compressed_or_encoded(start, path, "CSV", command); !what.empty()) {
    return what;
  }
  const size_t first = start.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (start[first] != '{' && start[first] != '[')) return "";
  return "the file is JSON, expected CSV; type: " +
         (start[first] == '[' ? through_pipe("jq -c '.[]'", path, "") : "") +
         "barker import --from jsonl-map --map MAP " + (start[first] == '[' ? "-" : path) +
         " --out catalogue.jsonl";
}

}  // namespace barker
