// Random numbers that are the same on every machine. The generator is splitmix64 (Steele, Lea,
// Flood 2014). The transforms are our own, because those of the standard library differ between
// implementations. Each purpose has a stream of its own, so that a change to one part of a
// generator does not reshuffle the others.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace barker {

// splitmix64's finaliser: turns a number that may have a pattern into one that has none. It maps
// different numbers to different numbers.
constexpr uint64_t mix_bits(uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// splitmix64 adds this constant to its state for every number: 2^64 divided by the golden ratio.
inline constexpr uint64_t kRandomStep = 0x9E3779B97F4A7C15u;

// The next number of the splitmix64 stream whose state is `state`. Any start is a good one.
constexpr uint64_t next_random(uint64_t& state) noexcept { return mix_bits(state += kRandomStep); }

// Random bits as a number in [0, 1).
constexpr double unit_interval(uint64_t bits) noexcept {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

// One stream of numbers and of what is drawn with them. Not for several threads at once.
class Random {
 public:
  Random(uint64_t seed, uint64_t stream)
      : state_(seed * kRandomStep + stream * 0xD1B54A32D192ED03u) {}

  uint64_t next() { return next_random(state_); }
  double uniform() { return unit_interval(next()); }
  uint64_t below(uint64_t n) { return static_cast<uint64_t>(uniform() * static_cast<double>(n)); }
  bool chance(double p) { return uniform() < p; }
  double gumbel() { return -std::log(-std::log(uniform() + 0x1p-54)); }
  double normal() {  // Box and Muller's method, of whose two numbers one is used
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }
  // Shape > 0, scale 1 (Marsaglia and Tsang 2000).
  double gamma(double shape) {
    if (shape < 1) {
      const double boost = std::pow(1 - uniform(), 1 / shape);
      return gamma(shape + 1) * boost;
    }
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal(), v = std::pow(1 + c * x, 3);
      if (v > 0 && std::log(1 - uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
    }
  }
  uint64_t poisson(double mean) {
    uint64_t count = 0;
    // In parts of 30, because exp(-mean) would underflow for a large mean.
    for (; mean > 30; mean -= 30) count += poisson(30);
    const double limit = std::exp(-mean);
    for (double product = 1 - uniform(); product > limit; product *= 1 - uniform()) ++count;
    return count;
  }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace barker
