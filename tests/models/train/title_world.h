// A world in which some words earn clicks and some cost them, tested three titles at a time.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/data/title_tests.h"

namespace barker {

// `tests` tests, one at a time 0, 1, ... Words w0 to w4 raise the click rate by 35%, w5 to w9 lower
// it as much, the other thirty change nothing. Longer titles are no better.
inline std::vector<TestedTitle> title_world(uint32_t tests, uint64_t seed) {
  Random random(seed, 1);
  std::vector<TestedTitle> titles;
  for (uint32_t test = 0; test < tests; ++test) {
    for (int i = 0; i < 3; ++i) {
      std::string title;
      double log_rate = std::log(.02);
      const uint64_t length = 4 + random.below(4);
      for (uint64_t word = 0; word < length; ++word) {
        const uint64_t number = random.below(40);
        title += "w" + std::to_string(number) + " ";
        log_rate += number < 5 ? .3 : number < 10 ? -.3 : 0;
      }
      constexpr double kImpressions = 4000;
      const auto clicks = static_cast<double>(random.poisson(kImpressions * std::exp(log_rate)));
      titles.push_back({"t" + std::to_string(test), "", title, test, kImpressions,
                        std::min(clicks, kImpressions)});
    }
  }
  return titles;
}

}  // namespace barker
