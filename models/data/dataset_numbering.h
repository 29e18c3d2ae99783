// The numbers that searches, keywords and features get in a dataset file: which SF bars of a search
// are kept, and the final numbers of keywords and features.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/data/dataset_columns.h"
#include "models/data/dataset_split.h"

namespace barker {

// Final numbers, in order of first use. What nothing used has none (kUnknownKeyword).
class Renumbering {
 public:
  explicit Renumbering(const Interner& texts) : number_(texts.size(), kUnknownKeyword) {}
  void use(uint32_t id) {
    if (number_[id] != kUnknownKeyword) return;
    number_[id] = static_cast<uint32_t>(used_.size());
    used_.push_back(id);
  }
  uint32_t operator[](uint32_t id) const { return number_[id]; }
  const std::vector<uint32_t>& used() const { return used_; }

 private:
  std::vector<uint32_t> number_, used_;
};

// Calls visit(search, group, features, weights) for every group of every search.
template <typename Visit>
void for_each_bag(const DatasetColumns& columns, Visit visit) {
  const std::span<const uint32_t> stream = columns.groups.values();
  size_t at = 0;
  for (size_t s = 0; s < columns.searches.values().size(); ++s) {
    for (uint32_t groups = stream[at++]; groups > 0; --groups) {
      const uint32_t group = stream[at], count = stream[at + 1];
      visit(s, group, stream.subspan(at + 2, count), stream.subspan(at + 2 + count, count));
      at += 2 + 2 * size_t{count};
    }
  }
}

class DatasetNumbering {
 public:
  // The columns must be finished. They are read here and referred to later.
  DatasetNumbering(const DatasetColumns& columns, const DatasetSplit& split);

  // Calls visit(impression) for each SF of a search that is kept (DatasetOptions::main_share and
  // held_out). `first` is the place of the search's first SF among all.
  template <typename Visit>
  void for_each_kept_sf(const SpooledSearch& s, size_t first, Visit visit) const {
    const auto bar = c_.sfs.values().subspan(first, s.sf_count);
    if (!is_kept(s, bar)) return;
    for (const SpooledImpression& sf : bar) {
      if (split_of_(s) == Split::kTest || !is_held_out_[sf.what]) visit(sf);
    }
  }
  uint32_t kept_sfs(const SpooledSearch& s, size_t first) const;

  const Renumbering& keywords() const { return keywords_; }
  const Renumbering& features() const { return features_; }
  uint64_t known_features() const { return known_features_; }  // in all groups of all searches

 private:
  // Whether what a split uses gets a number (DatasetOptions::numbers_all).
  bool is_numbered(Split split) const { return split == Split::kTrain || c_.options.numbers_all; }
  void find_held_out();
  bool is_kept(const SpooledSearch& s, std::span<const SpooledImpression> bar) const;
  void use(uint32_t keyword) {
    if (!is_held_out_[keyword]) keywords_.use(keyword);
  }
  void number_keywords();
  void number_titles_and_clicks(const std::vector<bool>& is_shown);
  void number_features();

  const DatasetColumns& c_;
  const DatasetSplit& split_of_;
  std::vector<bool> is_held_out_;  // by keyword
  Renumbering keywords_, features_;
  uint64_t known_features_ = 0;
};

}  // namespace barker
