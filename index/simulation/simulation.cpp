#include "index/simulation/simulation.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "index/simulation/blocks.h"
#include "models/base/output_file.h"

namespace barker {
namespace {

// A shopper between two days.
struct State {
  std::deque<std::string> history, clicked_sfs;
  uint64_t searches = 0, bypassed = 0;  // pages; and those that the plugin did not rescore
};

// One thread's part of a day.
class Day {
 public:
  Day(const SimulationOptions& options, const Shop& shop, const Engine& engine, uint32_t day)
      : o_(options), market_(shop.market()), session_(shop, engine), day_(day) {}

  // Lets one shopper search. The lines of the raw log are appended to `log` if there is to be one.
  Status run(uint32_t number, State& state, std::string& arm, ShopperTotals& totals,
             std::string* log) {
    Shopper shopper = market_.shoppers()[number];
    shopper.history = std::move(state.history);
    shopper.clicked_sfs = std::move(state.clicked_sfs);
    if (day_ == 0) remember_the_past(market_, o_.seed, number, o_.past, shopper);
    Random random = random_of_shopper(o_.seed, number, day_);
    const uint64_t searches = random.poisson(o_.searches);
    // Shoppers come one after the other over the day, so that the log is nearly in time order.
    int64_t time = kFirstDay + kDaySeconds * day_ +
                   kDaySeconds * number / static_cast<int64_t>(market_.shoppers().size());
    for (uint64_t i = 0; i < searches; ++i, time += 60) {
      const Visit visit = {"s" + std::to_string(number) + "-" + std::to_string(state.searches++),
                           time};
      if (Status s = session_.search(shopper, visit, random, totals, log); !s.ok()) return s;
      state.bypassed += session_.page().status == "bypassed";
      const std::vector<ArmShown>& arms = session_.page().arms;
      if (!arms.empty()) arm = arms[0].experiment + "/" + arms[0].arm;
    }
    state.history = std::move(shopper.history);
    state.clicked_sfs = std::move(shopper.clicked_sfs);
    return {};
  }

 private:
  const SimulationOptions& o_;
  const Market& market_;
  ShoppingSession session_;
  const uint32_t day_;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : o_(options),
        market_(options.market),
        shop_(market_, options.shopping),
        states_(market_.shoppers().size()),
        arms_(states_.size()) {
    result_.totals.resize(states_.size());
  }

  Result<SimulationResult> run() {
    Result<std::unique_ptr<Engine>> engine = Engine::open(o_.engine);
    if (!engine.ok()) return engine.status();
    std::optional<OutputFile> log;
    if (!o_.log.empty()) log.emplace(o_.log);
    for (uint32_t day = 0; day < o_.days; ++day) {
      texts_.assign(blocks_of(states_.size()), {});
      if (Status s = run_day(**engine, day, log.has_value()); !s.ok()) return s;
      for (const std::string& text : texts_) {
        if (log) log->write(text);
      }
      if (log && !log->status().ok()) return log->status();
    }
    if (log) {
      if (Status s = log->close(); !s.ok()) return s;
    }
    for (const State& state : states_) {
      result_.searches += state.searches;
      result_.bypassed += state.bypassed;
    }
    number_arms();
    return std::move(result_);
  }

 private:
  Status run_day(const Engine& engine, uint32_t day, bool writes_log) {
    const size_t blocks = texts_.size();
    return run_blocks(
        0, blocks, o_.threads, [&] { return Day(o_, shop_, engine, day); },
        [&](Day& thread, size_t block) { return run_block(thread, block, writes_log); },
        [&](const Day&, size_t block) {
          if (!o_.progress || block % 16 != 0) return;
          o_.progress((day + static_cast<double>(block) / static_cast<double>(blocks)) / o_.days);
        });
  }

  Status run_block(Day& thread, size_t block, bool writes_log) {
    const size_t end = std::min(states_.size(), (block + 1) * kBlock);
    for (size_t u = block * kBlock; u < end; ++u) {
      Status s = thread.run(static_cast<uint32_t>(u), states_[u], arms_[u], result_.totals[u],
                            writes_log ? &texts_[block] : nullptr);
      if (!s.ok()) return s;
    }
    return {};
  }

  // A shopper without a search has no arm and no impressions, so that no sum holds one.
  void number_arms() {
    result_.arms = arms_;
    result_.arms.emplace_back();
    std::ranges::sort(result_.arms);
    result_.arms.erase(std::unique(result_.arms.begin(), result_.arms.end()), result_.arms.end());
    for (size_t u = 0; u < arms_.size(); ++u) {
      const auto at = std::ranges::lower_bound(result_.arms, arms_[u]);
      result_.arm.push_back(static_cast<uint32_t>(at - result_.arms.begin()));
    }
  }

  const SimulationOptions& o_;
  const Market market_;
  const Shop shop_;
  std::vector<State> states_;
  std::vector<std::string> arms_;   // of the shoppers, by name
  std::vector<std::string> texts_;  // log lines of today, by block
  SimulationResult result_;
};

}  // namespace

Result<SimulationResult> simulate(const SimulationOptions& options) {
  return Simulation(options).run();
}

}  // namespace barker
