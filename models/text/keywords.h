// Text to keywords. Training, indexing and queries share this one splitter, so that a word of a
// title, of a query and of a click log is the same keyword everywhere (no train/serve skew). Its
// results must not change: the fingerprints of keywords name the rows of trained weights.
//
//   normalise  NFKC with case folding; apostrophes, hyphens and slashes of all shapes become one,
//              makers' signs go, a unit sticks to its number (normal_form.h)
//   split      by rules of our own, with ICU's dictionaries for scripts without spaces; punctuation
//              and spaces are dropped. Model numbers, quantities and joined words stay whole: "50ml",
//              "wi-fi", "at&t", "c++", "t恤", "3.5mm", "l'oreal" (words.h, README.md)
//   merge      multi-word phrases (selling points such as "free shipping", "补水保湿") become one
//              keyword by longest match from left to right
//
// Everything here throws std::bad_alloc or, where ICU fails, std::runtime_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/text/fingerprint.h"

namespace barker {

struct Keyword {
  std::string text;         // normalised; words of a phrase joined as in the text's normal form
  Fingerprint fingerprint;  // of `text`
  size_t begin = 0;         // bytes in the *original* (sanitised) text
  size_t end = 0;
};

// The number of the rules by which a text is split into keywords. Rules of another number give
// other keywords, so a host that splits texts itself needs those of its model's number.
inline constexpr int32_t kKeywordScheme = 2;

// Normal form of a whole keyword or phrase: what its fingerprint is taken of.
// "Free  Shipping" -> "free shipping".
std::string normalize_keyword(std::string_view text);

// fingerprint(normalize_keyword(text)). Allocates nothing once the thread's buffers have grown; text
// that is ASCII or in normal form already needs none.
Fingerprint keyword_fingerprint(std::string_view text);

// Immutable after construction; any thread may call its const functions at any time. Each thread
// keeps its own buffers and its own iterator of ICU's. Construction costs milliseconds.
//
// The functions that give no text back allocate nothing once the thread's buffers have grown, but
// for what ICU allocates where it looks words up in a dictionary: in text that is written without
// spaces between words (Chinese, Japanese, Thai, Khmer, ...).
class KeywordSplitter {
 public:
  // `phrases`: keywords to keep as one where their words follow each other. Phrases of a single
  // word are ignored. Any order; normalised inside.
  explicit KeywordSplitter(const std::vector<std::string>& phrases = {});
  ~KeywordSplitter();
  KeywordSplitter(KeywordSplitter&&) noexcept;
  KeywordSplitter& operator=(KeywordSplitter&&) noexcept;

  // Keywords in text order, repeats kept. Invalid UTF-8 is replaced and added to *replaced (may be
  // null).
  std::vector<Keyword> split(std::string_view text, uint64_t* replaced = nullptr) const;

  // The same, fingerprints only, appended to `out`: what the query path calls.
  void split(std::string_view text, std::vector<Fingerprint>& out,
             uint64_t* replaced = nullptr) const;

  // The bytes of the first keyword with this fingerprint in the sanitised text; an empty range where
  // there is none.
  std::pair<size_t, size_t> find(std::string_view text, Fingerprint keyword) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
