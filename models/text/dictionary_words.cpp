#include "models/text/dictionary_words.h"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "models/text/character_class.h"

namespace barker {
namespace {

// ICU's data is part of the installation; without it no word can be found.
void require(UErrorCode code) {
  if (U_FAILURE(code))
    throw std::runtime_error(std::string("ICU word break: ") + u_errorName(code));
}

// ICU's break iterator and the view through which it reads UTF-8. Both take long to make and
// allocate, and an iterator serves one thread at a time: each thread has one for good.
class WordBreaker {
 public:
  WordBreaker() {
    UErrorCode code = U_ZERO_ERROR;
    iterator_.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
    require(code);
  }
  ~WordBreaker() { utext_close(&view_); }
  WordBreaker(const WordBreaker&) = delete;
  WordBreaker& operator=(const WordBreaker&) = delete;

  // Calls visit(begin, end) for every piece; `text` must live until it returns.
  template <typename Visit>
  void for_each(std::string_view text, Visit visit) {
    UErrorCode code = U_ZERO_ERROR;
    utext_openUTF8(&view_, text.data(), static_cast<int64_t>(text.size()), &code);
    iterator_->setText(&view_, code);
    require(code);
    int32_t begin = iterator_->first();
    for (int32_t end = iterator_->next(); end != icu::BreakIterator::DONE;
         end = iterator_->next()) {
      visit(static_cast<size_t>(begin), static_cast<size_t>(end));
      begin = end;
    }
  }

 private:
  std::unique_ptr<icu::BreakIterator> iterator_;
  UText view_ = UTEXT_INITIALIZER;
};

WordBreaker& word_breaker() {
  thread_local WordBreaker breaker;
  return breaker;
}

}  // namespace

void break_dictionary_run(std::string_view text, size_t begin, size_t end,
                          std::vector<Word>& words) {
  const std::string_view run = text.substr(begin, end - begin);
  if (first_glyph(run).size == run.size()) return words.push_back({begin, end});
  word_breaker().for_each(run, [&](size_t from, size_t to) {
    words.push_back({begin + from, begin + to});
  });
}

}  // namespace barker
