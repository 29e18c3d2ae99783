// Makes the snapshots of one index: what changes of its ads becomes visible here.
//
//   bid, budget, opt-out   are numbers beside the segment; one store each
//   new and changed ads    become a small segment; their older places are marked as gone
//   deleted ads            are marked as gone
//
// Small segments are written together, so that there are never many, but those of thousands of ads
// stay as they are, so that no change waits for long.
//
// Threads: one at a time, while any thread uses the snapshots.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "index/auction/budgets.h"
#include "index/catalogue/ad_json.h"
#include "index/live/snapshot.h"
#include "index/live/source_file.h"
#include "index/matching/matching.h"
#include "models/base/result.h"

namespace barker {

// How a plugin is told of an index's ads.
struct StoreRegistry {
  // Returns the plugin's handle of the ads, or 0 where it takes none. Null: it is not told.
  std::function<Result<uint64_t>(const AdStore&)> add;
  std::function<void(uint64_t)> release;
};

class CatalogueWriter {
 public:
  // Opens an index. `budget_file`: null where spending is not counted; it must outlive the
  // snapshots.
  static Result<std::unique_ptr<CatalogueWriter>> open(const std::string& directory,
                                                       const std::string& synonyms,
                                                       const Budgets* budget_file,
                                                       const StoreRegistry& registry);

  // Never null.
  std::shared_ptr<const CatalogueSnapshot> snapshot() const { return snapshot_; }

  // Applies changes in their order. *unknown counts those that name no ad. After an error, ads that
  // could not be written are kept and written by the next call, which may be without changes; all
  // else is applied.
  Status apply(std::span<const CatalogueChange> changes, size_t* unknown);

  bool has_pending() const { return !pending_.empty(); }  // ads that could not be written
  // Whether there is an ad with this id, also among those that could not be written.
  bool has(const std::string& id) const;

  size_t ads() const;      // that are not gone
  size_t changed() const;  // ads of the index that are gone, and those of the small segments
  size_t raised() const;   // ads that stand in lists of raised offers
  size_t lowered() const;  // ads that bid much less than their places in the order say
  // Whether so much has changed that the index should be built anew.
  bool is_worn() const;

 private:
  // A place is empty where the ad was deleted.
  using Pending = std::unordered_map<std::string, std::optional<CatalogueAd>>;

  CatalogueWriter(SourceFile source, MatchingAnalyzer analyzer, const Budgets* budget_file)
      : source_(std::move(source)), analyzer_(std::move(analyzer)), budget_file_(budget_file) {}
  void put(const std::string& id, std::optional<CatalogueAd> ad);
  void publish_raised();
  Status set(const CatalogueChange& change, size_t* unknown);
  Result<CatalogueAd> source_of(const AdPlace& place);
  Status write_pending(CatalogueSnapshot& next);
  Status take_small_segments(const CatalogueSnapshot& from, CatalogueSnapshot& next,
                             std::vector<CatalogueAd>& ads);
  static Status join_titles(CatalogueSnapshot& next);

  SourceFile source_;
  MatchingAnalyzer analyzer_;
  const Budgets* budget_file_;
  std::shared_ptr<const CatalogueSnapshot> snapshot_;
  std::vector<std::shared_ptr<const std::vector<CatalogueAd>>> small_sources_;  // by small segment
  Pending pending_;
  std::vector<std::string> pending_order_;  // the ids of pending_, as they came
  std::set<uint32_t> raised_changed_;       // parts whose lists of raised offers are old
};

}  // namespace barker
