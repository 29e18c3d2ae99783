// Logs whose truth is known, for the corrections of training (corrections_test.cpp).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/data/dataset.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

inline std::shared_ptr<const Dataset> dataset_of(uint32_t searches,
                                                 const std::function<void(SearchEvent&)>& fill) {
  const std::string path = temporary_path("corrections.data");
  auto builder = DatasetBuilder::create(path, {}, {});
  EXPECT_TRUE(builder.ok());
  for (uint32_t i = 0; i < searches; ++i) {
    SearchEvent event;
    event.time = i;
    event.user = "u" + std::to_string(i);
    event.user_keywords.emplace();  // nobody has a history that could tell users apart
    event.split = i % 4 == 3 ? (i % 8 == 7 ? Split::kTest : Split::kValidation) : Split::kTrain;
    fill(event);
    EXPECT_TRUE(builder->add(event).ok());
  }
  EXPECT_TRUE(builder->finish("corrections").ok());
  const auto data = Dataset::open(path);
  EXPECT_TRUE(data.ok()) << data.status().message();
  std::remove(path.c_str());
  return *data;
}

// The bars that are learned from show "wool" alone. Before titles stand two of four selling
// points, drawn. Ads are looked at
// with 1, .6 and .3 by place and clicked by the title itself with .1, or by "good" with .4, or by
// "fair" with .15.
inline std::shared_ptr<const Dataset> title_log(uint32_t searches) {
  Random random(3, 1);
  const std::vector<std::pair<std::string, double>> points = {
      {"good", .4}, {"fair", .15}, {"poor", 0}, {"bare", 0}};
  return dataset_of(searches, [&](SearchEvent& event) {
    event.sfs.push_back({"wool", random.chance(0.3)});
    if (event.split != Split::kTrain) {  // what is asked of the model
      for (const auto& [text, p] : points) event.sfs.push_back({text, random.chance(0.2 + p)});
    }
    for (const double looked : {1.0, 0.6, 0.3}) {
      AdImpression ad{"a", "plain dress", {}};
      const size_t first = random.below(4), second = (first + 1 + random.below(3)) % 4;
      double none = 0.9;
      for (const size_t i : {first, second}) {
        ad.selling_points.push_back(points[i].first);
        none *= 1 - points[i].second;
      }
      ad.sp_propensity = 1.0 / 6;
      ad.clicked = random.chance(looked * (1 - none));
      event.ads.push_back(std::move(ad));
    }
  });
}

}  // namespace barker
