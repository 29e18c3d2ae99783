#include "tests/index/profiles/redis_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "index/profiles/redis_connection.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

constexpr char kProgram[] = "redis-server";

RedisConnection::Time soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(30); }

}  // namespace

std::string RedisServer::skip() {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (access((directory + "/" + kProgram).c_str(), X_OK) == 0) return "";
  }
  return "redis-server is not installed";
}

RedisServer::RedisServer(std::vector<std::string> options)
    : options_(std::move(options)),
      directory_(temporary_path("redis")),
      socket_(directory_ + "/socket") {
  std::filesystem::create_directories(directory_);
  start();
}

RedisServer::~RedisServer() {
  kill();
  std::filesystem::remove_all(directory_);
}

// The server dies with the test's process, even if that crashes.
void RedisServer::start() {
  std::vector<std::string> words = {
      kProgram,       "--port", "0",     "--unixsocket", socket_,       "--save", "",
      "--appendonly", "no",     "--dir", directory_,     "--daemonize", "no"};
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    execvp(kProgram, arguments.data());
    _exit(127);
  }
  ASSERT_GT(process_, 0);
  RedisAddress address;
  address.socket = socket_;
  for (int i = 0; i < 3000; ++i) {
    auto connection = RedisConnection::connect(address, soon());
    // A server with a password refuses to select a database, which is an answer, too.
    if (connection.ok()) return;
    if (connection.status().message().find("NOAUTH") != std::string::npos) return;
    ASSERT_EQ(waitpid(process_, nullptr, WNOHANG), 0) << "redis-server ended by itself";
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "redis-server does not answer";
}

void RedisServer::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void RedisServer::pause() { ::kill(process_, SIGSTOP); }
void RedisServer::resume() { ::kill(process_, SIGCONT); }

std::string RedisServer::ask(std::initializer_list<std::string_view> words) const {
  RedisAddress address;
  address.socket = socket_;
  auto connection = RedisConnection::connect(address, soon());
  EXPECT_TRUE(connection.ok()) << connection.status().message();
  if (!connection.ok()) return "";
  (*connection)->add(words);
  EXPECT_TRUE((*connection)->exchange(soon())) << (*connection)->error();
  if ((*connection)->replies().empty()) return "";
  const redisReply& reply = *(*connection)->replies()[0];
  if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
  if (reply.type == REDIS_REPLY_NIL) return "(nil)";
  return {reply.str, reply.len};
}

}  // namespace barker
