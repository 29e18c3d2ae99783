#include "index/retrieval/title_search.h"

#include <lucene++/Similarity.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace barker {
namespace {

namespace lucene = Lucene;

constexpr uint32_t kEnd = std::numeric_limits<uint32_t>::max();

// What rounding may add to a sum of a few hundred terms, so that no bound is too low.
constexpr double kSlack = 1 + 1e-6;

lucene::TermPtr lucene_term(const TitleTerm& term) {
  return lucene::newLucene<lucene::Term>(term.field.name, term.text);
}

double norm_of(const lucene::ByteArray& norms, uint32_t document) {
  static const std::array<double, 256> kNorms = [] {
    std::array<double, 256> decoded{};
    for (size_t i = 0; i < decoded.size(); ++i) {
      decoded[i] = lucene::Similarity::decodeNorm(static_cast<uint8_t>(i));
    }
    return decoded;
  }();
  return norms ? kNorms[norms[static_cast<int32_t>(document)]] : 1;
}

// The documents of one term in their order.
class Cursor {
 public:
  Cursor(const lucene::IndexReaderPtr& reader, const lucene::TermPtr& term)
      : documents_(reader->termDocs(term)) {
    move(documents_->next());
  }

  uint32_t document() const { return document_; }  // kEnd behind the last
  // Goes to the first document that is no less.
  void advance(uint32_t to) {
    if (document_ < to) move(documents_->skipTo(static_cast<int32_t>(to)));
  }
  double tf() const { return std::sqrt(static_cast<double>(documents_->freq())); }

 private:
  void move(bool is_there) {
    document_ = is_there ? static_cast<uint32_t>(documents_->doc()) : kEnd;
  }

  lucene::TermDocsPtr documents_;
  uint32_t document_ = 0;
};

// The documents that have any of some terms.
class Union {
 public:
  Union(const lucene::IndexReaderPtr& reader, const std::vector<TitleTerm>& terms) {
    for (const TitleTerm& term : terms) {
      Cursor cursor(reader, lucene_term(term));
      if (cursor.document() != kEnd) cursors_.push_back(std::move(cursor));
    }
  }
  // The first that is no less; kEnd where there is none.
  uint32_t advance(uint32_t to) {
    uint32_t first = kEnd;
    for (Cursor& cursor : cursors_) {
      cursor.advance(to);
      first = std::min(first, cursor.document());
    }
    return first;
  }

 private:
  std::vector<Cursor> cursors_;
};

// A term that scores, with what is the same for all of its documents.
struct Scorer {
  Cursor cursor;
  double weight;  // idf^2 x boost
  double most;    // of weight x tf x norm
  lucene::ByteArray norms;
};

// The best documents so far: a heap whose first is the worst.
class Best {
 public:
  explicit Best(size_t limit) : limit_(limit) {}

  // What a document must have more than, because of equal ones the earlier wins.
  double threshold() const { return heap_.size() < limit_ ? 0 : heap_.front().score; }
  void add(Hit hit) {
    if (hit.score <= threshold()) return;
    if (heap_.size() == limit_) {
      std::ranges::pop_heap(heap_, is_better);
      heap_.pop_back();
    }
    heap_.push_back(hit);
    std::ranges::push_heap(heap_, is_better);
  }
  std::vector<Hit> sorted() {
    std::ranges::sort(heap_, is_better);
    return std::move(heap_);
  }

 private:
  static bool is_better(const Hit& a, const Hit& b) {
    return a.score != b.score ? a.score > b.score : a.document < b.document;
  }

  size_t limit_;
  std::vector<Hit> heap_;
};

// A query on one part.
class PartSearch {
 public:
  PartSearch(const TitlePart& part, const TitleSearchQuery& query,
             const std::vector<double>& weights)
      : first_(part.first), terms_(static_cast<double>(query.terms.size())) {
    const TitlePostings& postings = *part.postings;
    for (const std::vector<TitleTerm>& one_of : query.required) {
      required_.emplace_back(postings.reader(), one_of);
      if (required_.back().advance(0) == kEnd) return;  // this part has no document
    }
    for (size_t i = 0; i < query.terms.size(); ++i) {
      const TitleTerm& term = query.terms[i];
      const lucene::TermPtr in_lucene = lucene_term(term);
      Cursor cursor(postings.reader(), in_lucene);
      if (cursor.document() == kEnd) continue;
      const double most = weights[i] * postings.most(in_lucene, term.field) * kSlack;
      scorers_.push_back({std::move(cursor), weights[i], most, postings.norms(term.field)});
    }
    for (Scorer& scorer : scorers_) by_document_.push_back(&scorer);
  }
  PartSearch(const PartSearch&) = delete;
  PartSearch& operator=(const PartSearch&) = delete;

  // False where the steps ran out.
  bool run(Best& best, size_t& steps_left) {
    for (uint32_t at = 0;;) {
      at = candidate(at, best.threshold());
      if (at == kEnd) return true;
      if (steps_left-- == 0) return false;
      uint32_t next = at;
      for (Union& one_of : required_) next = std::max(next, one_of.advance(at));
      if (next == kEnd) return true;
      if (next > at) {
        at = next;
        continue;
      }
      best.add({first_ + at, score(at)});
      ++at;
    }
  }

 private:
  // The first document from `at` on that may score more than `threshold`; kEnd where none may. No
  // scorer stands before it then.
  uint32_t candidate(uint32_t at, double threshold) {
    for (;;) {
      for (Scorer* scorer : by_document_) scorer->cursor.advance(at);
      sort_by_document();
      double most = 0, terms = 0;
      uint32_t pivot = kEnd;
      for (const Scorer* scorer : by_document_) {
        if (scorer->cursor.document() == kEnd) return kEnd;
        most += scorer->most;
        if (most * ++terms / terms_ > threshold) {
          pivot = scorer->cursor.document();
          break;
        }
      }
      if (pivot == kEnd || pivot == by_document_.front()->cursor.document()) return pivot;
      at = pivot;
    }
  }

  // By insertion, because few of them have moved.
  void sort_by_document() {
    for (size_t i = 1; i < by_document_.size(); ++i) {
      Scorer* const moved = by_document_[i];
      size_t to = i;
      for (; to > 0 && by_document_[to - 1]->cursor.document() > moved->cursor.document(); --to) {
        by_document_[to] = by_document_[to - 1];
      }
      by_document_[to] = moved;
    }
  }

  // Adds in the order of the query's terms, so that documents with the same words have the same
  // score.
  float score(uint32_t document) const {
    double sum = 0, terms = 0;
    for (const Scorer& scorer : scorers_) {
      if (scorer.cursor.document() != document) continue;
      sum += scorer.weight * scorer.cursor.tf() * norm_of(scorer.norms, document);
      ++terms;
    }
    return static_cast<float>(sum * terms / terms_);
  }

  const uint32_t first_;
  const double terms_;
  std::vector<Union> required_;
  std::vector<Scorer> scorers_;  // in the order of the query's terms
  std::vector<Scorer*> by_document_;
};

}  // namespace

TitlePostings::TitlePostings(lucene::IndexReaderPtr reader) : reader_(std::move(reader)) {
  for (const TitleField& field : {kTitle, kShop, kExact, kParts, kDescription, kOpen}) {
    norms_[field.name] = reader_->norms(field.name);
  }
}

const lucene::ByteArray& TitlePostings::norms(const TitleField& field) const {
  return norms_.at(field.name);
}

float TitlePostings::most(const lucene::TermPtr& term, const TitleField& field) const {
  const std::wstring key = std::wstring(field.name) + L' ' + term->text();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto known = most_.find(key); known != most_.end()) return known->second;
  }
  double most = 0;
  const lucene::ByteArray& of_field = norms(field);
  for (Cursor cursor(reader_, term); cursor.document() != kEnd;
       cursor.advance(cursor.document() + 1)) {
    most = std::max(most, cursor.tf() * norm_of(of_field, cursor.document()));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  return most_[key] = static_cast<float>(most);
}

TitleHits search_titles(const std::vector<TitlePart>& parts, const TitleSearchQuery& query,
                        size_t limit, size_t most_steps) {
  // Words are worth in every part what they are worth in all of them together.
  int32_t documents = 0;
  for (const TitlePart& part : parts) documents += part.postings->reader()->maxDoc();
  const lucene::SimilarityPtr similarity = lucene::Similarity::getDefault();
  std::vector<double> weights;
  for (const TitleTerm& term : query.terms) {
    int32_t with_term = 0;
    for (const TitlePart& part : parts) {
      with_term += part.postings->reader()->docFreq(lucene_term(term));
    }
    const double idf = similarity->idf(with_term, documents);
    weights.push_back(idf * idf * term.boost);
  }
  Best best(limit);
  TitleHits hits;
  size_t steps_left = most_steps;
  for (const TitlePart& part : parts) {
    if (PartSearch(part, query, weights).run(best, steps_left)) continue;
    hits.is_cut = true;
    break;
  }
  hits.best = best.sorted();
  return hits;
}

}  // namespace barker
