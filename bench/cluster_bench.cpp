// What a cluster of searchd costs: one server with the whole catalogue beside masters of 1, 2 and 4
// agents, all on this machine. Needs searchd (Debian's sphinxsearch).
//
//   cluster_bench [ADS [ROUNDS [SECONDS]]]
//
// The default is 40000 ads, 5 rounds, and 1 second for each cell and round.
//
// Arrangements take turns in every round, so that what else the machine does meets all of them;
// medians over rounds are printed. Three kinds of searches:
//   first pass   no function of barker is called
//   window 50/N  every agent rescores its share of a window of 50: the same work as on one server
//   window 50    every agent rescores a window of 50 of its own, as the adapter's README advises
// "CPU us" is the processor time of all servers of the arrangement for each search; it does not
// depend on how many other processes want the cores.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "bench/quantile.h"
#include "models/weights/directory.h"
#include "tests/models/base/temporary_path.h"
#include "tests/plugin/adapters/cluster/demo_cluster.h"

namespace barker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kAgents[] = {0, 1, 2, 4};  // 0: one server, which is asked directly
constexpr int kWindow = 50, kPage = 10;
constexpr size_t kClients[] = {1, 4};

enum class Kind { kFirstPass, kShared, kWhole };
constexpr std::pair<Kind, const char*> kKinds[] = {
    {Kind::kFirstPass, "first pass"}, {Kind::kShared, "window 50/N"}, {Kind::kWhole, "window 50"}};

struct Arrangement {
  size_t agent_count = 0;
  std::vector<std::unique_ptr<Searchd>> servers;  // the one that is asked is the last

  double cpu_seconds() const {
    double sum = 0;
    for (const auto& server : servers) sum += server->cpu_seconds();
    return sum;
  }
};

Arrangement arrange(size_t agent_count, const std::vector<SphinxAd>& ads,
                    const std::string& weights) {
  Arrangement made{agent_count, {}};
  Searchd::Options master;
  for (size_t agent = 0; agent < std::max<size_t>(1, agent_count); ++agent) {
    Searchd::Options options;
    for (const SphinxAd& ad : ads) {
      if (agent_count < 2 || ad.id / 10 % agent_count == agent) options.ads.push_back(ad);
    }
    options.control = "weights = \"" + weights + "\"\n";
    made.servers.push_back(std::make_unique<Searchd>(options));
    master.agents.push_back({{made.servers.back()->agent_address()}});
  }
  if (agent_count > 0) made.servers.push_back(std::make_unique<Searchd>(master));
  return made;
}

std::vector<std::string> statements(Kind kind, size_t agent_count) {
  std::vector<std::string> made;
  const int shares = kind == Kind::kShared ? static_cast<int>(std::max<size_t>(1, agent_count)) : 1;
  const int window = kWindow / shares;
  for (const auto& [query, history] : kDemoSearches) {
    made.push_back(kind == Kind::kFirstPass
                       ? "SELECT id, weight() w, title FROM ads WHERE MATCH(" + quoted(query) +
                             ") ORDER BY w DESC, id ASC LIMIT " + std::to_string(kPage) +
                             " OPTION ranker=proximity, max_matches=" + std::to_string(kWindow)
                       : demo_page(query, history, window, kPage));
  }
  return made;
}

struct Cell {
  std::vector<double> per_second, p50_us, p99_us, cpu_us;  // [round]
};

// Asks for so long with so many clients, each on a connection of its own, and adds a round.
void measure(const Arrangement& asked, const std::vector<std::string>& searches, size_t clients,
             double seconds, Cell& cell) {
  std::vector<std::vector<double>> took(clients);
  const double cpu_before = asked.cpu_seconds();
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      const auto client = asked.servers.back()->connect();
      if (!client) return;
      for (size_t next = i; Clock::now() - begin < std::chrono::duration<double>(seconds); ++next) {
        const auto start = Clock::now();
        const auto rows = client->ask(searches[next % searches.size()]);
        EXPECT_TRUE(rows.ok() && rows->size() == kPage);
        took[i].push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<double> all;
  for (const auto& of_client : took) all.insert(all.end(), of_client.begin(), of_client.end());
  if (all.empty()) return;
  const auto count = static_cast<double>(all.size());
  cell.per_second.push_back(count / elapsed);
  cell.p50_us.push_back(quantile(all, .5));
  cell.p99_us.push_back(quantile(all, .99));
  cell.cpu_us.push_back((asked.cpu_seconds() - cpu_before) / count * 1e6);
}

using Cells = std::map<std::tuple<Kind, size_t, size_t>, Cell>;  // kind, clients, agents

void print(Cells& cells) {
  std::printf("%-12s %7s %-10s %9s %8s %8s %8s %12s %9s\n", "search", "clients", "agents",
              "queries/s", "p50 us", "p99 us", "CPU us", "queries/s x", "CPU x");
  for (const auto& [kind, name] : kKinds) {
    for (const size_t clients : kClients) {
      const Cell& plain = cells[{kind, clients, 0}];
      for (const size_t agents : kAgents) {
        const Cell& cell = cells[{kind, clients, agents}];
        std::vector<double> speed, cost;  // beside the plain server in the same round
        for (size_t round = 0; round < cell.cpu_us.size(); ++round) {
          speed.push_back(cell.per_second[round] / plain.per_second[round]);
          cost.push_back(cell.cpu_us[round] / plain.cpu_us[round]);
        }
        std::printf("%-12s %7zu %-10s %9.0f %8.0f %8.0f %8.0f %12.2f %9.2f\n", name, clients,
                    agents == 0 ? "one server" : std::to_string(agents).c_str(),
                    quantile(cell.per_second, .5), quantile(cell.p50_us, .5),
                    quantile(cell.p99_us, .5), quantile(cell.cpu_us, .5), quantile(speed, .5),
                    quantile(cost, .5));
      }
    }
  }
}

int run(size_t ad_count, size_t rounds, double seconds) {
  if (const std::string reason = Searchd::skip(); !reason.empty()) {
    return std::fprintf(stderr, "cluster_bench: %s\n", reason.c_str()), 69;
  }
  const std::string weights = temporary_path("weights");
  EXPECT_TRUE(
      publish_weights(std::string(BARKER_SOURCE_DIR) + "/models/simulate/demo.barker", weights)
          .ok());
  const std::vector<SphinxAd> ads = demo_catalogue(BARKER_COMMAND, ad_count);
  std::vector<Arrangement> arrangements;
  for (const size_t agents : kAgents) arrangements.push_back(arrange(agents, ads, weights));
  Cells cells;
  for (size_t round = 0; round <= rounds; ++round) {
    if (round == 1) cells.clear();  // the first one warms up
    for (const auto& [kind, name] : kKinds) {
      for (const size_t clients : kClients) {
        for (const Arrangement& asked : arrangements) {
          measure(asked, statements(kind, asked.agent_count), clients, seconds,
                  cells[{kind, clients, asked.agent_count}]);
        }
      }
    }
    std::fprintf(stderr, "round %zu of %zu\n", round, rounds);
  }
  if (testing::UnitTest::GetInstance()->ad_hoc_test_result().Failed()) return 70;
  std::printf("%zu ads, medians of %zu rounds\n", ads.size(), rounds);
  print(cells);
  std::filesystem::remove_all(weights);
  return 0;
}

}  // namespace
}  // namespace barker

int main(int count, char** words) {
  const long ads = count > 1 ? std::atol(words[1]) : 40000;
  const long rounds = count > 2 ? std::atol(words[2]) : 5;
  const double seconds = count > 3 ? std::atof(words[3]) : 1;
  if (count > 4 || ads < 1000 || rounds < 1 || !(seconds > 0)) {
    return std::fputs("usage: cluster_bench [ADS [ROUNDS [SECONDS]]]; at least 1000 ads\n", stderr),
           64;
  }
  return barker::run(static_cast<size_t>(ads), static_cast<size_t>(rounds), seconds);
}
