// Scores the searches of a dataset one after the other, through the functions that serve.
//
// The file, the network and the dataset must outlive it. One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/data/dataset.h"
#include "models/evaluate/search_bags.h"
#include "models/weights/weight_file.h"
#include "scoring/forward.h"
#include "scoring/packed_network.h"

namespace barker {

class SearchScorer {
 public:
  SearchScorer(const WeightFile& file, const PackedNetwork& packed, const Dataset& data,
               Exactness exactness)
      : data_(data), exactness_(exactness), bags_(file, packed.network(), data) {
    forward_.bind(packed);
  }

  // Sets the context to that of a search, without a user's state.
  void set_context(const SearchView& search) { forward_.set_context(bags_.fill(search)); }

  // Appends the logits of the search's SFs, NaN for an unknown keyword, or of its ads. The context
  // is that of this search.
  void score(const SearchView& search, Task task, std::vector<float>& out);

  // Whether all logits of the last search are finite, but for those of unknown keywords.
  bool finite() const;

  uint32_t row_of(uint32_t keyword) const { return bags_.row_of(keyword); }
  Forward& forward() { return forward_; }

 private:
  void score_sfs(const SearchView& search, std::vector<float>& out);
  void score_ads(const SearchView& search, std::vector<float>& out);

  const Dataset& data_;
  const Exactness exactness_;
  SearchBags bags_;
  Forward forward_;
  std::vector<float> logits_;  // of the last search, without unknown keywords
  std::vector<uint32_t> rows_;
  std::vector<std::vector<uint32_t>> title_rows_;
  std::vector<Bag> titles_;
};

}  // namespace barker
