// Main-task instances (u, q, v, y) from an event log, point in time: an instance sees only what its
// user did strictly before it. Held in memory as flat arrays, grouped by search, because the user
// and query sides of a search's instances are the same and are computed once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/data/events.h"
#include "models/lines.h"
#include "models/result.h"

namespace barker {

inline constexpr uint32_t kUnknownKeyword = 0xFFFFFFFFu;

// Lists of different lengths, one after the other.
template <typename T>
struct Ragged {
  std::vector<T> values;
  std::vector<uint64_t> begin{0};

  std::span<const T> operator[](size_t i) const {
    return {values.data() + begin[i], static_cast<size_t>(begin[i + 1] - begin[i])};
  }
  void close() { begin.push_back(values.size()); }
  size_t size() const { return begin.size() - 1; }
};

struct Target {
  uint32_t keyword;  // kUnknownKeyword: never seen in the training split
  uint8_t clicked;
};

struct Instances {
  std::vector<std::string> keywords;  // normal form; id = index; only those of the training split
  std::vector<std::string> users;

  // One entry a search, in log order.
  std::vector<uint32_t> user;
  std::vector<Split> split;
  Ragged<uint32_t> history;  // keyword ids, newest first, unknown ones left out
  Ragged<uint32_t> query;
  Ragged<Target> targets;  // the SFs shown

  Ragged<uint32_t>
      documents;       // keywords that stand together in titles of the training split: for SVD
  std::string digest;  // XXH3-128 of the log, hexadecimal
  uint64_t events = 0;

  std::vector<uint32_t> searches_of(Split which) const;  // with at least one target
  uint64_t targets_of(Split which) const;
};

struct InstanceOptions {
  size_t history_length = 200;     // newest keywords kept
  double train_share = 0.80;       // of the period, where events carry no split
  double validation_share = 0.05;  // the rest is test
};

// Reads the log twice: SFs of several words must be known before titles are split.
Result<Instances> read_instances(const std::string& log_path, const InstanceOptions& options,
                                 BadLines& bad);

}  // namespace barker
