// Texts in the form in which a selling point is looked for in a title. In this form
// "Noise‑Cancelling™", "noise cancelling" and "NOISE-CANCELLING" are the same, and a clause ends
// visibly.
//
// Thread rule: an object belongs to one thread at a time. It allocates nothing once its buffers
// have grown to the longest text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/text/normal_form.h"

namespace barker {

// What stands between two words in a comparison form. These bytes occur in no word.
inline constexpr char kWordSpace = ' ';    // a space
inline constexpr char kHyphen = '-';       // a hyphen; also a space beside a script without spaces,
                                           // and nothing between Korean and Latin letters
inline constexpr char kUnitEdge = '\x1f';  // nothing: a number ends here and its unit begins
inline constexpr char kClauseEdge = '\n';  // the end of a clause (models/text/clauses.h)
inline constexpr char kListEdge = '\v';    // so, too, by a comma or its like: the sentence goes on

constexpr bool is_clause_edge(char c) { return c == kClauseEdge || c == kListEdge; }
// Whether a byte of a form stands between two words.
constexpr bool is_between_words(char c) {
  return c == kWordSpace || c == kHyphen || is_clause_edge(c);
}

// Whether a script writes its words without spaces: Chinese, Japanese, Thai and its neighbours.
bool is_written_without_spaces(char32_t c);

class ComparisonText {
 public:
  // Any bytes. With Origins::kKept original() may be called.
  void assign(std::string_view text, NormalForm::Origins origins);

  // Words in normal form, one of the bytes above between two of them. Signs (™ ® © ℠), apostrophes
  // and invisible characters are gone, and so is all punctuation at both ends.
  std::string_view form() const { return form_; }

  // The text itself, as append_valid_utf8() makes it. Needs kept origins.
  std::string_view valid() const { return valid_; }

  // The bytes of valid() that became [begin, end) of form().
  std::pair<size_t, size_t> original(size_t begin, size_t end);

 private:
  void fill_form(std::string_view normal);

  std::string valid_, without_signs_, form_;
  NormalForm normal_;
  bool keeps_origins_ = false;
  std::vector<uint32_t> at_;  // [form_.size()] the byte in the normal form, if origins are kept
};

// Whether two texts have the same words, and have any, however these are joined or spaced: "Wi-Fi",
// "WiFi" and "wi fi" say the same.
bool same_words(const ComparisonText& a, const ComparisonText& b) noexcept;

// How a selling point stands in a title.
struct TitlePlace {
  enum Kind : uint8_t {
    kAbsent,
    kPresent,  // its words stand together in one clause
    kNegated,  // so, too, but at some place the title says that it does not have them; or the title
               // is written so that it would take too long to find out
  };
  Kind kind = kAbsent;
  size_t begin = 0, end = 0;  // the first place, in bytes of the title's form
};

// A word matches as a whole; in scripts without spaces any part of a clause matches. A hyphen
// matches a space and nothing alike. A selling point without words is absent from every title.
// Takes time in proportion to the two texts.
TitlePlace place_in_title(const ComparisonText& title, const ComparisonText& point) noexcept;

}  // namespace barker
