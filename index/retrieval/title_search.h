// Searches the titles of an index for its best documents, without reading all postings of a query's
// words (WAND; Broder et al., 2003, "Efficient query evaluation using a two-level retrieval
// process").
//
// A document's score is what Lucene++'s is but for a factor that all documents of a query share:
// each of the query's terms that it has adds tf x idf^2 x boost x norm, and the sum is multiplied
// by the share of the terms that it has. The most that any document has of a term is found out when
// the term is first asked for, and kept. Documents are read in their order, and of equal ones the
// earlier wins, so that a document that cannot have more than the last of the best so far need not
// be looked at.
//
// Only the .cpp files that search include this, because of Lucene++'s headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "index/retrieval/lucene_files.h"
#include "index/retrieval/title_fields.h"
#include "index/retrieval/title_index.h"

namespace barker {

struct TitleTerm {
  TitleField field;
  std::wstring text;
  double boost;  // unused where the term only has to be there
};

struct TitleSearchQuery {
  std::vector<TitleTerm> terms;  // what documents are scored by
  // Of each of these, a document must have at least one term.
  std::vector<std::vector<TitleTerm>> required;
};

// The postings of one Lucene++ segment. [any thread]
class TitlePostings {
 public:
  // To be made on the thread that opens the index (title_index.h).
  explicit TitlePostings(Lucene::IndexReaderPtr reader);

  const Lucene::IndexReaderPtr& reader() const { return reader_; }
  // The norm of each document in a field; empty where no document has the field.
  const Lucene::ByteArray& norms(const TitleField& field) const;
  // The most that tf x norm of the term is in any document. The first call for a term reads its
  // postings.
  float most(const Lucene::TermPtr& term, const TitleField& field) const;

 private:
  Lucene::IndexReaderPtr reader_;
  std::unordered_map<std::wstring, Lucene::ByteArray> norms_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::wstring, float> most_;  // by field and term
};

// A segment and the number of its first document.
struct TitlePart {
  std::shared_ptr<const TitlePostings> postings;
  uint32_t first;
};

// Documents that one query looks at, at most; those behind are not found. A page has fifty ads, so
// that so many are looked at only where nearly all that the bounds let pass score no better than
// the worst of the page.
inline constexpr size_t kMostTitleSteps = 20'000;

// The best `limit` documents, best first. Throws LuceneException.
TitleHits search_titles(const std::vector<TitlePart>& parts, const TitleSearchQuery& query,
                        size_t limit, size_t most_steps = kMostTitleSteps);

}  // namespace barker
