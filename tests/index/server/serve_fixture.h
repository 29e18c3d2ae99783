// `barker serve` as an operator runs it: a process with an index of one ad, weights and an
// administrator's token, and a client that asks it.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "index/retrieval/index_writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {

class ServeCommand : public testing::Test {
 protected:
  void SetUp() override {
    CatalogueAd ad;
    ad.id = "a1";
    ad.title = "Trail shoes";
    ad.bid_terms = {{"running shoes"}};
    ad.selling_points = {"word1", "word2"};
    ASSERT_TRUE(write_index({ad}, directory_ + "/index").ok());
    ASSERT_TRUE(write_weight_file(random_model(1), directory_ + "/w.barker").ok());
    std::ofstream(directory_ + "/users.jsonl") << R"({"user":"ann","keywords":["word5"]})"
                                               << "\n";
    configure("", "", "");
    start();
  }

  // Writes the configuration, with further keys for some of its tables.
  void configure(const std::string& server, const std::string& profiles, const std::string& log,
                 const std::string& plugin = "") const {
    std::ofstream(directory_ + "/barker.toml")
        << "[server]\nlisten = \"127.0.0.1:0\"\nready_grace = \"0ms\"\n"
        << "admin_token = \"0123456789abcdef\"\naccess_log = \"access.log\"\n"
        << server << "[index]\npath = \"index\"\n[weights]\npath = \"w.barker\"\n"
        << "[profiles]\nusers = \"users.jsonl\"\n"
        << profiles << "[log]\ndirectory = \"events\"\ncompress = \"none\"\n"
        << log << "[plugin]\n"
        << plugin;
  }

  // With `error` as standard error, if it is given.
  void start(int error = STDERR_FILENO) { await(launch(error)); }

  // Starts the process and does not wait until it answers. Returns its standard output for await().
  FILE* launch(int error = STDERR_FILENO) {
    int out[2];
    EXPECT_EQ(pipe(out), 0);
    process_ = fork();
    if (process_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      if (error != STDERR_FILENO) dup2(error, STDERR_FILENO);
      close(out[0]);
      close(out[1]);
      const std::string config = directory_ + "/barker.toml";
      execl(BARKER_COMMAND, "barker", "serve", "--config", config.c_str(), "--plugin",
            BARKER_PLUGIN_PATH, nullptr);
      _exit(127);
    }
    close(out[1]);
    return fdopen(out[0], "r");
  }

  // Waits until the server prints its address.
  void await(FILE* lines) {
    char line[256] = "";
    ASSERT_NE(fgets(line, sizeof line, lines), nullptr) << "the server did not start";
    fclose(lines);
    const std::string address = line;
    port_ = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }

  ~ServeCommand() override {
    if (process_ > 0) stop();
    std::filesystem::remove_all(directory_);
  }

  int stop() {
    kill(process_, SIGTERM);
    int status = 0;
    waitpid(std::exchange(process_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  // The response to one request, body and all; empty where the server is gone.
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& body = "") const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      close(client);
      return "";
    }
    const std::string request =
        method + " " + target +
        " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
        "0123456789abcdef\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    (void)!send(client, request.data(), request.size(), MSG_NOSIGNAL);
    std::string all;
    char bytes[4096];
    for (ssize_t got; (got = recv(client, bytes, sizeof bytes, 0)) > 0;) {
      all.append(bytes, static_cast<size_t>(got));
    }
    close(client);
    return all;
  }
  nlohmann::json json(const std::string& response) const {
    const size_t end = response.find("\r\n\r\n");
    if (end == std::string::npos) return nlohmann::json(nlohmann::json::value_t::discarded);
    return nlohmann::json::parse(response.substr(end + 4), nullptr, false);
  }
  // The lines of the event log.
  std::string events() const {
    std::ostringstream all;
    for (const auto& file : std::filesystem::directory_iterator(directory_ + "/events")) {
      if (file.path().string().find("jsonl") == std::string::npos) continue;
      std::ifstream in(file.path());
      all << in.rdbuf();
    }
    return all.str();
  }

  const std::string directory_ = [] {
    const std::string directory = temporary_path("serve");
    std::filesystem::create_directories(directory);
    return directory;
  }();
  pid_t process_ = 0;
  uint16_t port_ = 0;
};

}  // namespace barker
