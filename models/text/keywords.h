// Text to keywords. The one splitter that training, indexing and queries share, so that a word of a
// title, of a query and of a click log is the same keyword everywhere (no train/serve skew).
//
//   normalise  NFKC with case folding; white space runs become one space
//   split      ICU word break with its CJK dictionary; punctuation and spaces are dropped. Model
//              numbers, quantities and joined words stay whole: "50ml", "wi-fi", "t恤", "3.5mm",
//              "l'oreal"
//   merge      multi-word phrases (selling points such as "free shipping", "补水保湿") become one
//              keyword by longest match from left to right
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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
inline constexpr int32_t kKeywordScheme = 1;

// Normal form of a whole keyword or phrase: what its fingerprint is taken of.
// "Free  Shipping" -> "free shipping".
std::string normalize_keyword(std::string_view text);

// fingerprint(normalize_keyword(text)), without allocating where the text is ASCII or in normal
// form already.
Fingerprint keyword_fingerprint(std::string_view text);

// Immutable after construction; split() may be called from any thread (ICU iterators are cloned per
// thread inside). Construction costs milliseconds.
class KeywordSplitter {
 public:
  // `phrases`: keywords to keep as one where their words follow each other. Phrases of a single
  // word are ignored. Any order; normalised inside.
  explicit KeywordSplitter(const std::vector<std::string>& phrases = {});
  ~KeywordSplitter();
  KeywordSplitter(KeywordSplitter&&) noexcept;
  KeywordSplitter& operator=(KeywordSplitter&&) noexcept;

  // Keywords in text order, repeats kept. Invalid UTF-8 is replaced and added to *replaced.
  std::vector<Keyword> split(std::string_view text, uint64_t* replaced = nullptr) const;

  // The same, fingerprints only, appended to `out`: what the query path calls. Where the text is
  // ASCII it allocates nothing once the thread's buffers have grown; else ICU does.
  void split(std::string_view text, std::vector<Fingerprint>& out,
             uint64_t* replaced = nullptr) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
