// The extension barker.learn/1: users' own states, as a host keeps them and hands them over.
#include <gtest/gtest.h>

#include <cmath>

#include "plugin/host/session.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

const RandomModelOptions kWithDot = {.dot_dim = 12};

class Learn : public Plugin {
 protected:
  void SetUp() override {
    make("[user_state]\nprior_variance = 1.0\n");
    load(weights(1, kWithDot));
    fill(3);
  }

  barker_learning learning() {
    barker_learning learning{};
    learning.struct_size = sizeof learning;
    EXPECT_EQ(learn_.read(plugin_, BARKER_ROLE_SERVING, &learning), BARKER_OK);
    return learning;
  }
  barker_stats stats() {
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(api().stats(plugin_, &stats), BARKER_OK);
    return stats;
  }

  static barker_shown shown(const std::string& text, bool clicked) {
    return {sizeof(barker_shown), view(text), 0, clicked ? 1u : 0u, 0};
  }
  // The request's state after `points` were shown; `code` is what the call is to return.
  std::string updated(const std::vector<barker_shown>& points, int32_t code = BARKER_OK) {
    barker_request request = request_;
    request.ads = nullptr;
    request.ad_count = 0;
    std::string state(4096, '\0');
    uint64_t size = 99;
    EXPECT_EQ(learn_.update(plugin_, &request, points.data(), points.size(), sizeof(barker_shown),
                            state.data(), state.size(), &size, error_),
              code)
        << error_;
    if (code != BARKER_OK) {
      EXPECT_EQ(size, 0u);
    }
    state.resize(size);
    return state;
  }
  void use(const std::string& state) {
    state_ = state;
    request_.user_state = state_.data();
    request_.user_state_size = state_.size();
  }
  // A state that has learned that the user clicks word12 and never word10.
  std::string taught() {
    const std::string yes = "word12", no = "word10";
    for (int i = 0; i < 20; ++i) use(updated({shown(yes, true), shown(no, false)}));
    return state_;
  }
  // What the page is, all that depends on the weights.
  std::string page() {
    EXPECT_EQ(rescore(), BARKER_OK) << error_;
    std::string page;
    for (size_t rank = 0; rank < results_.size(); ++rank) {
      page += std::to_string(results_[rank].ad) + title(rank);
      for (uint32_t k = 0; k < results_[rank].chosen_count; ++k) {
        page += " " + std::to_string(results_[rank].chosen[k].score);
      }
    }
    return page;
  }
  // P(attracted) of a keyword in the request's context.
  double attraction(const std::string& keyword) {
    const auto& prepared =
        *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
    barker_request request = request_;
    request.ads = nullptr;
    request.ad_count = 0;
    barker_prepared_query* query = nullptr;
    EXPECT_EQ(prepared.begin(plugin_, &request, &query, error_), BARKER_OK) << error_;
    const barker_string text = view(keyword);
    double p = NAN;
    EXPECT_EQ(prepared.attraction(query, &text, 1, &p, error_), BARKER_OK) << error_;
    prepared.end(query);
    return p;
  }

  const barker_learn& learn_ =
      *static_cast<const barker_learn*>(api().get_extension(BARKER_EXT_LEARN));
  std::string state_;
};

TEST_F(Learn, TellsWhatTheStatesOfAModelAreLike) {
  const barker_learning first = learning();
  EXPECT_EQ(first.generation, generation_);
  EXPECT_NE(first.tower, 0u);
  EXPECT_EQ(first.state_size, updated({}).size());
  load(weights(2, kWithDot));
  EXPECT_NE(learning().tower, first.tower);
  load(weights(1));
  EXPECT_EQ(learning().generation, generation_);
  EXPECT_EQ(learning().tower, 0u) << "there is no dot product";
  EXPECT_EQ(learning().state_size, 0u);
  make("");
  EXPECT_EQ(learning().generation, 0u) << "there are no weights";
}

TEST_F(Learn, AStateThatLearnedNothingChangesNoBitOfAPage) {
  const std::string before = page();
  use(updated({}));
  EXPECT_EQ(page(), before);
  EXPECT_EQ(stats().user_states, 1u);
  EXPECT_EQ(stats().user_states_learned, 1u);
}

TEST_F(Learn, AttractsAUserMoreByWhatTheUserClicksAndLessByWhatTheUserPassesOver) {
  const std::string text = "word12";
  const double before = attraction(text);
  for (const bool clicked : {true, false}) {
    request_.user_state_size = 0;
    for (int i = 0; i < 20; ++i) use(updated({shown(text, clicked)}));
    const double after = attraction(text);
    if (clicked) {
      EXPECT_GT(after, before);
    } else {
      EXPECT_LT(after, before);
    }
  }
}

TEST_F(Learn, AStateIsThatOfItsRequestAlone) {
  const std::string before = page();
  taught();
  EXPECT_NE(page(), before);
  EXPECT_EQ(stats().user_states, 1u);
  request_.user_state_size = 0;
  EXPECT_EQ(page(), before);
}

TEST_F(Learn, APriorOfLessVarianceLetsAStateMoveLess) {
  const double without = attraction("word12");
  const std::string yes = "word12";
  double moved[2];
  for (const int i : {0, 1}) {
    make(i == 0 ? "[user_state]\nprior_variance = 0.001\n"
                : "[user_state]\nprior_variance = 0.1\n");
    load(weights(1, kWithDot));
    request_.user_state_size = 0;
    use(updated({shown(yes, true)}));
    moved[i] = attraction("word12") - without;
  }
  EXPECT_GT(moved[0], 0);
  EXPECT_GT(moved[1], 10 * moved[0]);
}

TEST_F(Learn, AStateOfAnotherTowerIsIgnoredAndBeginsAnewWithTheNextUpdate) {
  const std::string old = taught();
  load(weights(2, kWithDot));
  request_.user_state_size = 0;
  const std::string before = page();
  use(old);
  EXPECT_EQ(page(), before);
  EXPECT_EQ(stats().user_states_other_tower, 1u);
  const std::string next = updated({});
  request_.user_state_size = 0;
  EXPECT_EQ(next, updated({})) << "nothing of the old state is left";
  load(weights(1, kWithDot));
  const double without = attraction("word12");
  use(old);
  EXPECT_GT(attraction("word12"), without) << "the tower is back, and so is the state";
}

TEST_F(Learn, ADamagedStateIsIgnoredAndCounted) {
  const std::string before = page(), good = taught();
  uint64_t damaged = 0;
  for (size_t at = 0; at < good.size(); at += 7) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    use(bad);
    EXPECT_EQ(page(), before) << at;
    EXPECT_EQ(stats().user_states_damaged, ++damaged);
  }
  use("x");
  EXPECT_EQ(page(), before);
  EXPECT_EQ(updated({}).size(), good.size()) << "it is replaced by a whole one";
}

TEST_F(Learn, AModelWithoutADotProductHasNoStates) {
  const std::string old = taught();
  load(weights(1));
  request_.user_state_size = 0;
  const std::string before = page();
  use(old);
  EXPECT_EQ(page(), before);
  EXPECT_EQ(stats().user_states_other_tower, 1u);
  updated({}, BARKER_E_UNSUPPORTED);
  EXPECT_NE(std::string(error_).find("dot product"), std::string::npos) << error_;
}

TEST_F(Learn, WithoutWeightsThereIsNothingToLearnWith) {
  make("");
  updated({}, BARKER_E_NO_WEIGHTS);
}

TEST_F(Learn, LeavesOutKeywordsThatTheModelDoesNotKnow) {
  const std::string unknown = "never seen", known = "word12";
  const std::string state = updated({shown(known, true)});
  EXPECT_EQ(updated({shown(unknown, false), shown(known, true)}), state);
}

TEST_F(Learn, TheNewStateMayTakeThePlaceOfTheOldOne) {
  const std::string yes = "word12";
  use(updated({}));
  const std::string expected = updated({shown(yes, true)});
  const barker_shown point = shown(yes, true);
  barker_request request = request_;
  request.ad_count = 0;
  uint64_t size = 0;
  ASSERT_EQ(learn_.update(plugin_, &request, &point, 1, sizeof point, state_.data(), state_.size(),
                          &size, error_),
            BARKER_OK);
  EXPECT_EQ(size, state_.size());
  EXPECT_EQ(state_, expected);
}

TEST_F(Learn, SaysWhatCapacityAStateNeeds) {
  barker_request request = request_;
  request.ad_count = 0;
  uint64_t size = 0;
  char state[8] = "before";
  ASSERT_EQ(learn_.update(plugin_, &request, nullptr, 0, 0, state, sizeof state, &size, error_),
            BARKER_E_TOO_SMALL);
  EXPECT_EQ(size, learning().state_size);
  EXPECT_STREQ(state, "before");
  EXPECT_EQ(stats().user_states_learned, 0u);
}

TEST_F(Learn, RefusesWhatCannotBe) {
  const std::string text = "word12";
  barker_shown wrong = shown(text, true);
  wrong.clicked = 2;
  updated({shown(text, true), wrong}, BARKER_E_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error_).find("shown[1].clicked: expected 0 or 1, found 2"),
            std::string::npos)
      << error_;
  wrong = shown(text, true);
  wrong.reserved = 1;
  updated({wrong}, BARKER_E_INVALID_ARGUMENT);
  wrong = shown(text, true);
  wrong.text.data = nullptr;
  updated({wrong}, BARKER_E_INVALID_ARGUMENT);
  updated(std::vector<barker_shown>(BARKER_MAX_SHOWN + 1, shown(text, true)),
          BARKER_E_INVALID_ARGUMENT);
  uint64_t size = 1;
  char state[4096];
  const auto update = [&](barker_plugin* plugin, barker_request* request, uint64_t* to) {
    return learn_.update(plugin, request, nullptr, 0, 0, state, sizeof state, to, error_);
  };
  EXPECT_EQ(update(plugin_, &request_, &size), BARKER_E_INVALID_ARGUMENT) << "it has ads";
  EXPECT_EQ(size, 0u);
  request_.ad_count = 0;
  EXPECT_EQ(update(nullptr, &request_, &size), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(update(plugin_, nullptr, &size), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(update(plugin_, &request_, nullptr), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(update(plugin_, &request_, &size), BARKER_OK);
  EXPECT_EQ(learn_.read(plugin_, BARKER_ROLE_SERVING, nullptr), BARKER_E_INVALID_ARGUMENT);
  barker_learning learning{};
  learning.struct_size = sizeof learning;
  EXPECT_EQ(learn_.read(plugin_, 7, &learning), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(learn_.read(plugin_, BARKER_ROLE_SERVING, &learning), BARKER_OK);
}

TEST_F(Learn, DescribesAStateWhetherItIsUsedOrNot) {
  const auto described = [&](std::string_view state) {
    barker_state_description description{};
    description.struct_size = sizeof description;
    EXPECT_EQ(learn_.describe(plugin_, state.data(), state.size(), &description), BARKER_OK);
    return description;
  };
  const uint64_t tower = learning().tower;
  const std::string good = taught();
  EXPECT_EQ(described(good).use, BARKER_STATE_USED);
  EXPECT_EQ(described(good).impressions, 40u);
  EXPECT_EQ(described(good).tower, tower);
  std::string bad = good;
  bad.back() = static_cast<char>(bad.back() ^ 1);
  for (const std::string_view damaged : {std::string_view(bad), std::string_view("x"), {}}) {
    EXPECT_EQ(described(damaged).use, BARKER_STATE_DAMAGED);
    EXPECT_EQ(described(damaged).impressions, 0u);
  }
  load(weights(2, kWithDot));
  EXPECT_EQ(described(good).use, BARKER_STATE_OTHER_TOWER);
  EXPECT_EQ(described(good).impressions, 40u);
  EXPECT_EQ(described(good).tower, tower);
  load(weights(1));
  EXPECT_EQ(described(good).use, BARKER_STATE_OTHER_TOWER) << "there is no dot product";
  barker_state_description description{};
  EXPECT_EQ(learn_.describe(plugin_, good.data(), good.size(), &description),
            BARKER_E_INVALID_ARGUMENT)
      << "it has no struct_size";
  EXPECT_EQ(learn_.describe(plugin_, nullptr, 1, &description), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(learn_.describe(nullptr, nullptr, 0, &description), BARKER_E_INVALID_ARGUMENT);
}

TEST_F(Learn, RefusesARequestWhoseStateCannotBeRead) {
  request_.user_state_size = 100;
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error_).find("user_state"), std::string::npos) << error_;
  use(std::string(BARKER_MAX_USER_STATE + 1, 'x'));
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
}

TEST_F(Learn, AHostOfAnOlderRequestHasNoState) {
  const std::string before = page();
  taught();
  request_.struct_size = offsetof(barker_request, user_state);
  EXPECT_EQ(page(), before);
}

TEST_F(Learn, IsExplained) {
  const auto& explain =
      *static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  const auto explained = [&] {
    barker_string json{};
    EXPECT_EQ(explain.explain(plugin_, &request_, &json, error_), BARKER_OK);
    const std::string text(json.data, json.size);
    explain.release(json);
    return text;
  };
  EXPECT_EQ(explained().find("user_state"), std::string::npos);
  taught();
  EXPECT_NE(explained().find("\"user_state\":\"used\""), std::string::npos) << explained();
  state_[20] ^= 1;
  EXPECT_NE(explained().find("\"user_state\":\"damaged\""), std::string::npos) << explained();
}

TEST_F(Learn, ASessionHandsTheStateOverAndLearns) {
  Session session(api(), plugin_);
  ASSERT_TRUE(session.can_learn());
  const std::string yes = "word12";
  const std::vector<barker_shown> points = {shown(yes, true)};
  std::string state;
  for (int i = 0; i < 3; ++i) {
    session.start(query_);
    session.set_user_keywords(user_);
    session.set_user_state(state);
    ASSERT_TRUE(session.learn(points, state).ok());
  }
  for (int i = 0; i < 3; ++i) use(updated(points));
  EXPECT_EQ(state, state_) << "the session asks what a host asks";
  make("");
  session.use(plugin_);
  EXPECT_FALSE(session.learn(points, state).ok());
  EXPECT_EQ(state, state_);
}

}  // namespace
}  // namespace barker
