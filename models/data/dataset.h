// Training and test instances in a compact file that is mapped, so that memory stays flat from 10^5 to 10^8
// instances. Built once from an event log; read by trainer, evaluation and compared algorithms alike.
//
// Keywords are numbered by the dataset (not by a model): keyword id -> text, fingerprint. So are features
// ("group=token"), users, ads and categories. A search sees its user's history as a span of the user's
// stream of clicked keywords, oldest first, that ends strictly before the search's time: point in time by
// construction. Immutable after open: any thread. Views live as long as the Dataset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/data/events.h"
#include "models/fingerprint.h"
#include "models/lines.h"
#include "models/result.h"

namespace barker {

struct SfRecord {
  uint32_t keyword;        // keyword id
  float true_probability;  // NaN where unknown
  uint8_t clicked;
  uint8_t position;  // in the bar, from 0; 255 for later ones
  uint16_t reserved;
};

struct AdRecord {
  uint32_t ad;             // ad id
  float true_probability;  // NaN where unknown
  uint8_t clicked;
  uint8_t position;
  uint16_t reserved;
};

struct FeatureView {
  std::span<const uint32_t> features;  // feature ids
  std::span<const float> weights;      // same size
};

// Clicks of a user before the test period: what the bins of Table 3 are cut by.
struct UserCounts {
  uint32_t main_clicks;
  uint32_t aux_clicks;
};

struct SearchView {
  size_t index;
  uint32_t user;
  uint32_t category;  // 0: none
  int64_t time;
  Split split;
  std::span<const uint32_t> query;    // keyword ids
  std::span<const uint32_t> history;  // keyword ids of all earlier clicks, OLDEST first: use the tail
  std::span<const uint32_t> sf_history;  // of SF clicks alone, oldest first
  std::span<const SfRecord> sfs;
  std::span<const AdRecord> ads;
};

class Dataset {
 public:
  static Result<std::shared_ptr<const Dataset>> open(const std::string& path);
  ~Dataset();

  size_t searches() const;                 // in time order as logged
  SearchView search(size_t index) const;
  FeatureView group(size_t search, size_t group) const;
  std::span<const uint32_t> ad_keywords(uint32_t ad) const;

  // The searches of a split, in time order.
  std::span<const uint32_t> of_split(Split split) const;
  uint64_t sf_instances(Split split) const;
  uint64_t ad_instances(Split split) const;

  size_t groups() const;
  std::string_view group_name(size_t group) const;

  size_t keywords() const;
  std::string_view keyword_text(uint32_t keyword) const;
  Fingerprint keyword_fingerprint(uint32_t keyword) const;
  bool keyword_is_sf(uint32_t keyword) const;  // was shown as SF somewhere

  size_t features() const;
  std::string_view feature_text(uint32_t feature) const;  // "group=token"
  Fingerprint feature_fingerprint(uint32_t feature) const;
  size_t feature_group(uint32_t feature) const;

  size_t users() const;
  std::string_view user_text(uint32_t user) const;
  UserCounts user_counts(uint32_t user) const;

  size_t ads() const;
  std::string_view ad_text(uint32_t ad) const;  // its id
  size_t categories() const;                    // with 0 = ""
  std::string_view category_text(uint32_t category) const;

  const std::string& digest() const;  // XXH3-128 of the file's content, hexadecimal

 private:
  Dataset();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct DatasetOptions {
  double train_share = 0.80;       // of the period, where events carry no split
  double validation_share = 0.05;  // the rest is test
  std::vector<std::string> phrases;  // more multi-word keywords than the SFs of the log
};

struct DatasetSummary {
  uint64_t events = 0, bad_lines = 0, searches = 0, sf_instances = 0, ad_instances = 0;
  uint64_t sf_clicks = 0, ad_clicks = 0, users = 0, keywords = 0, features = 0, invalid_utf8 = 0;
};

// Takes events in time order (per user) and writes the dataset to `path` atomically. Memory grows with
// users and vocabulary, not with events.
class DatasetBuilder {
 public:
  static Result<DatasetBuilder> create(const std::string& path, DatasetOptions options = {});
  ~DatasetBuilder();
  DatasetBuilder(DatasetBuilder&&) noexcept;

  // Fails on an event that cannot be used (out of order, a user or ad without id); the builder stays usable.
  Status add(const SearchEvent& event);
  Result<DatasetSummary> finish();

 private:
  DatasetBuilder();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Event log (JSON Lines, plain or gzip) to dataset. Bad lines are reported, good ones used.
Result<DatasetSummary> build_dataset(const std::string& log_path, const std::string& dataset_path,
                                     const DatasetOptions& options, BadLines& bad);

}  // namespace barker
