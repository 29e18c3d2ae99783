// The catalogue of a running engine: an index that `barker index` wrote, and what changed since.
//
// A change is a line of the index's change log first (change_log.h), and then what the next query
// sees (catalogue_writer.h). When much has changed, the index is built anew beside (rebuild.h) and
// takes the old one's place, as any index does that somebody writes to the directory: it is opened
// beside, and the next query's snapshot is of it.
//
// Any thread may call any function. Queries wait for none of them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "index/auction/budgets.h"
#include "index/catalogue/feed_notes.h"
#include "index/live/catalogue_writer.h"
#include "index/live/change_log.h"
#include "index/live/snapshot.h"
#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

struct LiveCatalogueOptions {
  std::string index;              // directory of `barker index`
  std::string synonyms;           // file (synonyms.h); empty: none
  std::string budgets;            // file of what ads spend today; empty: spending is not counted
  std::string time_zone = "UTC";  // of Budgets
  bool follow = false;            // a thread looks ten times a second what other processes changed
  bool rebuild = false;           // that thread also builds the index anew when much has changed
  // Where building fails, as on a full disk, it is not tried again at once.
  std::chrono::milliseconds between_rebuilds{60'000};

  StoreRegistry registry;  // how the plugin is told of the ads
  // Told what the thread cannot return to anybody: that a new index is open, or cannot be opened.
  std::function<void(const Status& status, const std::string& what)> report;
};

// What became of a batch of changes.
struct ChangeSummary {
  size_t applied = 0;
  size_t unknown = 0;  // ids of "set" and "delete" that no ad has; nothing was done for them
  BadLines refused;    // lines that are no change
  FeedNotes notes;     // what was dropped of ads
};

struct LiveCatalogueStatus {
  size_t ads = 0;  // that are not gone
  size_t segments = 0;
  size_t changed = 0;    // ads of the large segment that are gone, and those of the small ones
  size_t raised = 0;     // ads that stand in lists of raised offers
  size_t lowered = 0;    // ads that bid less than half of what they did
  uint64_t changes = 0;  // applied since the engine started
  uint64_t indexes = 0;  // that were opened; 1: the first still serves
};

class LiveCatalogue {
 public:
  // Opens the index and applies its change log. Lucene++ is warmed up here, on this thread.
  static Result<std::unique_ptr<LiveCatalogue>> open(LiveCatalogueOptions options);
  ~LiveCatalogue();
  LiveCatalogue(const LiveCatalogue&) = delete;
  LiveCatalogue& operator=(const LiveCatalogue&) = delete;

  std::shared_ptr<const CatalogueSnapshot> snapshot() const;

  // Writes changes (CATALOGUE.md, "Changes"; one a line) to the log and applies them. When this
  // returns, they are on the disk, and every query that starts now sees them. An error means that
  // none was written, or says that they are kept but cannot be seen yet.
  Result<ChangeSummary> change(std::string_view json_lines);

  // Looks now for what other processes changed, instead of at the next tenth of a second.
  Status refresh();

  // Takes the price of a click from the ad's budget of today (Engine::spend).
  bool spend(std::string_view id, double amount) const noexcept;

  LiveCatalogueStatus status() const;

 private:
  // An open index directory.
  struct Base {
    std::unique_ptr<CatalogueWriter> writer;
    ChangeLog log;
    uint64_t identity;  // of the directory's manifest, which no other index has
  };

  explicit LiveCatalogue(LiveCatalogueOptions options) : options_(std::move(options)) {}
  Result<Base> open_base() const;
  Status read_log(Base& base, size_t* unknown);
  Status install(Base base);
  void drop_unknown(std::vector<CatalogueChange>& changes, ChangeSummary& summary);
  Status append(std::vector<CatalogueChange>& changes, ChangeSummary& summary);
  void publish();
  void release_retired();
  void report_dropped();
  void follow();
  void start_rebuild();

  const LiveCatalogueOptions options_;
  std::unique_ptr<Budgets> budget_file_;  // null: spending is not counted

  mutable std::mutex snapshot_mutex_;  // of the pointer alone
  std::shared_ptr<const CatalogueSnapshot> snapshot_;

  // One index is opened at a time. Taken before mutex_, which is free while an index is opened.
  std::mutex open_mutex_;
  uint64_t refused_ = 0;  // the identity of an index that could not be opened, and why
  Status refusal_;
  std::chrono::steady_clock::time_point next_open_{};
  mutable std::mutex mutex_;  // of what follows
  std::optional<Base> base_;
  std::vector<std::shared_ptr<const CatalogueSnapshot>>
      retired_;  // until their last query has ended
  uint64_t changes_ = 0, indexes_ = 0;
  std::chrono::steady_clock::time_point next_try_{};  // to write what could not be written
  std::string dropped_;                               // what ChangeLog::dropped() said last

  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  bool stops_ = false;
  std::thread follower_, rebuilder_;
  std::atomic<bool> is_rebuilding_ = false, stops_rebuild_ = false;
  std::chrono::steady_clock::time_point next_rebuild_{};  // of the follower
  bool rebuild_fails_ = false;                            // the last rebuild; of the rebuilder
};

}  // namespace barker
