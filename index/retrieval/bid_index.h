// The Lucene++ index of bids: a document for each offer of the bid book, in its order, so that the
// postings of a token (bid_tokens.h) list offers by their value and reading them can stop early.
//
// Lucene++'s headers stay in the .cpp, as in title_index.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "index/retrieval/bid_book.h"
#include "index/retrieval/bid_book_writer.h"
#include "models/base/result.h"

namespace barker {

// Threads: as title_index.h says.
class BidIndex {
 public:
  // Writes bids.book and bids/ into a directory.
  static Status write(BidBookWriter& book, const std::string& directory);
  static Result<BidIndex> open(const std::string& directory);
  ~BidIndex();
  BidIndex(BidIndex&&) noexcept;

  const BidBook& book() const;

  // Visits offers that may match the query, each once, the highest bid first, until `visit` returns
  // false. What is visited must be compared (BidBook::find_match). *is_cut says whether a bound of
  // bid_tokens.h left some out. [any thread]
  Status read(const QueryWords& query, const std::function<bool(uint32_t offer)>& visit,
              bool* is_cut) const;

 private:
  BidIndex();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
