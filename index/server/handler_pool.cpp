#include "index/server/handler_pool.h"

#include <algorithm>
#include <exception>
#include <iterator>
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

HandlerPool::HandlerPool(const PoolOptions& options, std::function<Handler()> make,
                         std::vector<RequestSource> sources)
    : options_(options), make_(std::move(make)) {
  for (RequestSource& source : sources) sources_.emplace_back(std::move(source));
  sleepers_.reserve(options.threads);
}

HandlerPool::~HandlerPool() { end(); }

void HandlerPool::start() {
  for (size_t i = 0; i < options_.threads; ++i) {
    Sleeper& place = places_.emplace_back();
    if (!sources_.empty()) place.watched = &sources_[i % sources_.size()];
    threads_.emplace_back([this, &place] { run(place); });
  }
}

void HandlerPool::end() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ends_ = true;
    while (!sleepers_.empty()) wake(sleepers_.end() - 1);
    for (Watched& watched : sources_) {
      if (std::exchange(watched.waits, false)) watched.source.wake();
      watched.tended.notify_one();
    }
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

// A request that comes behind one that waited for too long would wait for longer still.
bool HandlerPool::has_room_locked(std::chrono::steady_clock::time_point now) const {
  const size_t free = options_.threads - answering_;
  if (ends_ || jobs_.size() >= options_.waiting + free) return false;
  return jobs_.empty() || now - jobs_.front().request.received <= options_.longest_wait;
}

bool HandlerPool::has_room(std::chrono::steady_clock::time_point now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return has_room_locked(now);
}

bool HandlerPool::submit(HttpRequest& request, Done& done, size_t source) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!has_room_locked(request.received)) return false;
  jobs_.push_back({std::move(request), std::move(done)});
  if (source < sources_.size() && std::exchange(sources_[source].takes_next, false)) {
    sources_[source].waits = false;  // the thread that brought this is no longer free
    return true;
  }
  if (!sleepers_.empty()) {
    wake(sleepers_.end() - 1);
    return true;
  }
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (i == source || !sources_[i].waits) continue;
    sources_[i].waits = sources_[i].takes_next = false;
    sources_[i].source.wake();
    return true;
  }
  return true;
}

void HandlerPool::wake(std::vector<Sleeper*>::iterator sleeper) {
  (*sleeper)->is_woken = true;
  (*sleeper)->woken.notify_one();
  sleepers_.erase(sleeper);
}

// Lets a thread that has nothing to do wait at the source.
void HandlerPool::wake_watcher(const Watched& watched) {
  const auto last = std::find_if(sleepers_.rbegin(), sleepers_.rend(),
                                 [&watched](const Sleeper* s) { return s->watched == &watched; });
  if (last != sleepers_.rend()) wake(std::next(last).base());
}

size_t HandlerPool::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return jobs_.size();
}

void HandlerPool::begin_watch(Watched& watched) {
  watched.is_watched = true;
  watched.is_wanted = false;
  ++watched.times;
  is_busy_ = false;
}

void HandlerPool::end_watch(Watched& watched) {
  watched.is_watched = watched.takes_next = watched.waits = false;
  is_busy_ = jobs_.size() >= options_.threads;
}

bool HandlerPool::look(Watched& watched, Lock& lock) {
  begin_watch(watched);
  lock.unlock();
  const bool has_more = watched.source.look();
  lock.lock();
  end_watch(watched);
  return has_more;
}

void HandlerPool::tend(size_t source, std::chrono::microseconds often,
                       std::chrono::microseconds seldom) {
  constexpr int kQuiet = 16;    // times that nothing came, before it sleeps until something does
  constexpr size_t kMuch = 16;  // requests that wait for each thread
  Watched& watched = sources_[source];
  uint64_t seen = 0;
  int quiet = 0;
  bool was_alone = false;
  Lock lock(mutex_);
  while (!ends_) {
    if (quiet < kQuiet) {
      // Behind many requests, what comes is answered late or refused however soon it is read, and
      // to read more at a time costs less.
      const bool soon = (was_alone || is_busy_) && jobs_.size() < kMuch * options_.threads;
      watched.tended.wait_for(lock, soon ? often : seldom, [this] { return ends_; });
    } else {
      watched.tender_sleeps = true;
      watched.tended.wait(lock, [this, &watched] { return ends_ || !watched.tender_sleeps; });
      quiet = 0;
      was_alone = false;
      seen = watched.times;
      continue;  // what came was brought by a thread that may be back before the next look
    }
    const bool none_came = watched.times == seen;
    was_alone = none_came && !watched.is_watched;
    quiet = none_came && watched.is_watched ? quiet + 1 : 0;
    while (!ends_ && !watched.is_watched && look(watched, lock)) {
    }
    // A thread that came while this one looked waits in its place. Where searches take long, any
    // thread without work does.
    if (!watched.is_watched && (watched.is_wanted || was_alone)) wake_watcher(watched);
    seen = watched.times;
  }
}

// Without a request in hand: waits at the source, or where another thread is there, until it is
// woken.
void HandlerPool::look_or_sleep(Sleeper& self, Lock& lock) {
  Watched* const watched = self.watched;
  if (!watched || watched->is_watched) {
    if (watched) watched->is_wanted = true;
    self.is_woken = false;
    sleepers_.push_back(&self);
    self.woken.wait(lock, [&self] { return self.is_woken; });
    return;
  }
  begin_watch(*watched);
  watched->waits = watched->takes_next = true;
  lock.unlock();
  watched->source.wait();
  lock.lock();
  end_watch(*watched);
}

// Waits for a request. False: there is none, and there will be none.
bool HandlerPool::take(Sleeper& self, Job& job) {
  Lock lock(mutex_);
  if (std::exchange(self.answers, false)) --answering_;
  Watched* const watched = self.watched;
  if (watched && !watched->is_watched && jobs_.size() < options_.threads) {
    const bool had_none = jobs_.empty();
    watched->takes_next = had_none;
    look(*watched, lock);
    // What was there had waited for this thread, while another one had nothing to do: that one now
    // waits for what comes next.
    if (had_none && !jobs_.empty()) wake_watcher(*watched);
  }
  while (jobs_.empty()) {
    if (ends_) return false;
    look_or_sleep(self, lock);
  }
  job = std::move(jobs_.front());
  jobs_.pop_front();
  self.answers = true;
  ++answering_;
  // While this thread is away, tend() may have to look.
  if (watched && !watched->is_watched && std::exchange(watched->tender_sleeps, false)) {
    watched->tended.notify_one();
  }
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
