// Memory that runs out and system calls that fail, at any place, while a plugin loads and answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "tests/models/base/system_calls.h"
#include "tests/plugin/faults_fixture.h"

namespace barker {
namespace {

TEST_F(Faults, OfOneAllocationCostAQueryItsRescoringAtMost) {
  NEEDS_FAILING_NEW;
  const std::string expected = answer_of(0);
  int bypassed = 0, n = 1;
  for (bool failed = true; failed; ++n) {
    barker_plugin* plugin = make();
    int32_t code = -1;
    failed = with_failing_allocation(n, false, [&] { code = asker_.call(plugin); });
    ASSERT_EQ(code, BARKER_OK) << n;
    if (asker_.response.status == BARKER_STATUS_BYPASSED) {
      ++bypassed;
      EXPECT_EQ(asker_.response.reason, BARKER_REASON_INTERNAL) << n;
      EXPECT_EQ(asker_.title(0), plain_) << n;
      for (size_t i = 0; i < asker_.results.size(); ++i) EXPECT_EQ(asker_.results[i].ad, i) << n;
    } else {
      EXPECT_EQ(asker_.answer(), expected) << n;
    }
    EXPECT_TRUE(asker_.ask(plugin)) << n;  // the next one is as if nothing had been
    EXPECT_EQ(asker_.answer(), expected) << n;
    api().destroy(plugin);
  }
  std::printf("%d places, %d queries bypassed\n", n - 2, bypassed);
  EXPECT_GT(bypassed, 20);
}

TEST_F(Faults, OfAllAllocationsNeverCrashAQuery) {
  NEEDS_FAILING_NEW;
  const std::string expected = answer_of(0);
  int refused = 0, n = 1;
  for (bool failed = true; failed; ++n) {
    barker_plugin* plugin = make();
    int32_t code = -1;
    failed = with_failing_allocation(n, true, [&] { code = asker_.call(plugin); });
    EXPECT_TRUE(code == BARKER_OK || code == BARKER_E_INTERNAL) << n << ": " << code;
    refused += code != BARKER_OK;
    EXPECT_TRUE(asker_.ask(plugin)) << n;
    EXPECT_EQ(asker_.answer(), expected) << n;
    api().destroy(plugin);
  }
  std::printf("%d places, %d queries refused\n", n - 2, refused);
}

TEST_F(Faults, OfAllocationsNeverCrashAnExplanation) {
  NEEDS_FAILING_NEW;
  const auto& explain =
      *static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  for (const bool for_good : {false, true}) {
    barker_plugin* plugin = make();
    EXPECT_TRUE(asker_.ask(plugin));  // takes the scratch memory that every query needs
    barker_string whole{};
    ASSERT_EQ(explain.explain(plugin, &asker_.request, &whole, nullptr), BARKER_OK);
    int n = 1, without = 0;
    for (bool failed = true; failed; ++n) {
      barker_string json{};
      int32_t code = -1;
      failed = with_failing_allocation(
          n, for_good, [&] { code = explain.explain(plugin, &asker_.request, &json, nullptr); });
      if (code == BARKER_OK) {
        EXPECT_EQ(std::string_view(json.data, json.size), std::string_view(whole.data, whole.size))
            << n;
      } else {
        EXPECT_EQ(code, BARKER_E_INTERNAL) << n;
        ++without;
      }
      explain.release(json);
    }
    std::printf("%d places, %d calls without an explanation\n", n - 2, without);
    EXPECT_GT(without, 20);
    explain.release(whole);
    api().destroy(plugin);
  }
}

// What a plugin serves, with which weights, and which catalogues it has.
struct State {
  uint64_t serving, canary;
  int32_t status;
  std::string answer;
  std::string by_number;  // the answers to pages that name the ads of each catalogue by number
  bool operator==(const State&) const = default;
};

class ControlFaults : public Faults {
 protected:
  ControlFaults() {
    for (size_t i = 0; i < numbered_.ads.size(); ++i) {
      barker_ad& ad = numbered_.ads[i];
      ad = {};
      ad.struct_size = sizeof ad;
      ad.catalogue_ad = i + 1;
      ad.first_pass_score = ad.bid = 1;
    }
    replacements_ = {asker_.ads[0], asker_.ads[1]};
    replacements_[0].catalogue_ad = 2;
    replacements_[1].catalogue_ad = asker_.ads.size() + 1;  // an ad more
  }

  struct Deed {
    const char* name;
    std::function<int32_t(barker_plugin*)> run;
  };
  // Each from the same beginning: the second weights serve, the first are kept, and there are a
  // canary and a catalogue.
  std::vector<Deed> deeds() const {
    const auto load_rules = [this](barker_plugin* plugin, const std::string& toml) {
      return rules_.load_rules(plugin, view(toml), nullptr);
    };
    const auto load = api().load_weights;
    return {
        {"load", [=, this](auto* p) { return load(p, view(files_[0]), nullptr, nullptr); }},
        {"canary", [this](auto* p) { return canary_.start(p, view(files_[1]), nullptr, nullptr); }},
        {"promote", [this](auto* p) { return canary_.promote(p, nullptr, nullptr); }},
        {"stop", [this](auto* p) { return canary_.stop(p, nullptr); }},
        {"shares", [this](auto* p) { return canary_.set_shares(p, 0, 0, nullptr); }},
        {"rollback", [](auto* p) { return api().rollback(p, nullptr, nullptr); }},
        {"claims", [=, this](auto* p) { return load_rules(p, claims_); }},
        {"off", [=, this](auto* p) { return load_rules(p, off_); }},
        {"add", [this](auto* p) { return add(p); }},
        {"upsert",
         [this](auto* p) {
           uint64_t changed = 0;
           return catalogue_.upsert(p, kHandle, replacements_.data(), replacements_.size(),
                                    sizeof(barker_ad), &changed, nullptr);
         }},
        {"remove",
         [this](auto* p) {
           uint64_t changed = 0;
           return catalogue_.remove(p, kHandle, removed_, std::size(removed_), &changed, nullptr);
         }},
        {"release", [this](auto* p) { return catalogue_.release(p, kHandle, nullptr); }}};
  }
  int32_t add(barker_plugin* plugin) const {
    uint64_t handle = 0;
    return catalogue_.add(plugin, asker_.ads.data(), asker_.ads.size(), sizeof(barker_ad), &handle,
                          nullptr);
  }
  barker_plugin* begin() const {
    barker_plugin* plugin = make_plugin(config_ + "[canary]\nserved = 1\n");
    for (const std::string& file : files_) {
      EXPECT_EQ(api().load_weights(plugin, view(file), nullptr, nullptr), BARKER_OK);
    }
    EXPECT_EQ(canary_.start(plugin, view(files_[0]), nullptr, nullptr), BARKER_OK);
    EXPECT_EQ(add(plugin), BARKER_OK);
    return plugin;
  }
  State state_of(barker_plugin* plugin) {
    barker_generation_stats stats[2] = {};
    for (int32_t role : {BARKER_ROLE_SERVING, BARKER_ROLE_CANARY}) {
      stats[role].struct_size = sizeof stats[role];
      EXPECT_EQ(canary_.read_generation(plugin, role, &stats[role]), BARKER_OK);
    }
    EXPECT_EQ(asker_.call(plugin), BARKER_OK);
    return {stats[0].generation, stats[1].generation, asker_.response.status, asker_.answer(),
            by_number(plugin)};
  }
  // Of the catalogue that is there at the beginning and of the next one, each asked by a user of
  // the canary and by a stranger, as one ad less and as all. What is refused gives its code.
  std::string by_number(barker_plugin* plugin) {
    std::string all;
    for (const uint64_t handle : {kHandle, kHandle + 1}) {
      for (const std::string& user : {user_, std::string()}) {
        for (const size_t first : {2, 3}) {  // the third of the ads may be removed
          numbered_.ads[2].catalogue_ad = first;
          numbered_.request.catalogue = handle;
          numbered_.request.user = view(user);
          const int32_t code = numbered_.call(plugin);
          all += std::to_string(code) + ":" + (code == BARKER_OK ? numbered_.answer() : "") + "\n";
        }
      }
    }
    return all;
  }
  // What serves after a rollback: whether the way back was kept.
  State back_of(barker_plugin* plugin) {
    EXPECT_EQ(api().rollback(plugin, nullptr, nullptr), BARKER_OK);
    return state_of(plugin);
  }

  static constexpr uint64_t kHandle = 1;  // of the first catalogue of a plugin
  const uint64_t removed_[1] = {3};
  const std::string user_ = "somebody";
  std::vector<barker_ad> replacements_;
  Asker numbered_{2, user_};
  const barker_catalogue& catalogue_ =
      *static_cast<const barker_catalogue*>(api().get_extension(BARKER_EXT_CATALOGUE));
  const std::string claims_ = "[[forbid]]\npattern = 'word'\n", off_ = "off = true";
  const barker_canary& canary_ =
      *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  const barker_rules& rules_ =
      *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
};

TEST_F(ControlFaults, OfAnAllocationLeaveWhatWasBeforeOrWhatWasAskedFor) {
  NEEDS_FAILING_NEW;
  for (const Deed& deed : deeds()) {
    barker_plugin* whole = begin();
    const State before = state_of(whole);
    ASSERT_EQ(deed.run(whole), BARKER_OK) << deed.name;
    const State after = state_of(whole), back = back_of(whole);
    EXPECT_NE(after, before) << deed.name << " changes nothing, so this proves nothing";
    api().destroy(whole);
    int n = 1, refused = 0;
    for (bool failed = true; failed; ++n) {
      barker_plugin* plugin = begin();
      int32_t code = -1;
      failed = with_failing_allocation(n, false, [&] { code = deed.run(plugin); });
      EXPECT_EQ(state_of(plugin), code == BARKER_OK ? after : before) << deed.name << n;
      if (code != BARKER_OK) {
        ++refused;
        EXPECT_EQ(deed.run(plugin), BARKER_OK) << deed.name << n;
        EXPECT_EQ(state_of(plugin), after) << deed.name << n;
      }
      EXPECT_EQ(back_of(plugin), back) << deed.name << n;
      api().destroy(plugin);
    }
    std::printf("%s: %d places, %d refused\n", deed.name, n - 2, refused);
    EXPECT_GE(refused, 1) << deed.name;
  }
}

// Loads the second weights over the first as the test below does.
void swap_once(const std::string& config, const std::string (&files)[2], Asker& asker) {
  barker_plugin* plugin = make_plugin(config);
  for (const std::string& file : files) {
    EXPECT_EQ(api().load_weights(plugin, view(file), nullptr, nullptr), BARKER_OK);
    EXPECT_TRUE(asker.ask(plugin));
  }
  api().destroy(plugin);
}

TEST_F(Faults, OfSystemCallsWhileWeightsAreSwappedLeaveTheOldOrTheNewOnes) {
  const std::string before = answer_of(0), after = answer_of(1);
  for (const char* memory : {"mapped", "copied"}) {
    // A swap without faults comes first: ThreadSanitizer maps memory for call stacks that it sees
    // for the first time, and ends the process where its own calls fail.
    swap_once("memory = '" + std::string(memory) + "'\n" + config_, files_, asker_);
    int n = 1, refused = 0;
    for (bool happened = true; happened; ++n) {
      barker_plugin* plugin = make_plugin("memory = '" + std::string(memory) + "'\n" + config_);
      ASSERT_EQ(api().load_weights(plugin, view(files_[0]), nullptr, nullptr), BARKER_OK);
      ASSERT_TRUE(asker_.ask(plugin));
      const int error = n % 3 == 0 ? ENOMEM : n % 3 == 1 ? EIO : EMFILE;
      const Traced traced = run_traced(
          [&] {
            const int32_t code = api().load_weights(plugin, view(files_[1]), nullptr, nullptr);
            if (!asker_.ask(plugin)) return 2;
            if (asker_.answer() != (code == BARKER_OK ? after : before)) return 3;
            return code == BARKER_OK ? 0 : 1;
          },
          {Fault::Kind::kError, n, error});
      if (!traced.possible) GTEST_SKIP() << "this machine lets nobody trace";
      happened = traced.happened;
      EXPECT_FALSE(traced.killed) << memory << " " << n << ": signal " << traced.signal
                                  << " after call " << traced.number;
      EXPECT_LE(traced.code, 1) << memory << n << " call " << traced.number;
      refused += traced.code == 1;
      api().destroy(plugin);
    }
    std::printf("%s: %d system calls, %d of them refused the load\n", memory, n - 2, refused);
    EXPECT_GE(refused, 3) << memory;
  }
}

}  // namespace
}  // namespace barker
