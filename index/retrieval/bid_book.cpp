#include "index/retrieval/bid_book.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "index/retrieval/bids_generated.h"
#include "models/base/atomic_file.h"

namespace barker {
namespace {

constexpr size_t kMost = (size_t{2} << 30) - 1;  // bytes; the limit of FlatBuffers

constexpr auto kMostMatch = static_cast<uint8_t>(BidMatch::kExact);

// A term with its words in each language, one language after the other.
struct TermDraft {
  const BidTerm* term;
  std::vector<Fingerprint> words;
};

// An offer before it is written.
struct OfferDraft {
  double bid;
  uint32_t ad;
  std::vector<TermDraft> terms;
  bool is_one_of;
  bool is_ads_bid;
};

std::vector<Fingerprint> words_of(const BidTerm& term, const MatchingAnalyzer& analyzer) {
  std::vector<Fingerprint> fingerprints;
  for (const std::vector<std::string>& words : analyzer.words(term.text)) {
    for (const std::string& word : words) fingerprints.push_back(fingerprint(word));
  }
  return fingerprints;
}

// Terms without words are left out, because they match nothing.
std::vector<OfferDraft> offers_of(const std::vector<CatalogueAd>& ads,
                                  const MatchingAnalyzer& analyzer) {
  std::vector<OfferDraft> offers;
  for (size_t i = 0; i < ads.size(); ++i) {
    std::map<std::pair<double, bool>, std::vector<TermDraft>>
        by_bid;  // bid, and whether it is the ad's
    for (const BidTerm& term : ads[i].bid_terms) {
      std::vector<Fingerprint> words = words_of(term, analyzer);
      if (words.empty()) continue;
      by_bid[{term.bid.value_or(ads[i].bid), !term.bid}].push_back({&term, std::move(words)});
    }
    for (auto& [bid, terms] : by_bid) {
      offers.push_back(
          {bid.first, static_cast<uint32_t>(i), std::move(terms), by_bid.size() > 1, bid.second});
    }
  }
  std::ranges::stable_sort(offers, std::ranges::greater(), &OfferDraft::bid);
  return offers;
}

// Collects the flat lists.
class BookWriter {
 public:
  explicit BookWriter(const MatchingAnalyzer& analyzer) : analyzer_(analyzer) {}

  void add_offer(const OfferDraft& offer) {
    offers_.emplace_back(offer.bid, offer.ad, size_of(terms_), offer.is_one_of, offer.is_ads_bid);
    for (const TermDraft& draft : offer.terms) add_term(*draft.term, draft.words);
  }

  void add_negatives(const CatalogueAd& ad) {
    first_negative_.push_back(size_of(terms_));
    for (const BidTerm& term : ad.negative_keywords) add_term(term, words_of(term, analyzer_));
  }

  Status write(const std::string& path) {
    first_negative_.push_back(size_of(terms_));
    add_term({}, {});
    const size_t bytes = offers_.size() * sizeof(fbs::Offer) +
                         terms_.size() * sizeof(fbs::StoredTerm) + first_negative_.size() * 4 +
                         words_.size() * sizeof(Fingerprint) + text_.size();
    if (bytes > kMost - (size_t{1} << 20)) {
      return invalid_argument(path + ": the bid terms need more than 2 GiB; split the catalogue");
    }
    flatbuffers::FlatBufferBuilder builder(bytes + 4096);
    const auto offers = builder.CreateVectorOfStructs(offers_);
    const auto terms = builder.CreateVectorOfStructs(terms_);
    const auto negatives = builder.CreateVector(first_negative_);
    const auto words = builder.CreateVector(words_);
    const auto text = builder.CreateString(text_);
    fbs::FinishBidBookBuffer(
        builder, fbs::CreateBidBook(builder, static_cast<uint32_t>(analyzer_.languages()), offers,
                                    terms, negatives, words, text));
    Result<AtomicFile> file = AtomicFile::create(path);
    if (!file.ok()) return file.status();
    if (Status s = file->write(builder.GetBufferPointer(), builder.GetSize()); !s.ok()) return s;
    return file->commit();
  }

 private:
  template <class List>
  static uint32_t size_of(const List& list) {
    return static_cast<uint32_t>(list.size());
  }

  void add_term(const BidTerm& term, std::span<const Fingerprint> words) {
    terms_.emplace_back(size_of(words_), size_of(text_), static_cast<uint8_t>(term.match));
    text_ += term.text;
    words_.insert(words_.end(), words.begin(), words.end());
  }

  const MatchingAnalyzer& analyzer_;
  std::vector<fbs::Offer> offers_;
  std::vector<fbs::StoredTerm> terms_;
  std::vector<uint32_t> first_negative_;
  std::vector<Fingerprint> words_;
  std::string text_;
};

}  // namespace

Status BidBook::write(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer,
                      const std::string& path) {
  BookWriter book(analyzer);
  for (const OfferDraft& offer : offers_of(ads, analyzer)) book.add_offer(offer);
  for (const CatalogueAd& ad : ads) book.add_negatives(ad);
  return book.write(path);
}

Result<BidBook> BidBook::open(const std::string& path) {
  Result<FileBytes> file = FileBytes::open(path, Storage::kAuto, kMost);
  if (!file.ok()) return Status(file.status().code(), path + ": " + file.status().message());
  BidBook book;
  book.file_ = std::move(*file);
  const auto* data = reinterpret_cast<const uint8_t*>(book.file_.bytes().data());
  flatbuffers::Verifier verifier(data, book.file_.bytes().size());
  if (!fbs::VerifyBidBookBuffer(verifier)) {
    return bad_data(path + ": expected a well-formed bid book, found a damaged or foreign file");
  }
  book.root_ = fbs::GetBidBook(data);
  if (Status s = book.check(); !s.ok()) return bad_data(path + ": " + s.message());
  return book;
}

// Checks what the Verifier does not: that every place of a list is inside of the next list, in order.
Status BidBook::check() const {
  const auto& offers = *root_->offers();
  const auto& terms = *root_->terms();
  const auto& negatives = *root_->first_negative();
  const auto& words = *root_->words();
  // The Verifier checks the alignment of a list's length, but not of its 64-bit elements.
  const auto is_aligned = [](const auto& list) {
    return list.size() == 0 || reinterpret_cast<uintptr_t>(list.Data()) % alignof(uint64_t) == 0;
  };
  if (!is_aligned(offers) || !is_aligned(words)) return bad_data("a list is not aligned");
  if (root_->languages() == 0) return unexpected("languages", "at least one", "0");
  if (terms.size() == 0 || negatives.size() == 0) return bad_data("a list has no end");
  const size_t last = terms.size() - 1;
  for (flatbuffers::uoffset_t i = 0; i <= last; ++i) {
    const fbs::StoredTerm& term = *terms.Get(i);
    const size_t end = i == last ? words.size() : terms.Get(i + 1)->words();
    const size_t text_end = i == last ? root_->text()->size() : terms.Get(i + 1)->text();
    if (term.words() > end || term.text() > text_end || term.match() > kMostMatch ||
        (end - term.words()) % root_->languages() != 0) {
      return bad_data("term " + std::to_string(i) + " is not well-formed");
    }
  }
  const size_t first_negative = negatives.Get(0);
  uint32_t before = 0;
  double bid = std::numeric_limits<double>::infinity();
  for (flatbuffers::uoffset_t i = 0; i < offers.size(); ++i) {
    const fbs::Offer* offer = offers.Get(i);
    const bool is_good = offer->first_term() >= before && offer->first_term() <= first_negative &&
                         offer->ad() + 1 < negatives.size() && offer->bid() >= 0 &&
                         offer->bid() <= std::min(bid, BARKER_MAX_NUMBER);
    if (!is_good) {
      return bad_data("offer " + std::to_string(i) + " is not well-formed");
    }
    before = offer->first_term();
    bid = offer->bid();
  }
  uint32_t begin = 0;
  for (const uint32_t next : negatives) {
    if (next < begin || next > last) return bad_data("the negative keywords are not well-formed");
    begin = next;
  }
  return begin == last ? Status() : bad_data("the negative keywords have no end");
}

size_t BidBook::languages() const { return root_->languages(); }
size_t BidBook::ads() const { return root_->first_negative()->size() - 1; }
size_t BidBook::offers() const { return root_->offers()->size(); }

const fbs::Offer& BidBook::offer(size_t number) const {
  return *root_->offers()->Get(static_cast<flatbuffers::uoffset_t>(number));
}

BidBook::Term BidBook::term(size_t number) const {
  const auto& terms = *root_->terms();
  const auto i = static_cast<flatbuffers::uoffset_t>(number);
  const fbs::StoredTerm &term = *terms.Get(i), &next = *terms.Get(i + 1);
  const std::string_view text(root_->text()->c_str(), root_->text()->size());
  return {text.substr(term.text(), next.text() - term.text()),
          static_cast<BidMatch>(term.match()),
          {root_->words()->data() + term.words(), next.words() - term.words()}};
}

size_t BidBook::first_term(size_t offer) const { return this->offer(offer).first_term(); }

size_t BidBook::end_of_terms(size_t offer) const {
  return offer + 1 < offers() ? first_term(offer + 1) : root_->first_negative()->Get(0);
}

bool BidBook::find_match(size_t offer, const QueryWords& query, Match& found) const noexcept {
  bool any = false;
  for (size_t i = first_term(offer), end = end_of_terms(offer); i < end; ++i) {
    const Term candidate = term(i);
    if (any && candidate.match <= found.match) continue;
    if (!matches(candidate.match, candidate.words, query)) continue;
    found = {static_cast<uint32_t>(i), candidate.match};
    any = true;
  }
  return any;
}

bool BidBook::is_denied(size_t ad, const QueryWords& query) const noexcept {
  const auto& first = *root_->first_negative();
  const auto i = static_cast<flatbuffers::uoffset_t>(ad);
  for (size_t t = first.Get(i); t < first.Get(i + 1); ++t) {
    const Term negative = term(t);
    if (matches(negative.match, negative.words, query)) return true;
  }
  return false;
}

}  // namespace barker
