// The pages whose feature keywords (SFs) may still be clicked, of which users' own states learn.
//
// A click teaches at once that its SF was clicked and the others of the page were not; a further
// click on the same page teaches of its own SF alone. A page that was not clicked when its wait is
// over was passed over, and teaches that. Later clicks teach nothing and are counted.
//
// Memory is bounded: where pages that wait and lessons that are not yet written take `most_bytes`,
// a new page is not remembered at all, and its clicks teach nothing, either. So what is learned
// under such a load is a sample of the pages, in which clicked ones have their right share.
//
// Nothing is written: a page that waits when the process ends teaches nothing. [any thread]
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "index/profiles/profile_record.h"

namespace barker {

struct WaitingPagesOptions {
  std::chrono::milliseconds wait{600'000};
  size_t most_bytes = size_t{64} << 20;
};

class WaitingPages {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using PassedOver = std::function<void(Lesson lesson)>;  // [any thread], without a lock held

  WaitingPages(const WaitingPagesOptions& options, PassedOver passed_over);

  // A page was shown. Looks whether the wait of older ones is over, as click() does: where nothing
  // happens, nothing is learned.
  void add(const std::string& request_id, ShownPage page, Time now);

  // What a click on an SF teaches: nothing where the page is not known, was another user's, did not
  // show it, waited too long, or where the SF was clicked before.
  Lesson click(const std::string& request_id, const std::string& user, const std::string& sf,
               Time now);

  // Forgets the pages of a user.
  void forget(const std::string& user);

  struct Counts {
    uint64_t waiting = 0;      // pages
    uint64_t dropped = 0;      // pages for which there was no memory
    uint64_t clicked = 0;      // pages that were clicked
    uint64_t passed_over = 0;  // pages that were not
    uint64_t unknown = 0;      // clicks on pages that do not wait, or not any more
  };
  Counts counts() const;

 private:
  struct Waiting {
    std::shared_ptr<const ShownPage> page;
    std::vector<bool> clicked;  // [page->sfs]
    Time until;
    bool is_clicked = false;
  };

  std::vector<Lesson> end_waits(Time now);  // needs mutex_
  void pass_over(std::vector<Lesson> lessons);
  std::shared_ptr<const ShownPage> keep(ShownPage page, size_t bytes) const;

  const WaitingPagesOptions options_;
  const PassedOver passed_over_;
  // Bytes of all pages to which there are references, here or in the queue of a store, which may
  // outlive this object.
  const std::shared_ptr<std::atomic<size_t>> held_ = std::make_shared<std::atomic<size_t>>(0);

  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Waiting> pages_;
  std::deque<std::pair<Time, std::string>> order_;  // ends of waits, and request ids; oldest first
  Counts counts_;
};

}  // namespace barker
