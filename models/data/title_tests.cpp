#include "models/data/title_tests.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "models/base/fields.h"
#include "models/base/input_file.h"
#include "models/base/number_text.h"
#include "models/data/json_fields.h"
#include "models/text/text.h"

namespace barker {
namespace {

using json_fields::Json;
using json_fields::Wrong;

double read_count(int64_t value, const std::string& field) {
  if (value < 0) throw Wrong{field + ": expected a count, found " + std::to_string(value)};
  return static_cast<double>(value);
}

// What must be true of a line of either format.
void check(const TestedTitle& t, const TitleColumns& columns) {
  if (t.test.empty()) throw Wrong{columns.test + ": expected the name of a test, found nothing"};
  if (t.title.empty()) throw Wrong{columns.title + ": expected a title, found nothing"};
  if (t.clicks > t.impressions) {
    throw Wrong{columns.clicks + ": expected at most the " + number_text(t.impressions) +
                " impressions, found " + number_text(t.clicks)};
  }
}

const Json& required(const Json& object, const std::string& name) {
  const Json* const value = json_fields::member(object, name.c_str());
  if (!value) throw Wrong{name + ": missing"};
  return *value;
}

TestedTitle read_json(std::string_view line, const TitleColumns& columns) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) throw Wrong{"expected a JSON object"};
  const auto integer = [&](const std::string& name) {
    return json_fields::read_integer(required(object, name), name);
  };
  TestedTitle t;
  t.test = json_fields::read_string(required(object, columns.test), columns.test);
  if (columns.needs_group()) required(object, columns.group);
  t.group = json_fields::optional_string(object, columns.group.c_str());
  t.title = json_fields::read_string(required(object, columns.title), columns.title);
  t.time = integer(columns.time);
  t.impressions = read_count(integer(columns.impressions), columns.impressions);
  t.clicks = read_count(integer(columns.clicks), columns.clicks);
  check(t, columns);
  return t;
}

// The places of the columns in a table's lines.
class Table {
 public:
  static Result<Table> from_header(std::string_view line, const TitleColumns& columns,
                                   const std::string& where) {
    Table table(columns);
    const std::vector<std::string_view> names = split_fields(line, '\t');
    table.width_ = names.size();
    const auto find = [&](const std::string& name) {
      const auto at = std::ranges::find(names, name);
      return at == names.end() ? kAbsent : static_cast<size_t>(at - names.begin());
    };
    for (size_t c = 0; c < kNames.size(); ++c) {
      table.place_[c] = find(columns.*kNames[c]);
      const bool may_be_absent = kNames[c] == &TitleColumns::group && !columns.needs_group();
      if (table.place_[c] == kAbsent && !may_be_absent) {
        return unexpected(where, "a column \"" + columns.*kNames[c] + "\" in the first line",
                          "\"" + std::string(line.substr(0, 200)) + "\"");
      }
    }
    return table;
  }

  TestedTitle read(std::string_view line) const {
    const std::vector<std::string_view> fields = split_fields(line, '\t');
    if (fields.size() != width_) {
      throw Wrong{"expected " + std::to_string(width_) + " fields, found " +
                  std::to_string(fields.size())};
    }
    const auto text = [&](size_t c) {
      return place_[c] == kAbsent ? std::string() : trimmed(fields[place_[c]]);
    };
    const auto integer = [&](size_t c) {
      const std::string value = text(c);
      const std::optional<int64_t> number = read_integer(value);
      if (!number) {
        throw Wrong{columns_.*kNames[c] + ": expected an integer, found \"" + value + "\""};
      }
      return *number;
    };
    TestedTitle t{text(0), text(2), text(3), integer(1), 0, 0};
    t.impressions = read_count(integer(4), columns_.impressions);
    t.clicks = read_count(integer(5), columns_.clicks);
    check(t, columns_);
    return t;
  }

 private:
  explicit Table(const TitleColumns& columns) : columns_(columns) {}

  static constexpr size_t kAbsent = ~size_t{0};
  static constexpr std::array<std::string TitleColumns::*, 6> kNames = {
      &TitleColumns::test,  &TitleColumns::time,        &TitleColumns::group,
      &TitleColumns::title, &TitleColumns::impressions, &TitleColumns::clicks};

  TitleColumns columns_;
  std::array<size_t, 6> place_{};
  size_t width_ = 0;
};

bool is_in(int64_t time, const PairRule& rule) {
  if (rule.from && time < *rule.from) return false;
  if (rule.before && time >= *rule.before) return false;
  return std::ranges::none_of(rule.left_out,
                              [&](TimeRange r) { return r.from <= time && time <= r.to; });
}

}  // namespace

Result<std::vector<TestedTitle>> read_title_tests(const std::string& path,
                                                  const TitleColumns& columns, BadLines& bad) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  std::vector<TestedTitle> titles;
  std::optional<Table> table;
  bool is_first = true;
  std::string_view line;
  while (lines->next(line)) {
    if (is_blank(line)) continue;
    const bool is_json = line.starts_with('{');
    if (std::exchange(is_first, false) && !is_json) {
      Result<Table> header = Table::from_header(line, columns, input_name(path));
      if (!header.ok()) return header.status();
      table = std::move(*header);
      continue;
    }
    try {
      titles.push_back(table ? table->read(line) : read_json(line, columns));
    } catch (const Wrong& wrong) {
      bad.add(lines->number(), wrong.reason);
    }
  }
  if (!lines->status().ok()) return lines->status();
  if (titles.empty()) {
    return bad_data(input_name(path) + ": no line of it is a tested title" +
                    (bad.count() > 0 ? "; the first one: " + bad.first().front().reason : ""));
  }
  return titles;
}

Result<TimeRange> parse_time_range(const std::string& text) {
  const size_t dots = text.find("..");
  if (dots != std::string::npos) {
    const std::optional<int64_t> from = read_integer(std::string_view(text).substr(0, dots));
    const std::optional<int64_t> to = read_integer(std::string_view(text).substr(dots + 2));
    if (from && to && *from <= *to) return TimeRange{*from, *to};
  }
  return invalid_argument("\"" + text + "\": expected two times as FROM..TO, FROM not after TO");
}

std::vector<TitlePair> pairs_of(const std::vector<TestedTitle>& titles, const PairRule& rule) {
  // The time of each test's first title, and the earlier titles of each test and group.
  std::unordered_map<std::string_view, int64_t> times;
  std::map<std::pair<std::string_view, std::string_view>, std::vector<uint32_t>> seen;
  std::unordered_map<std::string_view, uint32_t> tests;
  std::vector<TitlePair> pairs;
  for (uint32_t i = 0; i < titles.size(); ++i) {
    const TestedTitle& title = titles[i];
    const int64_t time = times.try_emplace(title.test, title.time).first->second;
    if (title.impressions < rule.least_impressions || !is_in(time, rule)) continue;
    std::vector<uint32_t>& earlier = seen[{title.test, title.group}];
    for (const uint32_t other : earlier) {
      if (titles[other].title == title.title) continue;
      const auto number = static_cast<uint32_t>(tests.size());
      pairs.push_back({other, i, tests.try_emplace(title.test, number).first->second});
    }
    earlier.push_back(i);
  }
  std::ranges::stable_sort(pairs, {}, &TitlePair::first);
  return pairs;
}

}  // namespace barker
