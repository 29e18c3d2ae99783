#include "models/text/normal_form.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <stdexcept>

#include "models/text/keywords.h"
#include "models/text/text.h"

namespace barker {
namespace {

// ICU's data is part of the installation; without it no text can be normalised.
void require(UErrorCode code, const char* what) {
  if (U_FAILURE(code)) throw std::runtime_error(std::string(what) + ": " + u_errorName(code));
}

const icu::Normalizer2& case_folder() {
  static const icu::Normalizer2& instance = [&]() -> const icu::Normalizer2& {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFKCCasefoldInstance(code);
    require(code, "ICU NFKC case folding");
    return *found;
  }();
  return instance;
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Spaces need a closer look, for runs of them become one. Some beyond ASCII (U+0085, U+2028, ...) are
// their own normal form.
bool is_valid_without_spaces(std::string_view text) {
  for (int32_t at = 0, size = static_cast<int32_t>(text.size()); at < size;) {
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (c <= ' ' || u_isUWhiteSpace(c)) return false;  // invalid UTF-8 is negative
  }
  return true;
}

// Makes white space runs of a text in normal form one space each, and drops those at its ends.
void append_with_single_spaces(std::string_view form, std::string& out) {
  bool pending_space = false;
  for (int32_t at = 0, size = static_cast<int32_t>(form.size()); at < size;) {
    const int32_t start = at;
    UChar32 c;
    U8_NEXT(form.data(), at, size, c);
    if (u_isUWhiteSpace(c)) {
      pending_space = !out.empty();
      continue;
    }
    if (pending_space) out += ' ';
    pending_space = false;
    out.append(form.substr(static_cast<size_t>(start), static_cast<size_t>(at - start)));
  }
}

// The normal form of a keyword, in buffers of the thread's own.
const std::string& keyword_form(std::string_view text) {
  struct Buffers {
    std::string valid, keyword;
    NormalForm form;
  };
  thread_local Buffers thread_buffers;
  Buffers& buffers = thread_buffers;
  buffers.valid.clear();
  append_valid_utf8(without_excess(text), buffers.valid, nullptr);
  buffers.form.assign(buffers.valid, NormalForm::Origins::kForgotten);
  buffers.keyword.clear();
  append_with_single_spaces(buffers.form.text(), buffers.keyword);
  return buffers.keyword;
}

}  // namespace

void NormalForm::assign(std::string_view text, Origins origins) {
  text_.clear();
  is_same_size_ = is_ascii(text);
  if (is_same_size_) {
    text_.resize(text.size());
    for (size_t i = 0; i < text.size(); ++i) text_[i] = to_lower(text[i]);
    return;
  }
  UErrorCode code = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&text_);
  icu::Edits* edits = origins == Origins::kKept ? &edits_ : nullptr;
  case_folder().normalizeUTF8(0, {text.data(), static_cast<int32_t>(text.size())}, sink, edits,
                              code);
  require(code, "ICU normalisation");
  if (edits) edit_ = edits_.getFineIterator();
}

std::pair<size_t, size_t> NormalForm::original(size_t begin, size_t end) {
  if (is_same_size_) return {begin, end};
  const size_t from = original_of(begin, /*is_end=*/false);
  return {from, original_of(end, /*is_end=*/true)};
}

size_t NormalForm::original_of(size_t index, bool is_end) {
  UErrorCode code = U_ZERO_ERROR;
  // An end is looked up by its last byte: the span it belongs to may be followed by nothing.
  const auto inside = static_cast<int32_t>(is_end ? index - 1 : index);
  const bool found = edit_.findDestinationIndex(inside, code);
  require(code, "ICU edits");
  if (!found) throw std::logic_error("ICU edits: index outside the text");
  const auto source = static_cast<size_t>(edit_.sourceIndex());
  if (edit_.hasChange()) return source + (is_end ? static_cast<size_t>(edit_.oldLength()) : 0);
  return source + index - static_cast<size_t>(edit_.destinationIndex());
}

std::string_view without_excess(std::string_view text) {
  constexpr size_t kMaxText = size_t{16} << 20;
  if (text.size() <= kMaxText) return text;
  size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string normalize_keyword(std::string_view text) { return keyword_form(text); }

Fingerprint keyword_fingerprint(std::string_view text) {
  constexpr size_t kLongest = 256;
  char form[kLongest];
  if (text.size() <= kLongest && is_ascii(text)) {
    size_t size = 0;
    for (const char c : text) {
      if (!is_ascii_space(c)) {
        form[size++] = to_lower(c);
      } else if (size > 0 && form[size - 1] != ' ') {
        form[size++] = ' ';
      }
    }
    if (size > 0 && form[size - 1] == ' ') --size;
    return fingerprint({form, size});
  }
  UErrorCode code = U_ZERO_ERROR;
  if (text.size() <= kLongest && is_valid_without_spaces(text) &&
      case_folder().isNormalizedUTF8({text.data(), static_cast<int32_t>(text.size())}, code) &&
      U_SUCCESS(code)) {
    return fingerprint(text);
  }
  return fingerprint(keyword_form(text));
}

}  // namespace barker
