#include "models/text/phrases.h"

#include <algorithm>

namespace barker {

PhraseTable::PhraseTable() : keywords_(1) {}

bool PhraseTable::add(std::span<const Fingerprint> words, Fingerprint keyword) {
  if (words.size() < 2 || words.size() > kMaxPhraseWords) return false;
  if (std::ranges::find(words, kClauseBoundary) != words.end()) return false;
  uint32_t node = 0;
  for (const Fingerprint word : words) node = child(node, word);
  if (keywords_[node] != 0) return false;
  keywords_[node] = keyword;
  ++size_;
  return true;
}

PhraseTable::Match PhraseTable::longest(std::span<const Fingerprint> words) const noexcept {
  Match found{words.front(), 1};
  if (edges_.empty()) return found;
  const size_t most = std::min(words.size(), kMaxPhraseWords);
  uint32_t node = 0;
  for (size_t i = 0; i < most && words[i] != kClauseBoundary; ++i) {
    node = edges_[slot_of(node, words[i])].to;
    if (node == 0) break;
    if (keywords_[node] != 0) found = {keywords_[node], i + 1};
  }
  return found;
}

size_t PhraseTable::slot_of(uint32_t from, Fingerprint word) const noexcept {
  const size_t mask = edges_.size() - 1;
  // Fingerprints of hosts can be any numbers, so that their bits are mixed before some are used.
  uint64_t hash = (word ^ (uint64_t{from} * 0x9E3779B97F4A7C15u)) * 0xD6E8FEB86659FD93u;
  hash ^= hash >> 32;
  size_t slot = hash & mask;
  while (edges_[slot].to != 0 && (edges_[slot].word != word || edges_[slot].from != from)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

uint32_t PhraseTable::child(uint32_t from, Fingerprint word) {
  if (keywords_.size() * 2 > edges_.size()) grow();
  Edge& edge = edges_[slot_of(from, word)];
  if (edge.to == 0) {
    keywords_.push_back(0);
    edge = {word, from, static_cast<uint32_t>(keywords_.size() - 1)};
  }
  return edge.to;
}

void PhraseTable::grow() {
  std::vector<Edge> old(std::max<size_t>(64, edges_.size() * 2));
  old.swap(edges_);
  for (const Edge& edge : old) {
    if (edge.to != 0) edges_[slot_of(edge.from, edge.word)] = edge;
  }
}

}  // namespace barker
