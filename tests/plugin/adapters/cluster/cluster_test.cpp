// A cluster on loopback: a master, and four agents that are two shards with two mirrors each, over
// the demo's catalogue. Beside it, one server with the whole catalogue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "models/weights/directory.h"
#include "tests/models/base/temporary_path.h"
#include "tests/plugin/adapters/cluster/demo_cluster.h"
#include "tests/plugin/adapters/sphinx/searchd.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr size_t kShards = 2, kMirrors = 2;
const std::string kDemo = std::string(BARKER_SOURCE_DIR) + "/models/simulate/demo.barker";

// Neighbours in the catalogue are of different products, which come again every ten ads.
size_t shard_of(uint64_t id) { return id / 10 % kShards; }

uint64_t generation_in(const std::vector<std::string>& row) {
  return Json::parse(row[3])["generation"].get<uint64_t>();
}

class Cluster : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = Searchd::skip(); !reason.empty()) GTEST_SKIP() << reason;
    ads_ = demo_catalogue(BARKER_COMMAND, 4000);
    ASSERT_GT(ads_.size(), 1000u);
    std::vector<Searchd::Agent> shards(kShards);
    for (size_t i = 0; i < kShards * kMirrors; ++i) {
      const size_t shard = i / kMirrors;
      Searchd::Options options;
      for (const SphinxAd& ad : ads_) {
        if (shard_of(ad.id) == shard) options.ads.push_back(ad);
      }
      options.control = control_of(i);
      ASSERT_TRUE(publish_weights(kDemo, weights_of(i)).ok());
      agents_.push_back(std::make_unique<Searchd>(options));
      shards[shard].mirrors.push_back(agents_.back()->agent_address());
    }
    Searchd::Options options;
    options.agents = shards;
    options.settings = "  agent_retry_count = 4\n  agent_retry_delay = 20\n";
    master_ = std::make_unique<Searchd>(options);
  }
  void TearDown() override { fs::remove_all(weights_); }

  std::string weights_of(size_t agent) const { return weights_ + "/" + std::to_string(agent); }
  std::string control_of(size_t agent) const {
    return "weights = \"" + weights_of(agent) + "\"\nprobation_seconds = 0\n";
  }

  const std::string weights_ = temporary_path("cluster-weights");
  std::vector<SphinxAd> ads_;
  std::vector<std::unique_ptr<Searchd>> agents_;  // [shard * kMirrors + mirror]
  std::unique_ptr<Searchd> master_;
};

TEST_F(Cluster, APageIsThatOfOneMachine) {
  Searchd::Options options;
  options.ads = ads_;
  options.control = control_of(0);
  const Searchd one(options);
  for (const auto& [query, history] : kDemoSearches) {
    // The window has room for every match, so that both rescore the same ads.
    const std::string search = demo_page(query, history, 2000, 10);
    const SphinxRows expected = one.ask(search);
    ASSERT_EQ(expected.size(), 10u) << query;
    for (size_t i = 0; i < 2 * kMirrors; ++i) EXPECT_EQ(master_->ask(search), expected) << query;
    std::set<size_t> shards;
    for (const auto& row : expected) shards.insert(shard_of(std::stoul(row[0])));
    EXPECT_EQ(shards.size(), kShards) << "the page has ads of both";
  }
}

// Each agent rescores a window of its own, so that a cluster finds ads that one machine's window
// leaves out. No ad of one machine's page can be beaten by an ad of that window.
TEST_F(Cluster, AWindowOfEachAgentLosesNoAdOfOneMachinesWindow) {
  Searchd::Options options;
  options.ads = ads_;
  options.control = control_of(0);
  const Searchd one(options);
  constexpr int kWindow = 50, kPage = 10;
  for (const auto& [query, history] : kDemoSearches) {
    const SphinxRows single = one.ask(demo_page(query, history, kWindow, kPage));
    const SphinxRows cluster = master_->ask(demo_page(query, history, kWindow, kPage));
    ASSERT_EQ(cluster.size(), single.size()) << query;
    std::map<std::string, std::vector<std::string>> by_id;
    for (const auto& row : cluster) by_id[row[0]] = row;
    for (const auto& row : single) {
      const auto found = by_id.find(row[0]);
      if (found != by_id.end()) {
        EXPECT_EQ(found->second, row) << query;
      } else {
        EXPECT_LE(std::stod(row[2]), std::stod(cluster.back()[2])) << query;
      }
    }
  }
}

TEST_F(Cluster, AKilledAgentIsReplacedByItsMirror) {
  const auto& [query, history] = kDemoSearches[0];
  const std::string search = demo_page(query, history, 2000, 10);
  const SphinxRows expected = master_->ask(search);
  ASSERT_EQ(expected.size(), 10u);
  std::atomic<bool> is_over = false;
  std::atomic<size_t> asked = 0, good_in_a_row = 0, lost = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&] {
      const auto client = master_->connect();
      while (!is_over) {
        const auto rows = client->ask(search);
        ++asked;
        if (rows.ok() && *rows == expected) {
          ++good_in_a_row;
        } else {  // it failed, or a shard is missing
          good_in_a_row = 0;
          ++lost;
        }
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return asked >= 20; }));
  EXPECT_EQ(lost, 0u);
  agents_[0]->kill();
  // The master learns of it from the first searches that lose the shard, some four of them. Then
  // none does, however many are asked.
  good_in_a_row = 0;
  EXPECT_TRUE(eventually([&] { return good_in_a_row >= 40; })) << lost << " of " << asked;
  is_over = true;
  for (std::thread& client : clients) client.join();
}

TEST_F(Cluster, WithoutAnyMirrorAShardIsMissingAndAWarningSaysSo) {
  const auto& [query, history] = kDemoSearches[0];
  agents_[0]->kill();
  agents_[1]->kill();
  const auto client = master_->connect();
  const auto rows = client->ask(demo_page(query, history, 2000, 10));
  ASSERT_TRUE(rows.ok()) << rows.status().message();
  EXPECT_EQ(rows->size(), 10u);
  for (const auto& row : *rows) EXPECT_EQ(shard_of(std::stoul(row[0])), 1u);
  EXPECT_THAT(client->warnings(), testing::HasSubstr("agent"));
}

TEST_F(Cluster, WeightsReachOneAgentAfterTheOtherAndNoAgentMixesThem) {
  const auto& [query, history] = kDemoSearches[0];
  const std::string search = demo_page(query, history, 2000, 50);
  const auto client = master_->connect();
  std::set<std::set<uint64_t>> seen;
  const auto ask = [&] {
    const auto rows = client->ask(search);
    EXPECT_TRUE(rows.ok()) << rows.status().message();
    std::map<size_t, std::set<uint64_t>> generations;
    std::set<uint64_t> all;
    for (const auto& row : *rows) {
      generations[shard_of(std::stoul(row[0]))].insert(generation_in(row));
      all.insert(generation_in(row));
    }
    EXPECT_EQ(generations.size(), kShards);
    for (const auto& [shard, of_shard] : generations) EXPECT_EQ(of_shard.size(), 1u) << shard;
    seen.insert(all);
    return all;
  };
  EXPECT_EQ(ask(), std::set<uint64_t>{1});
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    ASSERT_TRUE(publish_weights(kDemo, weights_of(agent)).ok());
    EXPECT_TRUE(eventually([&] {
      ask();
      const auto rows = agents_[agent]->ask(search);
      return !rows.empty() && generation_in(rows[0]) == 2;
    })) << agents_[agent]->log();
    for (size_t i = 0; i < 4 * kMirrors; ++i) ask();
  }
  EXPECT_EQ(ask(), std::set<uint64_t>{2});
  EXPECT_TRUE(seen.contains({1, 2})) << "while the shards differed";
}

// What the command that a launcher asks says of the cluster.
struct Probed {
  int code;
  std::string said;
};

Probed probe(const std::vector<std::string>& words) {
  std::vector<std::string> command = {
      "python3", std::string(BARKER_SOURCE_DIR) + "/plugin/adapters/sphinx/barker_sphinx_probe.py"};
  command.insert(command.end(), words.begin(), words.end());
  const std::string log = temporary_path("probe");
  Probed probed{run_command(command, log), {}};
  std::ostringstream said;
  said << std::ifstream(log).rdbuf();
  probed.said = said.str();
  fs::remove(log);
  return probed;
}

TEST_F(Cluster, TheProbeSaysWhatIsWrongWithWhichServer) {
  std::vector<std::string> all = {"--master", master_->sql_address()};
  for (const auto& agent : agents_) all.push_back(agent->sql_address());
  const Probed well = probe(all);
  EXPECT_EQ(well.code, 0) << well.said;
  EXPECT_THAT(well.said, testing::HasSubstr("master " + master_->sql_address() + ": ok"));
  for (const auto& agent : agents_) {
    EXPECT_THAT(well.said,
                testing::HasSubstr("agent " + agent->sql_address() + ": ok, generation 1"));
  }

  ASSERT_TRUE(publish_weights(kDemo, weights_of(3)).ok());
  Probed probed{};
  ASSERT_TRUE(eventually([&] { return (probed = probe(all)).code == 1; }));
  EXPECT_THAT(probed.said, testing::HasSubstr("agents serve different weights"));
  EXPECT_THAT(probed.said, testing::HasSubstr("generation 2 on " + agents_[3]->sql_address()));

  agents_[2]->ask("DROP FUNCTION barker_title");
  agents_[0]->kill();
  agents_[1]->kill();
  probed = probe(all);
  EXPECT_EQ(probed.code, 1);
  EXPECT_THAT(probed.said, testing::HasSubstr("agent " + agents_[0]->sql_address() +
                                              ": WRONG: does not accept connections"));
  EXPECT_THAT(probed.said, testing::HasSubstr("agent " + agents_[2]->sql_address() +
                                              ": WRONG: barker_title is missing"));
  EXPECT_THAT(probed.said, testing::HasSubstr("agent " + agents_[3]->sql_address() + ": ok"));
  EXPECT_THAT(probed.said, testing::HasSubstr("loses a shard"));
}

TEST(Probe, RefusesWhatIsNoAddressOrNoIndex) {
  EXPECT_EQ(probe({}).code, 64);
  for (const std::string address : {"host", ":9306", "host:65536", "host:９"}) {
    const Probed refused = probe({address});
    EXPECT_EQ(refused.code, 64) << address;
    EXPECT_THAT(refused.said, testing::HasSubstr(address));
  }
  EXPECT_EQ(probe({"127.0.0.1:1", "--index", "ads; DROP"}).code, 64);
  EXPECT_EQ(probe({"127.0.0.1:1"}).code, 1) << "nothing listens there";
}

}  // namespace
}  // namespace barker
