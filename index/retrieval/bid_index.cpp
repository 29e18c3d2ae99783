#include "index/retrieval/bid_index.h"

#include <algorithm>
#include <set>

#include "index/retrieval/bid_tokens.h"
#include "index/retrieval/bids_generated.h"
#include "index/retrieval/lucene_files.h"

namespace barker {
namespace {

namespace lucene = Lucene;

constexpr const wchar_t* kField = L"token";

// Memory knows every 16th term of the dictionary, and the others are read from its file. With every
// 128th, which is the default, finding a term takes twice as long.
constexpr int32_t kTermInterval = 16;

std::string bids_of(const std::string& directory) { return directory + "/bids"; }
std::string book_of(const std::string& directory) { return directory + "/bids.book"; }

// The tokens of an offer's terms.
class OfferTokens {
 public:
  OfferTokens(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer)
      : analyzer_(analyzer), broad_(analyzer.languages()) {
    for (const CatalogueAd& ad : ads) {
      for (const BidTerm& term : ad.bid_terms) {
        if (term.match != BidMatch::kBroad) continue;
        const auto words = analyzer.words(term.text);
        for (size_t i = 0; i < words.size(); ++i) broad_[i].add(words[i]);
      }
    }
  }

  std::set<std::string> of(const BidBook& book, size_t offer) const {
    std::set<std::string> tokens;
    for (size_t t = book.first_term(offer), end = book.end_of_terms(offer); t < end; ++t) {
      const BidBook::Term term = book.term(t);
      const auto words = analyzer_.words(term.text);
      for (size_t i = 0; i < words.size(); ++i) {
        const bool is_broad = term.match == BidMatch::kBroad;
        tokens.insert(term_token(term.match, i, is_broad ? broad_[i].rarest(words[i]) : words[i]));
      }
    }
    tokens.erase("");
    return tokens;
  }

 private:
  const MatchingAnalyzer& analyzer_;
  std::vector<BroadWords> broad_;  // for each language
};

// One token's postings, read in blocks.
class Postings {
 public:
  Postings(lucene::TermDocsPtr documents, int32_t block)
      : documents_(std::move(documents)),
        numbers_(lucene::Collection<int32_t>::newInstance(block)),
        frequencies_(lucene::Collection<int32_t>::newInstance(block)) {}

  // Goes to the next offer; false at the end.
  bool next() {
    if (++at_ >= read_) {
      read_ = documents_->read(numbers_, frequencies_);
      at_ = 0;
    }
    return read_ > 0;
  }
  uint32_t offer() const { return static_cast<uint32_t>(numbers_[at_]); }

 private:
  lucene::TermDocsPtr documents_;
  lucene::Collection<int32_t> numbers_, frequencies_;
  int32_t at_ = 0, read_ = 0;
};

}  // namespace

struct BidIndex::Impl {
  explicit Impl(BidBook of_offers) : book(std::move(of_offers)) {}

  // Throws LuceneException.
  void fill_filter() {
    std::vector<std::string> tokens;
    const lucene::TermEnumPtr terms = reader->terms(lucene::newLucene<lucene::Term>(kField));
    do {
      const lucene::TermPtr term = terms->term();
      if (!term || term->field() != kField) break;
      tokens.push_back(lucene::StringUtils::toUTF8(term->text()));
    } while (terms->next());
    // The words of broad terms are asked for, too.
    filter = TokenFilter(tokens.size() * 2);
    for (const std::string& token : tokens) filter.add(token);
  }

  std::string directory;
  BidBook book;
  lucene::IndexReaderPtr reader;  // of one segment
  TokenFilter filter;
};

BidIndex::BidIndex() = default;
BidIndex::~BidIndex() = default;
BidIndex::BidIndex(BidIndex&&) noexcept = default;

Status BidIndex::write(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer,
                       const std::string& directory) {
  if (Status s = BidBook::write(ads, analyzer, book_of(directory)); !s.ok()) return s;
  const Result<BidBook> book = BidBook::open(book_of(directory));
  if (!book.ok()) return book.status();
  try {
    const lucene::IndexWriterPtr writer = lucene::newLucene<lucene::IndexWriter>(
        lucene_directory(bids_of(directory)), lucene::newLucene<lucene::KeywordAnalyzer>(), true,
        lucene::IndexWriter::MaxFieldLengthUNLIMITED);
    writer->setMergeScheduler(lucene::newLucene<lucene::SerialMergeScheduler>());
    writer->setTermIndexInterval(kTermInterval);
    const OfferTokens tokens(ads, analyzer);
    for (size_t offer = 0; offer < book->offers(); ++offer) {
      const lucene::DocumentPtr document = lucene::newLucene<lucene::Document>();
      for (const std::string& token : tokens.of(*book, offer)) {
        const lucene::FieldPtr field =
            lucene::newLucene<lucene::Field>(kField, term_text(token), lucene::Field::STORE_NO,
                                             lucene::Field::INDEX_NOT_ANALYZED_NO_NORMS);
        field->setOmitTermFreqAndPositions(true);
        document->add(field);
      }
      writer->addDocument(document);
    }
    writer->optimize();  // one segment: document numbers are offer numbers
    writer->close();
    return {};
  } catch (const lucene::LuceneException& e) {
    return lucene_error(bids_of(directory), e);
  }
}

Result<BidIndex> BidIndex::open(const std::string& directory) {
  Result<BidBook> book = BidBook::open(book_of(directory));
  if (!book.ok()) return book.status();
  BidIndex index;
  index.impl_ = std::make_unique<Impl>(std::move(*book));
  Impl& impl = *index.impl_;
  impl.directory = bids_of(directory);
  try {
    impl.reader = lucene::IndexReader::open(lucene_directory(impl.directory), true);
    const auto documents = static_cast<size_t>(impl.reader->maxDoc());
    if (documents != impl.book.offers()) {
      return bad_data(impl.directory + ": expected as many documents as the bid book has offers, " +
                      std::to_string(impl.book.offers()) + ", found " + std::to_string(documents));
    }
    impl.fill_filter();
    return index;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl.directory, e);
  }
}

const BidBook& BidIndex::book() const { return impl_->book; }

Status BidIndex::read(const std::vector<std::vector<std::string>>& words,
                      const std::function<bool(uint32_t offer)>& visit, bool* is_cut) const {
  constexpr int32_t kBlock = 64;  // offers; a page takes about as many of a token
  try {
    std::vector<Postings> lists;
    *is_cut = !for_each_query_token(words, impl_->filter, [&](const std::string& token) {
      const lucene::TermDocsPtr documents =
          impl_->reader->termDocs(lucene::newLucene<lucene::Term>(kField, term_text(token)));
      Postings list(documents, kBlock);
      if (list.next()) lists.push_back(std::move(list));
    });
    // A heap whose first list has the next offer.
    const auto later = [](const Postings& a, const Postings& b) { return a.offer() > b.offer(); };
    std::ranges::make_heap(lists, later);
    int64_t last = -1;
    while (!lists.empty()) {
      std::ranges::pop_heap(lists, later);
      const uint32_t offer = lists.back().offer();
      if (offer != last && !visit(offer)) return {};
      last = offer;
      if (lists.back().next()) {
        std::ranges::push_heap(lists, later);
      } else {
        lists.pop_back();
      }
    }
    return {};
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl_->directory, e);
  }
}

}  // namespace barker
