// Signals that `barker serve` gets while it starts.
#include <poll.h>
#include <sys/inotify.h>

#include <string>

#include "tests/index/server/serve_fixture.h"

namespace barker {
namespace {

// Parsing a configuration of so many bytes takes much longer than sending a signal.
constexpr size_t kLongConfiguration = 1'000'000;
constexpr int kPatienceMs = 60'000;

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
