// What a service manager sends `barker serve` while it starts, and what it is told.
#include <poll.h>
#include <sys/inotify.h>
#include <sys/un.h>

#include <string>

#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

// Parsing a configuration of so many bytes takes much longer than sending a signal.
constexpr size_t kLongConfiguration = 1'000'000;
constexpr int kPatienceMs = 60'000;

TEST_F(ServeCommand, TellsTheServiceManagerWhenItAnswers) {
  EXPECT_EQ(stop(), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory_ + "/manager";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(manager, 0);
  ASSERT_EQ(bind(manager, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  start();
  unsetenv("NOTIFY_SOCKET");
  pollfd message = {manager, POLLIN, 0};
  EXPECT_EQ(poll(&message, 1, kPatienceMs), 1);
  char text[64] = "";
  EXPECT_EQ(recv(manager, text, sizeof text - 1, MSG_DONTWAIT), 7);
  EXPECT_STREQ(text, "READY=1");
  close(manager);
}

TEST_F(ServeCommand, LivesThroughAReloadThatComesWhileItsConfigurationIsRead) {
  EXPECT_EQ(stop(), 0);
  configure("", "", "");
  const std::string path = directory_ + "/barker.toml";
  {
    std::ofstream out(path, std::ios::app);
    const std::string comment = "# " + std::string(97, 'x') + "\n";
    for (size_t bytes = 0; bytes < kLongConfiguration; bytes += comment.size()) out << comment;
  }
  const int opened = inotify_init1(IN_CLOEXEC);
  ASSERT_GE(opened, 0);
  ASSERT_GE(inotify_add_watch(opened, path.c_str(), IN_OPEN), 0);
  FILE* const lines = launch();
  pollfd event = {opened, POLLIN, 0};
  EXPECT_EQ(poll(&event, 1, kPatienceMs), 1);
  kill(process_, SIGHUP);
  close(opened);
  await(lines);
  EXPECT_EQ(json(ask("GET", "/v1/search?q=running+shoes"))["ads"].size(), 1u);
  EXPECT_EQ(stop(), 0);
}

}  // namespace
}  // namespace barker
