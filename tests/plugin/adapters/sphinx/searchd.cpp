#include "tests/plugin/adapters/sphinx/searchd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

// A port that was free a moment ago. Servers that bind one with SO_REUSEADDR get it again at once.
int free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(descriptor);
  return ntohs(address.sin_port);
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

pid_t start_process(std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t process = fork();
  if (process != 0) return process;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

constexpr std::pair<const char*, const char*> kFunctions[] = {{"barker_score", "FLOAT"},
                                                              {"barker_pctr", "FLOAT"},
                                                              {"barker_title", "STRING"},
                                                              {"barker_answer", "STRING"}};

}  // namespace

int run_command(std::vector<std::string> words, const std::string& log) {
  int status = -1;
  const pid_t process = start_process(words, log);
  if (process < 0 || waitpid(process, &status, 0) != process) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool eventually(const std::function<bool()>& is_so) {
  for (int i = 0; i < 600; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

std::string Searchd::skip() {
  std::istringstream directories(std::getenv("PATH") ? std::getenv("PATH") : "/usr/bin:/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    if (access((directory + "/searchd").c_str(), X_OK) == 0) return "";
  }
  return "searchd is not installed";
}

Searchd::Searchd(const Options& options) : directory_(temporary_path("searchd")) {
  write_files(options);
  if (!options.ads.empty()) {
    EXPECT_EQ(run_command({"indexer", "--config", directory_ + "/sphinx.conf", "--all"},
                          directory_ + "/indexer.log"),
              0)
        << text_of(directory_ + "/indexer.log");
  }
  start();
  EXPECT_TRUE(create_functions());
}

Searchd::~Searchd() {
  kill();
  fs::remove_all(directory_);
}

void Searchd::write_files(const Options& options) {
  fs::create_directories(directory_ + "/plugins");
  fs::permissions(directory_, fs::perms::owner_all);
  fs::create_symlink(BARKER_SPHINX_PATH, directory_ + "/plugins/barker_sphinx.so");
  if (!options.control.empty()) {
    std::ofstream(directory_ + "/plugins/barker_sphinx.toml") << "log = \"../adapter.log\"\n"
                                                              << options.control;
  }
  std::ofstream ads(directory_ + "/ads.tsv", std::ios::binary);
  ads.precision(std::numeric_limits<float>::max_digits10);
  for (const SphinxAd& ad : options.ads) {
    ads << ad.id << '\t' << one_line(ad.title) << '\t' << one_line(ad.selling_points) << '\t'
        << ad.bid << '\t' << ad.merchant << '\n';
  }
  sphinxql_port_ = free_port();
  api_port_ = free_port();
  std::ofstream config(directory_ + "/sphinx.conf");
  config << "common\n{\n  plugin_dir = " << directory_ << "/plugins\n}\n";
  if (options.agents.empty()) {
    config << "source ads\n{\n  type = tsvpipe\n  tsvpipe_command = cat " << directory_
           << "/ads.tsv\n  tsvpipe_field_string = title\n"
              "  tsvpipe_attr_string = selling_points\n  tsvpipe_attr_float = bid\n"
              "  tsvpipe_attr_string = merchant\n}\n"
           << "index ads\n{\n  source = ads\n  path = " << directory_ << "/ads\n}\n";
  } else {
    config << "index ads\n{\n  type = distributed\n  agent_connect_timeout = 500\n"
              "  agent_query_timeout = 5000\n  ha_strategy = nodeads\n";
    for (const Agent& agent : options.agents) {
      config << "  agent = ";
      for (size_t i = 0; i < agent.mirrors.size(); ++i) {
        config << (i > 0 ? "|" : "") << agent.mirrors[i];
      }
      config << '\n';
    }
    config << "}\n";
  }
  config << "searchd\n{\n  listen = 127.0.0.1:" << sphinxql_port_
         << ":mysql41\n  listen = 127.0.0.1:" << api_port_ << "\n  pid_file = " << directory_
         << "/pid\n  log = " << directory_ << "/searchd.log\n  binlog_path =\n  workers = threads\n"
         << options.settings << "}\n";
}

void Searchd::start() {
  std::vector<std::string> words = {"searchd", "--config", directory_ + "/sphinx.conf",
                                    "--nodetach"};
  process_ = start_process(words, directory_ + "/output");
  ASSERT_GT(process_, 0);
  ASSERT_TRUE(
      eventually([&] { return !is_alive() || SphinxClient::connect(sphinxql_port_).ok(); }));
  ASSERT_TRUE(is_alive()) << text_of(directory_ + "/output");
}

bool Searchd::is_alive() { return process_ > 0 && waitpid(process_, nullptr, WNOHANG) == 0; }

void Searchd::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

double Searchd::cpu_seconds() const {
  // The numbers follow the name of the program, which stands in brackets: proc(5), fields 3 on.
  const std::string stat = text_of("/proc/" + std::to_string(process_) + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string Searchd::agent_address() const {
  return "127.0.0.1:" + std::to_string(api_port_) + ":ads";
}

std::string Searchd::sql_address() const { return "127.0.0.1:" + std::to_string(sphinxql_port_); }

std::unique_ptr<SphinxClient> Searchd::connect() const {
  auto client = SphinxClient::connect(sphinxql_port_);
  EXPECT_TRUE(client.ok()) << client.status().message();
  return client.ok() ? std::move(*client) : nullptr;
}

SphinxRows Searchd::ask(const std::string& statement) const {
  const auto client = connect();
  if (!client) return {};
  auto rows = client->ask(statement);
  EXPECT_TRUE(rows.ok()) << rows.status().message() << "\n" << statement.substr(0, 500);
  return rows.ok() ? *rows : SphinxRows();
}

bool Searchd::create_functions() const {
  const auto client = connect();
  if (!client) return false;
  for (const auto& [name, type] : kFunctions) {
    const auto created = client->ask(std::string("CREATE FUNCTION ") + name + " RETURNS " + type +
                                     " SONAME 'barker_sphinx.so'");
    EXPECT_TRUE(created.ok()) << created.status().message();
    if (!created.ok()) return false;
  }
  return true;
}

void Searchd::drop_functions() const {
  for (const auto& [name, type] : kFunctions) ask(std::string("DROP FUNCTION ") + name);
}

std::string Searchd::log() const { return text_of(directory_ + "/adapter.log"); }

}  // namespace barker
