#include "index/engine/first_pass.h"

#include <algorithm>
#include <utility>

#include "index/catalogue/ad_store_generated.h"
#include "index/retrieval/bids_generated.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

// What a match says of the ad's relevance, by BidMatch.
constexpr float kRelevance[] = {.8f, .9f, 1};
// What it is of the best ad that the texts find.
constexpr float kTextRelevance = .5f;

// Bounds on the work of one query, where most of what is read is left out by negative keywords,
// budgets or the reserve.
constexpr size_t kMostOffers = 20'000;  // of each segment
constexpr size_t kMostHits = 2000;

}  // namespace

FirstPass::FirstPass(const EngineParts& engine)
    : engine_(engine),
      languages_(engine.catalogue->snapshot()->words->rules.languages),
      // The catalogue made one of the same languages, so that this cannot fail.
      analyzer_(std::move(MatchingAnalyzer::create(languages_)).value()) {}

void FirstPass::analyse(const std::string& query) {
  snapshot_ = engine_.catalogue->snapshot();
  if (const auto& languages = snapshot_->words->rules.languages; languages != languages_) {
    analyzer_ = std::move(MatchingAnalyzer::create(languages)).value();
    languages_ = languages;
  }
  query_ = query;
  words_ = query_words(analyzer_, query);
}

Status FirstPass::find(size_t limit, const std::vector<std::string>& features) {
  features_.clear();
  for (const std::string& feature : features) features_.push_back(keyword_fingerprint(feature));
  candidates_.clear();
  taken_.clear();
  left_out_.clear();
  record_ = {};
  record_.reserve = engine_.auction.reserve;
  const AdBudgets& budgets = snapshot_->parts.front().segment->budgets();
  if (budgets.ledger) pace_ = budgets.ledger->pace(seconds_now());
  if (Status s = find_bids(limit); !s.ok()) return s;
  record_.bid_matches = candidates_.size();
  if (candidates_.size() < limit) {
    if (Status s = find_texts(limit); !s.ok()) return s;
  }
  record_.title_matches = candidates_.size() - record_.bid_matches;
  return {};
}

bool FirstPass::takes_part(const AdPlace& place, double bid) {
  if (snapshot_->is_gone(place) || left_out_.contains(place.key())) return false;
  if (!is_left_out(place, bid)) return true;
  left_out_.insert(place.key());
  return false;
}

bool FirstPass::is_left_out(const AdPlace& place, double bid) {
  const LiveSegment& segment = snapshot_->segment(place);
  if (bid < engine_.auction.reserve) {
    ++record_.below_reserve;
  } else if (segment.files().bids().book().is_denied(place.ad, words_)) {
    ++record_.denied;
  } else if (!segment.can_pay(place.ad, pace_)) {
    ++record_.out_of_budget;
  } else if (!features_.empty() && !has_features(place)) {
    ++record_.without_features;
  } else {
    return false;
  }
  return true;
}

bool FirstPass::has_features(const AdPlace& place) const {
  const fbs::StoredAd& ad = snapshot_->segment(place).stored(place.ad);
  return std::ranges::all_of(features_, [&](Fingerprint feature) {
    const auto is_it = [&](const fbs::StoredSellingPoint* has) {
      return has->fingerprint() == feature;
    };
    return std::ranges::any_of(*ad.selling_points(), is_it) ||
           (ad.features() && std::ranges::any_of(*ad.features(), is_it));
  });
}

// Keeps one offer more than there are places, whose bid is the record's cut.
Status FirstPass::find_bids(size_t limit) {
  for (uint32_t part = 0; part < snapshot_->parts.size(); ++part) {
    if (Status s = find_bids_of(part, limit); !s.ok()) return s;
  }
  if (candidates_.size() > limit) {
    record_.cut = candidates_.back().bid;
    candidates_.pop_back();
  }
  return {};
}

// Reads the offers of a segment in the order of what they bid when it was made. What is still to
// come then bids at most LiveSegment::most_raise() times that, but for the raised offers, which are
// read first.
Status FirstPass::find_bids_of(uint32_t part, size_t limit) {
  const LiveSegment& segment = *snapshot_->parts[part].segment;
  const BidBook& book = segment.files().bids().book();
  const double most_raise = segment.most_raise();
  if (const auto& raised = snapshot_->parts[part].raised) {
    for (const uint32_t number : *raised) {
      const double bid = segment.bid_of(book.offer(number));
      if (candidates_.size() > limit && bid <= candidates_.back().bid) break;
      visit_offer(part, number, limit);
    }
  }
  size_t visited = 0;
  const auto visit = [&](uint32_t number) {
    const double most = book.offer(number).bid() * most_raise;
    if (candidates_.size() > limit && most <= candidates_.back().bid) return false;
    if (candidates_.size() >= limit && most < engine_.auction.reserve) return false;
    if (++visited > kMostOffers) {
      record_.is_cut = true;
      return false;
    }
    visit_offer(part, number, limit);
    return true;
  };
  bool is_query_cut = false;
  const Status read = segment.files().bids().read(words_, visit, &is_query_cut);
  record_.is_cut |= is_query_cut;
  return read;
}

void FirstPass::visit_offer(uint32_t part, uint32_t number, size_t limit) {
  const LiveSegment& segment = *snapshot_->parts[part].segment;
  const BidBook& book = segment.files().bids().book();
  const fbs::Offer& offer = book.offer(number);
  const double bid = segment.bid_of(offer);
  if (candidates_.size() > limit && bid <= candidates_.back().bid) return;
  BidBook::Match match{};
  if (!book.find_match(number, words_, match)) return;
  const AdPlace place = {part, offer.ad()};
  if (!takes_part(place, bid)) return;
  const float relevance = kRelevance[static_cast<size_t>(match.match)];
  const bool may_come_twice = offer.is_one_of() || snapshot_->parts[part].raised != nullptr;
  insert({place, match.term, bid, relevance}, may_come_twice, limit);
}

// The highest bid first; of equal ones, that which was read first. An ad stands with its highest
// bid.
void FirstPass::insert(const AdCandidate& candidate, bool may_come_twice, size_t limit) {
  if (may_come_twice) {
    const auto twin = std::ranges::find(candidates_, candidate.place, &AdCandidate::place);
    if (twin != candidates_.end()) {
      if (twin->bid >= candidate.bid) return;
      candidates_.erase(twin);
    }
  }
  const auto at = std::ranges::upper_bound(candidates_, candidate.bid, std::ranges::greater(),
                                           &AdCandidate::bid);
  candidates_.insert(at, candidate);
  if (candidates_.size() > limit + 1) candidates_.pop_back();
}

Status FirstPass::find_texts(size_t limit) {
  MatchingQuery query = {analyzer_.analyse(query_, MatchingSide::kQuery), {}, {}};
  const Synonyms& known = snapshot_->words->synonyms;
  query.synonyms = known.widen(query.forms.folded);
  query.by_word = std::move(query.forms.by_word);
  for (std::vector<std::string>& forms : query.by_word) {
    const std::vector<std::string> synonyms = known.words_for(forms);
    forms.insert(forms.end(), synonyms.begin(), synonyms.end());
  }
  for (const AdCandidate& candidate : candidates_) taken_.insert(candidate.place.key());
  const TitleIndex& titles = *snapshot_->titles;
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

// Adds what a search finds and the auction allows, until there are `limit` candidates. Where most
// of what it finds is left out, it asks for more a few times, and then says that something is cut
// off.
Status FirstPass::add_hits(size_t limit, const Search& search) {
  const float most =
      candidates_.empty() ? kTextRelevance : std::min(kTextRelevance, candidates_.back().relevance);
  size_t read = 0;
  for (size_t asked = 2 * limit; candidates_.size() < limit; asked *= 8) {
    if (asked > kMostHits + 2 * limit) {
      record_.is_cut = true;
      break;
    }
    const Result<TitleHits> found = search(asked);
    if (!found.ok()) return found.status();
    record_.is_cut |= found->is_cut;
    const std::vector<Hit>& hits = found->best;
    for (; read < hits.size() && candidates_.size() < limit; ++read) {
      const Hit& hit = hits[read];
      const AdPlace place = snapshot_->place(hit.document);
      const double bid = snapshot_->segment(place).bid(place.ad);
      if (taken_.contains(place.key()) || !takes_part(place, bid)) continue;
      taken_.insert(place.key());
      candidates_.push_back({place, kNoTerm, bid, most * hit.score / hits.front().score});
    }
    if (hits.size() < asked) break;  // that was all
  }
  return {};
}

}  // namespace barker
