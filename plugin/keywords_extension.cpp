// The extension barker.keywords/1: the words of a text, as models and catalogues know them.

#include <algorithm>

#include "models/text/keywords.h"
#include "plugin/boundary.h"
#include "plugin/extension_tables.h"

namespace barker {
namespace {

int32_t split(barker_string text, barker_word* words, uint64_t capacity, uint64_t* count,
              char* error) {
  return guard(error, [&]() -> int32_t {
    if (count) *count = 0;
    if (!count || (text.size > 0 && !text.data) || (capacity > 0 && !words)) {
      return fail(error, BARKER_E_INVALID_ARGUMENT,
                  "text, words and count: expected a pointer, found NULL");
    }
    if (text.size > BARKER_MAX_TEXT_SIZE) {
      return fail(error, BARKER_E_INVALID_ARGUMENT,
                  "text.size: expected at most " + std::to_string(BARKER_MAX_TEXT_SIZE) +
                      ", found " + std::to_string(text.size));
    }
    std::vector<barker_word> found;
    for (const TextWord& word : split_words(view(text))) {
      if (word.begins_clause && !found.empty()) {
        found.push_back({kClauseBoundary, found.back().end, word.begin});
      }
      found.push_back({word.fingerprint, word.begin, word.end});
    }
    *count = found.size();
    if (found.size() > capacity) {
      return fail(error, BARKER_E_TOO_SMALL,
                  "capacity: expected at least " + std::to_string(found.size()) + ", found " +
                      std::to_string(capacity));
    }
    std::ranges::copy(found, words);
    return BARKER_OK;
  });
}

}  // namespace

const barker_keywords kKeywords = {sizeof(barker_keywords), kKeywordScheme, 0, split};

}  // namespace barker
