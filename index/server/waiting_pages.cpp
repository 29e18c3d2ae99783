#include "index/server/waiting_pages.h"

#include <algorithm>
#include <utility>

namespace barker {
namespace {

// A search after a long silence must not pay for all pages that waited meanwhile.
constexpr size_t kMostAtOnce = 16;
constexpr size_t kNodes = 64;  // bytes

size_t bytes_of(const std::string& text) { return sizeof text + text.capacity(); }

size_t bytes_of(const std::vector<std::string>& texts) {
  size_t bytes = sizeof texts;
  for (const std::string& text : texts) bytes += bytes_of(text);
  return bytes;
}

size_t bytes_of(const ShownPage& page) {
  size_t bytes = sizeof page + bytes_of(page.query) + bytes_of(page.user.user) +
                 bytes_of(page.user.keywords) + bytes_of(page.sfs);
  for (const auto& [name, tokens] : page.user.groups) bytes += bytes_of(name) + bytes_of(tokens);
  return bytes;
}

// A page, whose bytes are subtracted from `held` when its last reference is gone.
struct Kept {
  Kept(ShownPage a_page, size_t some_bytes, std::shared_ptr<std::atomic<size_t>> all)
      : page(std::move(a_page)), bytes(some_bytes), held(std::move(all)) {
    held->fetch_add(bytes, std::memory_order_relaxed);
  }
  ~Kept() { held->fetch_sub(bytes, std::memory_order_relaxed); }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  const ShownPage page;
  const size_t bytes;
  const std::shared_ptr<std::atomic<size_t>> held;
};

}  // namespace

WaitingPages::WaitingPages(const WaitingPagesOptions& options, PassedOver passed_over)
    : options_(options), passed_over_(std::move(passed_over)) {}

std::shared_ptr<const ShownPage> WaitingPages::keep(ShownPage page, size_t bytes) const {
  auto kept = std::make_shared<const Kept>(std::move(page), bytes, held_);
  return {kept, &kept->page};
}

void WaitingPages::add(const std::string& request_id, ShownPage page, Time now) {
  // The id stands in the map and in the order; a node of each has some words of its own.
  const size_t bytes = bytes_of(page) + 2 * bytes_of(request_id) + sizeof(Waiting) + kNodes;
  std::vector<Lesson> ended;
  {
    const std::lock_guard lock(mutex_);
    ended = end_waits(now);
    if (held_->load(std::memory_order_relaxed) + bytes > options_.most_bytes) {
      ++counts_.dropped;
    } else {
      const size_t sfs = page.sfs.size();
      const Time until = now + options_.wait;
      pages_[request_id] = {keep(std::move(page), bytes), std::vector<bool>(sfs), until};
      order_.emplace_back(until, request_id);
    }
  }
  pass_over(std::move(ended));
}

Lesson WaitingPages::click(const std::string& request_id, const std::string& user,
                           const std::string& sf, Time now) {
  std::vector<Lesson> ended;
  Lesson lesson;
  {
    const std::lock_guard lock(mutex_);
    ended = end_waits(now);
    const auto found = pages_.find(request_id);
    if (found == pages_.end() || found->second.until <= now ||
        found->second.page->user.user != user) {
      ++counts_.unknown;
    } else {
      Waiting& waiting = found->second;
      const auto place = std::ranges::find(waiting.page->sfs, sf);
      const auto at = static_cast<size_t>(place - waiting.page->sfs.begin());
      if (place != waiting.page->sfs.end() && !waiting.clicked[at]) {
        lesson = {waiting.page, at, waiting.is_clicked};
        counts_.clicked += !waiting.is_clicked;
        waiting.is_clicked = waiting.clicked[at] = true;
      }
    }
  }
  pass_over(std::move(ended));
  return lesson;
}

std::vector<Lesson> WaitingPages::end_waits(Time now) {
  std::vector<Lesson> ended;
  for (size_t i = 0; i < kMostAtOnce && !order_.empty() && order_.front().first <= now; ++i) {
    const auto found = pages_.find(order_.front().second);
    if (found != pages_.end()) {  // its user may have been forgotten
      if (!found->second.is_clicked) ended.push_back({std::move(found->second.page)});
      pages_.erase(found);
    }
    order_.pop_front();
  }
  counts_.passed_over += ended.size();
  return ended;
}

void WaitingPages::pass_over(std::vector<Lesson> lessons) {
  for (Lesson& lesson : lessons) passed_over_(std::move(lesson));
}

void WaitingPages::forget(const std::string& user) {
  const std::lock_guard lock(mutex_);
  std::erase_if(pages_, [&](const auto& page) { return page.second.page->user.user == user; });
}

WaitingPages::Counts WaitingPages::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.waiting = pages_.size();
  return counts;
}

}  // namespace barker
