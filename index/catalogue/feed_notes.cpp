#include "index/catalogue/feed_notes.h"

#include <algorithm>
#include <utility>

#include "models/text/text.h"

namespace barker {
void FeedNotes::add(const std::string& kind) {
  const bool full = kinds_.size() >= kMostKinds && !kinds_.contains(kind);
  Kind& entry = kinds_[full ? "further kinds of changes" : kind];
  if (entry.count++ == 0) entry.first_line = line_;
}

void FeedNotes::look_at_unknown_field(std::string_view name,
                                      const std::vector<std::string_view>& known) {
  if (unknown_names_.size() >= kMostUnknownNames) return;
  if (!unknown_names_.emplace(name).second) return;
  const std::string_view meant = probably_meant(name, known);
  if (meant.empty()) return;
  add("the field \"" + std::string(name) + "\" is not read; did you mean \"" + std::string(meant) +
      "\"?");
}

std::string FeedNotes::valid_utf8(std::string_view text) {
  const uint64_t before = invalid_utf8;
  std::string valid = sanitize_utf8(text, &invalid_utf8);
  if (invalid_utf8 != before) {
    add("bytes that are not UTF-8 were replaced; a feed in another encoding is converted by "
        "iconv -f ENCODING -t UTF-8");
  }
  return valid;
}

std::string FeedNotes::report(const std::string& file) const {
  std::vector<std::pair<std::string_view, Kind>> kinds(kinds_.begin(), kinds_.end());
  std::ranges::stable_sort(kinds, {}, [](const auto& kind) { return kind.second.first_line; });
  std::string text;
  for (const auto& [what, kind] : kinds) {
    text += file + ":" + std::to_string(kind.first_line) + ": " + visible(what);
    if (kind.count > 1) text += " (" + std::to_string(kind.count) + " times)";
    text += "\n";
  }
  return text;
}

}  // namespace barker
