// Searches of titles that stop early, compared with Lucene++'s own, which read every posting.
#include "index/retrieval/title_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "index/retrieval/title_writer.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace lucene = Lucene;

// Word number n of 60; the lower the number, the more titles have it.
std::string word(std::mt19937& random) {
  const double skewed = std::pow(std::uniform_real_distribution<double>(0, 1)(random), 3);
  return "w" + std::to_string(static_cast<int>(skewed * 60));
}

std::string words(std::mt19937& random, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += word(random) + " ";
  return text;
}

// Several segments of random ads, a part of which have bid terms.
class TitleSearches : public testing::Test {
 protected:
  TitleSearches() {
    for (const size_t ads : {size_t{3000}, size_t{40}, size_t{1}}) add_part(ads);
    auto readers = lucene::Collection<lucene::IndexReaderPtr>::newInstance();
    for (const TitlePart& part : parts_) readers.add(part.postings->reader());
    searcher_ = lucene::newLucene<lucene::IndexSearcher>(
        lucene::newLucene<lucene::MultiReader>(readers, false));
  }

  void add_part(size_t ads) {
    const std::string directory = temporary_path("titles");
    std::filesystem::create_directories(directory);
    const Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create({"en"});
    Result<TitleWriter> writer = TitleWriter::open(directory);
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    for (size_t i = 0; i < ads; ++i) {
      CatalogueAd ad;
      ad.title = words(random_, 1 + random_() % 12);
      ad.brand = words(random_, random_() % 2);
      if (random_() % 3 == 0) ad.bid_terms = {{"term"}};
      ASSERT_TRUE(writer->add(title_words(ad, *analyzer)).ok());
    }
    ASSERT_TRUE(writer->close().ok());
    lucene::IndexReaderPtr reader = lucene::IndexReader::open(lucene_directory(directory), true);
    if (const auto inner = reader->getSequentialSubReaders()) {
      ASSERT_EQ(inner.size(), 1);
      reader = inner[0];
    }
    parts_.push_back({std::make_shared<const TitlePostings>(reader), documents_});
    documents_ += static_cast<uint32_t>(reader->maxDoc());
    std::filesystem::remove_all(directory);  // it is mapped
  }

  TitleSearchQuery random_query() {
    TitleSearchQuery query;
    std::set<std::string> distinct;
    for (size_t i = 1 + random_() % 4; i > 0; --i) distinct.insert(word(random_));
    for (const TitleField& field : {kExact, kTitle, kShop}) {
      for (const std::string& text : distinct) {
        query.terms.push_back({field, term_text(text), field.boost});
      }
    }
    if (random_() % 2 == 0) {
      query.required = {{{kOpen, kIsOpen, 0}}};
      return query;
    }
    for (const std::string& text : distinct) {
      query.required.push_back({{kTitle, term_text(text), 0}, {kShop, term_text(text), 0}});
    }
    return query;
  }

  static lucene::BooleanQueryPtr any_of(const std::vector<TitleTerm>& terms) {
    const lucene::BooleanQueryPtr any = lucene::newLucene<lucene::BooleanQuery>();
    for (const TitleTerm& term : terms) {
      const lucene::QueryPtr one = lucene::newLucene<lucene::TermQuery>(
          lucene::newLucene<lucene::Term>(term.field.name, term.text));
      one->setBoost(term.boost);
      any->add(one, lucene::BooleanClause::SHOULD);
    }
    return any;
  }

  // All documents, by their numbers, with Lucene++'s scores.
  std::map<uint32_t, double> all(const TitleSearchQuery& query) const {
    const lucene::BooleanQueryPtr both = lucene::newLucene<lucene::BooleanQuery>();
    for (const std::vector<TitleTerm>& one_of : query.required) {
      const lucene::BooleanQueryPtr any = any_of(one_of);
      any->setBoost(0);
      both->add(any, lucene::BooleanClause::MUST);
    }
    both->add(any_of(query.terms), lucene::BooleanClause::MUST);
    std::map<uint32_t, double> found;
    const auto top = searcher_->search(both, static_cast<int32_t>(documents_));
    for (int32_t i = 0; i < top->scoreDocs.size(); ++i) {
      found[static_cast<uint32_t>(top->scoreDocs[i]->doc)] = top->scoreDocs[i]->score;
    }
    return found;
  }

  std::mt19937 random_{7};
  std::vector<TitlePart> parts_;
  uint32_t documents_ = 0;
  lucene::IndexSearcherPtr searcher_;
};

// Scores are equal but for one factor, and rounding, by which documents may change places.
TEST_F(TitleSearches, FindTheBestDocumentsOfAnExhaustiveSearch) {
  size_t found_any = 0;
  for (int round = 0; round < 400; ++round) {
    const TitleSearchQuery query = random_query();
    const size_t limit = 1 + random_() % 60;
    const std::map<uint32_t, double> expected = all(query);
    const TitleHits hits = search_titles(parts_, query, limit);
    EXPECT_FALSE(hits.is_cut);
    ASSERT_EQ(hits.best.size(), std::min(limit, expected.size())) << round;
    if (hits.best.empty()) continue;
    ++found_any;
    std::vector<double> scores;
    for (const auto& [document, score] : expected) scores.push_back(score);
    std::ranges::sort(scores, std::greater());
    const double factor = scores.front() / hits.best.front().score;
    std::set<uint32_t> distinct;
    for (size_t i = 0; i < hits.best.size(); ++i) {
      const Hit& hit = hits.best[i];
      EXPECT_TRUE(distinct.insert(hit.document).second);
      ASSERT_TRUE(expected.contains(hit.document)) << round << " " << hit.document;
      EXPECT_NEAR(expected.at(hit.document), hit.score * factor, 1e-5 * scores.front());
      EXPECT_NEAR(scores[i], hit.score * factor, 1e-5 * scores.front()) << round << " " << i;
    }
  }
  EXPECT_GT(found_any, 300u);
}

TEST_F(TitleSearches, OfEqualDocumentsGiveTheEarlier) {
  for (int round = 0; round < 50; ++round) {
    const TitleHits hits = search_titles(parts_, random_query(), 60);
    for (size_t i = 1; i < hits.best.size(); ++i) {
      const Hit &left = hits.best[i - 1], &right = hits.best[i];
      EXPECT_TRUE(left.score > right.score ||
                  (left.score == right.score && left.document < right.document));
    }
  }
}

TEST_F(TitleSearches, WithABudgetOfStepsSayThatTheyWereCut) {
  TitleSearchQuery query;
  query.terms = {{kTitle, L"w0", 4}, {kTitle, L"w5", 4}};
  const TitleHits whole = search_titles(parts_, query, 10);
  EXPECT_FALSE(whole.is_cut);
  const TitleHits cut = search_titles(parts_, query, 10, 15);
  EXPECT_TRUE(cut.is_cut);
  EXPECT_EQ(cut.best.size(), 10u);
  EXPECT_GE(whole.best.back().score, cut.best.back().score);
}

TEST_F(TitleSearches, LookAtFewOfTheDocumentsThatMatch) {
  const TitleSearchQuery query = {{{kTitle, L"w0", 4}, {kTitle, L"w9", 4}}, {}};
  const size_t all_documents = all(query).size();
  const TitleHits hits = search_titles(parts_, query, 10, all_documents / 3);
  EXPECT_FALSE(hits.is_cut) << all_documents;
}

}  // namespace
}  // namespace barker
