// The normal form of text, in which what is written differently and means the same is the same:
// "Ｆｕｌｌ" and "full", "women’s" and "women's", "50 ml" and "50ml". It is NFKC with case folding,
// between rules of our own (signs.h, units.h). Part of keywords.h, which says what the whole of it
// is for.
#pragma once

#include <unicode/edits.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace barker {

// What one step of normalising did to a text: which bytes it replaced by which.
class TextEdits {
 public:
  void clear();
  void keep(size_t size);
  void replace(size_t old_size, size_t new_size);
  icu::Edits& unicode() { return edits_; }

  // Call once after the last edit, before source().
  void finish() { edit_ = edits_.getFineIterator(); }

  // Where the byte at `index` of the result came from; where the byte before it ended if `is_end`.
  size_t source(size_t index, bool is_end);

 private:
  icu::Edits edits_;
  icu::Edits::Iterator edit_;
};

// A text in normal form and, if asked for, where its bytes came from. Meant to be kept and assigned
// to again: it allocates nothing once its buffers have grown, unless a text has more than some
// hundred changes in it. Throws std::runtime_error if ICU fails, which without memory it does. Not
// for several threads at once.
class NormalForm {
 public:
  NormalForm() = default;
  NormalForm(const NormalForm&) = delete;
  NormalForm& operator=(const NormalForm&) = delete;

  enum class Origins { kForgotten, kKept };

  // `text`: valid UTF-8 of less than 2 GiB.
  void assign(std::string_view text, Origins origins);

  const std::string& text() const { return text_; }

  // The bytes in the original text that became the bytes [begin, end) of text(), begin < end. Where
  // one character became several, all of it. Needs kept origins. Ascending calls are cheap: each
  // goes on from where the one before it was.
  std::pair<size_t, size_t> original(size_t begin, size_t end);

 private:
  // The steps in their order. Each that changed something keeps its edits.
  enum Step { kSigns, kUnicode, kPlainSigns, kUnits, kSteps };

  TextEdits* edits_of(Step step);
  std::string_view replace_signs(std::string_view text);
  void fold_by_unicode(std::string_view text);
  void fold_plain_signs();
  void join_units();
  size_t original_of(size_t index, bool is_end);

  std::string text_, other_;  // other_: what a step reads or writes
  bool keeps_origins_ = false;
  std::array<bool, kSteps> has_edits_{};
  std::array<TextEdits, kSteps> edits_;
};

// The text up to 16 MiB, cut at a character. ICU counts bytes in 32 bits; longer text is no title
// or query.
std::string_view without_excess(std::string_view text);

}  // namespace barker
