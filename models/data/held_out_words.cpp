#include "models/data/held_out_words.h"

#include <charconv>

namespace barker {

Result<HeldOutWords> parse_held_out_words(std::string_view text) {
  constexpr uint32_t kMostFolds = 1000;
  HeldOutWords out;
  const char* const end = text.data() + text.size();
  const std::from_chars_result fold = std::from_chars(text.data(), end, out.fold);
  if (fold.ec == std::errc() && fold.ptr != end && *fold.ptr == '/') {
    const std::from_chars_result folds = std::from_chars(fold.ptr + 1, end, out.folds);
    const bool is_whole = folds.ec == std::errc() && folds.ptr == end;
    if (is_whole && out.folds >= 2 && out.folds <= kMostFolds && out.fold < out.folds) return out;
  }
  return invalid_argument("expected FOLD/FOLDS, such as 0/10 to 9/10, with 2 to " +
                          std::to_string(kMostFolds) + " folds; found " + std::string(text));
}

}  // namespace barker
