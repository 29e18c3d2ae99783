// Composes the words of a text to keywords: where the words of a phrase stand together, the phrase
// is the keyword. Words and phrases are known by their fingerprints alone, so that titles which
// were split long ago, by a catalogue or by a host, can be composed with the phrases of whatever
// model serves now.
//
// A text is the fingerprints of its words in order. A 0 stands where a clause ends
// (models/text/clauses.h), and no phrase reaches across it. From left to right, the longest phrase
// wins; a word that begins no phrase is a keyword by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/text/fingerprint.h"

namespace barker {

inline constexpr Fingerprint kClauseBoundary = 0;  // among words; no word has this fingerprint

// The longest phrase, in words. Longer ones are no phrases, so that composing looks at most at this
// many words for each word of a text.
inline constexpr size_t kMaxPhraseWords = 16;

// A set of phrases, kept as a trie over the fingerprints of their words. The edges of the trie
// stand in one hash table. Once it is built, any thread may use its const functions, which allocate
// nothing.
class PhraseTable {
 public:
  PhraseTable();

  // Adds a phrase whose keyword has the fingerprint `keyword`. Returns false and changes nothing
  // where `words` can be no phrase, because there are fewer than two of them or more than
  // kMaxPhraseWords, or because a clause ends among them, or where a phrase of the same words is
  // there already. Throws std::bad_alloc.
  bool add(std::span<const Fingerprint> words, Fingerprint keyword);

  size_t size() const noexcept { return size_; }

  struct Match {
    Fingerprint keyword;
    size_t words;  // 1: the keyword is the word itself
  };

  // The keyword that begins with the first of `words`, which must not be empty or begin with a
  // boundary.
  Match longest(std::span<const Fingerprint> words) const noexcept;

  // Calls visit(match, index of its first word among the words without boundaries) for every
  // keyword in order, until it returns false.
  template <typename Visit>
  void for_each_keyword(std::span<const Fingerprint> words, Visit visit) const {
    size_t boundaries = 0;
    for (size_t at = 0; at < words.size();) {
      if (words[at] == kClauseBoundary) {
        ++boundaries;
        ++at;
        continue;
      }
      const Match match = longest(words.subspan(at));
      if (!visit(match, at - boundaries)) return;
      at += match.words;
    }
  }

  // Writes the keywords of `words` to `out` and returns how many they are. `out` has room for as
  // many as there are words, and may be the words themselves.
  size_t compose(std::span<const Fingerprint> words, Fingerprint* out) const noexcept {
    size_t count = 0;
    for_each_keyword(words, [&](const Match& match, size_t) noexcept {
      out[count++] = match.keyword;
      return true;
    });
    return count;
  }

 private:
  struct Edge {
    Fingerprint word;
    uint32_t from;
    uint32_t to;  // 0, the root: the slot is empty
  };

  size_t slot_of(uint32_t from, Fingerprint word) const noexcept;  // its edge's, or an empty one
  uint32_t child(uint32_t from, Fingerprint word);                 // made where it is missing
  void grow();

  std::vector<Edge> edges_;            // a power of two, at most half full; empty: no phrases
  std::vector<Fingerprint> keywords_;  // by node; 0: no phrase ends there. Node 0 is the root.
  size_t size_ = 0;
};

}  // namespace barker
