#include "models/data/dataset_numbering.h"

#include <algorithm>

namespace barker {

DatasetNumbering::DatasetNumbering(const DatasetColumns& columns, const DatasetSplit& split)
    : c_(columns), split_of_(split), keywords_(columns.keywords), features_(columns.features) {
  find_held_out();
  number_keywords();
  number_features();
}

// Of the words of a fold, those that were ever shown as SFs, or as selling points before a title.
void DatasetNumbering::find_held_out() {
  is_held_out_.resize(c_.keywords.size());
  if (!c_.options.held_out.is_any()) return;
  const auto look_at = [&](uint32_t keyword) {
    if (is_held_out_[keyword]) return;
    is_held_out_[keyword] = c_.options.held_out.contains(c_.keywords.text(keyword));
  };
  for (const SpooledImpression& sf : c_.sfs.values()) look_at(sf.what);
  for (const uint32_t point : c_.points.values()) look_at(point);
}

bool DatasetNumbering::is_kept(const SpooledSearch& s,
                               std::span<const SpooledImpression> bar) const {
  const Split split = split_of_(s);
  if (split == Split::kTest) return true;
  const bool is_drawn =
      split != Split::kTrain || static_cast<double>(s.lot) < c_.options.main_share * 4294967296.0;
  return is_drawn && std::ranges::none_of(bar, [&](const SpooledImpression& sf) {
           return sf.clicked && is_held_out_[sf.what];
         });
}

uint32_t DatasetNumbering::kept_sfs(const SpooledSearch& s, size_t first) const {
  uint32_t count = 0;
  for_each_kept_sf(s, first, [&](const SpooledImpression&) { ++count; });
  return count;
}

// SFs come first, because serving reads their rows most.
void DatasetNumbering::number_keywords() {
  std::vector<bool> is_shown(c_.titles.size());
  size_t sf = 0, query = 0, ad = 0, given = 0, given_sf = 0, point = 0;
  for (const SpooledSearch& s : c_.searches.values()) {
    if (is_numbered(split_of_(s))) {
      for_each_kept_sf(s, sf, [&](const SpooledImpression& shown) { use(shown.what); });
    }
    sf += s.sf_count;
  }
  for (const SpooledSearch& s : c_.searches.values()) {
    const bool numbered = is_numbered(split_of_(s));
    for (uint32_t i = 0; i < s.query_count; ++i, ++query) {
      if (numbered) use(c_.query.values()[query]);
    }
    for (uint32_t i = 0; i < s.given_count; ++i, ++given) {
      if (numbered) use(c_.given.values()[given]);
    }
    for (uint32_t i = 0; i < s.given_sf_count; ++i, ++given_sf) {
      if (numbered) use(c_.given_sf.values()[given_sf]);
    }
    for (uint32_t i = 0; i < s.ad_count; ++i, ++ad) {
      const SpooledImpression& shown = c_.ads.values()[ad];
      if (numbered) is_shown[shown.what] = true;
      for (uint32_t p = 0; p < shown.points; ++p, ++point) {
        if (numbered) use(c_.points.values()[point]);
      }
    }
  }
  number_titles_and_clicks(is_shown);
}

void DatasetNumbering::number_titles_and_clicks(const std::vector<bool>& is_shown) {
  for (const SpooledClick& click : c_.clicks.values()) {
    if (is_numbered(split_of_(click))) use(click.keyword);
  }
  for (size_t t = 0; t < c_.titles.size(); ++t) {
    if (!is_shown[t]) continue;
    for (const uint32_t keyword : c_.titles[t]) use(keyword);
  }
}

void DatasetNumbering::number_features() {
  for_each_bag(c_, [&](size_t s, uint32_t, std::span<const uint32_t> features, auto) {
    if (!is_numbered(split_of_(c_.searches.values()[s]))) return;
    for (const uint32_t feature : features) features_.use(feature);
  });
  for_each_bag(c_, [&](size_t, uint32_t, std::span<const uint32_t> features, auto) {
    for (const uint32_t id : features) known_features_ += features_[id] != kUnknownKeyword;
  });
}

}  // namespace barker
