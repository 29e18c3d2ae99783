// What the training split says about every user: the input of collaborative filtering.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/baselines/statistics.h"
#include "models/data/dataset.h"

namespace barker {

inline constexpr double kUserPrior = 10;  // impressions that a user's click rate is shrunk by

struct UserClick {
  uint32_t keyword;
  int64_t time;
  bool is_sf;  // otherwise the keyword stands in the title of a clicked ad
};

struct UserClicks {
  std::vector<std::vector<UserClick>> clicks;     // by user
  std::vector<SparseRow> residuals;               // by user: click minus popularity, by keyword
  std::vector<uint32_t> shown;                    // by user: SFs, those of `residuals`
  std::vector<std::vector<uint32_t>> attributes;  // by user: features of all of the user's searches
  Popularity popularity;
  // Time of the first and the last search with SFs, or of the first and last search with ads if
  // there are none with SFs; both 0 if there are no searches.
  int64_t first = 0, last = 0;

  double period() const { return static_cast<double>(last) - static_cast<double>(first); }
};

// Of the training searches before a time, or of all.
UserClicks read_user_clicks(const Dataset& data, std::optional<int64_t> before = std::nullopt);

// The history at a search as clicks, oldest first, without keywords that training never saw. Their
// times are not known and stand as 0.
std::vector<UserClick> clicks_of_history(const SearchView& search);

// How much the click at place i of `count`, the last one being the newest, has faded. A history
// says the order of its clicks and not their times, so that they fade by their order.
double faded_by_order(size_t i, size_t count);

// The different keywords of some clicks, ascending.
std::vector<uint32_t> basket_of(const std::vector<UserClick>& clicks, bool sfs_only);

}  // namespace barker
