// The normal form of text: NFKC with case folding, in which "Ｆｕｌｌ" and "full" are the same. Part of
// keywords.h, which says what the whole of it is for.
#pragma once

#include <unicode/edits.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace barker {

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
  size_t original_of(size_t index, bool is_end);

  std::string text_;
  bool is_same_size_ = true;  // ASCII: every byte came from the byte at its place
  icu::Edits edits_;
  icu::Edits::Iterator edit_;
};

// The text up to 16 MiB, cut at a character. ICU counts bytes in 32 bits; longer text is no title or
// query.
std::string_view without_excess(std::string_view text);

}  // namespace barker
