#include "bench/or_index.h"

#include <lucene++/LuceneHeaders.h>
#include <lucene++/MMapDirectory.h>
#include <lucene++/SerialMergeScheduler.h>

#include <stdexcept>

namespace barker {
namespace {

namespace lucene = Lucene;

struct Field {
  const wchar_t* name;
  double boost;
};
constexpr Field kFields[] = {{L"bid", 3.0}, {L"title", 1.0}, {L"shop", 0.5}};

lucene::DirectoryPtr open(const std::string& directory) {
  return lucene::newLucene<lucene::MMapDirectory>(lucene::StringUtils::toUnicode(directory));
}

// Throws what Lucene++ throws as an exception that benchmarks know.
template <class Work>
auto translated(const Work& work) {
  try {
    return work();
  } catch (const lucene::LuceneException& e) {
    throw std::runtime_error(lucene::StringUtils::toUTF8(e.getError()));
  }
}

}  // namespace

struct OrIndex::Impl {
  lucene::IndexSearcherPtr searcher;
};

void OrIndex::write(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer,
                    const std::string& directory) {
  translated([&] {
    const lucene::IndexWriterPtr writer = lucene::newLucene<lucene::IndexWriter>(
        open(directory), lucene::newLucene<lucene::WhitespaceAnalyzer>(), true,
        lucene::IndexWriter::MaxFieldLengthUNLIMITED);
    writer->setMergeScheduler(lucene::newLucene<lucene::SerialMergeScheduler>());
    for (const CatalogueAd& ad : ads) {
      std::string bids;
      for (const BidTerm& term : ad.bid_terms) bids += term.text + " ";
      const lucene::DocumentPtr document = lucene::newLucene<lucene::Document>();
      const std::string texts[] = {bids, ad.title, ad.brand + " " + ad.category};
      for (size_t i = 0; i < std::size(kFields); ++i) {
        lucene::String words;
        const auto by_language = analyzer.words(texts[i]);
        for (const std::string& word : by_language.front()) {
          words += lucene::StringUtils::toUnicode(word) + L" ";
        }
        document->add(lucene::newLucene<lucene::Field>(
            kFields[i].name, words, lucene::Field::STORE_NO, lucene::Field::INDEX_ANALYZED));
      }
      writer->addDocument(document);
    }
    writer->optimize();
    writer->close();
  });
}

OrIndex::OrIndex(const std::string& directory) : impl_(std::make_unique<Impl>()) {
  translated([&] {
    impl_->searcher =
        lucene::newLucene<lucene::IndexSearcher>(lucene::IndexReader::open(open(directory), true));
  });
}

OrIndex::~OrIndex() = default;

size_t OrIndex::search(const std::vector<std::string>& words, size_t limit) const {
  return translated([&] {
    const lucene::BooleanQueryPtr query = lucene::newLucene<lucene::BooleanQuery>();
    for (const std::string& word : words) {
      for (const Field& field : kFields) {
        const lucene::QueryPtr term = lucene::newLucene<lucene::TermQuery>(
            lucene::newLucene<lucene::Term>(field.name, lucene::StringUtils::toUnicode(word)));
        term->setBoost(field.boost);
        query->add(term, lucene::BooleanClause::SHOULD);
      }
    }
    const lucene::TopDocsPtr top = impl_->searcher->search(query, static_cast<int32_t>(limit));
    return static_cast<size_t>(top->scoreDocs.size());
  });
}

}  // namespace barker
