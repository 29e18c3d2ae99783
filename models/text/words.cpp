#include "models/text/words.h"

#include <algorithm>

#include "models/text/character_class.h"
#include "models/text/dictionary_words.h"
#include "models/text/parts.h"
#include "models/text/units.h"

namespace barker {
namespace {

// Reads a text from left to right and adds its words.
class WordScanner {
 public:
  WordScanner(std::string_view text, std::vector<Word>& words) : text_(text), words_(words) {}

  void scan() {
    for (size_t at = 0; at < text_.size();) {
      if (is_ascii_letter_or_digit(text_[at])) {
        const size_t end = end_of_ascii(at + 1);
        // Most words are ASCII with a space behind them. They need none of the rules below.
        const bool is_whole = end == text_.size() || text_[end] == ' ';
        if (is_whole) words_.push_back({at, end});
        at = is_whole ? end : scan_word(at, end, glyph_at(end - 1));
        continue;
      }
      const Glyph glyph = glyph_at(at);
      const size_t behind = at + glyph.size;
      if (glyph.is_letter_or_digit()) {
        at = scan_word(at, behind, glyph);
      } else if (glyph.kind == GlyphKind::kDictionary) {
        at = scan_dictionary_words(at, glyph);
      } else {
        at = behind;
      }
    }
  }

 private:
  Glyph glyph_at(size_t at) const {
    if (at >= text_.size()) return {};
    return first_glyph(text_.substr(at));
  }

  // Whether the sign at at_ joins the part before it, whose last letter or digit is `left`, to the
  // letter or digit `right` behind it.
  bool joins(const Glyph& sign, const Glyph& left, const Glyph& right) {
    const bool is_number = left.kind == GlyphKind::kDigit && number_.holds(text_, at_);
    return joins_parts(text_, {part_begin_, left, sign, at_, right, is_number});
  }

  // The end of the ASCII letters and digits at `at`.
  size_t end_of_ascii(size_t at) const {
    while (at < text_.size() && is_ascii_letter_or_digit(text_[at])) ++at;
    return at;
  }

  // Adds the word that begins at `begin`, of which text[begin, at), which ends with the letter or
  // digit `left`, is read already. Returns where the word ends.
  size_t scan_word(size_t begin, size_t at, Glyph left) {
    part_begin_ = begin;
    number_ = NumberSoFar(begin);
    at_ = at;
    while (at_ < text_.size()) {
      if (left.kind != GlyphKind::kHangul && is_ascii_letter_or_digit(text_[at_])) {
        at_ = end_of_ascii(at_);
        left = glyph_at(at_ - 1);
        if (at_ == text_.size()) break;
      }
      const Glyph glyph = glyph_at(at_);
      if (glyph.is_letter_or_digit()) {
        const bool is_behind_sign = part_begin_ == at_;
        const bool is_hangul = glyph.kind == GlyphKind::kHangul;
        if (!is_behind_sign && is_hangul != (left.kind == GlyphKind::kHangul)) break;
        left = glyph;
      } else if (glyph.kind == GlyphKind::kOther) {
        const Glyph right = glyph_at(at_ + glyph.size);
        if (!right.is_letter_or_digit() || !joins(glyph, left, right)) break;
        part_begin_ = at_ + glyph.size;
      } else if (glyph.kind != GlyphKind::kMark) {
        break;
      }
      at_ += glyph.size;
    }
    at_ = end_of_trailing_signs(text_, begin, at_, left);
    words_.push_back({begin, at_});
    return at_;
  }

  // Adds the words of the run at `begin`, whose first character is `glyph`. Returns where it ends.
  size_t scan_dictionary_words(size_t begin, Glyph glyph) {
    size_t end = begin;
    while (glyph.kind == GlyphKind::kDictionary || glyph.kind == GlyphKind::kMark) {
      end += glyph.size;
      if (end == text_.size()) break;
      glyph = glyph_at(end);
    }
    const bool follows_word = !words_.empty() && words_.back().end == begin;
    const size_t first = words_.size();
    break_dictionary_run(text_, begin, end, words_);
    if (follows_word && first < words_.size() && are_one(words_[first - 1], words_[first])) {
      words_[first - 1].end = words_[first].end;
      words_.erase(words_.begin() + static_cast<std::ptrdiff_t>(first));
    }
    return end;
  }

  std::string_view text_of(Word word) const {
    return text_.substr(word.begin, word.end - word.begin);
  }

  // Whether a word and the first word of the run behind it, which needs a dictionary, are one: a
  // Latin letter that modifies a Han word (t恤, v领), or a number with its measure word (50毫升).
  bool are_one(Word left, Word right) const {
    const std::string_view a = text_of(left), b = text_of(right);
    if (a.size() == 1 && a[0] >= 'a' && a[0] <= 'z') return is_han(first_glyph(b).code);
    const bool is_number = std::ranges::all_of(
        a, [](char c) { return is_ascii_digit(c) || c == '.' || c == ',' || c == '/'; });
    return is_number && is_measure_word(b);
  }

  const std::string_view text_;
  std::vector<Word>& words_;
  // Of the word that scan_word() is reading:
  size_t at_ = 0;
  size_t part_begin_ = 0;  // of the part that is being read
  NumberSoFar number_;
};

}  // namespace

void break_words(std::string_view text, std::vector<Word>& words) {
  words.clear();
  WordScanner(text, words).scan();
}

}  // namespace barker
