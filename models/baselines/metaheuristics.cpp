#include "models/baselines/metaheuristics.h"

#include <algorithm>
#include <cmath>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/de.hpp>
#include <pagmo/algorithms/pso_gen.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <utility>

#include "models/base/random.h"

namespace barker {
namespace {

// The function as pagmo wants it.
struct BoxProblem {
  Box box;
  Objective objective;

  pagmo::vector_double fitness(const pagmo::vector_double& point) const {
    return {objective(point)};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {box.low, box.high};
  }
};

std::vector<double> best_of(pagmo::algorithm algorithm, const Box& box, const Objective& objective,
                            const SearchBudget& budget, uint64_t seed) {
  const auto short_seed = static_cast<unsigned>(seed);
  pagmo::population members(pagmo::problem(BoxProblem{box, objective}), budget.members, short_seed);
  return algorithm.evolve(members).champion_x();
}

}  // namespace

std::vector<double> differential_evolution(const Box& box, const Objective& objective,
                                           const SearchBudget& budget, uint64_t seed) {
  const pagmo::de de(budget.generations, 0.8, 0.9, 2, 0, 0, static_cast<unsigned>(seed));
  return best_of(pagmo::algorithm(de), box, objective, budget, seed);
}

std::vector<double> particle_swarm(const Box& box, const Objective& objective,
                                   const SearchBudget& budget, uint64_t seed) {
  // Variant 5 is the canonical swarm with constriction; particles see their four neighbours.
  const pagmo::pso_gen swarm(budget.generations, 0.7298, 2.05, 2.05, 0.5, 5, 2, 4, false,
                             static_cast<unsigned>(seed));
  return best_of(pagmo::algorithm(swarm), box, objective, budget, seed);
}

namespace {

constexpr double kPulseRate = 0.5;

struct Bat {
  std::vector<double> at, velocity;
  double value = 0, loudness = 0.9, pulse_rate = kPulseRate;
};

class Bats {
 public:
  Bats(const Box& box, const Objective& objective, uint32_t members, uint64_t seed)
      : box_(box), objective_(objective), random_(seed, 1) {
    for (uint32_t b = 0; b < members; ++b) {
      Bat bat;
      for (size_t i = 0; i < box.low.size(); ++i) {
        bat.at.push_back(box.low[i] + random_.uniform() * width(i));
      }
      bat.velocity.resize(bat.at.size());
      bat.value = objective(bat.at);
      if (b == 0 || bat.value < best_value_) remember(bat.at, bat.value);
      bats_.push_back(std::move(bat));
    }
  }

  void move(uint32_t generation) {
    constexpr double kQuieter = 0.9, kGamma = 0.9;
    double loudness = 0;
    for (const Bat& bat : bats_) loudness += bat.loudness / static_cast<double>(bats_.size());
    for (Bat& bat : bats_) {
      std::vector<double> next = flown(bat);
      // A bat that sends few pulses looks around the best place instead.
      if (random_.uniform() > bat.pulse_rate) next = around_best(loudness);
      const double value = objective_(next);
      if (value <= bat.value && random_.chance(bat.loudness)) {
        bat.at = next;
        bat.value = value;
        bat.loudness *= kQuieter;
        bat.pulse_rate = kPulseRate * (1 - std::exp(-kGamma * generation));
      }
      if (value < best_value_) remember(next, value);
    }
  }

  const std::vector<double>& best() const { return best_; }

 private:
  double width(size_t i) const { return box_.high[i] - box_.low[i]; }

  std::vector<double> flown(Bat& bat) {
    constexpr double kMostFrequency = 2;
    std::vector<double> next = bat.at;
    const double frequency = kMostFrequency * random_.uniform();
    for (size_t i = 0; i < next.size(); ++i) {
      bat.velocity[i] += (best_[i] - bat.at[i]) * frequency;
      next[i] = std::clamp(bat.at[i] + bat.velocity[i], box_.low[i], box_.high[i]);
    }
    return next;
  }

  std::vector<double> around_best(double loudness) {
    constexpr double kReach = 0.1;  // of the box's width
    std::vector<double> next = best_;
    for (size_t i = 0; i < next.size(); ++i) {
      const double step = (2 * random_.uniform() - 1) * loudness * kReach * width(i);
      next[i] = std::clamp(next[i] + step, box_.low[i], box_.high[i]);
    }
    return next;
  }

  void remember(const std::vector<double>& at, double value) {
    best_ = at;
    best_value_ = value;
  }

  const Box& box_;
  const Objective& objective_;
  Random random_;
  std::vector<Bat> bats_;
  std::vector<double> best_;
  double best_value_ = 0;
};

}  // namespace

std::vector<double> bat_algorithm(const Box& box, const Objective& objective,
                                  const SearchBudget& budget, uint64_t seed) {
  Bats bats(box, objective, budget.members, seed);
  for (uint32_t g = 1; g <= budget.generations; ++g) bats.move(g);
  return bats.best();
}

}  // namespace barker
