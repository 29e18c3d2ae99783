// One record of a feed, before anything is known of its format: named texts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/ascii.h"
#include "models/base/result.h"

namespace barker {

struct FeedRow {
  uint64_t line = 0;  // of the file, where the record begins, counted from 1
  // In the order of the file. Names are in lower case with '_' for spaces and without "g:". A name
  // may occur more than once.
  std::vector<std::pair<std::string, std::string>> fields;

  // The first text of the name that is not empty, and an empty one where there is none.
  const std::string& get(std::string_view name) const {
    static const std::string kNone;
    const auto found = std::ranges::find_if(
        fields, [&](const auto& field) { return field.first == name && !field.second.empty(); });
    return found == fields.end() ? kNone : found->second;
  }
};

// Takes one row. A failure ends the reading, and is what the reader returns.
using TakeRow = std::function<Status(const FeedRow&)>;

// "Item Group ID" and "g:item_group_id" become "item_group_id".
inline std::string field_name(std::string_view name) {
  while (!name.empty() && static_cast<unsigned char>(name.front()) <= ' ') name.remove_prefix(1);
  while (!name.empty() && static_cast<unsigned char>(name.back()) <= ' ') name.remove_suffix(1);
  if (name.starts_with("g:")) name.remove_prefix(2);
  std::string out(name);
  for (char& c : out) c = c == ' ' ? '_' : ascii_lower(c);
  return out;
}

// A record that is longer is a mistake, such as a quotation mark that is never closed.
inline constexpr size_t kLongestRecord = 16u << 20;  // bytes

}  // namespace barker
