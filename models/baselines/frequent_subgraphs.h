// Frequent subgraphs of the graphs that SFs make with what stands beside them (rf_ffgm.h says how).
// One thread mines; then any thread may ask.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "models/base/random.h"
#include "models/data/dataset.h"

namespace barker {

class FrequentSubgraphs {
 public:
  // Mines the clicked SFs of the training searches before a time. The dataset must outlive it.
  FrequentSubgraphs(const Dataset& data, int64_t before, uint32_t support);

  size_t size() const { return columns_.size(); }

  // The numbers, below size(), of those that occur in the graph of the keyword at the search, in
  // no order that means anything. None for kUnknownKeyword.
  std::vector<int64_t> in(const SearchView& search, uint32_t keyword) const;

 private:
  // The keyword and one or two other nodes, of which the first is the smaller.
  struct Subgraph {
    uint32_t keyword;
    uint64_t first, second;
    auto operator<=>(const Subgraph&) const = default;
  };
  struct Hash {
    size_t operator()(const Subgraph& g) const {
      return mix_bits(mix_bits(g.first + kRandomStep * g.keyword) ^ g.second);
    }
  };

  // The nodes beside the keyword, each once, ascending.
  std::vector<uint64_t> nodes_of(const SearchView& search, uint32_t keyword) const;
  void for_each_click(const std::function<void(const SearchView&, uint32_t)>& visit) const;
  void number_frequent(const std::unordered_map<Subgraph, uint32_t, Hash>& counts);
  bool has_pair(uint32_t keyword, uint64_t node) const;

  const Dataset& data_;
  const int64_t before_;
  const uint32_t support_;
  std::unordered_set<uint32_t> sfs_;  // keywords that were shown as SFs
  std::unordered_map<Subgraph, int64_t, Hash> columns_;
};

}  // namespace barker
