#include "index/retrieval/title_writer.h"

#include <utility>
#include <vector>

#include "index/retrieval/lucene_files.h"
#include "index/retrieval/title_fields.h"

namespace barker {
namespace {

namespace lucene = Lucene;

void append(const std::vector<std::string>& words, std::string& to) {
  for (const std::string& word : words) {
    to += word;
    to += ' ';
  }
}

void add_field(const lucene::DocumentPtr& document, const TitleField& field,
               const lucene::String& words) {
  document->add(lucene::newLucene<lucene::Field>(field.name, words, lucene::Field::STORE_NO,
                                                 lucene::Field::INDEX_ANALYZED));
}

}  // namespace

TitleWords title_words(const CatalogueAd& ad, const MatchingAnalyzer& analyzer) {
  TitleWords words;
  const auto add = [&](const std::string& text, std::string& folded) {
    if (text.empty()) return;
    const MatchingForms forms = analyzer.analyse(text, MatchingSide::kAd);
    append(forms.folded, folded);
    append(forms.exact, words.exact);
    append(forms.parts, words.parts);
    append(forms.joined, words.parts);
  };
  add(ad.title, words.title);
  add(ad.brand, words.shop);
  add(ad.category, words.shop);
  if (!ad.description.empty()) {
    append(analyzer.analyse(ad.description, MatchingSide::kAd).folded, words.description);
  }
  words.is_open = ad.bid_terms.empty();
  return words;
}

struct TitleWriter::Impl {
  std::string directory;
  lucene::IndexWriterPtr writer;
};

TitleWriter::TitleWriter() : impl_(std::make_unique<Impl>()) {}
TitleWriter::~TitleWriter() = default;
TitleWriter::TitleWriter(TitleWriter&&) noexcept = default;

Result<TitleWriter> TitleWriter::open(const std::string& directory) {
  TitleWriter made;
  made.impl_->directory = directory;
  try {
    made.impl_->writer = lucene::newLucene<lucene::IndexWriter>(
        lucene_directory(directory), lucene::newLucene<lucene::WhitespaceAnalyzer>(), true,
        lucene::IndexWriter::MaxFieldLengthUNLIMITED);
    made.impl_->writer->setMergeScheduler(lucene::newLucene<lucene::SerialMergeScheduler>());
    return made;
  } catch (const lucene::LuceneException& e) {
    return lucene_error(directory, e);
  }
}

Status TitleWriter::add(const TitleWords& words) {
  try {
    const lucene::DocumentPtr document = lucene::newLucene<lucene::Document>();
    for (const auto& [field, text] :
         {std::pair<const TitleField&, const std::string&>(kTitle, words.title),
          {kShop, words.shop},
          {kDescription, words.description},
          {kExact, words.exact},
          {kParts, words.parts}}) {
      add_field(document, field, term_text(text));
    }
    add_field(document, kOpen, words.is_open ? kIsOpen : kIsClosed);
    impl_->writer->addDocument(document);
    return {};
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl_->directory, e);
  }
}

Status TitleWriter::close() {
  try {
    impl_->writer->optimize();  // one segment: document numbers are ad numbers
    impl_->writer->close();
    return {};
  } catch (const lucene::LuceneException& e) {
    return lucene_error(impl_->directory, e);
  }
}

}  // namespace barker
