#include "index/engine/influence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "index/retrieval/index_writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

class Influence : public testing::Test {
 protected:
  Influence() {
    EngineOptions options;
    options.index = index_;
    options.plugin = BARKER_PLUGIN_PATH;
    options.watched.weights = weights_;
    CatalogueAd ad;
    ad.id = "a";
    ad.title = "Shoe";
    EXPECT_TRUE(write_weight_file(random_model(1), weights_).ok());
    EXPECT_TRUE(write_index({ad}, index_).ok());
    Result<std::unique_ptr<Engine>> engine = Engine::open(options);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    if (engine.ok()) engine_ = std::move(*engine);
  }
  ~Influence() override {
    std::filesystem::remove_all(index_);
    std::filesystem::remove(weights_);
  }

  std::vector<PointInfluence> of(const Profile& user) const {
    const auto influences = influence_of(*engine_, "word5 word6", user, {"word1", "qzx"});
    EXPECT_TRUE(influences.ok()) << influences.status().message();
    return influences.ok() ? *influences : std::vector<PointInfluence>(2);
  }

  const std::string index_ = temporary_path("influence"),
                    weights_ = temporary_path("influence.barker");
  std::unique_ptr<Engine> engine_;
};

TEST_F(Influence, IsWhatTheModelSaysOfTheUserWithoutTheToken) {
  const Profile user{"u", {"word2", "word3", "word2", "qzx"}, {}};
  const std::vector<PointInfluence> whole = of(user);
  ASSERT_EQ(whole[0].tokens.size(), 2u) << "an unknown keyword moves nothing";
  for (const TokenInfluence& token : whole[0].tokens) {
    Profile rest = user;
    std::erase(rest.keywords, token.token);
    EXPECT_EQ(token.without, of(rest)[0].score) << token.token;
    EXPECT_NE(token.without, whole[0].score);
  }
  EXPECT_GE(std::abs(whole[0].score - whole[0].tokens[0].without),
            std::abs(whole[0].score - whole[0].tokens[1].without));
}

TEST_F(Influence, OfASellingPointThatTheModelDoesNotKnowIsNone) {
  const std::vector<PointInfluence> influences = of({"u", {"word2"}, {}});
  EXPECT_TRUE(std::isnan(influences[1].score));
  EXPECT_TRUE(influences[1].tokens.empty());
}

TEST_F(Influence, OfAStrangerIsNone) {
  EXPECT_TRUE(of({})[0].tokens.empty());
  EXPECT_FALSE(std::isnan(of({})[0].score));
}

}  // namespace
}  // namespace barker
