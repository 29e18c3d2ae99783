// The control thread beside a plugin of this build: what it loads, refuses and takes back.
#include "plugin/host/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "models/weights/directory.h"
#include "plugin/host/admin_socket.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/session.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WatcherTest : public testing::Test {
 protected:
  WatcherTest() {
    api_ = *load_plugin(BARKER_PLUGIN_PATH);
    const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
    EXPECT_EQ(api_->create(&host, {nullptr, 0}, &plugin_, nullptr), BARKER_OK);
    publish(random_model(1));
  }
  ~WatcherTest() override {
    api_->destroy(plugin_);
    fs::remove_all(directory_);
    fs::remove(rules_);
    fs::remove(socket_);
    for (const std::string& path : {socket_, rules_}) fs::remove(path + ".lock");
  }

  std::unique_ptr<Watcher> watch(Watched watched = {}, const std::string& admin = "") {
    watched.weights = directory_;
    watched.tell = [this](const std::string& line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      events_.push_back(line);
    };
    auto watcher = Watcher::start(*api_, plugin_, std::move(watched), admin);
    EXPECT_TRUE(watcher.ok()) << watcher.status().message();
    return watcher.ok() ? std::move(*watcher) : nullptr;
  }
  Status try_watch(Watched watched) {
    watched.weights = directory_;
    watched.tell = [](const std::string&) {};
    return Watcher::start(*api_, plugin_, std::move(watched)).status();
  }
  std::vector<std::string> events() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return events_;
  }
  std::string admin(const std::string& command) {
    const auto answer = ask_engine(socket_, command);
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    return answer.ok() ? *answer : "";
  }
  // Its numbers are finite, but their products are not.
  static ModelSpec broken_model() {
    ModelSpec model = random_model(4);
    for (float& w : model.tensors["mlp.0.weight"]) w *= 1e20f;
    for (float& w : model.tensors["mlp.1.weight"]) w *= 1e20f;
    return model;
  }
  uint64_t generation(int32_t role) const {
    const auto* canary = static_cast<const barker_canary*>(api_->get_extension(BARKER_EXT_CANARY));
    barker_generation_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(canary->read_generation(plugin_, role, &stats), BARKER_OK);
    return stats.generation;
  }

  void publish(const ModelSpec& model, const std::string& label = "") {
    const std::string file = temporary_path("watched.barker");
    EXPECT_TRUE(write_weight_file(model, file).ok());
    const auto version = publish_weights(file, directory_, label);
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
    for (int i = 0; i < 3000; ++i) {  // a minute, for a busy machine under a sanitizer
      if (what()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  int32_t ask() {  // returns the reason
    Session session(*api_, plugin_);
    session.start("word1 word2", "word1 word2");
    barker_ad& ad = session.add_ad();
    ad.title = as_string("word1 word2");
    ad.first_pass_score = ad.bid = 1;
    const Status status = session.rescore();
    EXPECT_TRUE(status.ok()) << status.message();
    return session.response().reason;
  }

  const std::string directory_ = temporary_path("watched"), rules_ = temporary_path("rules.toml"),
                    socket_ = temporary_path("admin");
  std::mutex mutex_;
  std::vector<std::string> events_;
  const barker_api* api_ = nullptr;
  barker_plugin* plugin_ = nullptr;
};

TEST_F(WatcherTest, LoadsWhatIsPublishedAndFollowsARollback) {
  const auto watcher = watch();
  EXPECT_EQ(stats().generation, 1u);
  publish(random_model(2));
  EXPECT_TRUE(comes_true([&] { return stats().generation == 2; }));
  ASSERT_TRUE(rollback_weights(directory_).ok());
  EXPECT_TRUE(comes_true([&] { return stats().generation == 3; }));
  EXPECT_TRUE(comes_true([&] { return events().size() == 3; }));
  EXPECT_THAT(events(), ElementsAre(HasSubstr("\"loaded\""), HasSubstr("000002.barker"),
                                    HasSubstr("000001.barker")));
}

TEST_F(WatcherTest, DoesNotStartWithWeightsOrRulesThatAreRefused) {
  std::ofstream(directory_ + "/000001.barker", std::ios::trunc) << "no weights";
  EXPECT_THAT(try_watch({}).message(), HasSubstr("000001.barker: check header"));
  std::ofstream(rules_) << "of = true";
  EXPECT_THAT(try_watch({.rules = rules_}).message(), HasSubstr("rules"));
  EXPECT_THAT(try_watch({.rules = "/nowhere"}).message(), HasSubstr("/nowhere: No such file"));
}

TEST_F(WatcherTest, TriesARefusedVersionAgainOnlyWhenAskedOrChanged) {
  const auto watcher = watch();
  std::ofstream(directory_ + "/000009.barker") << "no weights";
  std::ofstream(directory_ + "/current.new") << "000009.barker\n";
  fs::rename(directory_ + "/current.new", directory_ + "/CURRENT");
  EXPECT_TRUE(comes_true([&] { return stats().loads_refused == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(stats().loads_refused, 1u);
  EXPECT_EQ(stats().generation, 1u);
  watcher->wake();
  EXPECT_TRUE(comes_true([&] { return stats().loads_refused == 2; }));
  publish(random_model(3));
  EXPECT_TRUE(comes_true([&] { return stats().generation == 2; }));
  watcher->wake();  // must not load weights again that serve: that would cost the way back
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  EXPECT_EQ(stats().generation, 2u);
}

// ---- how other machines bring weights

// Kubernetes mounts a volume as links through ..data, which is a link itself and is renamed.
TEST_F(WatcherTest, FollowsAVolumeWhoseDataLinkIsSwapped) {
  publish(random_model(2));
  const std::string volume = temporary_path("volume");
  fs::create_directories(volume);
  for (const std::string version : {"000001.barker", "000002.barker"}) {
    const std::string revision = volume + "/..rev-" + version;
    fs::create_directory(revision);
    fs::copy_file(directory_ + "/" + version, revision + "/" + version);
    std::ofstream(revision + "/CURRENT") << version << "\n";
    fs::create_symlink("..data/" + version, volume + "/" + version);
  }
  fs::create_symlink("..rev-000001.barker", volume + "/..data");
  fs::create_symlink("..data/CURRENT", volume + "/CURRENT");
  fs::remove_all(directory_);
  fs::rename(volume, directory_);
  const auto watcher = watch();
  ASSERT_EQ(stats().generation, 1u);
  fs::create_symlink("..rev-000002.barker", directory_ + "/..data_tmp");
  fs::rename(directory_ + "/..data_tmp", directory_ + "/..data");
  EXPECT_TRUE(comes_true([&] { return stats().generation == 2; }));
  EXPECT_TRUE(comes_true([&] { return events().size() == 2; }));
  EXPECT_THAT(events().back(), HasSubstr("000002.barker"));
}

TEST_F(WatcherTest, RefusesAnUploadThatIsCutOffAndTakesItOnceItIsWhole) {
  const auto watcher = watch();
  const std::string whole = temporary_path("whole.barker"), place = directory_ + "/000002.barker";
  ASSERT_TRUE(write_weight_file(random_model(2), whole).ok());
  fs::copy_file(whole, place);
  fs::resize_file(place, fs::file_size(whole) / 2);
  const auto point = [&] {
    std::ofstream(directory_ + "/.CURRENT.Xy12") << "000002.barker\n";  // as rsync names it
    fs::rename(directory_ + "/.CURRENT.Xy12", directory_ + "/CURRENT");
  };
  point();
  ASSERT_TRUE(comes_true([&] { return stats().loads_refused == 1; }));
  EXPECT_EQ(stats().generation, 1u);
  EXPECT_EQ(ask(), BARKER_REASON_NONE);
  fs::copy_file(whole, place + ".part");
  fs::rename(place + ".part", place);
  EXPECT_TRUE(comes_true([&] { return stats().generation == 2; }));
}

TEST_F(WatcherTest, ReadsRulesAtOnceAndWhenTheyChange) {
  std::ofstream(rules_) << "off = true";
  const auto watcher = watch({.rules = rules_});
  EXPECT_EQ(ask(), BARKER_REASON_DISABLED);
  std::ofstream(rules_) << "off = false";
  EXPECT_TRUE(comes_true([&] { return ask() == BARKER_REASON_NONE; }));
  std::ofstream(rules_) << "off = maybe";
  EXPECT_TRUE(comes_true([&] { return events().back().find("refused") != std::string::npos; }));
  EXPECT_EQ(ask(), BARKER_REASON_NONE);
  EXPECT_TRUE(comes_true([&] { return watcher->are_rules_refused(); }));
  EXPECT_FALSE(watcher->are_experiments_refused());
  std::ofstream(rules_) << "";
  EXPECT_TRUE(comes_true([&] { return !watcher->are_rules_refused(); }));
}

TEST_F(WatcherTest, TakesWeightsBackWhenTheirQueriesFail) {
  const auto watcher = watch();
  publish(broken_model());
  ASSERT_TRUE(comes_true([&] { return stats().generation == 2; }));
  EXPECT_EQ(ask(), BARKER_REASON_NON_FINITE);
  EXPECT_TRUE(comes_true([&] {
    ask();
    return stats().generation == 1;
  }));
  EXPECT_EQ(ask(), BARKER_REASON_NONE);
  EXPECT_TRUE(comes_true([&] { return events().size() == 3; }));
  EXPECT_THAT(events().back(), AllOf(HasSubstr("rolled back"), HasSubstr("queries failed")));
}

TEST_F(WatcherTest, KeepsTheProvenWayBackWhenWeightsOnProbationAreReplaced) {
  const auto* swap = api_->get_extension(BARKER_EXT_SWAP);
  if (!swap) GTEST_SKIP() << "this plugin lacks " BARKER_EXT_SWAP;
  const auto watcher = watch();
  publish(random_model(2));
  ASSERT_TRUE(comes_true([&] { return stats().generation == 2; }));
  publish(broken_model());
  ASSERT_TRUE(comes_true([&] { return stats().generation == 3; }));
  EXPECT_TRUE(comes_true([&] {
    ask();
    return stats().generation == 1;
  })) << "the weights that passed their probation";
  EXPECT_EQ(ask(), BARKER_REASON_NONE);
}

TEST_F(WatcherTest, StartsALabelledCanaryAndPromotesItWithoutLoadingItAgain) {
  const auto watcher = watch({}, socket_);
  publish(random_model(2), "canary");
  ASSERT_TRUE(comes_true([&] { return generation(BARKER_ROLE_CANARY) == 2; }));
  EXPECT_THAT(admin("shares 0 1"), HasSubstr("\"compared\":1"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(), BARKER_REASON_NONE);
  EXPECT_TRUE(
      comes_true([&] { return admin("status").find("\"compared\":10,") != std::string::npos; }));
  ASSERT_TRUE(promote_label(directory_, "canary").ok());
  ASSERT_TRUE(comes_true([&] { return generation(BARKER_ROLE_SERVING) == 2; }));
  EXPECT_EQ(generation(BARKER_ROLE_CANARY), 0u);
  EXPECT_EQ(stats().loads, 2u);
  // An event is told after what it tells of.
  EXPECT_TRUE(comes_true([&] { return events().size() == 4; }));
  EXPECT_THAT(events(), ElementsAre(HasSubstr("loaded"), HasSubstr("started"), HasSubstr("shares"),
                                    HasSubstr("promoted")));
}

TEST_F(WatcherTest, StopsACanaryThatFailsOrLosesItsLabel) {
  const auto watcher = watch({}, socket_);
  publish(random_model(2), "canary");
  ASSERT_TRUE(comes_true([&] { return generation(BARKER_ROLE_CANARY) == 2; }));
  ASSERT_TRUE(remove_label(directory_, "canary").ok());
  ASSERT_TRUE(comes_true([&] { return generation(BARKER_ROLE_CANARY) == 0; }));
  publish(broken_model(), "canary");
  ASSERT_TRUE(comes_true([&] { return generation(BARKER_ROLE_CANARY) == 3; }));
  EXPECT_THAT(admin("shares 1 0"), HasSubstr("\"served\":1"));
  EXPECT_EQ(ask(), BARKER_REASON_NON_FINITE);
  EXPECT_TRUE(comes_true([&] { return ask() == BARKER_REASON_NONE; }));
  EXPECT_EQ(generation(BARKER_ROLE_CANARY), 0u);
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  EXPECT_EQ(generation(BARKER_ROLE_CANARY), 0u)
      << "it is not started again until its label changes";
  EXPECT_EQ(generation(BARKER_ROLE_SERVING), 1u);
}

TEST_F(WatcherTest, AnswersItsAdministrator) {
  const auto watcher = watch({}, socket_);
  EXPECT_EQ(fs::status(socket_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  ask();
  EXPECT_THAT(admin("status"), AllOf(HasSubstr("\"generation\":1"), HasSubstr("\"queries\":1")));
  EXPECT_THAT(admin("rollback"), HasSubstr("error"));
  publish(random_model(2));
  EXPECT_THAT(admin("reload"), HasSubstr("\"generation\":2"));
  EXPECT_THAT(admin("rollback"), HasSubstr("\"generation\":1"));
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  EXPECT_EQ(stats().generation, 1u) << "CURRENT has not changed";
  EXPECT_THAT(admin("reload"), HasSubstr("\"generation\":3"));
  for (const char* wrong : {"", "nothing", "shares", "shares 1", "shares x 1", "shares 2 0",
                            "shares 0 0 0", "status now"}) {
    EXPECT_THAT(admin(wrong), HasSubstr("error")) << wrong;
  }
  EXPECT_FALSE(ask_engine(socket_, std::string(100'000, 'x')).ok());
  EXPECT_THAT(admin("status"), HasSubstr("serving")) << "the socket goes on after wrong commands";
  EXPECT_THAT(AdminSocket::listen(socket_).status().message(), HasSubstr("another engine"));
}

TEST_F(WatcherTest, ReplacesASocketThatADeadEngineLeft) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(dead);
  ASSERT_TRUE(fs::exists(socket_));
  const auto watcher = watch({}, socket_);
  EXPECT_THAT(admin("status"), HasSubstr("serving"));
  std::ofstream(rules_) << "a file";
  EXPECT_THAT(AdminSocket::listen(rules_).status().message(), HasSubstr("is no socket"));
  EXPECT_FALSE(AdminSocket::listen(std::string(200, 'x')).ok());
}

}  // namespace
}  // namespace barker
