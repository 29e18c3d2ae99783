#include "models/text/probably_meant.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "models/base/ascii.h"

namespace barker {
namespace {

// In lower case and without separators: "Selling-Points" becomes "sellingpoints".
std::string bare(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ' || c == '.') continue;
    out += ascii_lower(c);
  }
  return out;
}

// The number of letters added, left out, changed or swapped with their neighbour (the optimal
// string alignment distance).
size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<size_t> before(right.size() + 1), row(right.size() + 1), next(right.size() + 1);
  for (size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t changed = row[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, changed});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        next[j] = std::min(next[j], before[j - 2] + 1);
      }
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[right.size()];
}

}  // namespace

std::string_view probably_meant(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr size_t kLongestName = 40;
  if (name.size() > kLongestName) return {};
  const std::string given = bare(name);
  std::string_view best;
  size_t least = SIZE_MAX;
  for (const std::string_view candidate : known) {
    const std::string wanted = bare(candidate);
    const size_t distance = edit_distance(given, wanted);
    // Of a short name, one letter more or less makes another word: "id" and "ad", "bid" and "big".
    const bool plural = given == wanted + "s";
    const size_t most = wanted.size() <= 3 ? 0 : wanted.size() <= 5 ? 1 : 2;
    const bool swapped = wanted.size() == 5 && distance <= 2 && given.size() == wanted.size() &&
                         std::ranges::is_permutation(given, wanted);
    if ((distance <= most || plural || swapped) && distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace barker
