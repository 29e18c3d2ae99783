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
  for (size_t i = 0; i < options.threads; ++i) threads_.emplace_back([this] { run(); });
}

HandlerPool::~HandlerPool() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
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
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!has_room_locked(request.received)) return false;
    jobs_.push_back({std::move(request), std::move(done)});
  }
  changed_.notify_one();
  return true;
}

size_t HandlerPool::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return jobs_.size();
}

void HandlerPool::run() {
  const Handler handler = make_();
  for (;;) {
    Job job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return ends_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    const auto waited = std::chrono::steady_clock::now() - job.request.received;
    job.done(waited > options_.longest_wait
                 ? problem(ProblemKind::kDeadlinePassed,
                           "The request waited for longer than requests may.")
                 : call_handler(handler, job.request));
  }
}

}  // namespace barker
