#include "index/retrieval/lucene_index.h"

#include <lucene++/LuceneHeaders.h>
#include <lucene++/SerialMergeScheduler.h>

#include <set>

#include "models/text/text.h"

namespace barker {
namespace {

namespace lucene = Lucene;

// Index fields and what a match in each is worth.
struct Field {
  const wchar_t* name;
  double boost;
};
constexpr Field kBidTerms = {L"bid", 3.0};
constexpr Field kTitle = {L"title", 1.0};
constexpr Field kShop = {L"shop", 0.5};  // brand and category

// A keyword as one index term. The words of a phrase are joined by underscores, because the analyzer
// splits at spaces.
lucene::String term_text(const std::string& keyword) {
  std::string glued = keyword;
  for (char& c : glued) {
    if (c == ' ') c = '_';
  }
  return lucene::StringUtils::toUnicode(sanitize_utf8(glued));
}

lucene::String joined_terms(const KeywordSplitter& splitter, const std::string& text) {
  lucene::String out;
  for (const Keyword& keyword : splitter.split(text)) out += term_text(keyword.text) + L" ";
  return out;
}

void add_field(const lucene::DocumentPtr& document, const Field& field,
               const lucene::String& terms) {
  document->add(lucene::newLucene<lucene::Field>(field.name, terms, lucene::Field::STORE_NO,
                                                 lucene::Field::INDEX_ANALYZED));
}

Status lucene_error(const std::string& directory, const lucene::LuceneException& e) {
  return bad_data(directory + ": Lucene++: " + lucene::StringUtils::toUTF8(e.getError()));
}

}  // namespace

Status write_lucene_index(const std::vector<CatalogueAd>& ads, const KeywordSplitter& splitter,
                          const std::string& directory) {
  try {
    const lucene::IndexWriterPtr writer = lucene::newLucene<lucene::IndexWriter>(
        lucene::FSDirectory::open(lucene::StringUtils::toUnicode(directory)),
        lucene::newLucene<lucene::WhitespaceAnalyzer>(), true,
        lucene::IndexWriter::MaxFieldLengthUNLIMITED);
    writer->setMergeScheduler(lucene::newLucene<lucene::SerialMergeScheduler>());
    for (const CatalogueAd& ad : ads) {
      const lucene::DocumentPtr document = lucene::newLucene<lucene::Document>();
      lucene::String bid_terms;
      for (const std::string& term : ad.bid_terms) bid_terms += joined_terms(splitter, term);
      const lucene::String title = joined_terms(splitter, ad.title);
      add_field(document, kBidTerms, bid_terms.empty() ? title : bid_terms);
      add_field(document, kTitle, title);
      add_field(document, kShop, joined_terms(splitter, ad.brand + " " + ad.category));
      writer->addDocument(document);
    }
    writer->optimize();  // one segment: document numbers are ad numbers
    writer->close();
    return {};
  } catch (const lucene::LuceneException& e) {
    return lucene_error(directory, e);
  }
}

struct LuceneIndex::Impl {
  std::string directory;
  lucene::IndexSearcherPtr searcher;
  size_t documents = 0;
};

LuceneIndex::LuceneIndex() : impl_(std::make_unique<Impl>()) {}
LuceneIndex::~LuceneIndex() = default;
LuceneIndex::LuceneIndex(LuceneIndex&&) noexcept = default;

Result<LuceneIndex> LuceneIndex::open(const std::string& directory) {
  try {
    LuceneIndex index;
    index.impl_->directory = directory;
    const lucene::IndexReaderPtr reader = lucene::IndexReader::open(
        lucene::FSDirectory::open(lucene::StringUtils::toUnicode(directory)), true);
    index.impl_->documents = static_cast<size_t>(reader->maxDoc());
    index.impl_->searcher = lucene::newLucene<lucene::IndexSearcher>(reader);
    if (Status s = index.warm_up(); !s.ok()) return s;
    return index;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(directory, e);
  }
}

// Searches as queries do, for a keyword that is in no ad and for the first term of each field.
Status LuceneIndex::warm_up() const {
  const auto warm = search(KeywordSplitter().split("warm up"), 1);
  if (!warm.ok()) return warm.status();
  for (const Field& field : {kBidTerms, kTitle, kShop}) {
    const lucene::TermEnumPtr terms =
        impl_->searcher->getIndexReader()->terms(lucene::newLucene<lucene::Term>(field.name));
    const lucene::TermPtr first = terms->term();
    if (!first || first->field() != field.name) continue;  // no ad has this field
    impl_->searcher->search(lucene::newLucene<lucene::TermQuery>(first), 1);
  }
  return {};
}

Result<std::vector<Hit>> LuceneIndex::search(const std::vector<Keyword>& keywords,
                                             size_t limit) const {
  // More keywords would exceed Lucene's limit of clauses, and a query of so many words is no more
  // precise for them.
  constexpr size_t kMostKeywords = 128;
  std::vector<Hit> hits;
  if (keywords.empty() || limit == 0) return hits;
  try {
    const lucene::BooleanQueryPtr query = lucene::newLucene<lucene::BooleanQuery>();
    std::set<std::string> seen;
    for (const Keyword& keyword : keywords) {
      if (seen.size() == kMostKeywords) break;
      if (!seen.insert(keyword.text).second) continue;
      for (const Field& field : {kBidTerms, kTitle, kShop}) {
        const lucene::QueryPtr term = lucene::newLucene<lucene::TermQuery>(
            lucene::newLucene<lucene::Term>(field.name, term_text(keyword.text)));
        term->setBoost(field.boost);
        query->add(term, lucene::BooleanClause::SHOULD);
      }
    }
    const lucene::TopDocsPtr top =
        impl_->searcher->search(query, static_cast<int32_t>(std::min(limit, impl_->documents)));
    for (int32_t i = 0; i < top->scoreDocs.size(); ++i) {
      hits.push_back({static_cast<uint32_t>(top->scoreDocs[i]->doc),
                      static_cast<float>(top->scoreDocs[i]->score)});
    }
    return hits;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl_->directory, e);
  }
}

size_t LuceneIndex::documents() const { return impl_->documents; }

}  // namespace barker
