// The control thread beside a plugin: what it sees, loads, refuses and takes back.
#include "index/watcher.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "models/weight_directory.h"
#include "tests/models/random_model.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

barker_string view(const std::string& s) { return {s.data(), s.size()}; }

class WatcherTest : public testing::Test {
 protected:
  WatcherTest() {
    const auto* library = dlopen(BARKER_PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
    api_ = static_cast<const barker_api*>(
        dlsym(const_cast<void*>(static_cast<const void*>(library)), BARKER_ENTRY_SYMBOL));
    const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
    EXPECT_EQ(api_->create(&host, {nullptr, 0}, &plugin_, nullptr), BARKER_OK);
    publish(random_model(1));
    EXPECT_EQ(api_->load_weights(plugin_, view(directory_), nullptr, nullptr), BARKER_OK);
  }
  ~WatcherTest() override {
    api_->destroy(plugin_);
    fs::remove_all(directory_);
    fs::remove(rules_);
  }

  void publish(const ModelSpec& model) {
    const std::string file = temporary_path("watched.barker");
    EXPECT_TRUE(write_weight_file(model, file).ok());
    const auto version = publish_weights(file, directory_);
    EXPECT_TRUE(version.ok()) << version.status().message();
    fs::remove(file);
  }
  barker_stats stats() const {
    barker_stats s{};
    s.struct_size = sizeof s;
    api_->stats(plugin_, &s);
    return s;
  }
  bool comes_true(const std::function<bool()>& what) const {
    for (int i = 0; i < 500; ++i) {
      if (what()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  int32_t ask() {
    const std::string word = "word1 word2";
    barker_ad ad{};
    ad.struct_size = sizeof ad;
    ad.title = view(word);
    ad.first_pass_score = ad.bid = 1;
    barker_request request{};
    request.struct_size = sizeof request;
    request.query = view(word);
    request.ads = &ad;
    request.ad_count = 1;
    request.ad_stride = sizeof ad;
    barker_result_ad result{};
    result.struct_size = sizeof result;
    char text[256];
    barker_response response{};
    response.struct_size = sizeof response;
    response.ads = &result;
    response.ad_capacity = 1;
    response.ad_stride = sizeof result;
    response.text = text;
    response.text_capacity = sizeof text;
    EXPECT_EQ(api_->rescore(plugin_, &request, &response, nullptr), BARKER_OK);
    return response.reason;
  }

  const std::string directory_ = temporary_path("watched"), rules_ = temporary_path("rules.toml");
  const barker_api* api_;
  barker_plugin* plugin_ = nullptr;
};

TEST_F(WatcherTest, LoadsWhatIsPublishedAndFollowsARollback) {
  const Watcher watcher(*api_, plugin_, {.weights = directory_, .rules = ""});
  publish(random_model(2));
  EXPECT_TRUE(comes_true([&] { return stats().generation == 2; }));
  ASSERT_TRUE(rollback_weights(directory_).ok());
  EXPECT_TRUE(comes_true([&] { return stats().generation == 3; }));
}

TEST_F(WatcherTest, TriesARefusedVersionAgainOnlyWhenAskedOrChanged) {
  Watcher watcher(*api_, plugin_, {.weights = directory_, .rules = ""});
  std::ofstream(directory_ + "/000009.barker") << "no weights";
  std::ofstream(directory_ + "/current.new") << "000009.barker\n";
  fs::rename(directory_ + "/current.new", directory_ + "/CURRENT");
  EXPECT_TRUE(comes_true([&] { return stats().loads_refused == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(stats().loads_refused, 1u);
  EXPECT_EQ(stats().generation, 1u);
  watcher.wake();
  EXPECT_TRUE(comes_true([&] { return stats().loads_refused == 2; }));
  publish(random_model(3));
  EXPECT_TRUE(comes_true([&] { return stats().generation == 2; }));
}

TEST_F(WatcherTest, ReadsRulesAtOnceAndWhenTheyChange) {
  std::ofstream(rules_) << "off = true";
  const Watcher watcher(*api_, plugin_, {.weights = "", .rules = rules_});
  EXPECT_EQ(ask(), BARKER_REASON_DISABLED);
  std::ofstream(rules_) << "off = false";
  EXPECT_TRUE(comes_true([&] { return ask() == BARKER_REASON_NONE; }));
}

TEST_F(WatcherTest, TakesWeightsBackWhenTheirQueriesFail) {
  const Watcher watcher(*api_, plugin_, {.weights = directory_, .rules = ""});
  ModelSpec broken = random_model(4);  // finite numbers, infinite products
  for (float& w : broken.tensors["mlp.0.weight"]) w *= 1e20f;
  for (float& w : broken.tensors["mlp.1.weight"]) w *= 1e20f;
  publish(broken);
  ASSERT_TRUE(comes_true([&] { return stats().generation == 2; }));
  EXPECT_EQ(ask(), BARKER_REASON_NON_FINITE);
  EXPECT_TRUE(comes_true([&] {
    ask();
    return stats().generation == 1;
  }));
  EXPECT_EQ(ask(), BARKER_REASON_NONE);
}

}  // namespace
}  // namespace barker
