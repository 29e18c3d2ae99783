// What a search box proposes while somebody types: the terms that ads bid on, and the titles of ads
// that bid on nothing. Made once of the catalogue as it is when the engine opens; what is added
// later is not in it.
//
// Bounded: of a large catalogue, the terms of the highest bids are read first, and no more than
// kMostSuggestions are kept. Immutable. [any thread]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "index/engine/engine.h"

namespace barker {

inline constexpr size_t kMostSuggestions = size_t{1} << 16;

class Suggestions {
 public:
  struct Text {
    std::string text;
    uint32_t ads;  // that have it; of equal places, what more ads have comes first
  };

  Suggestions() = default;
  explicit Suggestions(const Engine& engine);
  explicit Suggestions(std::vector<Text> texts);

  // Texts that begin with what was typed, and then texts that have a word which does. Case and
  // width of letters do not matter. Nothing is proposed for nothing.
  std::vector<std::string> find(std::string_view typed, size_t count) const;

  size_t size() const { return texts_.size(); }

 private:
  struct Start {  // where a word begins in a folded text
    uint32_t text, offset;
  };
  std::string_view from(const Start& start) const {
    return std::string_view(folded_[start.text]).substr(start.offset);
  }
  void index();

  std::vector<Text> texts_;
  std::vector<std::string> folded_;  // [texts_]
  std::vector<Start> starts_;        // sorted by what stands there
};

}  // namespace barker
