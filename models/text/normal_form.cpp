#include "models/text/normal_form.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "models/base/ascii.h"
#include "models/text/character_class.h"
#include "models/text/keywords.h"
#include "models/text/signs.h"
#include "models/text/text.h"
#include "models/text/units.h"

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

// The normal form of an ASCII character.
char plain_ascii(char c) {
  if (c == '`') return '\'';
  return ascii_lower(c);
}

bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Spaces need a closer look, for runs of them become one. Some beyond ASCII (U+0085, U+2028, ...)
// are their own normal form.
bool is_valid_without_spaces(std::string_view text) {
  for (int32_t at = 0, size = static_cast<int32_t>(text.size()); at < size;) {
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (c <= ' ' || u_isUWhiteSpace(c)) return false;  // invalid UTF-8 is negative
  }
  return true;
}

// May be false for a text that is its own normal form, never true for another.
bool is_in_normal_form(std::string_view text) {
  UErrorCode code = U_ZERO_ERROR;
  return is_valid_without_spaces(text) && next_sign_change(text, 0).size == 0 &&
         find_unfolded_sign(text, 0) == text.size() && next_unit_gap(text, 0).size == 0 &&
         case_folder().isNormalizedUTF8({text.data(), static_cast<int32_t>(text.size())}, code) &&
         U_SUCCESS(code);
}

// Removes what separates numbers from their units and returns the size that is left.
size_t remove_unit_gaps(char* text, size_t size) {
  for (UnitGap gap = next_unit_gap({text, size}, 0); gap.size > 0;
       gap = next_unit_gap({text, size}, gap.begin)) {
    size -= gap.size;
    std::memmove(text + gap.begin, text + gap.begin + gap.size, size - gap.begin);
  }
  return size;
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

void TextEdits::clear() { edits_.reset(); }
void TextEdits::keep(size_t size) { edits_.addUnchanged(static_cast<int32_t>(size)); }
void TextEdits::replace(size_t old_size, size_t new_size) {
  edits_.addReplace(static_cast<int32_t>(old_size), static_cast<int32_t>(new_size));
}

size_t TextEdits::source(size_t index, bool is_end) {
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

void NormalForm::assign(std::string_view text, Origins origins) {
  keeps_origins_ = origins == Origins::kKept;
  has_edits_.fill(false);
  text_.clear();
  if (is_ascii(text)) {
    text_.resize(text.size());
    std::transform(text.begin(), text.end(), text_.data(), plain_ascii);
  } else {
    fold_by_unicode(replace_signs(text));
    fold_plain_signs();
  }
  join_units();
  for (size_t step = 0; step < kSteps; ++step) {
    if (has_edits_[step]) edits_[step].finish();
  }
}

TextEdits* NormalForm::edits_of(Step step) {
  if (!keeps_origins_) return nullptr;
  has_edits_[step] = true;
  edits_[step].clear();
  return &edits_[step];
}

std::string_view NormalForm::replace_signs(std::string_view text) {
  SignChange change = next_sign_change(text, 0);
  if (change.size == 0) return text;
  TextEdits* edits = edits_of(kSigns);
  other_.clear();
  for (size_t at = 0; at < text.size(); change = next_sign_change(text, at)) {
    other_ += text.substr(at, change.begin - at);
    if (edits) edits->keep(change.begin - at);
    at = change.begin + change.size;
    if (change.size == 0) break;
    const size_t kept = change.keeps ? change.size : 0;
    other_ += change.first;
    other_ += text.substr(change.begin, kept);
    other_ += change.second;
    if (edits) edits->replace(change.size, change.first.size() + kept + change.second.size());
  }
  return other_;
}

void NormalForm::fold_by_unicode(std::string_view text) {
  UErrorCode code = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(&text_);
  TextEdits* edits = edits_of(kUnicode);
  case_folder().normalizeUTF8(0, {text.data(), static_cast<int32_t>(text.size())}, sink,
                              edits ? &edits->unicode() : nullptr, code);
  require(code, "ICU normalisation");
}

void NormalForm::fold_plain_signs() {
  size_t next = find_unfolded_sign(text_, 0);
  if (next == text_.size()) return;
  TextEdits* edits = edits_of(kPlainSigns);
  const std::string_view text = text_;
  other_.clear();
  for (size_t at = 0; at < text.size(); next = find_unfolded_sign(text, at)) {
    other_ += text.substr(at, next - at);
    if (edits) edits->keep(next - at);
    at = next;
    if (at == text.size()) break;
    const Glyph glyph = first_glyph(text.substr(at));
    other_ += plain_sign(glyph.code);
    if (edits) edits->replace(glyph.size, 1);
    at += glyph.size;
  }
  text_.swap(other_);
}

void NormalForm::join_units() {
  UnitGap gap = next_unit_gap(text_, 0);
  if (gap.size == 0) return;
  TextEdits* edits = edits_of(kUnits);
  const std::string_view text = text_;
  other_.clear();
  for (size_t at = 0; at < text.size(); gap = next_unit_gap(text, at)) {
    other_ += text.substr(at, gap.begin - at);
    if (edits) edits->keep(gap.begin - at);
    if (edits && gap.size > 0) edits->replace(gap.size, 0);
    at = gap.begin + gap.size;
  }
  text_.swap(other_);
}

std::pair<size_t, size_t> NormalForm::original(size_t begin, size_t end) {
  const size_t from = original_of(begin, /*is_end=*/false);
  return {from, original_of(end, /*is_end=*/true)};
}

size_t NormalForm::original_of(size_t index, bool is_end) {
  for (size_t step = kSteps; step-- > 0;) {
    if (has_edits_[step]) index = edits_[step].source(index, is_end);
  }
  return index;
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
        form[size++] = plain_ascii(c);
      } else if (size > 0 && form[size - 1] != ' ') {
        form[size++] = ' ';
      }
    }
    if (size > 0 && form[size - 1] == ' ') --size;
    return fingerprint({form, remove_unit_gaps(form, size)});
  }
  if (text.size() <= kLongest && is_in_normal_form(text)) return fingerprint(text);
  return fingerprint(keyword_form(text));
}

}  // namespace barker
