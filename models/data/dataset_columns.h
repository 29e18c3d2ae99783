// A dataset between reading the log and writing the file: columns on disk with provisional numbers,
// and what must be kept in memory. dataset_builder.cpp fills it, and dataset_writer.cpp turns it
// into the file.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/data/dataset.h"
#include "models/data/spool.h"

namespace barker {

// Gives strings numbers from 0, in order of first use.
class Interner {
 public:
  uint32_t id(const std::string& text) {
    const auto [at, is_new] = ids_.try_emplace(text, static_cast<uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(&at->first);  // stays valid: nodes of an unordered_map do not move
    return at->second;
  }
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }
  const std::string& text(uint32_t id) const { return *texts_[id]; }

 private:
  std::unordered_map<std::string, uint32_t> ids_;
  std::vector<const std::string*> texts_;
};

inline constexpr uint8_t kSplitByTime = 3;

struct SpooledSearch {
  int64_t time;
  uint32_t user, category;
  uint32_t history_end, sf_history_end;  // tokens of the user's streams from before `time`
  uint32_t given_count, given_sf_count;  // tokens of the histories that the log gives
  uint32_t query_count, sf_count, ad_count;
  uint32_t lot;     // uniform, by user and time, for DatasetOptions::main_share
  uint32_t moment;  // how many earlier times of searches the user has
  uint8_t split;
  uint8_t has_given, has_given_sf;
};

// A keyword of what was clicked, by the search that showed it.
struct SpooledClick {
  int64_t time;
  uint32_t user, keyword;
  uint32_t moment;
  uint8_t split;
};

// The same as a part of its user's history, in the order in which it became one.
struct SpooledToken {
  uint32_t user, keyword;
  uint8_t is_sf;
};

struct SpooledImpression {
  uint32_t what;  // the keyword of an SF, the title of an ad
  float truth;
  uint8_t clicked;
  float propensity;   // of an SF, or of an ad's SPs; NaN: not known
  uint32_t position;  // from 1
  uint32_t points;    // SPs before the ad's title
};

struct DatasetColumns {
  DatasetOptions options;
  uint64_t events = 0;

  Spool<SpooledSearch> searches;
  Spool<SpooledClick> clicks;
  Spool<SpooledToken> history;
  Spool<SpooledImpression> sfs, ads;
  Spool<uint32_t> query, given, given_sf, points;
  // For each search: the number of its groups. For each group: its id, its number n of tokens, n
  // feature ids, and the bit patterns of n weights.
  Spool<uint32_t> groups;

  Interner users, keywords, features, categories, group_names;
  std::vector<std::vector<uint32_t>> titles;  // keywords in title order
  std::vector<std::string> phrases;           // with which queries and titles were composed

  struct PendingClick {
    int64_t time;
    SpooledToken token;
  };
  struct UserStream {
    uint32_t tokens = 0, sf_tokens = 0;                         // of the history so far
    uint32_t moments = 0;                                       // different times of searches
    int64_t newest_time = std::numeric_limits<int64_t>::min();  // of an event
    int64_t newest_search = std::numeric_limits<int64_t>::min();
    // What was clicked at newest_time or will be later, and so is no history yet; in time order.
    std::vector<PendingClick> pending;
  };
  std::vector<UserStream> streams;  // by user
};

// Finishes the columns and writes the file, which appears at `path` when it is complete.
Status write_dataset(DatasetColumns& columns, std::string_view digest, const std::string& path);

}  // namespace barker
