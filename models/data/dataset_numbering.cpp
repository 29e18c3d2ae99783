#include "models/data/dataset_numbering.h"

#include <algorithm>
#include <limits>

namespace barker {

DatasetNumbering::DatasetNumbering(const DatasetColumns& columns)
    : c_(columns), keywords_(columns.keywords), features_(columns.features) {
  find_period();
  number_keywords();
  number_features();
}

void DatasetNumbering::find_period() {
  int64_t first = std::numeric_limits<int64_t>::max(), last = std::numeric_limits<int64_t>::min();
  for (const SpooledSearch& s : c_.searches.values()) {
    first = std::min(first, s.time);
    last = std::max(last, s.time);
  }
  first_ = static_cast<double>(first);
  period_ = std::max(0.0, static_cast<double>(last) - first_);
}

Split DatasetNumbering::split_of(uint8_t given, int64_t time) const {
  if (given != kSplitByTime) return static_cast<Split>(given);
  const double share = period_ > 0 ? (static_cast<double>(time) - first_) / period_ : 0;
  const DatasetOptions& o = c_.options;
  return share <= o.train_share                        ? Split::kTrain
         : share <= o.train_share + o.validation_share ? Split::kValidation
                                                       : Split::kTest;
}

uint32_t DatasetNumbering::kept_sfs(const SpooledSearch& s) const {
  const bool keep = split_of(s) != Split::kTrain ||
                    static_cast<double>(s.lot) < c_.options.main_share * 4294967296.0;
  return keep ? s.sf_count : 0;
}

// SFs come first, because serving reads their rows most.
void DatasetNumbering::number_keywords() {
  std::vector<bool> is_shown(c_.titles.size());
  size_t sf = 0, query = 0, ad = 0, given = 0, given_sf = 0;
  for (const SpooledSearch& s : c_.searches.values()) {
    const bool numbered = is_numbered(split_of(s));
    for (uint32_t i = 0; numbered && i < kept_sfs(s); ++i)
      keywords_.use(c_.sfs.values()[sf + i].what);
    sf += s.sf_count;
  }
  for (const SpooledSearch& s : c_.searches.values()) {
    const bool numbered = is_numbered(split_of(s));
    for (uint32_t i = 0; i < s.query_count; ++i, ++query) {
      if (numbered) keywords_.use(c_.query.values()[query]);
    }
    for (uint32_t i = 0; i < s.given_count; ++i, ++given) {
      if (numbered) keywords_.use(c_.given.values()[given]);
    }
    for (uint32_t i = 0; i < s.given_sf_count; ++i, ++given_sf) {
      if (numbered) keywords_.use(c_.given_sf.values()[given_sf]);
    }
    for (uint32_t i = 0; i < s.ad_count; ++i, ++ad) {
      if (numbered) is_shown[c_.ads.values()[ad].what] = true;
    }
  }
  number_titles_and_clicks(is_shown);
}

void DatasetNumbering::number_titles_and_clicks(const std::vector<bool>& is_shown) {
  for (const SpooledClick& click : c_.clicks.values()) {
    if (is_numbered(split_of(click.split, click.time))) keywords_.use(click.keyword);
  }
  for (size_t t = 0; t < c_.titles.size(); ++t) {
    if (!is_shown[t]) continue;
    for (const uint32_t keyword : c_.titles[t]) keywords_.use(keyword);
  }
}

void DatasetNumbering::number_features() {
  for_each_bag(c_, [&](size_t s, uint32_t, std::span<const uint32_t> features, auto) {
    if (!is_numbered(split_of(c_.searches.values()[s]))) return;
    for (const uint32_t feature : features) features_.use(feature);
  });
  for_each_bag(c_, [&](size_t, uint32_t, std::span<const uint32_t> features, auto) {
    for (const uint32_t id : features) known_features_ += features_[id] != kUnknownKeyword;
  });
}

}  // namespace barker
