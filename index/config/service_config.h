// The configuration of `barker serve`, after file, variables and flags were read (load_config.h).
//
// The initial values are the defaults: `barker config init` writes them from here. Names end with
// their unit where they have one. keys.cpp says for each field by which name it is configured,
// which values it takes and what it does. Plain values.
#pragma once

#include <cstdint>
#include <string>

#include "index/profiles/profile_record.h"

namespace barker {

struct ServerConfig {
  std::string listen = "127.0.0.1:8080";  // ADDRESS:PORT, an IPv6 address in brackets; 0: any port
  uint64_t threads = 0;                   // that search; 0: one for each core (models/base/cores.h)
  uint64_t queue = 1'024;                 // searches that wait for a thread; more are shed
  uint64_t deadline_ms = 200;             // of a search, from when its request was read
  uint64_t max_body_bytes = 1 << 20;
  uint64_t max_header_bytes = 16 << 10;  // request line and fields together
  uint64_t idle_timeout_ms = 30'000;     // also for how long one request may take to arrive
  uint64_t ready_grace_ms = 1'000;       // after SIGTERM, for which /readyz fails before the stop
  uint64_t stop_timeout_ms = 10'000;     // after that, for what is being answered
  uint64_t connections = 20'000;
  uint64_t connections_per_address = 1'024;
  double rate_per_client = 0;   // requests a second; 0: no limit
  uint64_t burst = 20;          // requests that a client may make at once beyond its rate
  double foreign_clicks = 100;  // and opt-outs; a second, of pages not remembered; 0: no limit
  std::string admin_token;      // empty: admin calls are off. Never to be printed
  std::string access_log;       // file, "-" for standard output, empty: none
  std::string salt_file;       // bytes that salt hashed user ids; made if missing; empty: in memory
  std::string admin_socket;    // Unix socket of `barker admin`; empty: none
  std::string plugin_library;  // libbarker.so; empty: beside the command

  // The file that admin_token was read from, if it was. load_config() has read it.
  std::string admin_token_file;
};

struct IndexConfig {
  std::string path;          // directory of `barker index`
  std::string synonyms;      // file; empty: none
  uint64_t candidates = 50;  // ads of the first pass
};

struct WeightsConfig {
  std::string path;         // weight file or weights directory; empty: nothing is rescored
  bool watch = true;        // load them again when they change
  std::string rules;        // file; empty: none
  std::string experiments;  // file (plugin/experiments.h); empty: none
  double probation_s = 30;  // these three: struct Watched of plugin/host/life_cycle.h
  double most_failures = 0.01;
  double slowest = 4;
};

struct ProfilesConfig {
  std::string store =
      "memory:";      // "memory:", "lmdb:PATH", "redis://HOST:PORT/DATABASE", "unix:SOCKET"
  std::string users;  // JSON Lines that fill the store once; empty: none
  uint64_t ttl_days = kDaysToLive;  // without a click, after which a user is forgotten; 0: never
  uint64_t most_keywords = kHistoryKeywords;  // of a user; the oldest leave
  uint64_t read_budget_ms = 5;  // for a store in another process; then the answer is not personal
  bool user_state = false;      // learn a state of each user, and search with it
  uint64_t state_wait_ms = 600'000;  // in which a page's SFs are clicked, or were passed over
};

struct LogConfig {
  std::string directory;             // of the event log; empty: events are not written
  uint64_t flush_ms = 1'000;         // events are on disk after so long
  uint64_t flush_bytes = 256 << 10;  // or when so many bytes wait
  uint64_t rotate_bytes = 64 << 20;  // a new file begins when this size is reached
  uint64_t rotate_s = 3'600;         // or after so long
  std::string compress = "zstd";     // "zstd", "gzip", "none"
  uint64_t queue_bytes = 16 << 20;   // of events that wait to be written; more are dropped
  uint64_t retention_days = 90;      // after which files are removed; 0: never
  std::string kafka_brokers;         // "HOST:PORT,HOST:PORT"; empty: the files alone get events
  std::string kafka_topic = "barker-events";
};

struct AuctionConfig {
  double reserve = 0;             // least bid that takes part, and least price of a click
  std::string budgets;            // file of what ads spent today; empty: spending is not counted
  std::string time_zone = "UTC";  // at whose midnight budgets are full again
};

// The bar of specific features (SFs) above the results.
struct FeaturesConfig {
  uint64_t count = 8;                // chips; 0: none
  double exploration = 0.1;          // share of the places that is filled at random
  std::string order = "attraction";  // "attraction": the likeliest first; "shuffled": at random
};

// The page that people look at.
struct PageConfig {
  std::string users;  // "anna,ben": whom it offers, and whose histories it shows; empty: nobody
};

struct ServiceConfig {
  ServerConfig server;
  IndexConfig index;
  WeightsConfig weights;
  ProfilesConfig profiles;
  LogConfig log;
  AuctionConfig auction;
  FeaturesConfig features;
  PageConfig page;
  std::string plugin;  // TOML text for barker_api.create, its lines numbered as in the file
};

}  // namespace barker
