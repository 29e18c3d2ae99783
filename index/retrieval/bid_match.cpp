#include "index/retrieval/bid_match.h"

#include <algorithm>
#include <string>

namespace barker {
namespace {

bool matches_words(BidMatch match, std::span<const Fingerprint> term,
                   const std::vector<Fingerprint>& query) noexcept {
  switch (match) {
    case BidMatch::kExact:
      return std::equal(term.begin(), term.end(), query.begin(), query.end());
    case BidMatch::kPhrase:
      return std::search(query.begin(), query.end(), term.begin(), term.end()) != query.end();
    case BidMatch::kBroad:
      return std::all_of(term.begin(), term.end(), [&](Fingerprint word) {
        return std::find(query.begin(), query.end(), word) != query.end();
      });
  }
  return false;
}

}  // namespace

QueryWords query_words(const MatchingAnalyzer& analyzer, std::string_view query) {
  QueryWords fingerprints;
  for (const std::vector<std::string>& words : analyzer.words(query)) {
    fingerprints.emplace_back();
    for (const std::string& word : words) fingerprints.back().push_back(fingerprint(word));
  }
  return fingerprints;
}

bool matches(BidMatch match, std::span<const Fingerprint> term, const QueryWords& query) noexcept {
  if (term.empty() || query.empty()) return false;
  const size_t words = term.size() / query.size();
  for (size_t language = 0; language < query.size(); ++language) {
    if (matches_words(match, term.subspan(language * words, words), query[language])) return true;
  }
  return false;
}

}  // namespace barker
