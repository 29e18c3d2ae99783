// The administrator's socket among clients and engines that misbehave.
#include "plugin/host/admin_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "plugin/host/watcher.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/host/fake_plugin.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class AdminSocketTest : public testing::Test {
 protected:
  AdminSocketTest() {
    address_.sun_family = AF_UNIX;
    path_.copy(address_.sun_path, sizeof address_.sun_path - 1);
  }
  ~AdminSocketTest() override {
    for (const int descriptor : open_) close(descriptor);
    fs::remove(path_);
    fs::remove(path_ + ".lock");
  }
  int new_socket() { return open_.emplace_back(::socket(AF_UNIX, SOCK_STREAM, 0)); }
  int connected() {
    const int client = new_socket();
    EXPECT_EQ(connect(client, address(), sizeof address_), 0) << std::strerror(errno);
    return client;
  }
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&address_); }

  const std::string path_ = temporary_path("admin");
  sockaddr_un address_{};
  std::vector<int> open_;
};

TEST_F(AdminSocketTest, AClientCannotHoldItUpByDrippingBytes) {
  const auto socket = AdminSocket::listen(path_);
  ASSERT_TRUE(socket.ok()) << socket.status().message();
  constexpr int kMost = 300;  // half a minute, where each byte buys another second
  const int client = connected();
  std::atomic<bool> done = false;
  std::atomic<int> dripped = 0;
  std::thread drip([&] {
    while (!done && dripped < kMost && send(client, "x", 1, MSG_NOSIGNAL) == 1) {
      ++dripped;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  EXPECT_TRUE(socket->answer([](const std::string&) { return "never"; }));
  done = true;
  drip.join();
  EXPECT_LT(dripped, kMost);
}

TEST_F(AdminSocketTest, AClientCannotHoldItUpByNotTakingTheAnswer) {
  const auto socket = AdminSocket::listen(path_);
  ASSERT_TRUE(socket.ok());
  const int client = connected();
  ASSERT_EQ(send(client, "status\n", 7, 0), 7);
  EXPECT_TRUE(socket->answer([](const std::string&) { return std::string(10 << 20, 'x'); }));
}

TEST_F(AdminSocketTest, AClientGivesUpOnAnEngineThatAcceptsNobody) {
  const int engine = new_socket();
  ASSERT_EQ(bind(engine, address(), sizeof address_), 0);
  ASSERT_EQ(listen(engine, 0), 0);
  connected();  // fills the queue
  const auto answer = ask_engine(path_, "status", std::chrono::milliseconds(50));
  EXPECT_THAT(answer.status().message(), HasSubstr("did not answer"));
  EXPECT_THAT(AdminSocket::listen(path_).status().message(), HasSubstr("another engine"));
}

TEST_F(AdminSocketTest, LeavesTheSocketToAnEngineThatIsJustStarting) {
  // The other has bound its socket, but does not listen yet.
  const int lock = open_.emplace_back(open((path_ + ".lock").c_str(), O_CREAT | O_RDWR, 0600));
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  const int other = new_socket();
  ASSERT_EQ(bind(other, address(), sizeof address_), 0);
  EXPECT_THAT(AdminSocket::listen(path_).status().message(), HasSubstr("another engine"));
  EXPECT_TRUE(fs::exists(path_));
  flock(lock, LOCK_UN);
  { EXPECT_TRUE(AdminSocket::listen(path_).ok()) << "the other engine has died, after all"; }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(AdminSocketTest, AnEngineWithoutFreeDescriptorsDoesNotSpin) {
  FakePlugin plugin;
  const auto watcher = Watcher::start(FakePlugin::api(), plugin.handle(), {}, path_);
  ASSERT_TRUE(watcher.ok()) << watcher.status().message();
  const int client = new_socket();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none = {3, limit.rlim_max};  // standard streams; as many as poll is given
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const int before = plugin.looks;
  EXPECT_EQ(connect(client, address(), sizeof address_), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  const int looks = plugin.looks - before;
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_LT(looks, 50) << "there are two looks a second, and one more for each client";
  ASSERT_EQ(send(client, "status\n", 7, 0), 7);
  char answer[16];
  EXPECT_GT(recv(client, answer, sizeof answer, 0), 0)
      << "the client is answered when descriptors are free again";
}

}  // namespace
}  // namespace barker
