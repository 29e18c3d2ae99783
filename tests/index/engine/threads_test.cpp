// Sessions of one engine on several threads: they answer as one alone does, and share everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "index/engine/engine_session.h"
#include "index/retrieval/index_writer.h"
#include "plugin/host/admin_socket.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr size_t kQueries = 24;

std::string word(size_t i) { return "word" + std::to_string(i % 60); }

// Everything of a page but its times, to the last bit.
std::string text_of(const SearchResult& page) {
  std::ostringstream out;
  out << std::hexfloat << page.query << '|' << page.user << '|' << page.status << '|' << page.reason
      << '|' << page.generation << '\n';
  for (const AdShown& ad : page.ads) {
    out << ad.id << '|' << ad.title << '|' << ad.original_title << '|' << ad.first_pass_rank << '|'
        << ad.score << '|' << ad.bid << '|' << ad.pctr;
    for (const SellingPointShown& point : ad.selling_points) {
      out << '|' << point.text << '|' << point.score << '|' << point.begin << '|' << point.end;
    }
    out << '\n';
  }
  return out.str();
}

class Threads : public testing::TestWithParam<size_t> {
 protected:
  Threads() {
    std::mt19937 random(7);
    std::vector<CatalogueAd> ads(300);
    for (size_t i = 0; i < ads.size(); ++i) {
      ads[i].id = "ad" + std::to_string(i);
      ads[i].title = word(random()) + " " + word(random()) + (i % 5 ? "" : " 补水面膜");
      ads[i].bid_terms = {{word(random())}, {i % 5 ? word(random()) : "面膜"}};
      ads[i].selling_points = {word(random()), word(random()), word(random())};
    }
    const Status written = write_index(ads, options_.index);
    EXPECT_TRUE(written.ok()) << written.message();
    EXPECT_TRUE(write_weight_file(random_model(1), options_.watched.weights).ok());
    options_.plugin = BARKER_PLUGIN_PATH;
    options_.watch = true;
    options_.watched.tell = [](const std::string&) {};
    for (size_t q = 0; q < kQueries; ++q) {
      queries_.push_back(q % 6 ? word(random()) + " " + word(random()) : "面膜 " + word(random()));
      Profile user;
      user.user = "user" + std::to_string(q);
      user.keywords = {word(random()), word(random())};
      user.groups = {{"profile", {"f" + std::to_string(q % 10)}}};
      users_.push_back(std::move(user));
    }
  }
  ~Threads() override {
    fs::remove_all(options_.index);
    for (const std::string& path :
         {options_.watched.weights, options_.admin, options_.admin + ".lock"}) {
      fs::remove(path);
    }
  }

  EngineOptions options_ = [] {
    EngineOptions options;
    options.index = temporary_path("threads");
    options.watched.weights = temporary_path("threads.barker");
    options.admin = temporary_path("admin");
    return options;
  }();
  std::vector<std::string> queries_;
  std::vector<Profile> users_;
};

// Nothing but the engine's own warm-up has touched Lucene++ before the threads do.
TEST_P(Threads, GiveTheAnswersThatOneThreadGives) {
  const auto engine = Engine::open(options_);
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  const size_t threads = GetParam();
  std::vector<std::vector<std::string>> answers(threads, std::vector<std::string>(kQueries));
  {
    std::vector<std::jthread> running;
    for (size_t t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        EngineSession session(**engine);
        for (size_t i = 0; i < kQueries; ++i) {
          const size_t q = (i + 3 * t) % kQueries;
          const auto page = session.search(queries_[q], users_[q]);
          answers[t][q] = page.ok() ? text_of(*page) : page.status().message();
        }
      });
    }
  }
  const auto alone = Engine::open([this] {
    EngineOptions other = options_;
    other.admin.clear();
    return other;
  }());
  ASSERT_TRUE(alone.ok()) << alone.status().message();
  EngineSession session(**alone);
  for (size_t q = 0; q < kQueries; ++q) {
    const auto page = session.search(queries_[q], users_[q]);
    ASSERT_TRUE(page.ok()) << page.status().message();
    EXPECT_EQ(page->status, "rescored");
    EXPECT_GT(page->ads.size(), 1u) << queries_[q];
    for (size_t t = 0; t < threads; ++t) EXPECT_EQ(answers[t][q], text_of(*page)) << t;
  }
}

TEST_P(Threads, ShareOnePluginOneSetOfWeightsAndOneSocket) {
  const auto engine = Engine::open(options_);
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  {
    std::vector<std::jthread> running;
    for (size_t t = 0; t < GetParam(); ++t) {
      running.emplace_back([&] {
        EngineSession session(**engine);
        for (size_t q = 0; q < kQueries; ++q) {
          EXPECT_TRUE(session.search(queries_[q], users_[q]).ok());
          if (q % 8 == 0) (*engine)->reload();
        }
      });
    }
  }
  const auto answer = ask_engine(options_.admin, "status");
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  const auto status = nlohmann::json::parse(*answer);
  EXPECT_EQ(status["queries"], GetParam() * kQueries);
  EXPECT_EQ(status["loads"], 1);
}

INSTANTIATE_TEST_SUITE_P(Engine, Threads, testing::Values(1, 2, 8));

}  // namespace
}  // namespace barker
