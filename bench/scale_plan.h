// The plan of index/SCALE.md as arithmetic: what a number of shards needs in cores, memory and
// bytes, from figures that were measured for one core and one agent. No measurement happens here.
#pragma once

#include <cstddef>

#include "bench/fan_out.h"

namespace barker {

// What has to be served.
struct Goal {
  double ads = 1e9, searches_per_second = 1e5;
  size_t page = 10;  // ads of a page
};

// What was measured, and where bench/RESULTS.md or index/SCALE.md says so.
struct Figures {
  // First pass over a rich catalogue of `first_pass_ads`, and by how much its median grows with
  // each tenfold of the ads.
  double first_pass_ads = 1e6, first_pass_p50_us = 253, first_pass_p99_us = 1014;
  double growth_per_tenfold = 1.64;
  double rescore_10_us = 37, rescore_50_us = 146;  // one call of the plugin
  double http_us = 100;  // each end of a request: `barker serve` takes 224 us and its search 124
  double page_json_us = 20;   // a page as JSON: 144 - 124 us
  double index_bytes = 646;   // of an ad in the page cache
  double plugin_bytes = 242;  // of an ad registered with the plugin, with two generations
  double build_us = 53;       // to index an ad, by one process on two cores
  // While weights, rules and catalogue change every second, 1% of the requests take so much longer.
  double pause_share = .01, pause_us = 4700;
};

// A machine, and how much of it is to be used.
struct Machine {
  double cores = 32, bytes = 256e9;
  double most_load = .5;  // of its cores, so that the other replicas can take a dead one's work
  double most_memory = .8;
};

struct Plan {
  double ads_per_shard = 0;
  size_t window = 0;        // ads that each shard rescores
  double lost = 0;          // ads of the best 50 that are in no shard's window, a search
  ServiceTime agent;        // work of an agent for a search, without pauses
  double broker_us = 0;     // work of a broker for a search
  size_t replicas = 0;      // machines of a shard
  double memory_share = 0;  // of such a machine, without the room that is left
  double agent_cores = 0, broker_cores = 0;  // busy, in all
  size_t machines = 0;                       // of shards and brokers
  double build_hours = 0;                    // one shard, one process
};

// Needs at least 1 shard. Replicas are as many as the load takes, and one more.
Plan plan_shards(const Goal& goal, const Figures& figures, const Machine& machine, size_t shards);

// The least window with which no more than `most_lost` of the best 50 ads of all shards are
// missing, when ads are spread over shards by a hash: the number of them in one shard is binomial.
size_t least_window(size_t shards, double most_lost);
// How many of the best 50 are missing, on average, with such a window.
double lost_ads(size_t shards, size_t window);

}  // namespace barker
