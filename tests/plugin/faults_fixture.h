// A plugin that is asked while something fails.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"
#include "tests/plugin/failing_memory.h"

namespace barker {

class Faults : public testing::Test {
 protected:
  Faults() {
    std::filesystem::create_directories(directory_);
    for (uint64_t seed = 0; seed < 2; ++seed) {
      files_[seed] = directory_ + "/" + std::to_string(seed) + ".barker";
      EXPECT_TRUE(write_weight_file(random_model(seed + 1), files_[seed]).ok());
    }
    for (barker_ad& ad : asker_.ads) ad.title = view(chinese_);
    asker_.ads[0].title = view(plain_);
    // More keywords than there is room for before the first query.
    for (int i = 0; i < 300; ++i) long_ += "word" + std::to_string(i % 50) + " ";
    asker_.ads[1].title = view(long_);
  }
  ~Faults() override { std::filesystem::remove_all(directory_); }

  barker_plugin* make() const {
    barker_plugin* plugin = make_plugin(config_);
    EXPECT_EQ(api().load_weights(plugin, view(files_[0]), nullptr, nullptr), BARKER_OK);
    return plugin;
  }
  std::string answer_of(size_t file) {
    barker_plugin* plugin = make_plugin(config_);
    EXPECT_EQ(api().load_weights(plugin, view(files_[file]), nullptr, nullptr), BARKER_OK);
    EXPECT_TRUE(asker_.ask(plugin));
    api().destroy(plugin);
    return asker_.answer();
  }

  const std::string directory_ = temporary_path("faults");
  const std::string config_ = "[title]\nmax_width = 30\n[selling_points]\nduplicates = 'promote'\n";
  const std::string chinese_ =
      "word1 补水保湿面膜 <b> 👩‍🚀 补水保湿面膜 补水保湿面膜";
  const std::string plain_ = "word2 word3 word4";
  std::string long_;
  std::string files_[2];
  Asker asker_{1, "somebody"};
};

}  // namespace barker
