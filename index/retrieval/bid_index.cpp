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

// Calls use(language, words) for each broad term of the offers.
template <class Use>
void for_each_broad_term(const BidBook& book, const Use& use) {
  const size_t terms = book.offers() == 0 ? 0 : book.end_of_terms(book.offers() - 1);
  for (size_t t = 0; t < terms; ++t) {
    const BidBook::Term term = book.term(t);
    if (term.match != BidMatch::kBroad) continue;
    for (size_t i = 0; i < book.languages(); ++i) use(i, book.words(term, i));
  }
}

// The tokens of the offers of a book.
class OfferTokens {
 public:
  explicit OfferTokens(const BidBook& book) : book_(book), broad_(book.languages()) {
    for_each_broad_term(book, [&](size_t language, std::span<const Fingerprint> words) {
      broad_[language].add(words);
    });
  }

  std::set<BidToken> of(size_t offer) const {
    std::set<BidToken> tokens;
    for (size_t t = book_.first_term(offer), end = book_.end_of_terms(offer); t < end; ++t) {
      const BidBook::Term term = book_.term(t);
      for (size_t i = 0; i < broad_.size(); ++i) {
        const std::span<const Fingerprint> words = book_.words(term, i);
        const bool is_broad = term.match == BidMatch::kBroad;
        tokens.insert(is_broad ? term_token(term.match, i, broad_[i].rarest(words))
                               : term_token(term.match, i, words));
      }
    }
    return tokens;
  }

 private:
  const BidBook& book_;
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
    std::vector<BidToken> tokens;
    const lucene::TermEnumPtr terms = reader->terms(lucene::newLucene<lucene::Term>(kField));
    do {
      const lucene::TermPtr term = terms->term();
      if (!term || term->field() != kField) break;
      tokens.push_back(parse_token(lucene::StringUtils::toUTF8(term->text())));
    } while (terms->next());
    std::set<std::pair<size_t, Fingerprint>> words;
    for_each_broad_term(book, [&](size_t language, std::span<const Fingerprint> of_term) {
      for (const Fingerprint word : of_term) words.emplace(language, word);
    });
    filter = TokenFilter(tokens.size() + words.size());
    for (const BidToken token : tokens) filter.add(token);
    for (const auto& [language, word] : words) filter.add_broad_word(language, word);
  }

  std::string directory;
  BidBook book;
  lucene::IndexReaderPtr reader;  // of one segment
  TokenFilter filter;
};

BidIndex::BidIndex() = default;
BidIndex::~BidIndex() = default;
BidIndex::BidIndex(BidIndex&&) noexcept = default;

Status BidIndex::write(BidBookWriter& writer_of_book, const std::string& directory) {
  if (Status s = writer_of_book.write(book_of(directory)); !s.ok()) return s;
  const Result<BidBook> book = BidBook::open(book_of(directory));
  if (!book.ok()) return book.status();
  try {
    const lucene::IndexWriterPtr writer = lucene::newLucene<lucene::IndexWriter>(
        lucene_directory(bids_of(directory)), lucene::newLucene<lucene::KeywordAnalyzer>(), true,
        lucene::IndexWriter::MaxFieldLengthUNLIMITED);
    writer->setMergeScheduler(lucene::newLucene<lucene::SerialMergeScheduler>());
    writer->setTermIndexInterval(kTermInterval);
    const OfferTokens tokens(*book);
    for (size_t offer = 0; offer < book->offers(); ++offer) {
      const lucene::DocumentPtr document = lucene::newLucene<lucene::Document>();
      for (const BidToken token : tokens.of(offer)) {
        const lucene::FieldPtr field = lucene::newLucene<lucene::Field>(
            kField, term_text(token_text(token)), lucene::Field::STORE_NO,
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

Status BidIndex::read(const QueryWords& query, const std::function<bool(uint32_t offer)>& visit,
                      bool* is_cut) const {
  constexpr int32_t kBlock = 64;  // offers; a page takes about as many of a token
  try {
    std::vector<Postings> lists;
    *is_cut = !for_each_query_token(query, impl_->filter, [&](BidToken token) {
      const lucene::TermDocsPtr documents = impl_->reader->termDocs(
          lucene::newLucene<lucene::Term>(kField, term_text(token_text(token))));
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
