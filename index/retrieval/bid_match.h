// When a bid term matches a query: a property of two lists of folded words.
//
// Pure functions. [any thread] query_words() follows the thread rule of its analyzer.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching.h"
#include "models/text/fingerprint.h"

namespace barker {

// The folded words of a query as fingerprints, in the order of the query, for each language.
using QueryWords = std::vector<std::vector<Fingerprint>>;

QueryWords query_words(const MatchingAnalyzer& analyzer, std::string_view query);

// Whether a term with these words, of which each language has equally many, takes part by `match`.
// It does where it does in one of the languages. A term without words never matches.
bool matches(BidMatch match, std::span<const Fingerprint> term, const QueryWords& query) noexcept;

}  // namespace barker
