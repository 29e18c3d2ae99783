// Event logs of an experiment in a world with known truth.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/experiment/log_report.h"
#include "tests/models/base/temporary_path.h"
#include "tests/repetitions.h"

namespace barker {

inline constexpr int64_t kStart = 1'790'000'000'000, kDay = 86'400'000;
// Some effects show only among many users.
inline constexpr int kManyUsers = kIsSanitized ? 1500 : 3000;

struct LogWorld {
  int users = kIsSanitized ? 500 : 1500;
  double lift = 0;                 // of the arm "two" over "one"
  double without_digest = 0;       // share of the pages that name no weights, though others do
  bool digests_come_late = false;  // no page names weights until the third week ends
  double lost = 0;                 // share of the users of "two" whose lines are lost
  bool weights_change = false;
  bool restarts = false;  // halfway, and generations are counted from 7 again
  bool has_digests = false;
  bool has_policies = false;
  bool older_servers = false;   // name no policy, and answered all pages until the weights change
  bool policy_changes = false;  // of the arm "two", on the third day of the experiment
  double other_server = 0;      // share of the pages of a server on which "two" is as it was before
  double opt_outs = 0, more_opt_outs = 0;  // share of the users, and how much larger in "two"
  double slower = 0;  // milliseconds that a page of "two" takes longer than the 4 of "one"
  bool tied = false;  // a second experiment follows the arms of the first
  uint64_t seed = 1;
};

// Two weeks before the experiment and two weeks of it. Lines are in no order.
inline std::vector<std::string> lines_of(const LogWorld& world) {
  Random random(world.seed, 5);
  std::vector<std::string> lines;
  for (int u = 0; u < world.users; ++u) {
    const double rate = .05 * random.gamma(1);
    const bool two = random.chance(.5);
    const bool other = world.tied ? two : random.chance(.5);
    if (two && random.chance(world.lost)) continue;
    const double leaves = world.opt_outs + (two ? world.more_opt_outs : 0);
    const bool opts_out = leaves > 0 && random.chance(leaves);
    const uint64_t pages = 2 + random.poisson(8);
    for (uint64_t k = 0; k < pages; ++k) {
      RawImpression page;
      page.request = "r" + std::to_string(u) + "-" + std::to_string(k);
      page.time = kStart + static_cast<int64_t>(random.uniform() * 28 * kDay);
      (u % 10 == 0 ? page.visitor : page.user) = "u" + std::to_string(u);
      const bool is_changed = page.time > kStart + 21 * kDay;
      page.generation = world.weights_change && is_changed && !world.restarts ? 8 : 7;
      if (world.has_digests) {
        page.weights = world.weights_change && is_changed ? "00000000000000bb" : "ffffffffffffffaa";
        // Another process may count the same weights otherwise.
        if (world.restarts && u % 2 == 0) ++page.generation;
        if (world.restarts && u % 5 == 0) page.weights.clear();  // of a server that logs none
        if (static_cast<double>(k % 10) < 10 * world.without_digest) page.weights.clear();
        if (world.digests_come_late && !is_changed) page.weights.clear();
      }
      if (world.slower > 0) page.took_us = 1000 * (4 + random.uniform() + (two ? world.slower : 0));
      if (u % 3 == 0) page.user_keywords = {"waterproof"};
      const bool live = page.time >= kStart + 14 * kDay;
      if (live) {
        page.arms = {{"titles", "points", two ? "two" : "one"},
                     {"bids", "floor", other ? "high" : "low"}};
        if (world.has_policies) {
          // Each server takes the change at a moment of its own.
          const int64_t late = u % 3 * 20'000;
          const bool is_new = world.policy_changes && page.time > kStart + 17 * kDay + late &&
                              !random.chance(world.other_server);
          page.arms[0].policy = !two ? "0000000000000001" : is_new ? "b2b2" : "a1a1";
          page.arms[1].policy = "0000000000000002";
          if (world.older_servers && !is_changed) {
            for (RawArm& arm : page.arms) arm.policy.clear();
          }
        }
      }
      const double p = rate * (live && two ? 1 + world.lift : 1);
      for (uint32_t position = 1; position <= 4; ++position) {
        RawAd ad;
        ad.id = "a" + std::to_string(position);
        ad.position = position;
        ad.price = .5;
        page.ads.push_back(ad);
        if (!random.chance(p)) continue;
        RawClick click;
        click.event = page.request + ad.id;
        click.request = page.request;
        click.time = page.time + 5000;
        click.object = ad.id;
        lines.push_back(to_line(click));
      }
      lines.push_back(to_line(page));
      if (live && opts_out) {  // two days later, and sent twice
        const RawOptOut opt_out{"o" + page.request, page.time + 2 * kDay, page.request};
        lines.push_back(to_line(opt_out));
        lines.push_back(to_line(opt_out));
      }
    }
  }
  return lines;
}

inline std::string written(const std::vector<std::string>& lines, const char* name = "raw.jsonl") {
  const std::string path = temporary_path(name);
  std::ofstream out(path, std::ios::binary);
  for (const std::string& line : lines) out << line;
  return path;
}

inline ExperimentLogReport report_of(const LogWorld& world, LogReportOptions options = {}) {
  Result<ExperimentLogReport> report = report_logs({written(lines_of(world))}, options);
  EXPECT_TRUE(report.ok()) << report.status().message();
  return report.ok() ? std::move(*report) : ExperimentLogReport();
}

}  // namespace barker
