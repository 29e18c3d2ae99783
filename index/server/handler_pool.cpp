#include "index/server/handler_pool.h"

#include <exception>
#include <utility>

#include "index/server/problem.h"

namespace barker {

HttpResponse call_handler(const Handler& handler, const HttpRequest& request) {
  try {
    return handler(request);
  } catch (const std::exception&) {
    return problem(ProblemKind::kInternal, "The server had no memory for the answer.");
  }
}

HandlerPool::HandlerPool(const PoolOptions& options, std::function<Handler()> make)
    : options_(options), make_(std::move(make)) {
  sleepers_.reserve(options.threads);
  for (size_t i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this, &self = places_.emplace_back()] { run(self); });
  }
}

HandlerPool::~HandlerPool() { end(); }

void HandlerPool::end() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ends_ = true;
    for (Sleeper* sleeper : sleepers_) {
      sleeper->is_woken = true;
      sleeper->woken.notify_one();
    }
    sleepers_.clear();
  }
  less_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

// A request that comes behind one that waited for too long would wait for longer still.
bool HandlerPool::has_room_locked(std::chrono::steady_clock::time_point now) const {
  if (ends_ || jobs_.size() >= options_.waiting) return false;
  return jobs_.empty() || now - jobs_.front().request.received <= options_.longest_wait;
}

bool HandlerPool::has_room(std::chrono::steady_clock::time_point now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return has_room_locked(now);
}

bool HandlerPool::submit(HttpRequest& request, Done& done) {
  Sleeper* sleeper = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!has_room_locked(request.received)) return false;
    jobs_.push_back({std::move(request), std::move(done)});
    if (sleepers_.empty()) return true;
    sleeper = sleepers_.back();
    sleepers_.pop_back();
    sleeper->is_woken = true;
  }
  sleeper->woken.notify_one();
  return true;
}

size_t HandlerPool::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return jobs_.size();
}

void HandlerPool::rest_while_busy(std::chrono::microseconds most, std::atomic<bool>& rests) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (ends_ || jobs_.size() < 2 * options_.threads) return;
  ++resting_;
  rests = true;
  less_.wait_for(lock, most, [this] { return ends_ || jobs_.size() <= options_.threads; });
  rests = false;
  --resting_;
}

// Waits for a request. False: there is none, and there will be none.
bool HandlerPool::take(Sleeper& self, Job& job) {
  bool wakes = false;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    while (jobs_.empty() && !ends_) {
      self.is_woken = false;
      sleepers_.push_back(&self);
      self.woken.wait(lock, [&self] { return self.is_woken; });
    }
    if (jobs_.empty()) return false;
    job = std::move(jobs_.front());
    jobs_.pop_front();
    wakes = resting_ > 0 && jobs_.size() <= options_.threads;
  }
  if (wakes) less_.notify_all();
  return true;
}

void HandlerPool::run(Sleeper& self) {
  const Handler handler = make_();
  // A request is given back at once, and not when the next one comes.
  for (Job job; take(self, job); job = {}) {
    const auto waited = std::chrono::steady_clock::now() - job.request.received;
    job.done(waited > options_.longest_wait
                 ? problem(ProblemKind::kDeadlinePassed,
                           "The request waited for longer than requests may.")
                 : call_handler(handler, job.request));
  }
}

}  // namespace barker
