#include "models/baselines/frequent_subgraphs.h"

#include <algorithm>

namespace barker {
namespace {

constexpr size_t kHistoryNodes = 5;
constexpr uint64_t kNone = 0;  // no second node

enum class NodeKind : uint64_t { kCategory = 1, kQuery = 2, kHistory = 3 };

uint64_t node(NodeKind kind, uint32_t id) { return static_cast<uint64_t>(kind) << 32 | id; }

}  // namespace

FrequentSubgraphs::FrequentSubgraphs(const Dataset& data, int64_t before, uint32_t support)
    : data_(data), before_(before), support_(support) {
  for (const uint32_t s : data.searches_of(Split::kTrain, Task::kMain)) {
    const SearchView search = data.search(s);
    if (search.time < before) sfs_.insert(search.sfs.begin(), search.sfs.end());
  }
  // A subgraph is not more frequent than its parts (Agrawal and Srikant 1994), so that three nodes
  // are counted only where both pairs with the keyword are frequent.
  std::unordered_map<Subgraph, uint32_t, Hash> pairs, triples;
  for_each_click([&](const SearchView& search, uint32_t v) {
    for (const uint64_t n : nodes_of(search, v)) ++pairs[{v, n, kNone}];
  });
  number_frequent(pairs);
  for_each_click([&](const SearchView& search, uint32_t v) {
    std::vector<uint64_t> nodes = nodes_of(search, v);
    std::erase_if(nodes, [&](uint64_t n) { return !has_pair(v, n); });
    for (size_t i = 0; i < nodes.size(); ++i) {
      for (size_t j = i + 1; j < nodes.size(); ++j) ++triples[{v, nodes[i], nodes[j]}];
    }
  });
  number_frequent(triples);
}

std::vector<int64_t> FrequentSubgraphs::in(const SearchView& search, uint32_t keyword) const {
  std::vector<int64_t> found;
  if (keyword == kUnknownKeyword) return found;
  std::vector<uint64_t> nodes = nodes_of(search, keyword);
  std::erase_if(nodes, [&](uint64_t n) { return !has_pair(keyword, n); });
  for (size_t i = 0; i < nodes.size(); ++i) {
    found.push_back(columns_.at({keyword, nodes[i], kNone}));
    for (size_t j = i + 1; j < nodes.size(); ++j) {
      const auto at = columns_.find({keyword, nodes[i], nodes[j]});
      if (at != columns_.end()) found.push_back(at->second);
    }
  }
  return found;
}

std::vector<uint64_t> FrequentSubgraphs::nodes_of(const SearchView& search,
                                                  uint32_t keyword) const {
  std::vector<uint64_t> nodes = {node(NodeKind::kCategory, search.category)};
  for (const uint32_t word : search.query) {
    if (word != kUnknownKeyword && word != keyword) nodes.push_back(node(NodeKind::kQuery, word));
  }
  std::vector<uint32_t> recent;
  for (size_t i = search.history.size(); i-- > 0 && recent.size() < kHistoryNodes;) {
    const uint32_t word = search.history[i];
    if (!sfs_.contains(word) || std::ranges::find(recent, word) != recent.end()) continue;
    recent.push_back(word);
    nodes.push_back(node(NodeKind::kHistory, word));
  }
  std::ranges::sort(nodes);
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

void FrequentSubgraphs::for_each_click(
    const std::function<void(const SearchView&, uint32_t)>& visit) const {
  for (const uint32_t s : data_.searches_of(Split::kTrain, Task::kMain)) {
    const SearchView search = data_.search(s);
    if (search.time >= before_) continue;
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      if (search.sf_clicked[i] && search.sfs[i] != kUnknownKeyword) visit(search, search.sfs[i]);
    }
  }
}

void FrequentSubgraphs::number_frequent(
    const std::unordered_map<Subgraph, uint32_t, Hash>& counts) {
  std::vector<Subgraph> frequent;
  for (const auto& [subgraph, count] : counts) {
    if (count >= support_) frequent.push_back(subgraph);
  }
  std::ranges::sort(frequent);  // so that the order of the hash table does not matter
  for (const Subgraph& g : frequent) columns_.emplace(g, static_cast<int64_t>(columns_.size()));
}

bool FrequentSubgraphs::has_pair(uint32_t keyword, uint64_t node) const {
  return columns_.contains({keyword, node, kNone});
}

}  // namespace barker
