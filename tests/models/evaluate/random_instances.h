// Instances with known click probabilities, and predictions of any quality.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "models/evaluate/instances.h"

namespace barker {

// Instances of some users in two categories, four SFs in each search.
inline InstanceTable table(uint64_t seed = 1, uint32_t users = 300) {
  std::mt19937_64 random(seed);
  InstanceTable t;
  t.users = users;
  t.categories = {"", "shoes", "<b>cream</b>"};
  for (uint32_t u = 0; u < t.users; ++u) {
    t.main_clicks.push_back(static_cast<uint32_t>(random() % 14));
    t.aux_clicks.push_back(static_cast<uint32_t>(random() % 44));
  }
  for (uint32_t s = 0; s < 3000; ++s) {
    const auto user = static_cast<uint32_t>(random() % users);
    for (int i = 0; i < 4; ++i) {
      const auto p = static_cast<float>(random() % 1000) / 1000;
      t.user.push_back(user);
      t.search.push_back(s);
      t.category.push_back(1 + s % 2);
      t.keyword.push_back(static_cast<uint32_t>(random() % 50));
      t.is_cold.push_back(user % 5 == 0);
      t.truth.push_back(p);
      t.clicked.push_back(static_cast<float>(random() % 1000) / 1000 < p);
    }
  }
  return t;
}

inline std::vector<float> noisy(const InstanceTable& t, double noise, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> out;
  for (const float p : t.truth) {
    const double u = static_cast<double>(random() % 1000) / 1000;
    out.push_back(static_cast<float>((1 - noise) * p + noise * u));
  }
  return out;
}

}  // namespace barker
