// Datasets of a small click world, and options with which training on them takes a second.
#pragma once

#include <gtest/gtest.h>

#include "models/data/dataset.h"
#include "models/simulate/click_world.h"
#include "models/train/options.h"
#include "tests/models/weights/random_model.h"

namespace barker {

inline std::shared_ptr<const Dataset> small_world(uint64_t seed = 1, uint32_t users = 400,
                                                  const DatasetOptions& how = {}) {
  ClickWorldOptions options;
  options.seed = seed;
  options.users = users;
  options.categories = 4;
  options.feature_words = 80;
  options.title_words = 120;
  options.items = 300;
  options.queries = 60;
  options.bar_share = 0.5;
  options.bar_shape = 4;
  const std::string path = temporary_path("world.data");
  auto builder = DatasetBuilder::create(path, how, {});
  EXPECT_TRUE(builder.ok());
  EXPECT_TRUE(ClickWorld(options)
                  .generate([&](const SearchEvent& event) { return builder->add(event); })
                  .ok());
  EXPECT_TRUE(builder->finish("small").ok());
  const auto data = Dataset::open(path);
  EXPECT_TRUE(data.ok()) << data.status().message();
  std::remove(path.c_str());
  return *data;
}

// A log in which ten users search for "paint" at each time and see "red" and another SF: users of
// even numbers click the one and the others the other.
struct PaintLog {
  int begin = 0, end = 40;  // times
  std::string other = "blue";
  std::vector<std::string> phrases = {};
  bool all_clicked = false, with_ads = false;
};
inline std::shared_ptr<const Dataset> paint_log(const PaintLog& log) {
  const std::string path = temporary_path("log.data");
  auto builder = DatasetBuilder::create(path, {}, log.phrases);
  for (int t = log.begin; t < log.end; ++t) {
    for (int u = 0; u < 10; ++u) {
      SearchEvent event;
      event.time = t;
      event.user = "u" + std::to_string(u);
      event.query = "paint";
      event.sfs = {{"red", u % 2 == 0 || log.all_clicked},
                   {log.other, u % 2 == 1 || log.all_clicked}};
      if (log.with_ads) event.ads = {{"a", "red paint", {}, true}};
      EXPECT_TRUE(builder->add(event).ok());
    }
  }
  EXPECT_TRUE(builder->finish("log").ok());
  const auto data = Dataset::open(path);
  std::remove(path.c_str());
  return *data;
}

inline TrainOptions quick_options(const std::string& model) {
  TrainOptions options;
  options.model.name = model;
  options.model.dim = 8;
  options.model.hidden = {16, 8};
  options.model.dot_dim = 8;
  options.model.dot_hidden = {12};
  options.model.dot = DotHead::kNone;
  options.batch_searches = 64;
  options.max_epochs = 2;
  options.cool_down.epochs = 0;
  options.schedule = Schedule::kPretrain;
  return options;
}

}  // namespace barker
