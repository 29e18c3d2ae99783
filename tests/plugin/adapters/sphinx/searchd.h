// A searchd of a test: a process of its own on a port of loopback, with its files in a directory of
// the temporary directory. It ends with the test.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugin/adapters/sphinx/sphinx_client.h"

namespace barker {

// One document of an index.
struct SphinxAd {
  uint64_t id;
  std::string title;  // indexed and kept; its tabs and ends of lines become spaces
  std::string selling_points;
  float bid = 1;
  std::string merchant = {};
};

class Searchd {
 public:
  // Why there can be no server here; empty if there can.
  static std::string skip();

  struct Agent {
    std::vector<std::string> mirrors;  // addresses of servers that have the same shard
  };
  struct Options {
    std::vector<SphinxAd> ads;  // of the index "ads"; none: a master
    // Of the distributed index "ads" of a master. It has no index of its own.
    std::vector<Agent> agents = {};
    std::string control = {};   // the control file of the adapter; empty: none
    std::string settings = {};  // more lines of searchd{}
  };

  // Indexes the ads, starts the server, waits until it answers, and creates the functions.
  explicit Searchd(const Options& options);
  ~Searchd();
  Searchd(const Searchd&) = delete;
  Searchd& operator=(const Searchd&) = delete;

  const std::string& directory() const { return directory_; }
  // What a master of this server names: HOST:PORT:INDEX.
  std::string agent_address() const;
  std::string sql_address() const;  // HOST:PORT of the listener that speaks the protocol of MySQL
  std::unique_ptr<SphinxClient> connect() const;
  bool create_functions() const;
  void drop_functions() const;

  // The rows of a statement, on a connection of its own. A failure fails the test.
  SphinxRows ask(const std::string& statement) const;
  bool is_alive();
  void kill();                 // SIGKILL
  double cpu_seconds() const;  // that the process used so far, of user and system

  std::string log() const;  // of the adapter

 private:
  void write_files(const Options& options);
  void start();

  const std::string directory_;
  int sphinxql_port_ = 0, api_port_ = 0;
  pid_t process_ = -1;
};

// Runs a command to its end; its output goes to `log`. Returns its exit code, or -1.
int run_command(std::vector<std::string> words, const std::string& log);

// Waits at most half a minute until `is_so`.
bool eventually(const std::function<bool()>& is_so);

}  // namespace barker
