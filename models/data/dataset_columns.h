// What a dataset is between reading the log and being written: columns on disk with provisional
// numbers, and what must be remembered in memory. Shared by dataset_builder.cpp, which fills it,
// and dataset_writer.cpp, which turns it into the file.
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

// Strings to dense numbers in order of first use.
class Interner {
 public:
  uint32_t id(const std::string& text) {
    const auto [at, is_new] = ids_.try_emplace(text, static_cast<uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(&at->first);  // nodes of an unordered_map do not move
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
  uint32_t history_end, sf_history_end;  // tokens of the user's streams that lie before `time`
  uint32_t given_count, given_sf_count;  // tokens of histories the log gives
  uint32_t query_count, sf_count, ad_count;
  uint32_t lot;  // uniform, by user and time: DatasetOptions::main_share
  uint8_t split;
  uint8_t has_given, has_given_sf;
};

struct SpooledClick {
  int64_t time;
  uint32_t user, keyword;
  uint8_t is_sf, split;
};

struct SpooledImpression {
  uint32_t what;  // keyword of an SF, title of an ad
  float truth;
  uint8_t clicked;
};

struct DatasetColumns {
  DatasetOptions options;
  uint64_t events = 0;

  Spool<SpooledSearch> searches;
  Spool<SpooledClick> clicks;
  Spool<SpooledImpression> sfs, ads;
  Spool<uint32_t> query, given, given_sf;
  // For every search: number of groups, then for each of them group, count, features, weights
  // (bits).
  Spool<uint32_t> groups;

  Interner users, keywords, features, categories, group_names;
  std::vector<std::vector<uint32_t>> titles;  // keywords in title order

  struct UserStream {
    uint32_t tokens = 0, newest_tokens = 0;  // all; of them those of newest_time
    uint32_t sf_tokens = 0, newest_sf_tokens = 0;
    int64_t newest_time = std::numeric_limits<int64_t>::min();
  };
  std::vector<UserStream> streams;  // by user
};

// The file at `path`, complete or not at all. Finishes the columns.
Status write_dataset(DatasetColumns& columns, std::string_view digest, const std::string& path);

}  // namespace barker
