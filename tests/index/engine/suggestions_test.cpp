#include "index/engine/suggestions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "index/retrieval/index_writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Suggestions, BeginLikeWhatWasTypedBeforeTheyContainIt) {
  const Suggestions suggestions({{"trail running shoes", 9}, {"running shoes", 2}, {"Runner", 1}});
  EXPECT_THAT(suggestions.find("run", 5),
              ElementsAre("running shoes", "Runner", "trail running shoes"));
  EXPECT_THAT(suggestions.find("run", 1), ElementsAre("running shoes"));
  EXPECT_THAT(suggestions.find("unning", 5), IsEmpty()) << "no word begins so";
}

TEST(Suggestions, DoNotLookAtCaseAndWidth) {
  const Suggestions suggestions({{"Caf\u00e9 \uff21\uff22", 1}});
  EXPECT_THAT(suggestions.find("CAF\u00c9 ab", 5), ElementsAre("Caf\u00e9 \uff21\uff22"));
}

TEST(Suggestions, FindWordsOfScriptsWithoutSpaces) {
  const Suggestions suggestions({{"\u4fdd\u6e7f\u9762\u819c", 1}});
  EXPECT_THAT(suggestions.find("\u9762\u819c", 5), ElementsAre("\u4fdd\u6e7f\u9762\u819c"));
}

TEST(Suggestions, NameATextOnceAndNothingForNothing) {
  const Suggestions suggestions({{"run run run", 1}});
  EXPECT_THAT(suggestions.find("run", 5), ElementsAre("run run run"));
  EXPECT_THAT(suggestions.find("", 5), IsEmpty());
  EXPECT_THAT(suggestions.find("  ", 5), IsEmpty());
  EXPECT_THAT(Suggestions().find("run", 5), IsEmpty());
}

TEST(Suggestions, AreWhatAdsBidOnAndTheTitlesOfThoseThatBidOnNothing) {
  CatalogueAd first, second, third;
  first.id = "a";
  first.title = "Shoe of a brand";
  first.bid_terms = {{"shoes"}};
  second.id = "b";
  second.title = "Shoe without a bid";
  third = first;
  third.id = "c";
  EngineOptions options;
  options.index = temporary_path("suggestions");
  options.plugin = BARKER_PLUGIN_PATH;
  ASSERT_TRUE(write_index({first, second, third}, options.index).ok());
  const Result<std::unique_ptr<Engine>> engine = Engine::open(options);
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  const Suggestions suggestions(**engine);
  EXPECT_EQ(suggestions.size(), 2u);
  EXPECT_THAT(suggestions.find("shoe", 5), ElementsAre("shoes", "Shoe without a bid"));
  std::filesystem::remove_all(options.index);
}

}  // namespace
}  // namespace barker
