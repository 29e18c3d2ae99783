#include "index/retrieval/bid_book.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "index/retrieval/bids_generated.h"

namespace barker {
namespace {

constexpr auto kMostMatch = static_cast<uint8_t>(BidMatch::kExact);

}  // namespace

Result<BidBook> BidBook::open(const std::string& path) {
  Result<FileBytes> file = FileBytes::open(path, Storage::kAuto, kLargest);
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

// Checks what the Verifier does not: that every place of a list is inside of the next list, in
// order.
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
