// Stems of words by Snowball (libstemmer): "blenders" and "blender" have one stem. Languages are
// named by their two letters, such as "en" and "de".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

// Languages that have a stemmer, sorted.
std::vector<std::string> stemmed_languages();

// For one thread at a time, because a stemmer of Snowball keeps its last result.
class Stemmer {
 public:
  // Refuses a language that has no stemmer, and names those that have one.
  static Result<Stemmer> create(std::string_view language);
  ~Stemmer();
  Stemmer(Stemmer&&) noexcept;
  Stemmer& operator=(Stemmer&&) noexcept;

  // `word` in normal form. A word with a digit is its own stem, because it is a model number or a
  // quantity. English plurals that Snowball leaves alone ("women", "shelves") are looked up.
  std::string stem(std::string_view word) const;

 private:
  Stemmer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
