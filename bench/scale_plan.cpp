#include "bench/scale_plan.h"

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

constexpr size_t kBest = 50;  // the window that one machine would rescore

}  // namespace

double lost_ads(size_t shards, size_t window) {
  if (shards == 1) return kBest > window ? static_cast<double>(kBest - window) : 0;
  // E[max(0, X - window)] of X binomial (50, 1 / shards), for each shard.
  const double p = 1 / static_cast<double>(shards);
  double probability = std::pow(1 - p, static_cast<double>(kBest));  // X = 0
  double beyond = 0;
  for (size_t count = 0; count <= kBest; ++count) {
    if (count > window) beyond += probability * static_cast<double>(count - window);
    probability *=
        static_cast<double>(kBest - count) / static_cast<double>(count + 1) * p / (1 - p);
  }
  return beyond * static_cast<double>(shards);
}

size_t least_window(size_t shards, double most_lost) {
  size_t window = 1;
  while (window < kBest && lost_ads(shards, window) > most_lost) ++window;
  return window;
}

Plan plan_shards(const Goal& goal, const Figures& figures, const Machine& machine, size_t shards) {
  const auto count = static_cast<double>(shards);
  Plan plan;
  plan.ads_per_shard = goal.ads / count;
  plan.window = least_window(shards, .01);
  plan.lost = lost_ads(shards, plan.window);

  const double tenfolds = std::log10(plan.ads_per_shard / figures.first_pass_ads);
  const double growth = std::pow(figures.growth_per_tenfold, tenfolds);
  const double first_pass_p50 = figures.first_pass_p50_us * growth;
  plan.agent = ServiceTime::measured(
      first_pass_p50, first_pass_p50 * figures.first_pass_p99_us / figures.first_pass_p50_us);
  // Between windows of 10 and 50 the call grows by the same for each ad.
  const double each_us = (figures.rescore_50_us - figures.rescore_10_us) / 40;
  const double rescore_us =
      figures.rescore_10_us + each_us * (static_cast<double>(plan.window) - 10);
  // Titles are fetched from the shards that have an ad on the page.
  const double fetches = count * (1 - std::pow(1 - 1 / count, static_cast<double>(goal.page)));
  plan.agent.constant_us = std::max(rescore_us, each_us) + figures.http_us * (1 + fetches / count);
  plan.broker_us = figures.http_us * (1 + count + fetches) + figures.page_json_us;

  plan.agent_cores = goal.searches_per_second * count * plan.agent.expected_us() / 1e6;
  plan.broker_cores = goal.searches_per_second * plan.broker_us / 1e6;
  const double usable = machine.cores * machine.most_load;
  plan.replicas = static_cast<size_t>(std::ceil(plan.agent_cores / count / usable)) + 1;
  plan.memory_share =
      plan.ads_per_shard * (figures.index_bytes + figures.plugin_bytes) / machine.bytes;
  plan.machines =
      shards * plan.replicas + static_cast<size_t>(std::ceil(plan.broker_cores / usable)) + 1;
  plan.build_hours = plan.ads_per_shard * figures.build_us / 1e6 / 3600;
  return plan;
}

}  // namespace barker
