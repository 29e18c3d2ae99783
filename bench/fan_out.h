// A simulation of the queues of an engine with shards: searches come at random, each of them asks
// every shard, and it is answered when its slowest shard is. It gives the tail that index/SCALE.md
// plans with. Equal options give equal numbers on every machine.
//
// A shard has replicas, and a replica has cores and one queue, first come first served. A request
// of a shard goes to a replica at random; after `hedge_after_us` without an answer a copy goes to
// another one, and the first answer counts. A copy that still waits when the other one is answered
// is taken out of its queue; one that runs runs to its end, as servers do that cannot be
// interrupted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/base/random.h"
#include "models/base/result.h"

namespace barker {

// How long a core works for a request, in microseconds.
struct ServiceTime {
  enum class Kind { kExponential, kConstant, kLognormal };
  Kind kind = Kind::kExponential;
  double mean_us = 1000;
  double spread = 0;       // of kLognormal: standard deviation of the logarithm
  double constant_us = 0;  // of every request, beside what is drawn
  // This share of the requests takes longer by so much: a page fault, a swap of the index, another
  // process on the core.
  double pause_share = 0, pause_us = 0;

  // A lognormal time with the median and the 99th percentile that were measured.
  static ServiceTime measured(double p50_us, double p99_us);
  double expected_us() const { return mean_us + constant_us + pause_share * pause_us; }
  double draw_work(Random& random) const;   // without pauses
  double draw_pause(Random& random) const;  // 0 where there is none
};

struct FanOut {
  size_t shards = 1, replicas = 1, cores = 1;  // replicas of each shard, cores of each replica
  double searches_per_second = 100;
  ServiceTime service;
  // The work is that of the search and the same on every shard and for every copy: a query with
  // many words is hard everywhere, so that another replica does not answer it sooner. Pauses are
  // not.
  bool same_work = false;
  double hedge_after_us = 0;  // 0: a request is asked of one replica only
  size_t searches = 100'000;  // of which the first tenth is not counted: queues are empty then
  uint64_t seed = 1;

  // Share of the time in which a core works, without copies.
  double load() const;
};

struct Tail {
  double mean_us = 0, p50_us = 0, p99_us = 0, p999_us = 0;  // of searches, from asked to answered
  double wait_us =
      0;              // mean of a request of a shard before a core begins with the copy that counts
  double copies = 1;  // requests that were begun with, of each one that was needed
};

// An error names the option that is out of its range; a load of 1 or more has no tail.
Result<Tail> simulate_fan_out(const FanOut& options);

}  // namespace barker
