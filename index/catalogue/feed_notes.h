// What had to be changed or left out so that a feed could be taken as it is. Nothing is dropped in
// silence: each kind of change is counted and reported with the first line that has it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "models/text/probably_meant.h"

namespace barker {

// For one feed and one thread.
class FeedNotes {
 public:
  // The line to which the next notes belong, counted from 1.
  void set_line(uint64_t line) { line_ = line; }

  // Counts one change of a kind. `kind` is a sentence without the values of this line, because
  // values would make a kind of every line. Kinds beyond the first kMostKinds are counted together.
  void add(const std::string& kind);

  // Names a field that nobody reads when it resembles one of the `known` fields, once for each
  // name.
  void look_at_unknown_field(std::string_view name, const std::vector<std::string_view>& known);

  // The text with byte sequences that are not UTF-8 replaced, which is counted and noted.
  std::string valid_utf8(std::string_view text);

  // One line "FILE:12: KIND (34 times)" for each kind, in the order of their first lines.
  std::string report(const std::string& file) const;

  uint64_t invalid_utf8 = 0;    // sequences replaced
  uint64_t tags_dropped = 0;    // HTML tags in texts
  uint64_t values_dropped = 0;  // values that could not be taken, and whose field stayed empty

  static constexpr size_t kMostKinds = 40;
  static constexpr size_t kMostUnknownNames = 1000;  // looked at; a hostile line may have millions

 private:
  struct Kind {
    uint64_t first_line = 0, count = 0;
  };
  uint64_t line_ = 0;
  std::map<std::string, Kind> kinds_;
  std::unordered_set<std::string> unknown_names_;
};

}  // namespace barker
