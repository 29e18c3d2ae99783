// The extensions barker.swap/1 and barker.model/1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "models/text/keywords.h"
#include "models/weights/weight_file.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

class Swap : public Plugin {
 protected:
  uint64_t replace(const std::string& path) {
    uint64_t generation = 0;
    EXPECT_EQ(swap_.replace_weights(plugin_, view(path), &generation, error_), BARKER_OK) << error_;
    return generation;
  }
  uint64_t serving() {
    Asker asker(1);
    EXPECT_TRUE(asker.ask(plugin_));
    return asker.response.generation;
  }

  const barker_swap& swap_ = *static_cast<const barker_swap*>(api().get_extension(BARKER_EXT_SWAP));
  const barker_canary& canary_ =
      *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
};

TEST_F(Swap, ReplacesWhatServesAndKeepsTheWayBack) {
  load(weights(1));
  const uint64_t proven = generation_;
  load(weights(2));  // on trial
  const uint64_t third = replace(weights(3));
  EXPECT_EQ(serving(), third);
  const uint64_t fourth = replace(weights(4));
  EXPECT_EQ(serving(), fourth);
  uint64_t generation = 0;
  ASSERT_EQ(api().rollback(plugin_, &generation, error_), BARKER_OK);
  EXPECT_EQ(generation, proven);
  EXPECT_EQ(serving(), proven);
  ASSERT_EQ(api().rollback(plugin_, &generation, error_), BARKER_OK);
  EXPECT_EQ(generation, fourth) << "a rollback leads back and forth";
}

TEST_F(Swap, MakesNoWayBackWhereThereWasNone) {
  replace(weights(1));
  EXPECT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_E_NO_WEIGHTS);
  const uint64_t second = replace(weights(2));
  EXPECT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_E_NO_WEIGHTS);
  EXPECT_EQ(serving(), second);
}

TEST_F(Swap, KeepsServingWhereAReplacementIsRefused) {
  load(weights(1));
  const uint64_t first = generation_;
  load(weights(2));
  EXPECT_EQ(swap_.replace_weights(plugin_, view(std::string("/nowhere")), nullptr, error_),
            BARKER_E_NOT_FOUND);
  EXPECT_EQ(serving(), generation_);
  ASSERT_EQ(api().rollback(plugin_, &generation_, error_), BARKER_OK);
  EXPECT_EQ(generation_, first);
}

TEST_F(Swap, ReplacesByTheCanaryAndKeepsTheWayBack) {
  EXPECT_EQ(swap_.replace_by_canary(plugin_, nullptr, error_), BARKER_E_NO_WEIGHTS);
  load(weights(1));
  const uint64_t proven = generation_;
  load(weights(2));
  uint64_t canary = 0, promoted = 0;
  ASSERT_EQ(canary_.start(plugin_, view(weights(3)), &canary, error_), BARKER_OK) << error_;
  ASSERT_EQ(swap_.replace_by_canary(plugin_, &promoted, error_), BARKER_OK) << error_;
  EXPECT_EQ(promoted, canary);
  EXPECT_EQ(serving(), canary);
  EXPECT_EQ(canary_.stop(plugin_, error_), BARKER_E_NO_WEIGHTS) << "it is no canary any more";
  ASSERT_EQ(api().rollback(plugin_, &generation_, error_), BARKER_OK);
  EXPECT_EQ(generation_, proven);
}

// What a host is told of a model.
struct Told {
  std::map<std::string, barker_model_group> groups;
  std::vector<std::string> order;
};

void hear(void* context, const barker_model_group* group) {
  auto& told = *static_cast<Told*>(context);
  told.order.emplace_back(group->name.data, group->name.size);
  told.groups[told.order.back()] = *group;
}

class Model : public Swap {
 protected:
  int32_t read(int32_t role, Told* told = nullptr) {
    model_ = {};
    model_.struct_size = sizeof model_;
    return extension_.read(plugin_, role, &model_, told ? hear : nullptr, told);
  }
  const barker_model_extension& extension_ =
      *static_cast<const barker_model_extension*>(api().get_extension(BARKER_EXT_MODEL));
  barker_model model_{};
};

TEST_F(Model, NamesItsGroupsAndWhatFillsThem) {
  load(weights(1, {.keywords = 40, .uid_buckets = 8}));
  Told told;
  ASSERT_EQ(read(BARKER_ROLE_SERVING, &told), BARKER_OK);
  EXPECT_EQ(told.order, (std::vector<std::string>{"hist", "query", "profile", "uid"}));
  EXPECT_EQ(told.groups["hist"].source, BARKER_SOURCE_USER_KEYWORDS);
  EXPECT_EQ(told.groups["query"].source, BARKER_SOURCE_QUERY);
  EXPECT_EQ(told.groups["profile"].source, BARKER_SOURCE_GROUPS);
  EXPECT_EQ(told.groups["uid"].source, BARKER_SOURCE_USER);
  EXPECT_EQ(told.groups["hist"].is_keywords, 1);
  EXPECT_EQ(told.groups["profile"].is_keywords, 0);
  EXPECT_EQ(told.groups["profile"].hash_buckets, 0u);
  EXPECT_EQ(told.groups["uid"].hash_buckets, 8u);
  EXPECT_EQ(model_.groups, 4u);
  EXPECT_EQ(model_.generation, generation_);
  EXPECT_EQ(model_.keywords, 40u);
  EXPECT_EQ(model_.keyword_scheme, kKeywordScheme);
}

TEST_F(Model, SaysWhetherItPredictsClicks) {
  load(weights(1, {.auxiliary = true}));
  ASSERT_EQ(read(BARKER_ROLE_SERVING), BARKER_OK);
  EXPECT_EQ(model_.predicts_pctr, 1);
  load(weights(1, {.auxiliary = false}));
  ASSERT_EQ(read(BARKER_ROLE_SERVING), BARKER_OK);
  EXPECT_EQ(model_.predicts_pctr, 0);
}

TEST_F(Model, ReadsItsTrainingPeriodFromTheCard) {
  const auto load_with = [&](std::vector<std::pair<std::string, std::string>> notes) {
    ModelSpec model = random_model(1);
    model.card.notes = std::move(notes);
    const std::string path = temporary_path("noted.barker");
    ASSERT_TRUE(write_weight_file(model, path).ok());
    load(path);
    ASSERT_EQ(read(BARKER_ROLE_SERVING), BARKER_OK);
  };
  load_with(
      {{"split", "by time"}, {kTrainedFromNote, "1700000000"}, {kTrainedToNote, "1700086400"}});
  EXPECT_EQ(model_.trained_from, 1'700'000'000);
  EXPECT_EQ(model_.trained_to, 1'700'086'400);
  load_with({});
  EXPECT_EQ(model_.trained_from, 0);
  load_with({{kTrainedFromNote, "last spring"}, {kTrainedToNote, "17.5"}});
  EXPECT_EQ(model_.trained_from, 0);
  EXPECT_EQ(model_.trained_to, 0);
}

TEST_F(Model, HasTheDigestThatTheCountersOfItsGenerationHave) {
  load(weights(1));
  ASSERT_EQ(canary_.start(plugin_, view(weights(2)), nullptr, error_), BARKER_OK) << error_;
  std::vector<std::string> digests;
  for (const int32_t role : {BARKER_ROLE_SERVING, BARKER_ROLE_CANARY}) {
    barker_generation_stats stats{};
    stats.struct_size = sizeof stats;
    ASSERT_EQ(canary_.read_generation(plugin_, role, &stats), BARKER_OK);
    ASSERT_EQ(read(role), BARKER_OK);
    EXPECT_STREQ(model_.digest, stats.digest);
    EXPECT_EQ(model_.generation, stats.generation);
    digests.emplace_back(model_.digest);
  }
  EXPECT_NE(digests[0], digests[1]);
}

TEST_F(Model, IsEmptyWhereNothingPlaysTheRole) {
  Told told;
  ASSERT_EQ(read(BARKER_ROLE_SERVING, &told), BARKER_OK);
  EXPECT_EQ(model_.generation, 0u);
  EXPECT_TRUE(told.order.empty());
  EXPECT_EQ(read(2), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(extension_.read(plugin_, BARKER_ROLE_SERVING, nullptr, nullptr, nullptr),
            BARKER_E_INVALID_ARGUMENT);
}

TEST_F(Model, FillsTheShorterStructOfAnOlderHost) {
  load(weights(1));
  barker_model model{};
  model.keywords = 77;
  model.struct_size = offsetof(barker_model, keywords);
  ASSERT_EQ(extension_.read(plugin_, BARKER_ROLE_SERVING, &model, nullptr, nullptr), BARKER_OK);
  EXPECT_EQ(model.groups, 3u);
  EXPECT_EQ(model.keywords, 77u) << "written beyond struct_size";
}

// The callback runs without a pin on what it is told of: a load in it would wait for itself.
TEST_F(Model, MayBeReplacedWhileItIsTold) {
  load(weights(1));
  struct Context {
    barker_plugin* plugin;
    std::string path = weights(2);
    int32_t code = -1;
  } context{plugin_};
  const auto replace_all = [](void* c, const barker_model_group*) {
    auto& to = *static_cast<Context*>(c);
    to.code = api().load_weights(to.plugin, view(to.path), nullptr, nullptr);
  };
  model_.struct_size = sizeof model_;
  ASSERT_EQ(extension_.read(plugin_, BARKER_ROLE_SERVING, &model_, replace_all, &context),
            BARKER_OK);
  EXPECT_EQ(context.code, BARKER_OK);
  EXPECT_EQ(model_.generation, generation_);
}

}  // namespace
}  // namespace barker
