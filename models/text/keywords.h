// Text to keywords. Training, indexing and queries share this one splitter, so that a word of a
// title, of a query and of a click log is the same keyword everywhere (no train/serve skew). Its
// results must not change: the fingerprints of keywords name the rows of trained weights.
//
//   normalise  NFKC with case folding; apostrophes, hyphens and slashes of all shapes become one,
//              makers' signs go, a unit sticks to its number (normal_form.h)
//   split      by rules of our own, with ICU's dictionaries for scripts without spaces; punctuation
//              and spaces are dropped. Model numbers, quantities and joined words stay whole:
//              "50ml", "wi-fi", "at&t", "c++", "t恤", "3.5mm", "l'oreal" (words.h, README.md)
//   compose    multi-word phrases (selling points such as "free shipping", "补水保湿") become one
//              keyword by longest match from left to right, within one clause (phrases.h)
//
// The words of a text depend on no model, so that a catalogue can keep them. Which of them make one
// keyword depends on the phrases of a model: the trainer composes them with its own list, which it
// writes into the weight file, and the plugin with that of the weights that serve.
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
#include "models/text/phrases.h"

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

// fingerprint(normalize_keyword(text)). Allocates nothing once the thread's buffers have grown;
// text that is ASCII or in normal form already needs none.
Fingerprint keyword_fingerprint(std::string_view text);

// Appends the fingerprints of the words of `text` in order, with kClauseBoundary (0) between two
// words where a clause ends: what PhraseTable::compose() takes. Allocates nothing once the buffers
// have grown, but for what KeywordSplitter says below. Invalid UTF-8 is replaced and added to
// *replaced (may be null).
void split_words(std::string_view text, std::vector<Fingerprint>& out,
                 uint64_t* replaced = nullptr);

struct TextWord {
  Fingerprint fingerprint;
  size_t begin, end;   // bytes in the *original* (sanitised) text
  bool begins_clause;  // a clause ends before it, or it is the first word
};

// The same words with their places.
std::vector<TextWord> split_words(std::string_view text, uint64_t* replaced = nullptr);

// Immutable after construction; any thread may call its const functions at any time. Each thread
// keeps its own buffers and its own iterator of ICU's. Construction takes about a microsecond for
// each phrase, and next to nothing without phrases.
//
// The functions that give no text back allocate nothing once the thread's buffers have grown, but
// for what ICU allocates where it looks words up in a dictionary: in text that is written without
// spaces between words (Chinese, Japanese, Thai, Khmer, ...).
class KeywordSplitter {
 public:
  // `phrases`: keywords to keep as one where their words follow each other. Those that can be no
  // phrase (PhraseTable::add), such as single words, are passed over. Any order; normalised inside.
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

  // The bytes of the first keyword with this fingerprint in the sanitised text; an empty range
  // where there is none.
  std::pair<size_t, size_t> find(std::string_view text, Fingerprint keyword) const;

  // What composes the words of texts that are split already. It lives as long as the splitter.
  const PhraseTable& phrases() const;

  // The phrases in normal form, sorted: a splitter of this list composes as this one does.
  std::vector<std::string> phrase_list() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
