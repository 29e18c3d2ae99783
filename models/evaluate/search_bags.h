// What a weight file reads of a dataset's search: its groups and keywords as rows, just as the
// plugin reads them from a request. The dataset need not be the one the model was trained on:
// keywords and features are found by name.
//
// The file, the network and the dataset must outlive it. One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/data/dataset.h"
#include "models/weights/weight_file.h"
#include "scoring/kernels.h"
#include "scoring/network.h"

namespace barker {

class SearchBags {
 public:
  SearchBags(const WeightFile& file, const Network& network, const Dataset& data);

  // The row of a keyword; kUnknownKeyword if the model has none, or if the row is not a keyword's.
  uint32_t row_of(uint32_t keyword) const {
    const uint32_t row = keyword == kUnknownKeyword ? kUnknownKeyword : keyword_row_[keyword];
    return row < network_.keyword_rows ? row : kUnknownKeyword;
  }

  // The groups of a search, in the network's order. They hold until the next call.
  std::span<const Bag> fill(const SearchView& search);

 private:
  void add_keywords(std::span<const uint32_t> keywords, size_t g);
  void add_history(const NetworkGroup& group, std::span<const uint32_t> history, size_t g);
  void add_user(const NetworkGroup& group, std::string_view user, size_t g);
  void add_features(const FeatureBag& bag, size_t g);

  const WeightFile& file_;
  const Network& network_;
  const Dataset& data_;
  std::vector<uint32_t> keyword_row_, feature_row_;
  std::vector<size_t> dataset_group_;
  std::vector<std::vector<uint32_t>> rows_;
  std::vector<std::vector<float>> weights_;
  std::vector<Bag> bags_;
};

}  // namespace barker
