#include "index/engine/first_pass.h"

#include <algorithm>
#include <utility>

#include "index/catalogue/ad_store_generated.h"
#include "index/retrieval/bids_generated.h"

namespace barker {
namespace {

// What a match says of the ad's relevance, by BidMatch.
constexpr float kRelevance[] = {.8f, .9f, 1};
// What it is of the best ad that the texts find.
constexpr float kTextRelevance = .5f;

// Bounds on the work of one query, where most of what is read is left out by negative keywords,
// budgets or the reserve.
constexpr size_t kMostOffers = 20'000;
constexpr size_t kMostHits = 2000;

}  // namespace

FirstPass::FirstPass(const EngineParts& engine)
    : engine_(engine),
      // Opening the engine made one of the same languages, so that this cannot fail.
      analyzer_(std::move(MatchingAnalyzer::create(engine.rules.languages)).value()) {}

void FirstPass::analyse(const std::string& query) {
  query_ = query;
  words_ = query_words(analyzer_, query);
}

Status FirstPass::find(size_t limit) {
  candidates_.clear();
  taken_.clear();
  left_out_.clear();
  record_ = {};
  record_.reserve = engine_.auction.reserve;
  if (engine_.budgets.ledger) pace_ = engine_.budgets.ledger->pace(seconds_now());
  if (Status s = find_bids(limit); !s.ok()) return s;
  record_.bid_matches = candidates_.size();
  if (candidates_.size() < limit) {
    if (Status s = find_texts(limit); !s.ok()) return s;
  }
  record_.title_matches = candidates_.size() - record_.bid_matches;
  return {};
}

bool FirstPass::takes_part(uint32_t ad, double bid) {
  if (left_out_.contains(ad)) return false;
  if (!is_left_out(ad, bid)) return true;
  left_out_.insert(ad);
  return false;
}

bool FirstPass::is_left_out(uint32_t ad, double bid) {
  if (bid < engine_.auction.reserve) {
    ++record_.below_reserve;
  } else if (engine_.bids.book().is_denied(ad, words_)) {
    ++record_.denied;
  } else if (!engine_.budgets.may_take_part(ad, pace_)) {
    ++record_.out_of_budget;
  } else {
    return false;
  }
  return true;
}

Status FirstPass::find_bids(size_t limit) {
  const BidBook& book = engine_.bids.book();
  size_t visited = 0;
  const auto visit = [&](uint32_t number) {
    if (++visited > kMostOffers) {
      record_.is_cut = true;
      return false;
    }
    const fbs::Offer& offer = book.offer(number);
    const bool is_full = candidates_.size() == limit;
    if (is_full && offer.bid() < engine_.auction.reserve) return false;
    BidBook::Match match{};
    if (!book.find_match(number, words_, match)) return true;
    if (offer.is_one_of() && taken_.contains(offer.ad())) return true;
    if (!takes_part(offer.ad(), offer.bid())) return true;
    if (is_full) {
      record_.cut = offer.bid();
      return false;
    }
    if (offer.is_one_of()) taken_.insert(offer.ad());
    const float relevance = kRelevance[static_cast<size_t>(match.match)];
    candidates_.push_back({offer.ad(), match.term, offer.bid(), relevance});
    return true;
  };
  bool is_query_cut = false;
  const Status read = engine_.bids.read(words_, visit, &is_query_cut);
  record_.is_cut |= is_query_cut;
  return read;
}

Status FirstPass::find_texts(size_t limit) {
  MatchingQuery query = {analyzer_.analyse(query_, MatchingSide::kQuery), {}, {}};
  query.synonyms = engine_.synonyms.widen(query.forms.folded);
  query.by_word = std::move(query.forms.by_word);
  for (std::vector<std::string>& forms : query.by_word) {
    const std::vector<std::string> synonyms = engine_.synonyms.words_for(forms);
    forms.insert(forms.end(), synonyms.begin(), synonyms.end());
  }
  for (const Candidate& candidate : candidates_) taken_.insert(candidate.ad);
  const TitleIndex& titles = engine_.titles;
  for (const Search& search : {
           Search([&](size_t most) { return titles.search_all(query, most); }),
           Search([&](size_t most) { return titles.search_any(query, most); }),
       }) {
    if (Status s = add_hits(limit, search); !s.ok()) return s;
  }
  // These are guesses, for a query that finds nothing else.
  for (const Search& search : {
           Search([&](size_t most) { return titles.search_descriptions(query, most); }),
           Search([&](size_t most) { return titles.search_pairs(analyzer_.halves(query_), most); }),
       }) {
    if (!candidates_.empty()) break;
    if (Status s = add_hits(limit, search); !s.ok()) return s;
  }
  return {};
}

// Adds what a search finds and the auction allows, until there are `limit` candidates. Where most of
// what it finds is left out, it asks for more a few times, and then says that something is cut off.
Status FirstPass::add_hits(size_t limit, const Search& search) {
  const float most =
      candidates_.empty() ? kTextRelevance : std::min(kTextRelevance, candidates_.back().relevance);
  size_t read = 0;
  for (size_t asked = 2 * limit; candidates_.size() < limit; asked *= 8) {
    if (asked > kMostHits + 2 * limit) {
      record_.is_cut = true;
      break;
    }
    const Result<std::vector<Hit>> hits = search(asked);
    if (!hits.ok()) return hits.status();
    for (; read < hits->size() && candidates_.size() < limit; ++read) {
      const Hit& hit = (*hits)[read];
      const double bid = engine_.store.ad(hit.document).bid();
      if (taken_.contains(hit.document) || !takes_part(hit.document, bid)) continue;
      taken_.insert(hit.document);
      candidates_.push_back({hit.document, kNoTerm, bid, most * hit.score / hits->front().score});
    }
    if (hits->size() < asked) break;  // that was all
  }
  return {};
}

}  // namespace barker
