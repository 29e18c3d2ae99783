#include "index/retrieval/bid_book_writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "index/retrieval/bid_book.h"
#include "index/retrieval/bids_generated.h"
#include "models/base/atomic_file.h"

namespace barker {
namespace {

template <class List>
uint32_t size_of(const List& list) {
  return static_cast<uint32_t>(list.size());
}

}  // namespace

std::vector<Fingerprint> BidBookWriter::words_of(const BidTerm& term) const {
  std::vector<Fingerprint> fingerprints;
  for (const std::vector<std::string>& words : analyzer_.words(term.text)) {
    for (const std::string& word : words) fingerprints.push_back(fingerprint(word));
  }
  return fingerprints;
}

void BidBookWriter::add_term(const BidTerm& term, const std::vector<Fingerprint>& words,
                             Terms& to) {
  to.list.push_back({size_of(to.words), size_of(to.text), term.match});
  to.text += term.text;
  to.words.insert(to.words.end(), words.begin(), words.end());
}

// Terms without words are left out, because they match nothing.
void BidBookWriter::add(const CatalogueAd& ad) {
  using Draft = std::pair<const BidTerm*, std::vector<Fingerprint>>;
  // By bid, and whether it is the ad's.
  std::map<std::pair<double, bool>, std::vector<Draft>> by_bid;
  for (const BidTerm& term : ad.bid_terms) {
    std::vector<Fingerprint> words = words_of(term);
    if (words.empty()) continue;
    by_bid[{term.bid.value_or(ad.bid), !term.bid}].emplace_back(&term, std::move(words));
  }
  for (const auto& [bid, terms] : by_bid) {
    const uint32_t first = size_of(terms_.list);
    for (const auto& [term, words] : terms) add_term(*term, words, terms_);
    offers_.push_back({bid.first, size_of(first_negative_), first, size_of(terms_.list),
                       by_bid.size() > 1, bid.second});
  }
  first_negative_.push_back(size_of(negatives_.list));
  for (const BidTerm& term : ad.negative_keywords) add_term(term, words_of(term), negatives_);
}

std::span<const Fingerprint> BidBookWriter::Terms::words_of(size_t term) const {
  const size_t end = term + 1 < list.size() ? list[term + 1].words : words.size();
  return std::span(words).subspan(list[term].words, end - list[term].words);
}

std::string_view BidBookWriter::Terms::text_of(size_t term) const {
  const size_t end = term + 1 < list.size() ? list[term + 1].text : text.size();
  return std::string_view(text).substr(list[term].text, end - list[term].text);
}

// Goes through the terms in the order of the file: those of the sorted offers, then the negative
// keywords.
class BidBookWriter::InOrder {
 public:
  explicit InOrder(const BidBookWriter& book) : book_(book) { enter(0); }

  // To be called as often as there are terms.
  std::pair<const Terms*, size_t> next() {
    while (at_ == end_) enter(offer_ + 1);
    return {terms_, at_++};
  }

 private:
  void enter(size_t offer) {
    offer_ = offer;
    const bool is_offer = offer < book_.offers_.size();
    terms_ = is_offer ? &book_.terms_ : &book_.negatives_;
    at_ = is_offer ? book_.offers_[offer].first_term : 0;
    end_ = is_offer ? book_.offers_[offer].end_of_terms : terms_->list.size();
  }

  const BidBookWriter& book_;
  const Terms* terms_ = nullptr;
  size_t offer_ = 0, at_ = 0, end_ = 0;
};

// The lists are filled in the builder's own memory, because a copy of them would be as large as the
// book.
Status BidBookWriter::write(const std::string& path) {
  const size_t terms = terms_.list.size() + negatives_.list.size();
  const size_t words = terms_.words.size() + negatives_.words.size();
  const size_t text = terms_.text.size() + negatives_.text.size();
  const size_t bytes = offers_.size() * sizeof(fbs::Offer) + (terms + 1) * sizeof(fbs::StoredTerm) +
                       (first_negative_.size() + 1) * 4 + words * sizeof(Fingerprint) + text;
  if (bytes > BidBook::kLargest - (size_t{1} << 20)) {
    return invalid_argument(path + ": the bid terms need more than 2 GiB; split the catalogue");
  }
  std::ranges::stable_sort(offers_, std::ranges::greater(), &Offer::bid);
  flatbuffers::FlatBufferBuilder builder(bytes + 4096);
  uint32_t number = 0, words_at = 0, text_at = 0;
  const auto fill_offer = [&](size_t i, fbs::Offer* to) {
    const Offer& offer = offers_[i];
    *to = fbs::Offer(offer.bid, offer.ad, number, offer.is_one_of, offer.is_ads_bid);
    number += offer.end_of_terms - offer.first_term;
  };
  const auto offers = builder.CreateVectorOfStructs<fbs::Offer>(offers_.size(), fill_offer);
  InOrder of_terms(*this);
  const auto fill_term = [&](size_t i, fbs::StoredTerm* to) {
    *to = fbs::StoredTerm(words_at, text_at, 0);
    if (i == terms) return;  // it says where the last term ends
    const auto [from, term] = of_terms.next();
    *to = fbs::StoredTerm(words_at, text_at, static_cast<uint8_t>(from->list[term].match));
    words_at += size_of(from->words_of(term));
    text_at += size_of(from->text_of(term));
  };
  const auto term_list = builder.CreateVectorOfStructs<fbs::StoredTerm>(terms + 1, fill_term);
  for (uint32_t& first : first_negative_) first += number;
  first_negative_.push_back(static_cast<uint32_t>(terms));
  const auto negatives = builder.CreateVector(first_negative_);
  Fingerprint* to_words = nullptr;
  const auto word_list = builder.CreateUninitializedVector<Fingerprint>(words, &to_words);
  std::string all_text;
  all_text.reserve(text);
  InOrder of_words(*this);
  for (size_t i = 0; i < terms; ++i) {
    const auto [from, term] = of_words.next();
    to_words = std::ranges::copy(from->words_of(term), to_words).out;
    all_text += from->text_of(term);
  }
  const auto text_list = builder.CreateString(all_text);
  fbs::FinishBidBookBuffer(
      builder, fbs::CreateBidBook(builder, static_cast<uint32_t>(analyzer_.languages()), offers,
                                  term_list, negatives, word_list, text_list));
  offers_ = {};
  terms_ = negatives_ = {};
  first_negative_ = {};
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  if (Status s = file->write(builder.GetBufferPointer(), builder.GetSize()); !s.ok()) return s;
  return file->commit();
}

}  // namespace barker
