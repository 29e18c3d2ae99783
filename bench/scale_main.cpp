// Prints the tables of index/SCALE.md: what a number of shards needs, and the tails that a
// simulation of their queues gives (bench/fan_out.h). Numbers depend on the figures in
// bench/scale_plan.h and on no clock, so that a test compares them with the page.
//
//   scale_plan
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "bench/fan_out.h"
#include "bench/scale_plan.h"

namespace barker {
namespace {

constexpr size_t kShards[] = {10, 20, 50, 100};
constexpr size_t kChosen = 20;
// Requests of a shard are thinned for the simulation: fewer cores at the same load. 8 cores wait
// more often than 32 do, so that the tails are rather too long than too short.
constexpr size_t kSimulatedCores = 8, kSearches = 20'000;

Tail simulated(const FanOut& options) {
  const Result<Tail> tail = simulate_fan_out(options);
  if (tail.ok()) return *tail;
  std::fprintf(stderr, "scale_plan: %s\n", tail.status().message().c_str());
  std::exit(70);
}

// The shards of a plan at a load, with so many of their replicas alive.
FanOut queues(const Plan& plan, size_t shards, size_t replicas, double load) {
  FanOut options;
  options.shards = shards;
  options.replicas = replicas;
  options.cores = kSimulatedCores;
  options.service = plan.agent;
  options.service.pause_share = Figures().pause_share;
  options.service.pause_us = Figures().pause_us;
  options.same_work = true;
  options.searches = kSearches;
  options.searches_per_second =
      load * 1e6 * static_cast<double>(replicas * options.cores) / options.service.expected_us();
  return options;
}

// A copy is sent when 95 of 100 requests without a pause would have been answered.
double hedge_after_us(const Plan& plan) {
  const double p95 = 1.6449 * plan.agent.spread - plan.agent.spread * plan.agent.spread / 2;
  return plan.agent.constant_us + plan.agent.mean_us * std::exp(p95);
}

void print_needs() {
  std::printf(
      "| shards | ads of a shard | window | lost of 50 | agent, us of CPU | broker, us of CPU | "
      "busy cores of agents | of brokers | replicas | memory | machines | hours to index |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const size_t shards : kShards) {
    const Plan plan = plan_shards(Goal(), Figures(), Machine(), shards);
    std::printf(
        "| %zu | %.0f M | %zu | %.3f | %.0f | %.0f | %.0f | %.0f | %zu | %.0f%% | %zu | %.1f |\n",
        shards, plan.ads_per_shard / 1e6, plan.window, plan.lost, plan.agent.expected_us(),
        plan.broker_us, plan.agent_cores, plan.broker_cores, plan.replicas, 100 * plan.memory_share,
        plan.machines, plan.build_hours);
  }
}

void print_row(const char* name, const Plan& plan, FanOut options) {
  const Tail plain = simulated(options);
  options.hedge_after_us = hedge_after_us(plan);
  const Tail hedged = simulated(options);
  std::printf("| %s | %.1f / %.1f / %.1f | %.1f / %.1f / %.1f | %.1f%% |\n", name,
              plain.p50_us / 1e3, plain.p99_us / 1e3, plain.p999_us / 1e3, hedged.p50_us / 1e3,
              hedged.p99_us / 1e3, hedged.p999_us / 1e3, 100 * (hedged.copies - 1));
}

void print_tails() {
  std::printf(
      "\n| | p50 / p99 / p99.9, ms | with a copy to another replica | more work |\n"
      "|---|---|---|---|\n");
  char name[64];
  for (const size_t shards : kShards) {
    const Plan plan = plan_shards(Goal(), Figures(), Machine(), shards);
    std::snprintf(name, sizeof name, "%zu shards, load 50%%", shards);
    print_row(name, plan, queues(plan, shards, 4, .5));
  }
  const Plan plan = plan_shards(Goal(), Figures(), Machine(), kChosen);
  for (const double load : {.3, .7, .8, .9}) {
    std::snprintf(name, sizeof name, "%zu shards, load %.0f%%", kChosen, 100 * load);
    print_row(name, plan, queues(plan, kChosen, 4, load));
  }
  // The searches of four replicas, asked of three and of two.
  for (const size_t alive : {3, 2}) {
    FanOut fewer = queues(plan, kChosen, 4, .45);
    fewer.replicas = alive;
    std::snprintf(name, sizeof name, "%zu shards, load 45%%, %zu of 4 replicas alive", kChosen,
                  alive);
    print_row(name, plan, fewer);
  }
}

}  // namespace
}  // namespace barker

int main() {
  barker::print_needs();
  barker::print_tails();
  return 0;
}
