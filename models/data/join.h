// Joins the raw log's impressions with their clicks (RAW_LOG.md) into the event log that training
// reads (EVENTS.md): one event for each page that was shown, with what was clicked on it.
//
// Memory is bounded by time. A page waits for its clicks until the log has passed its time by the
// window and by the lateness, and is then written; pages are written in the order of their times.
// "The log has passed" is what the newest line read so far says, so that a log of last year is
// joined as it was written.
//
// What counts: a click joins its page where
//
//   page.time - lateness <= click.time <= page.time + window
//
// A click that comes until two windows after its page is late, and any other one is unmatched.
//
// Lines may stand in any order in which none stands behind one that is newer by more than the
// lateness; then the result does not depend on the order. What comes later than that is counted and
// left out: impressions, because the pages after them are written already, and clicks whose page
// is. A clock that runs ahead on one of several servers makes the lines of the others late by as
// much.
//
// A click whose event id came before is a duplicate, as long as that was not more than two windows
// and two latenesses ago.
//
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/base/result.h"
#include "models/data/events.h"
#include "models/data/raw_event.h"
#include "models/text/fingerprint.h"

namespace barker {

struct JoinOptions {
  int64_t window_ms = 30 * 60'000;  // how long after its page a click may come
  int64_t lateness_ms = 60'000;     // how far behind a newer line a line may stand
};

// impressions = events + duplicate_impressions + late_impressions, and
// clicks = joined_clicks + duplicate_clicks + late_clicks + unmatched_clicks + foreign_clicks.
struct JoinCounts {
  uint64_t impressions = 0, clicks = 0;  // lines of each kind
  uint64_t events = 0;                   // written
  uint64_t sfs = 0, clicked_sfs = 0;     // of them, those of the main task
  uint64_t ads = 0, clicked_ads = 0;     // of them, those of the auxiliary task
  uint64_t anonymous = 0;                // events without a user
  uint64_t open_windows = 0;  // events whose clicks might still have come when the log ended
  uint64_t ads_left_out = 0;  // of pages that were too long for a line
  uint64_t opt_outs = 0;      // lines; nothing is learned from them

  uint64_t duplicate_impressions = 0;  // of a request that has one already
  uint64_t late_impressions = 0;
  uint64_t joined_clicks = 0;     // further clicks on the same ad or SF among them
  uint64_t duplicate_clicks = 0;  // of an event id that came before
  uint64_t late_clicks = 0;       // behind the window, or behind the lateness
  uint64_t unmatched_clicks = 0;  // of a request without an impression, or long before it
  uint64_t foreign_clicks = 0;    // on what was not on the page

  bool operator==(const JoinCounts&) const = default;
};

// Events as they come out, with the time in seconds and the user "anonymous/REQUEST" where the log
// has none. An ad's title is that of the catalogue, which the model predicts the click from; the
// selling points that stood before it are given apart.
class Joiner {
 public:
  using Write = std::function<Status(const SearchEvent&)>;

  Joiner(const JoinOptions& options, Write write);

  // An error is that of `write`. Nothing may be added after it.
  Status add(RawEvent&& event);
  // Writes what still waits. Nothing may be added afterwards.
  Status finish();

  const JoinCounts& counts() const { return counts_; }
  size_t waiting() const { return pages_.size() + early_.size(); }  // in memory

 private:
  struct Page {
    int64_t time = 0;  // milliseconds since the epoch
    SearchEvent event;
  };
  // Ordered by time; the second part tells equal times apart.
  using PageKey = std::pair<int64_t, std::string>;
  using ClickKey = std::pair<int64_t, uint64_t>;
  // Times by fingerprints. Each is forgotten when the log has passed it by `keep`.
  struct Memory {
    explicit Memory(int64_t keep) : keep_ms(keep) {}
    bool add(Fingerprint print, int64_t time);  // false where it is known
    void forget(int64_t now);

    const int64_t keep_ms;
    std::unordered_map<Fingerprint, int64_t> known;
    std::multimap<int64_t, Fingerprint> by_time;
  };

  void add_impression(RawImpression&& shown);
  void add_click(RawClick&& click);
  void join(Page& page, const RawClick& click);
  void leave_out(int64_t page_time, const RawClick& click);
  Status pass(int64_t time);
  Status write(const Page& page);

  const JoinOptions options_;
  const Write write_;
  JoinCounts counts_;
  int64_t newest_ = INT64_MIN;                         // time of the newest line
  std::map<PageKey, Page> pages_;                      // that wait for their clicks
  std::unordered_map<std::string, Page*> by_request_;  // of them
  std::map<ClickKey, RawClick> early_;                 // clicks whose page has not come
  std::unordered_multimap<std::string, ClickKey> early_of_request_;
  uint64_t early_number_ = 0;
  Memory written_;  // requests
  Memory click_ids_;
};

struct JoinReport {
  JoinCounts counts;
  uint64_t lines = 0, bad_lines = 0;
  uint64_t unfinished_lines = 0;  // the last one of a file that is written at the moment
  std::string bad;                // the first bad lines of each file, as BadLines::report()
};

// Joins raw logs, plain or compressed. Several files are read at once by the time of their lines,
// so that the logs of several servers are joined as one; files that follow each other are opened
// one after the other. An error names the file that cannot be read, or is that of `write`.
Result<JoinReport> join_raw_logs(const std::vector<std::string>& paths, const JoinOptions& options,
                                 const Joiner::Write& write);

}  // namespace barker
