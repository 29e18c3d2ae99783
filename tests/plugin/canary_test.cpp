// A second generation beside the first: which users get it, what is counted, compared and promoted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Canary : public testing::Test {
 protected:
  Canary() {
    make("");
    EXPECT_EQ(load(1), BARKER_OK);
  }
  ~Canary() override {
    api().destroy(plugin_);
    fs::remove_all(directory_);
  }

  void make(const std::string& config) {
    api().destroy(plugin_);
    plugin_ = make_plugin(config);
  }
  std::string file(uint64_t seed) const {
    fs::create_directories(directory_);
    const std::string path = directory_ + "/" + std::to_string(seed);
    if (!fs::exists(path)) {
      EXPECT_TRUE(write_weight_file(random_model(seed), path).ok());
    }
    return path;
  }
  int32_t load(uint64_t seed) {
    return api().load_weights(plugin_, view(file(seed)), nullptr, nullptr);
  }
  uint64_t start(uint64_t seed) {
    uint64_t generation = 0;
    EXPECT_EQ(canary_.start(plugin_, view(file(seed)), &generation, error_), BARKER_OK) << error_;
    return generation;
  }
  void share(double served, double compared) {
    EXPECT_EQ(canary_.set_shares(plugin_, served, compared, error_), BARKER_OK) << error_;
  }
  uint64_t generation_of(const std::string& user) {
    Asker asker(1, user);
    EXPECT_TRUE(asker.ask(plugin_));
    return asker.response.generation;
  }
  // Which of 4000 users get generation `g`.
  std::set<int> users_of(uint64_t g) {
    std::set<int> users;
    for (int user = 0; user < 4000; ++user) {
      if (generation_of("user" + std::to_string(user)) == g) users.insert(user);
    }
    return users;
  }
  barker_generation_stats stats(int32_t role) {
    barker_generation_stats s{};
    s.struct_size = sizeof s;
    EXPECT_EQ(canary_.read_generation(plugin_, role, &s), BARKER_OK);
    return s;
  }
  barker_agreement agreement() {
    barker_agreement a{};
    a.struct_size = sizeof a;
    EXPECT_EQ(canary_.read_agreement(plugin_, &a), BARKER_OK);
    return a;
  }
  uint64_t compare(uint64_t at_most = 1000) {
    uint64_t compared = 0;
    EXPECT_EQ(canary_.compare(plugin_, at_most, &compared, error_), BARKER_OK) << error_;
    return compared;
  }
  std::string answer_of(uint64_t seed, Asker& asker) {
    barker_plugin* alone = make_plugin();
    EXPECT_EQ(api().load_weights(alone, view(file(seed)), nullptr, nullptr), BARKER_OK);
    EXPECT_TRUE(asker.ask(alone));
    api().destroy(alone);
    return asker.answer();
  }

  const barker_canary& canary_ =
      *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  const std::string directory_ = temporary_path("canary");
  barker_plugin* plugin_ = nullptr;
  char error_[BARKER_ERROR_SIZE] = "";
};

TEST_F(Canary, ServesItsShareOfTheUsersAndKeepsThemAsItGrows) {
  const uint64_t canary = start(2);
  EXPECT_TRUE(users_of(canary).empty()) << "no share, no users";
  share(0.1, 0);
  const std::set<int> tenth = users_of(canary);
  EXPECT_NEAR(static_cast<double>(tenth.size()), 400, 90);  // five standard deviations
  EXPECT_EQ(users_of(canary), tenth) << "a user stays where he is";
  share(0.3, 0);
  const std::set<int> third = users_of(canary);
  EXPECT_TRUE(std::ranges::includes(third, tenth));
  EXPECT_NEAR(static_cast<double>(third.size()), 1200, 150);
  share(1, 0);
  EXPECT_EQ(users_of(canary).size(), 4000u);
  EXPECT_EQ(generation_of(""), 1u) << "a user without id stays with the others";
}

TEST_F(Canary, IsSaltedSoThatTwoTrialsMeetDifferentUsers) {
  std::set<int> users[2];
  for (int salt = 0; salt < 2; ++salt) {
    make("[canary]\nserved = 0.5\nsalt = \"trial " + std::to_string(salt) + "\"\n");
    ASSERT_EQ(load(1), BARKER_OK);
    users[salt] = users_of(start(2));
  }
  std::vector<int> both;
  std::ranges::set_intersection(users[0], users[1], std::back_inserter(both));
  EXPECT_NEAR(static_cast<double>(both.size()), 1000, 150);
}

TEST_F(Canary, AnswersAsItsWeightsDoAloneAndSoDoTheOthers) {
  start(2);
  share(0.5, 0.5);
  std::set<uint64_t> seen;
  for (unsigned user = 0; user < 40; ++user) {
    Asker asker(user, "user" + std::to_string(user)), alone(user, "user" + std::to_string(user));
    ASSERT_TRUE(asker.ask(plugin_));
    seen.insert(asker.response.generation);
    EXPECT_EQ(asker.answer(), answer_of(asker.response.generation, alone));
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(Canary, CountsForEachGeneration) {
  start(2);
  share(0.25, 0);
  const size_t canary_users = users_of(2).size();
  EXPECT_EQ(stats(BARKER_ROLE_CANARY).queries, canary_users);
  EXPECT_EQ(stats(BARKER_ROLE_SERVING).queries, 4000 - canary_users);
  EXPECT_EQ(stats(BARKER_ROLE_CANARY).rescored, canary_users);
  EXPECT_EQ(stats(BARKER_ROLE_CANARY).generation, 2u);
  EXPECT_GT(stats(BARKER_ROLE_CANARY).p50_ns, 0u);
  EXPECT_LE(stats(BARKER_ROLE_CANARY).p50_ns, stats(BARKER_ROLE_CANARY).p99_ns);
  EXPECT_EQ(std::string(stats(BARKER_ROLE_CANARY).file), file(2));
  EXPECT_EQ(std::string(stats(BARKER_ROLE_SERVING).digest).size(), 32u);
}

TEST_F(Canary, TellsTheSharesThatAreInForce) {
  const auto expect_shares = [this](double served, double compared) {
    double told[2] = {};
    ASSERT_EQ(canary_.read_shares(plugin_, &told[0], &told[1]), BARKER_OK);
    EXPECT_EQ(told[0], served);
    EXPECT_EQ(told[1], compared);
  };
  expect_shares(0, 0);
  share(0.25, 0.5);
  expect_shares(0.25, 0.5);
  EXPECT_EQ(canary_.set_shares(plugin_, 2, 0, error_), BARKER_E_INVALID_ARGUMENT);
  expect_shares(0.25, 0.5);
  make("[canary]\nserved = 0.125\ncompared = 1.0\n");
  expect_shares(0.125, 1);
  double share = 0;
  EXPECT_EQ(canary_.read_shares(plugin_, nullptr, &share), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(canary_.read_shares(nullptr, &share, &share), BARKER_E_INVALID_ARGUMENT);
}

TEST_F(Canary, TellsHowLongTheQueriesOfEachGenerationTook) {
  start(2);
  share(0.25, 0);
  users_of(2);
  for (const int32_t role : {BARKER_ROLE_SERVING, BARKER_ROLE_CANARY}) {
    std::vector<barker_latencies> times(BARKER_MAX_LATENCIES);
    uint64_t generation = 0, count = 0;
    ASSERT_EQ(
        canary_.read_latencies(plugin_, role, &generation, times.data(), times.size(), &count),
        BARKER_OK);
    times.resize(count);
    EXPECT_EQ(generation, stats(role).generation);
    uint64_t queries = 0, end = 0, p99 = 0;
    for (const barker_latencies& range : times) {
      EXPECT_GT(range.queries, 0u);
      EXPECT_TRUE(end == 0 || range.from_ns > end);
      EXPECT_LE(range.from_ns, range.to_ns);
      EXPECT_LE(range.to_ns - range.from_ns, range.from_ns / 8);
      end = range.to_ns;
      const uint64_t answered = stats(role).queries - stats(role).bypassed;
      if (p99 == 0 && 100 * (queries + range.queries) >= 99 * answered) p99 = range.to_ns;
      queries += range.queries;
    }
    EXPECT_GT(queries, 0u);
    EXPECT_EQ(queries, stats(role).queries - stats(role).bypassed);
    EXPECT_EQ(p99, stats(role).p99_ns);
    uint64_t needed = 0;
    EXPECT_EQ(canary_.read_latencies(plugin_, role, nullptr, nullptr, 0, &needed),
              BARKER_E_TOO_SMALL);
    EXPECT_EQ(needed, count);
  }
  uint64_t count = 7;
  EXPECT_EQ(canary_.read_latencies(plugin_, 2, nullptr, nullptr, 0, &count),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(count, 0u);
  EXPECT_EQ(canary_.read_latencies(plugin_, 0, nullptr, nullptr, 0, nullptr),
            BARKER_E_INVALID_ARGUMENT);
  ASSERT_EQ(canary_.stop(plugin_, error_), BARKER_OK);
  uint64_t generation = 7;
  EXPECT_EQ(canary_.read_latencies(plugin_, BARKER_ROLE_CANARY, &generation, nullptr, 0, &count),
            BARKER_OK);
  EXPECT_EQ(generation, 0u);
  EXPECT_EQ(count, 0u);
}

TEST_F(Canary, ComparedWithItselfAgreesAndWithAnotherDoesNot) {
  EXPECT_TRUE(std::isnan(agreement().top_overlap));
  EXPECT_EQ(compare(), 0u);
  start(1);
  share(0, 1);
  const auto ask = [&] {
    for (unsigned seed = 0; seed < 20; ++seed) {
      Asker asker(seed);
      ASSERT_TRUE(asker.ask(plugin_));
      EXPECT_EQ(asker.response.generation, 1u) << "what is compared is not shown";
    }
  };
  ask();
  EXPECT_EQ(compare(5), 5u);
  EXPECT_EQ(compare(), 15u);
  EXPECT_EQ(compare(), 0u);
  const barker_agreement same = agreement();
  EXPECT_EQ(same.sampled, 20u);
  EXPECT_EQ(same.compared, 20u);
  EXPECT_DOUBLE_EQ(same.top_overlap, 1);
  EXPECT_DOUBLE_EQ(same.rank_correlation, 1);
  EXPECT_DOUBLE_EQ(same.same_selling_points, 1);
  EXPECT_GT(same.canary_p99_ns, 0u);

  const uint64_t other = start(7);
  ask();
  compare();
  const barker_agreement differs = agreement();
  EXPECT_EQ(differs.canary, other);
  EXPECT_EQ(differs.compared, 20u) << "counted anew";
  EXPECT_LT(differs.rank_correlation, 0.9);
  EXPECT_GE(differs.rank_correlation, -1);
  EXPECT_LT(differs.same_selling_points, 1);
}

TEST_F(Canary, DropsWhatNobodyComparesAndWhatIsTooLarge) {
  start(2);
  share(0, 1);
  for (int i = 0; i < 100; ++i) {
    Asker asker(1);
    ASSERT_TRUE(asker.ask(plugin_));
  }
  EXPECT_EQ(agreement().sampled, 100u);
  EXPECT_GT(agreement().dropped, 50u);
  EXPECT_EQ(compare() + agreement().dropped, 100u);
  const std::string large(BARKER_MAX_TEXT_SIZE, 'a');
  const std::vector<barker_string> keywords(32, view(large));
  Asker asker(1);
  asker.request.user_keywords = keywords.data();
  asker.request.user_keyword_count = keywords.size();
  const uint64_t before = agreement().dropped;
  ASSERT_TRUE(asker.ask(plugin_));
  EXPECT_EQ(agreement().dropped, before + 1);
}

TEST_F(Canary, IsPromotedStoppedAndReplaced) {
  EXPECT_EQ(canary_.promote(plugin_, nullptr, error_), BARKER_E_NO_WEIGHTS);
  EXPECT_EQ(canary_.stop(plugin_, error_), BARKER_E_NO_WEIGHTS);
  start(2);
  uint64_t generation = 0;
  ASSERT_EQ(canary_.promote(plugin_, &generation, error_), BARKER_OK);
  EXPECT_EQ(generation, 2u);
  EXPECT_EQ(generation_of("anybody"), 2u);
  EXPECT_EQ(stats(BARKER_ROLE_CANARY).generation, 0u);
  ASSERT_EQ(api().rollback(plugin_, &generation, error_), BARKER_OK);
  EXPECT_EQ(generation, 1u);
  start(3);
  EXPECT_EQ(start(4), 4u);
  share(1, 0);
  EXPECT_EQ(generation_of("anybody"), 4u);
  ASSERT_EQ(load(5), BARKER_OK);
  EXPECT_EQ(generation_of("anybody"), 4u) << "a load goes beside it";
  ASSERT_EQ(canary_.stop(plugin_, error_), BARKER_OK);
  EXPECT_EQ(generation_of("anybody"), 5u);
}

TEST_F(Canary, ObeysTheRules) {
  start(2);
  share(1, 0);
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  ASSERT_EQ(rules.load_rules(plugin_, view("[[forbid]]\npattern = 'word'\n"), error_), BARKER_OK);
  Asker asker(1, "anybody");
  ASSERT_TRUE(asker.ask(plugin_));
  EXPECT_EQ(asker.response.generation, 2u);
  for (const barker_result_ad& ad : asker.results) EXPECT_EQ(ad.chosen_count, 0u);
  // Loaded after the rules.
  start(3);
  ASSERT_TRUE(asker.ask(plugin_));
  EXPECT_EQ(asker.response.generation, 3u);
  for (const barker_result_ad& ad : asker.results) EXPECT_EQ(ad.chosen_count, 0u);
}

TEST_F(Canary, RefusesWhatALoadRefuses) {
  std::ofstream(directory_ + "/none") << "no weights";
  EXPECT_EQ(canary_.start(plugin_, view(directory_ + "/none"), nullptr, error_),
            BARKER_E_BAD_WEIGHTS);
  EXPECT_THAT(error_, HasSubstr("none: check header"));
  for (const double wrong : {-0.1, 1.1, std::nan("")}) {
    EXPECT_EQ(canary_.set_shares(plugin_, wrong, 0, error_), BARKER_E_INVALID_ARGUMENT);
    EXPECT_EQ(canary_.set_shares(plugin_, 0, wrong, error_), BARKER_E_INVALID_ARGUMENT);
  }
  make("");
  EXPECT_EQ(canary_.start(plugin_, view(file(2)), nullptr, error_), BARKER_E_NO_WEIGHTS);
  barker_generation_stats stats{};
  stats.struct_size = sizeof stats;
  EXPECT_EQ(canary_.read_generation(plugin_, 2, &stats), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(canary_.read_generation(plugin_, BARKER_ROLE_CANARY, nullptr),
            BARKER_E_INVALID_ARGUMENT);
}

// Everything at once, for the thread sanitizer: answers stay those of the generation they name.
TEST_F(Canary, ComesAndGoesUnderLoad) {
  constexpr unsigned kAskers = 8;
  std::vector<std::vector<std::string>> expected(3);  // by seed
  for (uint64_t seed = 1; seed < 3; ++seed) {
    for (unsigned a = 0; a < kAskers; ++a) {
      Asker asker(a, "user" + std::to_string(a));
      expected[seed].push_back(answer_of(seed, asker));
    }
  }
  share(0.5, 0.5);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      std::deque<Asker> askers;
      for (unsigned a = 0; a < kAskers; ++a) askers.emplace_back(a, "user" + std::to_string(a));
      for (unsigned i = 0; !stop; ++i) {
        Asker& asker = askers[i % kAskers];
        wrong += !asker.ask(plugin_);
        const uint64_t seed = asker.response.generation == 1 ? 1 : 2;  // the others: all of seed 2
        wrong += asker.answer() != expected[seed][i % kAskers];
      }
    });
  }
  threads.emplace_back([&] {
    while (!stop) compare(3);
  });
  for (int i = 0; i < (kIsSanitized ? 20 : 60); ++i) {
    start(2);
    stats(BARKER_ROLE_CANARY);
    agreement();
    if (i % 3 == 0) {
      EXPECT_EQ(canary_.promote(plugin_, nullptr, error_), BARKER_OK);
      EXPECT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_OK);
    } else {
      EXPECT_EQ(canary_.stop(plugin_, error_), BARKER_OK);
    }
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace barker
