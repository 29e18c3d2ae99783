// How much of an index a model knows: which of its selling points and title keywords have an
// embedding, and why an ad has no selling point that could be shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "index/catalogue/ad_store.h"
#include "models/weights/weight_file.h"

namespace barker {

struct Known {
  uint64_t known = 0, all = 0;
  double share() const {
    return all == 0 ? 0 : static_cast<double>(known) / static_cast<double>(all);
  }
};

struct CheckReportOfIndex {
  uint64_t ads = 0;
  Known selling_points;           // of all ads, repeats counted
  Known distinct_selling_points;  // each once
  Known title_keywords;  // of all titles, repeats counted; phrases composed as the model does
  // Ads by the first reason that holds; showable + the others = ads.
  uint64_t showable = 0, opted_out = 0, without = 0, unknown = 0, in_title = 0;
  std::vector<std::pair<std::string, uint64_t>> unknown_selling_points;  // the most frequent first
  std::vector<std::pair<std::string, uint64_t>> unknown_keywords;
};

// `most`: how many unknown texts of each kind are kept.
CheckReportOfIndex check_index(const AdStore& ads, const WeightFile& weights, size_t most);

void print_check(const CheckReportOfIndex& report, std::ostream& out);
void print_check_json(const CheckReportOfIndex& report, std::ostream& out);

}  // namespace barker
