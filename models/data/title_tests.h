// Tests of titles: several titles of one thing, each shown at the same time to a random share of
// the readers, and the clicks on each. Newspapers test headlines in this way, and shops titles of
// ads.
//
// A file of tests is JSON Lines, one title a line,
//
//   {"test": "t17", "time": 201446, "group": "img3", "title": "...", "impressions": 3052, "clicks":
//   150}
//
// or a table whose fields are separated by tabs and whose first line names the columns. Fields of a
// table are taken as they are, quotes too. `group` may be absent: it says what else was the same,
// such as the image, and only titles of one test and one group are compared. `time` is any integer
// that grows with time, such as seconds, or a year and a week. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

struct TestedTitle {
  std::string test, group, title;
  int64_t time = 0;
  double impressions = 0, clicks = 0;  // whole numbers, clicks <= impressions
};

// What the columns of a table, or the members of the JSON objects, are called. All must be there,
// but for a group of the default name.
struct TitleColumns {
  std::string test = "test", time = "time", group = "group", title = "title",
              impressions = "impressions", clicks = "clicks";

  bool needs_group() const { return group != "group"; }
};

// Reads a file, plain or compressed, in file order. Lines that are no tested title go to `bad`. An
// error if the file cannot be read, if a table lacks a column, or if no line can be used.
Result<std::vector<TestedTitle>> read_title_tests(const std::string& path,
                                                  const TitleColumns& columns, BadLines& bad);

// Times from..to, both included.
struct TimeRange {
  int64_t from, to;
};
// "201326..201402".
Result<TimeRange> parse_time_range(const std::string& text);

// Which pairs are made. A test has one time, that of its first title in the list, so that all of
// its pairs are on one side of a border.
struct PairRule {
  double least_impressions = 500;     // of both titles
  std::optional<int64_t> from;        // only tests at this time or later
  std::optional<int64_t> before;      // only tests before this time
  std::vector<TimeRange> left_out{};  // no tests of these times
};

// Two different titles of one test and group, as indices of the list of titles, in its order.
struct TitlePair {
  uint32_t first, second;
  uint32_t test;  // numbers the tests of the result from 0
};

// In the order of the first titles.
std::vector<TitlePair> pairs_of(const std::vector<TestedTitle>& titles, const PairRule& rule);

}  // namespace barker
