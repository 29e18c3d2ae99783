#include "models/weights/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "models/base/atomic_file.h"
#include "models/weights/signature.h"
#include "models/weights/weight_file.h"
#include "models/weights/weight_path.h"
#include "tests/models/base/system_calls.h"
#include "tests/models/weights/random_model.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class WeightDirectory : public ::testing::Test {
 protected:
  WeightDirectory() : file_(temporary_path("model.barker")), directory_(temporary_path("weights")) {
    EXPECT_TRUE(write_weight_file(random_model(1), file_).ok());
  }
  ~WeightDirectory() override {
    fs::remove(file_);
    fs::remove_all(directory_);
  }

  std::string publish(const std::string& label = "") {
    const auto version = publish_weights(file_, directory_, label);
    EXPECT_TRUE(version.ok()) << version.status().message();
    return version.ok() ? *version : "";
  }
  // The version that an engine would load, opened and checked.
  std::string serving() const {
    const auto path = resolve_weights_path(directory_);
    if (!path.ok()) return "";
    const auto file = WeightFile::open(*path);
    return file.ok() ? fs::path(*path).filename().string() : "damaged: " + *path;
  }

  const std::string file_, directory_;
};

TEST_F(WeightDirectory, PublishesUnderAscendingNumbersAndRollsBackAndForth) {
  EXPECT_EQ(publish(), "000001.barker");
  EXPECT_EQ(serving(), "000001.barker");
  EXPECT_EQ(rollback_weights(directory_).status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(publish(), "000002.barker");
  EXPECT_EQ(serving(), "000002.barker");
  EXPECT_EQ(*rollback_weights(directory_), "000001.barker");
  EXPECT_EQ(serving(), "000001.barker");
  EXPECT_EQ(*rollback_weights(directory_), "000002.barker");
  EXPECT_EQ(serving(), "000002.barker");
}

TEST_F(WeightDirectory, LabelsWithoutTouchingCurrent) {
  publish();
  EXPECT_EQ(publish("canary"), "000002.barker");
  EXPECT_EQ(serving(), "000001.barker");
  const auto versions = weight_versions(directory_);
  EXPECT_THAT((*versions)[1].labels, ElementsAre("canary"));
  EXPECT_TRUE((*versions)[0].current);
  EXPECT_THAT(publish_weights(file_, directory_, "../x").status().message(), HasSubstr("label"));
}

TEST_F(WeightDirectory, RefusesADamagedFileAndStaysAsItWas) {
  publish();
  std::ofstream(file_, std::ios::app) << "x";
  EXPECT_FALSE(publish_weights(file_, directory_).ok());
  EXPECT_EQ(weight_versions(directory_)->size(), 1u);
  EXPECT_EQ(serving(), "000001.barker");
  EXPECT_EQ(publish_weights("/nowhere", directory_).status().code(), Code::kNotFound);
  EXPECT_EQ(weight_versions("/nowhere").status().code(), Code::kNotFound);
}

TEST_F(WeightDirectory, PrunesOnlyWhatNothingNeeds) {
  for (int i = 0; i < 6; ++i) publish();
  publish("canary");  // 000007
  const auto open = WeightFile::open(directory_ + "/000002.barker");
  ASSERT_TRUE(open.ok());
  std::ofstream(directory_ + "/000009.barker.tmp.abcdef") << "scrap";
  const auto removed = prune_weights(directory_, 1);
  ASSERT_TRUE(removed.ok());
  EXPECT_THAT(*removed, ElementsAre("000001.barker", "000003.barker", "000004.barker",
                                    "000009.barker.tmp.abcdef"));
  EXPECT_EQ(serving(), "000006.barker");
  EXPECT_EQ(*rollback_weights(directory_), "000005.barker");
}

TEST_F(WeightDirectory, TakesAPointerAtItsWordWhereverItIsRead) {
  publish();
  publish();
  publish("canary");
  std::ofstream(directory_ + "/CURRENT") << "000001\n";  // not the name of a file
  EXPECT_THAT(serving(), HasSubstr("damaged"));
  std::ofstream(directory_ + "/CURRENT") << "000001.barker";  // without a line end
  EXPECT_EQ(serving(), "000001.barker");
  EXPECT_TRUE(weight_versions(directory_)->front().current);
  ASSERT_TRUE(prune_weights(directory_, 1).ok());
  EXPECT_EQ(serving(), "000001.barker");
  // A pointer that cannot be followed stops a removal.
  std::ofstream(directory_ + "/label.canary") << "../000003.barker\n";
  EXPECT_EQ(prune_weights(directory_, 1).status().code(), Code::kBadData);
  EXPECT_EQ(weight_versions(directory_).status().code(), Code::kBadData);
}

TEST_F(WeightDirectory, CountsOnlyNamesThatPublishersGive) {
  publish();
  for (const char* name :
       {"18446744073709551615.barker", "9999999999999.barker", "2.barker", "0000003.barker",
        "+00004.barker", "000000.barker", "00005x.barker", ".barker", "000006.barker.old"}) {
    std::ofstream(directory_ + "/" + name) << "not ours";
  }
  EXPECT_EQ(weight_versions(directory_)->size(), 1u);
  EXPECT_EQ(publish(), "000002.barker");
  fs::copy_file(file_, directory_ + "/999999999999.barker");
  EXPECT_EQ(weight_versions(directory_)->back().number, 999'999'999'999u);
  EXPECT_THAT(publish_weights(file_, directory_).status().message(), HasSubstr("no number left"));
  EXPECT_EQ(serving(), "000002.barker");
}

TEST_F(WeightDirectory, ShowsTheCopyBeforeItServes) {
  publish();
  std::string seen;
  const auto look = [&](const std::string& path) {
    seen = path;
    EXPECT_EQ(serving(), "000001.barker");
    EXPECT_FALSE(fs::exists(directory_ + "/label.canary"));
    return Status();
  };
  ASSERT_TRUE(publish_weights(file_, directory_, "", look).ok());
  EXPECT_EQ(seen, directory_ + "/000002.barker");
  std::ofstream(signature_path(file_)) << "of somebody";
  for (const char* label : {"", "canary"}) {
    const auto refuse = [&](const std::string& path) {
      EXPECT_TRUE(fs::exists(path));
      EXPECT_TRUE(fs::exists(signature_path(path)));
      return bad_data("not like this");
    };
    const auto refused = publish_weights(file_, directory_, label, refuse);
    EXPECT_EQ(refused.status().message(), "not like this");
    EXPECT_EQ(serving(), "000002.barker");
    EXPECT_FALSE(fs::exists(directory_ + "/000003.barker"));
    EXPECT_FALSE(fs::exists(directory_ + "/000003.barker.sig"));
    EXPECT_FALSE(fs::exists(directory_ + "/label.canary"));
  }
  fs::remove(signature_path(file_));
}

TEST_F(WeightDirectory, PublishesNothingUnsignedWhoseSignatureCannotBeRead) {
  fs::create_symlink(signature_path(file_), signature_path(file_));  // leads nowhere, in a circle
  EXPECT_THAT(publish_weights(file_, directory_).status().message(), HasSubstr(".barker.sig: "));
  EXPECT_EQ(serving(), "");
  fs::remove(signature_path(file_));
}

TEST_F(WeightDirectory, MakesAllDirectoriesThatAreMissing) {
  for (const char* below : {"/a/b", "/c/d/"}) {
    ASSERT_TRUE(publish_weights(file_, directory_ + below).ok()) << below;
    EXPECT_TRUE(resolve_weights_path(directory_ + below).ok()) << below;
  }
}

TEST_F(WeightDirectory, PrunesScrapsButNothingThatSomebodyWritesOrOwns) {
  publish();
  auto written = AtomicFile::create(directory_ + "/000001.barker.sig");  // as `sign` does
  ASSERT_TRUE(written.ok());
  for (const char* name : {"notes.tmp.txt", "x.barker.tmp.1", "CURRENT.tmp.1", "label.a.tmp.1",
                           "000007.barker.sig", "000001.barker.sig.tmp.x", "x.barker.sig"}) {
    std::ofstream(directory_ + "/" + name) << "left";
  }
  const auto removed = prune_weights(directory_, 1);
  ASSERT_TRUE(removed.ok()) << removed.status().message();
  EXPECT_THAT(*removed,
              ::testing::UnorderedElementsAre("CURRENT.tmp.1", "label.a.tmp.1", "000007.barker.sig",
                                              "000001.barker.sig.tmp.x"));
  EXPECT_TRUE(written->commit().ok());
}

// What may be done to a directory, each from the same beginning: two versions, the second current,
// and a third that is labelled.
class WeightDirectoryFaults : public WeightDirectory {
 protected:
  struct Deed {
    const char* name;
    std::function<int()> run;
  };
  std::vector<Deed> deeds() const {
    const auto code = [](const auto& result) { return result.ok() ? 0 : 1; };
    return {{"publish", [=, this] { return code(publish_weights(file_, directory_)); }},
            {"label", [=, this] { return code(publish_weights(file_, directory_, "canary")); }},
            {"rollback", [=, this] { return code(rollback_weights(directory_)); }},
            {"promote", [=, this] { return code(promote_label(directory_, "canary")); }},
            {"unlabel", [=, this] { return code(remove_label(directory_, "canary")); }},
            {"prune", [=, this] { return code(prune_weights(directory_, 1)); }}};
  }
  // Every version is signed, so that signatures come, go and fail, too.
  WeightDirectoryFaults() {
    EXPECT_TRUE(generate_key_pair(key_).ok());
    EXPECT_TRUE(sign_bytes((*WeightFile::open(file_))->bytes(), file_, key_ + ".key").ok());
    publish();
    publish();
    publish("canary");
    std::ofstream(directory_ + "/000001.barker.tmp.left") << "by the dead";
    std::ofstream(directory_ + "/000009.barker.sig") << "by the dead";
    fs::copy(directory_, beginning_, fs::copy_options::recursive);
  }
  ~WeightDirectoryFaults() override {
    for (const std::string& path : {key_ + ".key", key_ + ".pub", signature_path(file_)}) {
      fs::remove(path);
    }
    fs::remove_all(beginning_);
  }
  void begin() {
    fs::remove_all(directory_);
    fs::copy(beginning_, directory_, fs::copy_options::recursive);
  }
  // Whatever happened, CURRENT, PREVIOUS and the label lead to whole versions, each with its
  // signature, and no label is lost but where that was asked for.
  void expect_whole(const Deed& deed, const std::string& when) {
    EXPECT_THAT(serving(), ::testing::MatchesRegex("00000[0-9]\\.barker")) << when;
    const std::string name = deed.name;
    const auto canary = resolve_weights_path(directory_, "canary");
    if (name == "publish" || name == "rollback" || name == "prune") {
      ASSERT_TRUE(canary.ok()) << when;
      EXPECT_EQ(*canary, directory_ + "/000003.barker") << when;
    }
    EXPECT_TRUE(canary.ok() ? WeightFile::open(*canary).ok()
                            : canary.status().code() == Code::kNotFound)
        << when;
    const auto previous = read_weights_pointer(directory_ + "/PREVIOUS");
    ASSERT_TRUE(previous.ok() && !previous->empty()) << when;
    EXPECT_TRUE(WeightFile::open(directory_ + "/" + *previous).ok()) << when;
    const auto versions = weight_versions(directory_);
    ASSERT_TRUE(versions.ok()) << when;
    for (const WeightVersion& v : *versions) {
      EXPECT_TRUE(WeightFile::open(directory_ + "/" + v.name).ok()) << when << " " << v.name;
      EXPECT_TRUE(v.is_signed) << when << " " << v.name;
    }
  }
  void go_on(const std::string& when) {
    const auto next = publish_weights(file_, directory_);
    EXPECT_TRUE(next.ok()) << when << ": " << next.status().message();
    EXPECT_EQ(serving(), *next) << when;
    EXPECT_TRUE(prune_weights(directory_, 1).ok()) << when;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      const std::string path = entry.path().string();
      EXPECT_EQ(path.find(".tmp."), std::string::npos) << when;
      if (!path.ends_with(".sig")) continue;
      EXPECT_TRUE(fs::exists(path.substr(0, path.size() - 4))) << when << " " << path;
    }
  }
  // Calls after whose failure no success may be reported.
  static bool must_be_reported(const Traced& traced) {
    switch (traced.number) {
      case SYS_fsync:
      case SYS_rename:
      case SYS_write:
      case SYS_pwrite64:
        return true;
      case SYS_flock:
        return traced.file.ends_with("/.lock");
      default:
        return false;
    }
  }

  const std::string key_ = temporary_path("key"), beginning_ = temporary_path("beginning");
};

// Every call is tried, and under a sanitizer, whose processes take long to start, every third one.
constexpr int kStep = kIsSanitized ? 3 : 1;

TEST_F(WeightDirectoryFaults, KilledAtAnySystemCallLeaveWholeVersions) {
  int kill_points = 0;
  for (const Deed& deed : deeds()) {
    for (int at = 1;; at += kStep) {
      begin();
      const Traced traced = run_traced(deed.run, {Fault::Kind::kKill, at});
      if (!traced.possible) GTEST_SKIP() << "this machine does not allow tracing";
      const std::string when = std::string(deed.name) + " killed at call " + std::to_string(at);
      expect_whole(deed, when);
      go_on(when);
      if (!traced.happened) {
        EXPECT_EQ(traced.code, 0) << when;
        break;
      }
      ++kill_points;
    }
  }
  std::printf("%d kill points, a whole version served after each\n", kill_points);
  EXPECT_GT(kill_points, 200 / kStep);
}

// A disk without room, a quota, a medium that fails: each call once, and from one call on.
TEST_F(WeightDirectoryFaults, WhoseSystemCallsFailReportItAndLeaveWholeVersions) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer's runtime repeats calls of its own until they succeed";
#endif
  int failures = 0, reported = 0;
  for (const Deed& deed : deeds()) {
    for (const bool lasting : {false, true}) {
      for (int at = 1;; at += kStep) {
        begin();
        const int error = at % 2 ? ENOSPC : EIO;
        const Traced traced = run_traced(deed.run, {Fault::Kind::kError, at, error, lasting});
        if (!traced.possible) GTEST_SKIP() << "this machine does not allow tracing";
        const std::string when = std::string(deed.name) + " with call " + std::to_string(at) +
                                 " (" + std::to_string(traced.number) + ") failing";
        // A close and the like may fail unseen, but nothing ends in a crash.
        EXPECT_FALSE(traced.killed) << when << ", signal " << traced.signal;
        expect_whole(deed, when);
        if (traced.happened && must_be_reported(traced)) {
          EXPECT_NE(traced.code, 0) << when;
        }
        if (traced.code == 0 && std::string(deed.name) == "publish") {
          EXPECT_EQ(serving(), "000004.barker") << when << ": said done, and is not";
        }
        go_on(when);
        if (!traced.happened) break;
        ++failures;
        reported += traced.code != 0;
      }
    }
  }
  std::printf("%d failures, %d of them reported, a whole version served after each\n", failures,
              reported);
  EXPECT_GT(reported, failures / 4);
}

// A killed process leaves the page cache as it was, but a power cut does not: the order counts.
TEST_F(WeightDirectoryFaults, SyncEachFileBeforeItsRenameAndTheDirectoryAfterEachChange) {
  for (const Deed& deed : deeds()) {
    begin();
    const Traced traced = run_traced(deed.run, {});
    if (!traced.possible) GTEST_SKIP() << "this machine does not allow tracing";
    ASSERT_EQ(traced.code, 0) << deed.name;
    const std::string directory = fs::canonical(directory_);
    int renames = 0;
    SystemCall sync;          // the last one
    bool is_changed = false;  // since the directory was synced
    for (const SystemCall& call : traced.calls) {
      if (call.number == SYS_fsync) {
        sync = call;
        if (call.file == directory) is_changed = false;
      } else if (call.number == SYS_write) {
        sync = {};
      } else if (call.number == SYS_rename) {
        EXPECT_THAT(sync.file, HasSubstr(".tmp.")) << deed.name << ": renamed before it was synced";
        EXPECT_FALSE(is_changed) << deed.name << ": renamed before the change before was synced";
        sync = {};
        is_changed = true;
        ++renames;
      } else if (call.number == SYS_unlink) {
        is_changed = true;
      }
    }
    EXPECT_FALSE(is_changed) << deed.name << ": done before the directory was synced";
    const std::map<std::string, int> expected = {{"publish", 4}, {"label", 3},   {"rollback", 2},
                                                 {"promote", 2}, {"unlabel", 0}, {"prune", 0}};
    EXPECT_EQ(renames, expected.at(deed.name)) << deed.name;
  }
}

TEST_F(WeightDirectory, LetsSeveralPublishersWaitForEachOther) {
  constexpr int kPublishers = 6;
  std::vector<pid_t> children;
  for (int i = 0; i < kPublishers; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(publish_weights(file_, directory_).ok() ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(weight_versions(directory_)->size(), static_cast<size_t>(kPublishers));
  EXPECT_EQ(serving(), "000006.barker");
}

}  // namespace
}  // namespace barker
