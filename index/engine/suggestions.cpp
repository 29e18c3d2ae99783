#include "index/engine/suggestions.h"

#include <algorithm>
#include <unordered_map>

#include "models/text/keywords.h"

namespace barker {
namespace {

constexpr size_t kMostLookedAt = 10'000;  // terms with the same beginning

}  // namespace

std::shared_ptr<const Suggestions::Terms> Suggestions::terms_of(const CatalogueSnapshot& snapshot) {
  const std::shared_ptr<const LiveSegment> segment = snapshot.parts.front().segment;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (terms_ && segment_.lock() == segment) return terms_;
  auto terms = std::make_shared<Terms>();
  std::unordered_map<std::string, size_t> known;
  const BidBook& book = segment->files().bids().book();
  for (size_t offer = 0; offer < book.offers() && terms->size() < kMostTerms; ++offer) {
    for (size_t t = book.first_term(offer); t < book.end_of_terms(offer); ++t) {
      const std::string text(book.term(t).text);
      const std::string key = normalize_keyword(text);
      const auto [found, is_new] = known.try_emplace(key, terms->size());
      if (is_new) terms->push_back({key, text, 0});
      ++(*terms)[found->second].ads;
    }
  }
  std::ranges::sort(*terms, {}, &Term::key);
  terms_ = std::move(terms);
  segment_ = segment;
  return terms_;
}

std::vector<std::string> Suggestions::find(const CatalogueSnapshot& snapshot,
                                           const std::string& text, size_t count) {
  std::vector<std::string> found;
  const std::string key = normalize_keyword(text);
  if (key.empty()) return found;
  const std::shared_ptr<const Terms> terms = terms_of(snapshot);
  const auto begin = std::ranges::lower_bound(*terms, key, {}, &Term::key);
  std::vector<const Term*> matching;
  for (auto term = begin; term != terms->end() && term->key.starts_with(key); ++term) {
    matching.push_back(&*term);
    if (matching.size() == kMostLookedAt) break;
  }
  std::ranges::stable_sort(matching, std::ranges::greater(), [](const Term* t) { return t->ads; });
  for (const Term* term : matching) {
    if (found.size() == count) break;
    found.push_back(term->text);
  }
  return found;
}

}  // namespace barker
