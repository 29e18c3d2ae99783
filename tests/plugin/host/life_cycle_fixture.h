// A LifeCycle over a fake plugin and a directory of three versions, of which the first serves.
// Nothing here waits, and every number is the test's.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plugin/host/life_cycle.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/host/fake_plugin.h"

namespace barker {

namespace fs = std::filesystem;

inline constexpr const char *kV1 = "000001.barker", *kV2 = "000002.barker", *kV3 = "000003.barker";

inline void write(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  fs::rename(path + ".new", path);
}

inline void answered(barker_generation_stats& s, uint64_t queries, uint64_t non_finite = 0,
                     uint64_t late = 0) {
  s.queries += queries;
  s.non_finite += non_finite;
  s.bypassed += non_finite + late;
  s.rescored += queries - non_finite - late;
}

class LifeCycleTest : public testing::Test {
 protected:
  LifeCycleTest() {
    fs::create_directories(directory_);
    for (const char* version : {kV1, kV2, kV3}) write(directory_ + "/" + version, version);
    name("CURRENT", kV1);
  }
  ~LifeCycleTest() override {
    fs::remove_all(directory_);
    fs::remove(rules_);
  }

  // Serves v1.
  void start(Watched watched = {}, const barker_api& api = FakePlugin::api()) {
    watched.weights = directory_;
    watched.tell = [this](const std::string& line) { events_.push_back(line); };
    life_ = std::make_unique<LifeCycle>(api, plugin_.handle(), watched);
    const Status status = life_->start();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  void name(const std::string& pointer, const std::string& version) {
    write(directory_ + "/" + pointer, version + "\n");
  }
  void look_at(const std::string& pointer, const std::string& version) {
    name(pointer, version);
    life_->look();
  }
  std::string served() const { return plugin_.served(); }
  std::string admin(const std::string& command) { return life_->answer(command); }
  nlohmann::json status() { return nlohmann::json::parse(admin("status")); }

  const std::string directory_ = temporary_path("life"), rules_ = temporary_path("rules");
  FakePlugin plugin_;
  std::vector<std::string> events_;
  std::unique_ptr<LifeCycle> life_;
};

}  // namespace barker
