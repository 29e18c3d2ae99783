// The two files of an Amazon review set: the items that were reviewed, and what each user bought in
// which order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

struct AmazonItem {
  std::string id, title;
  std::string query;                // the two most special levels of the category path
  std::vector<std::string> levels;  // the category path without its root, the general level first
  std::vector<std::string> words;   // of the title: lower case, each once, in order
  bool bought = false;              // by a user of the set
};

struct AmazonReviews {
  std::vector<AmazonItem> items;
  std::vector<std::string> users;
  // By user, in order: indices of items. -1 stands for an item that the list of items does not
  // have.
  std::vector<std::vector<int64_t>> sequences;
};

// The words of a title or category that say something: at least three letters, no stop words, lower
// case, each once, in order. HTML entities are decoded first.
std::vector<std::string> telling_words(std::string text);

// Reads DIRECTORY/items.tsv.gz and DIRECTORY/sequences.txt.gz.
Result<AmazonReviews> read_amazon_reviews(const std::string& directory, BadLines& bad);

}  // namespace barker
