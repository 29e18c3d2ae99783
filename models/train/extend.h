// Gives a trained model rows for words of a catalogue that training never saw, from the words that
// they stand with in titles. A new merchant's selling points can then be shown before anybody has
// clicked one.
//
//   c(w)   the place of a word among all words of the catalogue: positive pointwise mutual
//          information of words in the same ad, by truncated SVD (word_pairs_torch.h)
//   P      the affine map from c(w) to the embedding row Em(w) that fits the words with a row best
//          (ridge_torch.h); a word counts the more, the more its impressions say about it
//   Em(w)  = P c(w) for a word without a row
//
// One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/train/catalogue_words.h"
#include "models/weights/writer.h"

namespace barker {

// So many words with a row must be in the catalogue; fewer do not show where words belong.
inline constexpr uint32_t kLeastKnownWords = 30;

struct ExtendOptions {
  uint32_t context_dim = 256;  // of c(w)
  uint64_t seed = 1;           // of the SVD
  bool zero_rows = false;      // new rows are zeros: the control of a measurement
};

struct WordCount {
  uint32_t words = 0;
  uint32_t selling_points = 0;  // of them

  void add(const CatalogueWord& word) {
    ++words;
    selling_points += word.is_selling_point;
  }
};

struct Extension {
  std::vector<std::string> added;  // names of the new rows
  WordCount known;                 // of at least kLeastAds ads, with a row
  WordCount placed;                // those of `added`
  WordCount rare;                  // without a row, in fewer ads than kLeastAds
  WordCount alone;       // without a row, and beside none that has one more often than by chance
  uint32_t phrases = 0;  // added to the phrases that texts are composed with
  double ridge = 0;
  double explained = 0;  // of the rows of known words that were left out: RidgeChoice::explained
  // The new words as candidates and in titles, for users and queries of the model's own golden
  // vectors. Their logits are missing.
  std::vector<GoldenSpec> golden;
};

// Adds the rows and the phrases. Words that the model knows keep their rows to the last bit, and
// its golden vectors stay: they are what the trainer computed. The tables must be in fp32. bad_data
// where the catalogue has too few words with a row; then nothing is changed.
Result<Extension> extend_model(const std::vector<AdTexts>& ads, const ExtendOptions& options,
                               ModelSpec& model);

}  // namespace barker
