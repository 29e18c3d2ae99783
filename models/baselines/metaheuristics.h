// Searches for the least value of a function in a box, which need no gradient: those that the
// sources of Table 4's competitors name. Only metaheuristics.cpp sees pagmo's headers.
//
// The function is called one call at a time, from the caller's thread. Equal seeds give equal
// points.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace barker {

struct Box {
  std::vector<double> low, high;  // one a coordinate; low[i] < high[i]
};

// Of a point in the box; finite.
using Objective = std::function<double(const std::vector<double>&)>;

// The function is called about members * (generations + 1) times.
struct SearchBudget {
  uint32_t members = 8;  // at least 5
  uint32_t generations = 6;
};

// Differential evolution, rand/1/exp of Storn and Price 1997 (pagmo's `de`).
std::vector<double> differential_evolution(const Box& box, const Objective& objective,
                                           const SearchBudget& budget, uint64_t seed);

// A swarm with constriction .73 over two accelerations of 2.05 (Clerc and Kennedy 2002; pagmo's
// `pso_gen`).
std::vector<double> particle_swarm(const Box& box, const Objective& objective,
                                   const SearchBudget& budget, uint64_t seed);

// Bats with frequencies in [0, 2], loudness .9 and pulse rate .5 at first (Yang 2010). pagmo has
// none.
std::vector<double> bat_algorithm(const Box& box, const Objective& objective,
                                  const SearchBudget& budget, uint64_t seed);

}  // namespace barker
