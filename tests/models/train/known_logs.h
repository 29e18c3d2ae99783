// Logs whose truth is known, for the corrections of training (corrections_test.cpp) and for clicks
// that change (drift_test.cpp), and what trained weights say of them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/data/dataset.h"
#include "models/evaluate/score.h"
#include "models/train/instance_weights.h"
#include "models/weights/weight_file.h"
#include "models/weights/writer.h"
#include "scoring/golden.h"
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

// The bars that are learned from show "wool" alone. Two of four selling points are drawn and stand
// before each title. Ads are looked at with 1, .6 and .3 by place and clicked by the title itself
// with .1, or by "good" with .4, or by "fair" with .15.
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

// The mean probability that a model gives the SFs of the test split that are this keyword, by the
// serving kernels, which give its golden vectors on every ISA.
inline double served_mean(const ModelSpec& model, const Dataset& data, std::string_view keyword) {
  const std::string path = temporary_path("served.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  const auto file = WeightFile::open(path);
  std::remove(path.c_str());
  for (const Isa isa : supported_isas()) {
    const auto golden =
        run_golden_vectors(**file, PackedNetwork(Network::bind(**file), kernels_for(isa)));
    EXPECT_TRUE(golden.ok()) << golden.status().message();
  }
  const auto p = score_dataset(**file, kernels_for(supported_isas().back()), data, Split::kTest,
                               Task::kMain, -1);
  double sum = 0, count = 0;
  size_t i = 0;
  for (const uint32_t search : data.searches_of(Split::kTest, Task::kMain)) {
    for (const uint32_t sf : data.search(search).sfs) {
      const bool is_meant = data.keyword(sf) == keyword;
      sum += is_meant ? (*p)[i] : 0;
      count += is_meant;
      ++i;
    }
  }
  EXPECT_GT(count, 0);
  return sum / count;
}

// The weights of the SFs of the training split.
struct SfWeights {
  SfWeights(const InstanceWeights& weights, const Dataset& data) {
    for (const uint32_t s : data.searches_of(Split::kTrain, Task::kMain)) {
      weights.append(data.search(s), Task::kMain, all);
    }
    double sum = 0, squares = 0;
    for (const float w : all) {
      sum += w;
      squares += double{w} * w;
    }
    mean = sum / static_cast<double>(all.size());
    worth = std::lround(sum * sum / squares);
  }

  std::vector<float> all;  // in the order of the searches
  double mean = 0;
  long worth = 0;  // how many equal ones: the effective sample size of Kish 1965
};

}  // namespace barker
