// The bid book: a file of all offers of an index, the highest bid first. An offer is those terms of
// an ad that have one bid, either as their own or as the ad's. Its number is its document in the
// Lucene++ index of bids (bid_index.h), so that reading an index's postings in their order is
// reading offers by their value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "index/catalogue/catalogue.h"
#include "index/retrieval/bid_match.h"
#include "models/base/file_bytes.h"
#include "models/base/result.h"

namespace barker::fbs {
struct BidBook;
struct Offer;
}  // namespace barker::fbs

namespace barker {

// The bytes are a copy of the file that the object owns; open() checks all of them, and they never
// change. [any thread]
class BidBook {
 public:
  static constexpr size_t kLargest = (size_t{2} << 30) - 1;  // bytes; the limit of FlatBuffers

  static Result<BidBook> open(const std::string& path);

  struct Term {
    std::string_view text;
    BidMatch match;
    std::span<const Fingerprint> words;  // those of each language, one after the other
  };
  struct Match {
    uint32_t term;
    BidMatch match;
  };

  size_t languages() const;
  size_t ads() const;
  size_t offers() const;
  const fbs::Offer& offer(size_t number) const;
  Term term(size_t number) const;
  std::span<const Fingerprint> words(const Term& term, size_t language) const {
    const size_t count = term.words.size() / languages();
    return term.words.subspan(language * count, count);
  }
  size_t first_term(size_t offer) const;
  size_t end_of_terms(size_t offer) const;

  // The most exact of an offer's terms that match; false where none does.
  bool find_match(size_t offer, const QueryWords& query, Match& found) const noexcept;
  // Whether a negative keyword of the ad matches.
  bool is_denied(size_t ad, const QueryWords& query) const noexcept;

 private:
  BidBook() = default;
  Status check() const;

  FileBytes file_;
  const fbs::BidBook* root_ = nullptr;
};

}  // namespace barker
