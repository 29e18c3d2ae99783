#include "models/data/click_rates.h"

#include <algorithm>
#include <compare>
#include <unordered_map>

namespace barker {
namespace {

struct Count {
  double shown = 0, clicked = 0;  // with what the log left out
  uint64_t seen = 0;              // in the log

  void add(bool click, double kept) {
    shown += click ? 1 : 1 / kept;  // what the log left out
    clicked += click;
    ++seen;
  }
  // The rate after kRateWeight impressions more, which have the rate `before`.
  double smoothed(double before) const {
    return (clicked + kRateWeight * before) / (shown + kRateWeight);
  }
};

struct OfQuery {
  uint64_t query;
  uint32_t row;
  auto operator<=>(const OfQuery&) const = default;
};

struct Hash {
  size_t operator()(const OfQuery& key) const { return mix_bits(key.query ^ key.row); }
};

}  // namespace

ClickRateTable count_click_rates(const Dataset& data, uint32_t keyword_rows, double kept) {
  std::vector<Fingerprint> fingerprints(data.keywords());
  for (uint32_t k = 0; k < data.keywords(); ++k) fingerprints[k] = fingerprint(data.keyword(k));
  Count all;
  std::vector<Count> of_row(keyword_rows);
  std::unordered_map<OfQuery, Count, Hash> of_query;
  std::vector<Fingerprint> query;
  for (const uint32_t index : data.searches_of(Split::kTrain, Task::kMain)) {
    const SearchView search = data.search(index);
    query.clear();
    for (const uint32_t keyword : search.query) {
      if (keyword < keyword_rows) query.push_back(fingerprints[keyword]);
    }
    const uint64_t hash = query_hash(query);
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      const uint32_t row = search.sfs[i];
      if (row >= keyword_rows) continue;
      const bool click = search.sf_clicked[i] != 0;
      all.add(click, kept);
      of_row[row].add(click, kept);
      if (!query.empty()) of_query[{hash, row}].add(click, kept);
    }
  }

  ClickRateTable table;
  const double mean = all.shown > 0 ? all.clicked / all.shown : 0;
  table.prior.reserve(keyword_rows);
  table.evidence.reserve(keyword_rows);
  for (const Count& count : of_row) {
    const double rate = count.smoothed(mean);
    table.prior.push_back(static_cast<float>(rate));
    table.evidence.push_back(
        static_cast<float>(static_cast<double>(count.seen) * rate * (1 - rate)));
  }
  std::vector<OfQuery> keys;
  for (const auto& [key, count] : of_query) {
    if (count.seen >= kLeastShown) keys.push_back(key);
  }
  std::ranges::sort(keys);
  for (const OfQuery& key : keys) {
    if (table.queries.empty() || table.queries.back() != key.query) {
      table.queries.push_back(key.query);
      table.begins.push_back(static_cast<uint32_t>(table.rows.size()));
    }
    table.rows.push_back(key.row);
    table.values.push_back(
        static_cast<float>(of_query.at(key).smoothed(double{table.prior[key.row]})));
  }
  table.begins.push_back(static_cast<uint32_t>(table.rows.size()));
  return table;
}

}  // namespace barker
