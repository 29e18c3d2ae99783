#include "index/retrieval/title_index.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "index/retrieval/lucene_files.h"
#include "index/retrieval/title_fields.h"

namespace barker {
namespace {

namespace lucene = Lucene;

// No title has all words of a longer query, and Lucene++ refuses queries of more than 1024 parts.
constexpr size_t kMostWordsOfAll = 256;

// What a synonym is worth beside a word of the query.
constexpr double kSynonym = 0.5;

// Collects the clauses of a query, each term of a field once.
class Clauses {
 public:
  void add(const TitleField& field, const std::vector<std::string>& words, double worth = 1) {
    for (const std::string& word : words) {
      if (query_->getClauses().size() == kMost) return;
      if (!seen_.emplace(field.name, word).second) continue;
      const lucene::QueryPtr term = lucene::newLucene<lucene::TermQuery>(
          lucene::newLucene<lucene::Term>(field.name, term_text(word)));
      term->setBoost(field.boost * worth);
      query_->add(term, lucene::BooleanClause::SHOULD);
    }
  }
  const lucene::BooleanQueryPtr& query() const { return query_; }

 private:
  // Lucene++ refuses more, and a query of so many words is no more precise for them.
  static constexpr int32_t kMost = 1000;

  lucene::BooleanQueryPtr query_ = lucene::newLucene<lucene::BooleanQuery>();
  std::set<std::pair<std::wstring, std::string>> seen_;
};

// All words of a query in all their forms, of which an ad should have as many as it can.
lucene::QueryPtr words_of(const MatchingQuery& query) {
  Clauses clauses;
  clauses.add(kExact, query.forms.exact);
  for (const TitleField& field : {kTitle, kShop, kParts}) clauses.add(field, query.forms.folded);
  for (const auto* weaker : {&query.forms.parts, &query.forms.joined}) {
    clauses.add(kTitle, *weaker, kParts.boost);
    clauses.add(kParts, *weaker);
  }
  for (const TitleField& field : {kTitle, kShop}) clauses.add(field, query.synonyms, kSynonym);
  return clauses.query();
}

lucene::QueryPtr is_open() {
  const lucene::QueryPtr term =
      lucene::newLucene<lucene::TermQuery>(lucene::newLucene<lucene::Term>(kOpen.name, kIsOpen));
  term->setBoost(kOpen.boost);
  return term;
}

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

  // Searches with what `fill` puts into a query. A query without words finds nothing.
  template <class Fill>
  Result<std::vector<Hit>> search(const MatchingQuery& query, size_t limit,
                                  const Fill& fill) const {
    std::vector<Hit> hits;
    if (query.forms.folded.empty() || limit == 0) return hits;
    try {
      const lucene::BooleanQueryPtr both = lucene::newLucene<lucene::BooleanQuery>();
      fill(both);
      find(both, limit, hits);
      return hits;
    } catch (const lucene::LuceneException& e) {
      return lucene_error(directory, e);
    }
  }

  std::string directory;
  lucene::IndexSearcherPtr searcher;
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
  const auto warm = search_any(query, 1);
  if (!warm.ok()) return warm.status();
  for (const TitleField& field : {kTitle, kShop, kExact, kParts, kDescription, kOpen}) {
    const lucene::TermEnumPtr terms =
        impl_->searcher->getIndexReader()->terms(lucene::newLucene<lucene::Term>(field.name));
    const lucene::TermPtr first = terms->term();
    if (!first || first->field() != field.name) continue;  // no ad has this field
    impl_->searcher->search(lucene::newLucene<lucene::TermQuery>(first), 1);
  }
  return {};
}

Result<std::vector<Hit>> TitleIndex::search_all(const MatchingQuery& query, size_t limit) const {
  const std::set<std::vector<std::string>> words(query.by_word.begin(), query.by_word.end());
  if (words.size() > kMostWordsOfAll) return std::vector<Hit>();
  return impl_->search(query, limit, [&](const lucene::BooleanQueryPtr& both) {
    for (const std::vector<std::string>& forms : words) {
      Clauses word;
      for (const TitleField& field : {kTitle, kShop, kParts}) word.add(field, forms);
      word.query()->setBoost(0);  // what a word is worth, words_of() says
      both->add(word.query(), lucene::BooleanClause::MUST);
    }
    both->add(words_of(query), lucene::BooleanClause::MUST);
  });
}

Result<std::vector<Hit>> TitleIndex::search_any(const MatchingQuery& query, size_t limit) const {
  return impl_->search(query, limit, [&](const lucene::BooleanQueryPtr& both) {
    both->add(is_open(), lucene::BooleanClause::MUST);
    both->add(words_of(query), lucene::BooleanClause::MUST);
  });
}

Result<std::vector<Hit>> TitleIndex::search_descriptions(const MatchingQuery& query,
                                                         size_t limit) const {
  return impl_->search(query, limit, [&](const lucene::BooleanQueryPtr& both) {
    Clauses words;
    words.add(kDescription, query.forms.folded);
    words.add(kDescription, query.synonyms, kSynonym);
    both->add(is_open(), lucene::BooleanClause::MUST);
    both->add(words.query(), lucene::BooleanClause::MUST);
  });
}

Result<std::vector<Hit>> TitleIndex::search_pairs(
    const std::vector<std::pair<std::string, std::string>>& pairs, size_t limit) const {
  std::vector<Hit> hits;
  if (pairs.empty() || limit == 0) return hits;
  try {
    const lucene::BooleanQueryPtr any = lucene::newLucene<lucene::BooleanQuery>();
    for (const auto& [left, right] : pairs) {
      const lucene::BooleanQueryPtr both = lucene::newLucene<lucene::BooleanQuery>();
      for (const std::string& word : {left, right}) {
        both->add(lucene::newLucene<lucene::TermQuery>(
                      lucene::newLucene<lucene::Term>(kTitle.name, term_text(word))),
                  lucene::BooleanClause::MUST);
      }
      any->add(both, lucene::BooleanClause::SHOULD);
    }
    impl_->find(any, limit, hits);
    return hits;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl_->directory, e);
  }
}

size_t TitleIndex::documents() const { return impl_->documents; }

}  // namespace barker
