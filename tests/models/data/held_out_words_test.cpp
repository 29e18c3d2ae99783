// Selling points that are held out of training.
#include "models/data/held_out_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/data/dataset.h"
#include "tests/models/data/dataset_of_log.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(HeldOutWords, AreReadAsAFoldOfAllFolds) {
  const HeldOutWords words = parse_held_out_words("3/10").value();
  EXPECT_EQ(words.fold, 3u);
  EXPECT_EQ(words.text(), "3/10");
  for (const char* wrong : {"", "3", "10/10", "0/1", "-1/10", "0/1001", "0/10x", "a/b", " 1/3"}) {
    EXPECT_THAT(parse_held_out_words(wrong).status().message(), HasSubstr("FOLD/FOLDS")) << wrong;
  }
}

TEST(HeldOutWords, AreEachInOneFoldOfAboutEqualSize) {
  int in_fold[4] = {};
  for (int w = 0; w < 4000; ++w) {
    for (uint32_t fold = 0; fold < 4; ++fold) {
      in_fold[fold] += HeldOutWords{fold, 4}.contains("word" + std::to_string(w));
    }
  }
  EXPECT_EQ(in_fold[0] + in_fold[1] + in_fold[2] + in_fold[3], 4000);
  for (const int count : in_fold) EXPECT_NEAR(count, 1000, 150);
}

class DatasetWithHeldOutWords : public testing::Test {
 protected:
  DatasetWithHeldOutWords() {
    // A word of the fold and one of the other fold.
    for (int w = 0; out_.empty() || in_.empty(); ++w) {
      const std::string word = "word" + std::to_string(w);
      (held_out_.contains(word) ? out_ : in_) = word;
    }
  }

  std::string sf(const std::string& word, bool clicked) const {
    return R"({"text":")" + word + R"(","clicked":)" + (clicked ? "1}" : "0}");
  }
  // A search for "`out` lamp", which shows two SFs and an ad "`out` lamp" with both as SPs.
  std::string line(int time, const std::string& split, const std::string& sfs) const {
    return R"({"time":)" + std::to_string(time) + R"(,"user":"u","query":")" + out_ +
           R"( lamp","split":")" + split + R"(","sfs":[)" + sfs + R"(],"ads":[{"title":")" + out_ +
           R"( lamp","clicked":1,"sps":[")" + out_ + R"(",")" + in_ + R"("]}]})" + "\n";
  }
  std::shared_ptr<const Dataset> make() const {
    DatasetOptions options;
    options.held_out = held_out_;
    BadLines bad;
    return dataset_of_log(line(1, "train", sf(out_, true) + "," + sf(in_, false)) +
                              line(2, "train", sf(in_, true) + "," + sf(out_, false)) +
                              line(3, "validation", sf(in_, false) + "," + sf(out_, true)) +
                              line(4, "test", sf(out_, true) + "," + sf(in_, false)),
                          bad, options);
  }

  const HeldOutWords held_out_{0, 2};
  std::string out_, in_;
};

TEST_F(DatasetWithHeldOutWords, HasNoRowOfThemAndNoBarInWhichOneWasClicked) {
  const auto data = make();
  for (uint32_t k = 0; k < data->keywords(); ++k) EXPECT_NE(data->keyword(k), out_);
  EXPECT_EQ(data->instances_of(Split::kTrain, Task::kMain), 1u);
  EXPECT_EQ(data->clicks_of(Split::kTrain, Task::kMain), 1u);
  EXPECT_EQ(data->instances_of(Split::kValidation, Task::kMain), 0u);
  EXPECT_EQ(data->search(0).sfs.size(), 0u);
  ASSERT_EQ(data->search(1).sfs.size(), 1u);
  EXPECT_EQ(data->keyword(data->search(1).sfs[0]), in_);
  EXPECT_EQ(data->instances_of(Split::kTrain, Task::kAuxiliary), 2u);
  EXPECT_THAT(std::string(data->split_text()), HasSubstr("fold 0/2 held out"));
}

TEST_F(DatasetWithHeldOutWords, KeepsTheirPlacesInTextsHistoriesAndTheTestSplit) {
  const auto data = make();
  const SearchView test = data->search(3);
  ASSERT_EQ(test.sfs.size(), 2u);
  EXPECT_EQ(test.sfs[0], kUnknownKeyword);
  EXPECT_EQ(data->keyword(test.sfs[1]), in_);
  EXPECT_THAT(test.sf_clicked, ElementsAre(1, 0));
  EXPECT_EQ(test.query[0], kUnknownKeyword);
  EXPECT_EQ(data->keyword(test.query[1]), "lamp");
  EXPECT_EQ(data->title(test.ads[0])[0], kUnknownKeyword);
  EXPECT_EQ(test.history[0], kUnknownKeyword);  // clicked in the first search
  ASSERT_EQ(data->points(1, 0).size(), 2u);     // before the title of the second search's ad
  EXPECT_EQ(data->points(1, 0)[0], kUnknownKeyword);
  EXPECT_EQ(data->keyword(data->points(1, 0)[1]), in_);
}

TEST_F(DatasetWithHeldOutWords, HasNoRowOfAWordThatStoodBeforeTitlesAlone) {
  BadLines bad;
  DatasetOptions options;
  options.held_out = held_out_;
  const auto data = dataset_of_log(
      R"({"time":1,"user":"u","split":"train","sfs":[{"text":")" + in_ +
          R"(","clicked":1}],"ads":[{"title":"lamp","clicked":1,"sps":[")" + out_ + "\"]}]}\n",
      bad, options);
  ASSERT_TRUE(data);
  EXPECT_THAT(data->points(0, 0), ElementsAre(kUnknownKeyword));
}

}  // namespace
}  // namespace barker
