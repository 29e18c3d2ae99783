#include "models/weights/trusted_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kStranger = 65534;  // "nobody"; needs no entry in /etc/passwd

// A directory of the test's own in /tmp, which is sticky and root's, with closed/ and open/ in it.
class TrustedPath : public testing::Test {
 protected:
  TrustedPath() {
    char name[] = "/tmp/barker_trusted_XXXXXX";
    root_ = mkdtemp(name);
    for (const char* directory : {"/closed", "/open"}) fs::create_directory(root_ + directory);
    for (const char* file : {"/closed/m.barker", "/open/m.barker"}) {
      std::ofstream(root_ + file) << "weights";
    }
    EXPECT_EQ(chmod(root_.c_str(), 0755), 0);
    EXPECT_EQ(chmod((root_ + "/closed").c_str(), 0755), 0);
    EXPECT_EQ(chmod((root_ + "/open").c_str(), 0777), 0);
  }
  ~TrustedPath() override { fs::remove_all(root_); }

  std::string at(const char* name) const { return root_ + name; }
  void link(const std::string& target, const char* name) const {
    fs::create_symlink(target, at(name));
  }
  void expect_open(const std::string& path, const std::string& where) const {
    const Status s = check_path_is_closed(path);
    EXPECT_EQ(s.code(), Code::kBadData) << path << ": " << s.message();
    EXPECT_THAT(s.message(), HasSubstr(where + ": expected a directory that only its owner"));
    EXPECT_THAT(s.message(), HasSubstr("shared_directory = true"));
  }
  static void expect_closed(const std::string& path) {
    EXPECT_TRUE(check_path_is_closed(path).ok()) << check_path_is_closed(path).message();
  }

  std::string root_;
};

TEST_F(TrustedPath, AsksForTheDirectoryOfTheFile) {
  expect_closed(at("/closed/m.barker"));
  expect_open(at("/open/m.barker"), at("/open"));
  EXPECT_THAT(check_path_is_closed(at("/open/m.barker")).message(), HasSubstr("mode 0777 of user"));
  ASSERT_EQ(chmod(at("/open").c_str(), 0775), 0);
  expect_open(at("/open/m.barker"), at("/open"));
}

TEST_F(TrustedPath, AsksForEveryDirectoryAbove) {
  fs::create_directories(at("/open/inner/most"));
  std::ofstream(at("/open/inner/most/m.barker")) << "weights";
  expect_open(at("/open/inner/most/m.barker"), at("/open"));
}

TEST_F(TrustedPath, FollowsLinksToFilesAndToDirectories) {
  link("../open/m.barker", "/closed/to_file");
  expect_open(at("/closed/to_file"), at("/open"));
  link(at("/open"), "/closed/to_directory");
  expect_open(at("/closed/to_directory/m.barker"), at("/open"));
  link("to_file", "/closed/to_link");
  expect_open(at("/closed/to_link"), at("/open"));
  link("m.barker", "/closed/to_good_file");
  expect_closed(at("/closed/to_good_file"));
}

TEST_F(TrustedPath, AsksForTheDirectoryOfALink) {
  link("../closed/m.barker", "/open/to_closed");
  expect_open(at("/open/to_closed"), at("/open"));
}

TEST_F(TrustedPath, GoesUpFromWhereALinkLeads) {
  fs::create_directory(at("/open/inner"));
  link(at("/open/inner"), "/closed/inner");
  // The kernel goes up to open/, where the text of the path says closed/.
  expect_open(at("/closed/inner/../m.barker"), at("/open"));
  expect_closed(at("/closed/../closed/./m.barker"));
  expect_closed(at("//closed///m.barker"));
}

TEST_F(TrustedPath, EndsOnLinksThatLeadInACircle) {
  link("second", "/closed/first");
  link("first", "/closed/second");
  EXPECT_EQ(check_path_is_closed(at("/closed/first")).code(), Code::kIoError);
}

TEST_F(TrustedPath, TrustsAStickyDirectoryWithEntriesOfItsOwn) {
  ASSERT_EQ(chmod(at("/open").c_str(), 01777), 0);
  expect_closed(at("/open/m.barker"));
}

TEST_F(TrustedPath, StartsARelativePathAtTheWorkingDirectory) {
  const fs::path before = fs::current_path();
  fs::current_path(at("/open"));
  const Status s = check_path_is_closed("m.barker");
  const Status closed = check_path_is_closed("../closed/m.barker");
  fs::current_path(at("/closed"));
  const Status good = check_path_is_closed("m.barker");
  fs::current_path(before);
  EXPECT_EQ(s.code(), Code::kBadData);
  // The way there leads through open/, which somebody could replace by another directory only by
  // writing to the one above it.
  EXPECT_TRUE(closed.ok()) << closed.message();
  EXPECT_TRUE(good.ok()) << good.message();
}

TEST_F(TrustedPath, SaysWhereAPathEnds) {
  EXPECT_EQ(check_path_is_closed(at("/closed/none/m.barker")).code(), Code::kNotFound);
  EXPECT_EQ(check_path_is_closed(at("/closed/m.barker/x")).code(), Code::kNotFound);
  EXPECT_EQ(check_path_is_closed("").code(), Code::kOk) << "opening says what is wrong";
}

TEST_F(TrustedPath, TakesWhatTheProcessHoldsOpenWithoutAName) {
  const int descriptor = memfd_create("weights", MFD_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  expect_closed("/proc/self/fd/" + std::to_string(descriptor));
  close(descriptor);
}

TEST_F(TrustedPath, AsksWhoMayWriteToAFileWhoseWordsAreTaken) {
  EXPECT_TRUE(check_file_is_closed(at("/closed/m.barker")).ok());
  EXPECT_TRUE(check_file_is_closed(at("/closed/CURRENT")).ok()) << "it is not there";
  EXPECT_EQ(check_file_is_closed(at("/open/m.barker")).code(), Code::kBadData);
  ASSERT_EQ(chmod(at("/closed/m.barker").c_str(), 0666), 0);
  const Status s = check_file_is_closed(at("/closed/m.barker"));
  EXPECT_EQ(s.code(), Code::kBadData);
  EXPECT_THAT(s.message(), HasSubstr("expected a file that only its owner can write to"));
}

// Runs `body` as a stranger in a child; gives what it returned.
int as_stranger(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(setgid(kStranger) == 0 && setuid(kStranger) == 0 ? body() : 99);
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class TrustedPathOfUsers : public TrustedPath {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  }
};

TEST_F(TrustedPathOfUsers, RootTrustsNobodyElse) {
  ASSERT_EQ(chown(at("/closed").c_str(), kStranger, kStranger), 0);
  expect_open(at("/closed/m.barker"), at("/closed"));
}

TEST_F(TrustedPathOfUsers, AUserTrustsRootAndItself) {
  const auto code = [&](const char* path) {
    return as_stranger([&] { return static_cast<int>(check_path_is_closed(at(path)).code()); });
  };
  EXPECT_EQ(code("/closed/m.barker"), static_cast<int>(Code::kOk)) << "root's";
  EXPECT_EQ(code("/open/m.barker"), static_cast<int>(Code::kBadData));
  ASSERT_EQ(chown(at("/closed").c_str(), kStranger, kStranger), 0);
  EXPECT_EQ(code("/closed/m.barker"), static_cast<int>(Code::kOk)) << "its own";
  ASSERT_EQ(chown(at("/closed").c_str(), kStranger - 1, kStranger - 1), 0);
  EXPECT_EQ(code("/closed/m.barker"), static_cast<int>(Code::kBadData)) << "of another user";
}

TEST_F(TrustedPathOfUsers, DistrustsAnEntryThatAnotherUserMadeInAStickyDirectory) {
  ASSERT_EQ(chmod(at("/open").c_str(), 01777), 0);
  ASSERT_EQ(chown(at("/open/m.barker").c_str(), kStranger, kStranger), 0);
  expect_open(at("/open/m.barker"), at("/open"));
  link(at("/closed/m.barker"), "/open/link");
  ASSERT_EQ(lchown(at("/open/link").c_str(), kStranger, kStranger), 0);
  expect_open(at("/open/link"), at("/open"));
}

TEST_F(TrustedPathOfUsers, SaysWhereAUserMayNotLook) {
  ASSERT_EQ(chmod(at("/closed").c_str(), 0700), 0);
  EXPECT_EQ(as_stranger([&] {
              return static_cast<int>(check_path_is_closed(at("/closed/m.barker")).code());
            }),
            static_cast<int>(Code::kIoError));
}

}  // namespace
}  // namespace barker
