#include "index/retrieval/title_index.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "index/retrieval/lucene_files.h"
#include "index/retrieval/title_search.h"

namespace barker {
namespace {

namespace lucene = Lucene;

// No title has all words of a longer query.
constexpr size_t kMostWordsOfAll = 256;

// What a synonym is worth beside a word of the query.
constexpr double kSynonym = 0.5;

// Collects the terms of a query, each of a field once.
class Terms {
 public:
  void add(const TitleField& field, const std::vector<std::string>& words, double worth = 1) {
    for (const std::string& word : words) {
      if (list_.size() == kMost) return;
      if (!seen_.emplace(field.name, word).second) continue;
      list_.push_back({field, term_text(word), field.boost * worth});
    }
  }
  const std::vector<TitleTerm>& list() const { return list_; }

 private:
  // A query of so many words is no more precise for more of them, and Lucene++ refuses more than
  // 1024.
  static constexpr size_t kMost = 1000;

  std::vector<TitleTerm> list_;
  std::set<std::pair<std::wstring, std::string>> seen_;
};

// All words of a query in all their forms, of which an ad should have as many as it can.
std::vector<TitleTerm> words_of(const MatchingQuery& query) {
  Terms terms;
  terms.add(kExact, query.forms.exact);
  for (const TitleField& field : {kTitle, kShop, kParts}) terms.add(field, query.forms.folded);
  for (const auto* weaker : {&query.forms.parts, &query.forms.joined}) {
    terms.add(kTitle, *weaker, kParts.boost);
    terms.add(kParts, *weaker);
  }
  for (const TitleField& field : {kTitle, kShop}) terms.add(field, query.synonyms, kSynonym);
  return terms.list();
}

lucene::QueryPtr lucene_query(const TitleTerm& term) {
  const lucene::QueryPtr query = lucene::newLucene<lucene::TermQuery>(
      lucene::newLucene<lucene::Term>(term.field.name, term.text));
  query->setBoost(term.boost);
  return query;
}

const TitleTerm kIsOpenTerm = {kOpen, kIsOpen, kOpen.boost};

}  // namespace

struct TitleIndex::Impl {
  // Throws LuceneException.
  void find(const lucene::BooleanQueryPtr& query, size_t limit, std::vector<Hit>& hits) const {
    if (documents == 0) return;  // Lucene++ refuses to look for none
    const lucene::TopDocsPtr top =
        searcher->search(query, static_cast<int32_t>(std::min(limit, documents)));
    for (int32_t i = 0; i < top->scoreDocs.size(); ++i) {
      hits.push_back({static_cast<uint32_t>(top->scoreDocs[i]->doc),
                      static_cast<float>(top->scoreDocs[i]->score)});
    }
  }

  Result<TitleHits> search(const TitleSearchQuery& query, size_t limit) const {
    if (query.terms.empty() || limit == 0) return TitleHits();
    try {
      return search_titles(parts, query, limit);
    } catch (const lucene::LuceneException& e) {
      return lucene_error(directory, e);
    }
  }

  std::string directory;
  std::vector<TitlePart> parts;
  lucene::IndexSearcherPtr searcher;  // of all parts
  size_t documents = 0;
};

TitleIndex::TitleIndex() : impl_(std::make_unique<Impl>()) {}
TitleIndex::~TitleIndex() = default;
TitleIndex::TitleIndex(TitleIndex&&) noexcept = default;

Result<TitleIndex> TitleIndex::open(const std::string& directory) {
  try {
    TitleIndex index;
    index.impl_->directory = directory;
    const lucene::IndexReaderPtr reader =
        lucene::IndexReader::open(lucene_directory(directory), true);
    const auto parts = reader->getSequentialSubReaders();
    if (parts && parts.size() > 1) return bad_data(directory + ": expected one segment");
    if (!parts || parts.size() == 1) {  // an index without ads has none
      index.impl_->parts = {{std::make_shared<const TitlePostings>(parts ? parts[0] : reader), 0}};
    }
    index.impl_->documents = static_cast<size_t>(reader->maxDoc());
    index.impl_->searcher = lucene::newLucene<lucene::IndexSearcher>(reader);
    if (Status s = index.warm_up(); !s.ok()) return s;
    return index;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(directory, e);
  }
}

Result<TitleIndex> TitleIndex::join(const std::vector<const TitleIndex*>& parts) {
  TitleIndex joined;
  joined.impl_->directory = parts.front()->impl_->directory;
  try {
    auto readers = lucene::Collection<lucene::IndexReaderPtr>::newInstance();
    for (const TitleIndex* part : parts) {
      for (TitlePart each : part->impl_->parts) {
        each.first += static_cast<uint32_t>(joined.impl_->documents);
        joined.impl_->parts.push_back(std::move(each));
      }
      readers.add(part->impl_->searcher->getIndexReader());
      joined.impl_->documents += part->impl_->documents;
    }
    const lucene::IndexReaderPtr all = lucene::newLucene<lucene::MultiReader>(readers, false);
    joined.impl_->searcher = lucene::newLucene<lucene::IndexSearcher>(all);
    if (Status s = joined.warm_up(); !s.ok()) return s;
    return joined;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(joined.impl_->directory, e);
  }
}

// Searches as queries do, for a keyword that is in no ad and for the first term of each field.
Status TitleIndex::warm_up() const {
  MatchingQuery query;
  query.forms.folded = query.forms.exact = {"warm"};
  for (const auto& warm : {search_any(query, 1), search_descriptions(query, 1)}) {
    if (!warm.ok()) return warm.status();
  }
  for (const TitleField& field : {kTitle, kShop, kExact, kParts, kDescription, kOpen}) {
    const lucene::TermEnumPtr terms =
        impl_->searcher->getIndexReader()->terms(lucene::newLucene<lucene::Term>(field.name));
    const lucene::TermPtr first = terms->term();
    if (!first || first->field() != field.name) continue;  // no ad has this field
    impl_->searcher->search(lucene::newLucene<lucene::TermQuery>(first), 1);
  }
  return {};
}

Result<TitleHits> TitleIndex::search_all(const MatchingQuery& query, size_t limit) const {
  const std::set<std::vector<std::string>> words(query.by_word.begin(), query.by_word.end());
  if (words.size() > kMostWordsOfAll) return TitleHits();
  TitleSearchQuery search{words_of(query), {}};
  for (const std::vector<std::string>& forms : words) {
    Terms word;
    for (const TitleField& field : {kTitle, kShop, kParts}) word.add(field, forms);
    search.required.push_back(word.list());
  }
  return impl_->search(search, limit);
}

Result<TitleHits> TitleIndex::search_any(const MatchingQuery& query, size_t limit) const {
  return impl_->search({words_of(query), {{kIsOpenTerm}}}, limit);
}

Result<TitleHits> TitleIndex::search_descriptions(const MatchingQuery& query, size_t limit) const {
  TitleHits hits;
  if (query.forms.folded.empty() || limit == 0) return hits;
  try {
    Terms terms;
    terms.add(kDescription, query.forms.folded);
    terms.add(kDescription, query.synonyms, kSynonym);
    const lucene::BooleanQueryPtr words = lucene::newLucene<lucene::BooleanQuery>();
    for (const TitleTerm& term : terms.list()) {
      words->add(lucene_query(term), lucene::BooleanClause::SHOULD);
    }
    const lucene::BooleanQueryPtr both = lucene::newLucene<lucene::BooleanQuery>();
    both->add(lucene_query(kIsOpenTerm), lucene::BooleanClause::MUST);
    both->add(words, lucene::BooleanClause::MUST);
    impl_->find(both, limit, hits.best);
    return hits;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl_->directory, e);
  }
}

Result<TitleHits> TitleIndex::search_pairs(
    const std::vector<std::pair<std::string, std::string>>& pairs, size_t limit) const {
  TitleHits hits;
  if (pairs.empty() || limit == 0) return hits;
  try {
    const lucene::BooleanQueryPtr any = lucene::newLucene<lucene::BooleanQuery>();
    for (const auto& [left, right] : pairs) {
      const lucene::BooleanQueryPtr both = lucene::newLucene<lucene::BooleanQuery>();
      for (const std::string& word : {left, right}) {
        both->add(lucene_query({kTitle, term_text(word), 1}), lucene::BooleanClause::MUST);
      }
      any->add(both, lucene::BooleanClause::SHOULD);
    }
    impl_->find(any, limit, hits.best);
    return hits;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl_->directory, e);
  }
}

size_t TitleIndex::documents() const { return impl_->documents; }

}  // namespace barker
