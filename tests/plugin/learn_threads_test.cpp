// barker.learn/1 on several threads, each with a user of its own, while weights of another tower
// come and go.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

constexpr size_t kThreads = 3;

const barker_learn& learn() {
  return *static_cast<const barker_learn*>(api().get_extension(BARKER_EXT_LEARN));
}

// Asks and learns in turn until `stop`. Returns how often an answer or an update failed.
size_t serve_user(barker_plugin* plugin, unsigned seed, const std::atomic<bool>& stop,
                  std::atomic<uint64_t>& rounds, std::string& state) {
  Asker asker(seed, "user" + std::to_string(seed), 3);
  size_t failures = 0;
  state.assign(1024, '\0');
  uint64_t size = 0;
  while (!stop) {
    asker.request.user_state = state.data();
    asker.request.user_state_size = size;
    failures += !asker.ask(plugin);
    std::vector<barker_shown> shown;
    for (uint64_t i = 0; i < 3; ++i) {
      shown.push_back({sizeof(barker_shown), asker.ads[0].selling_points[i].text, 0, i == 0, 0});
    }
    barker_request request = asker.request;
    request.ad_count = 0;
    failures += learn().update(plugin, &request, shown.data(), shown.size(), sizeof shown[0],
                               state.data(), state.size(), &size, nullptr) != BARKER_OK;
    ++rounds;
  }
  state.resize(size);
  return failures;
}

TEST(LearnOnThreads, AnswersAndLearnsWhileTowersChange) {
  std::array<std::string, 2> files;
  for (size_t i = 0; i < files.size(); ++i) {
    files[i] = temporary_path("tower" + std::to_string(i) + ".barker");
    ASSERT_TRUE(write_weight_file(random_model(i + 1, {.dot_dim = 12}), files[i]).ok());
  }
  barker_plugin* const plugin = make_plugin();
  ASSERT_EQ(api().load_weights(plugin, view(files[0]), nullptr, nullptr), BARKER_OK);
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> rounds = 0;
  std::array<size_t, kThreads> failures{};
  std::array<std::string, kThreads> states;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      failures[t] = serve_user(plugin, static_cast<unsigned>(t), stop, rounds, states[t]);
    });
  }
  for (int load = 1; load <= 8; ++load) {
    const uint64_t before = rounds;
    while (rounds < before + 2 * kThreads) std::this_thread::yield();
    EXPECT_EQ(api().load_weights(plugin, view(files[load % 2]), nullptr, nullptr), BARKER_OK);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (const size_t f : failures) EXPECT_EQ(f, 0u);
  barker_learning learning{};
  learning.struct_size = sizeof learning;
  ASSERT_EQ(learn().read(plugin, BARKER_ROLE_SERVING, &learning), BARKER_OK);
  for (const std::string& state : states) EXPECT_EQ(state.size(), learning.state_size);
  barker_stats stats{};
  stats.struct_size = sizeof stats;
  ASSERT_EQ(api().stats(plugin, &stats), BARKER_OK);
  EXPECT_EQ(stats.user_states_learned, rounds);
  EXPECT_EQ(stats.user_states_damaged, 0u);
  EXPECT_GT(stats.user_states_other_tower, 0u) << "states outlived their tower";
  EXPECT_GT(stats.user_states, 0u);
  api().destroy(plugin);
}

}  // namespace
}  // namespace barker
