#include "models/base/workers.h"

namespace barker {

Workers::Workers(size_t count) : errors_(count) {
  for (size_t number = 1; number < count; ++number) {
    threads_.emplace_back([this, number](const std::stop_token& stop) { serve(stop, number); });
  }
}

void Workers::run(const std::function<void(size_t)>& work) {
  {
    const std::lock_guard lock(mutex_);
    work_ = &work;
    running_ = threads_.size();
    ++round_;
  }
  begun_.notify_all();
  call(0);
  {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0; });
    work_ = nullptr;
  }
  std::exception_ptr first;
  for (std::exception_ptr& error : errors_) {
    if (!first) first = error;
    error = nullptr;
  }
  if (first) std::rethrow_exception(first);
}

void Workers::serve(const std::stop_token& stop, size_t number) {
  uint64_t served = 0;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (!begun_.wait(lock, stop, [&] { return round_ != served; })) return;
      served = round_;
    }
    call(number);
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) ended_.notify_one();
  }
}

// work_ does not change while a round runs.
void Workers::call(size_t number) {
  try {
    (*work_)(number);
  } catch (...) {
    errors_[number] = std::current_exception();
  }
}

}  // namespace barker
