// The threads of a pool that bring their requests themselves.
#include "index/server/handler_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

namespace barker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLongest{60};

// A source whose thread waits until the test lets it bring a request, and whose look the test can
// hold.
class PoolWithSource : public testing::Test {
 protected:
  void begin(size_t threads) {
    RequestSource source;
    source.look = [this] {
      if (holds_look_) {
        looks_.release();
        look_held_.acquire();
      }
      return false;
    };
    source.wait = [this] {
      waits_.release();
      something_.acquire();
      if (!brings_.exchange(false)) return;
      brought_by_ = std::this_thread::get_id();
      HttpRequest request;
      request.received = std::chrono::steady_clock::now();
      HandlerPool::Done done = [this](HttpResponse) { done_.release(); };
      EXPECT_TRUE(pool_->submit(request, done, 0));
    };
    source.wake = [this] { something_.release(); };
    pool_.emplace(
        PoolOptions{.threads = threads, .longest_wait = kLongest},
        [this]() -> Handler {
          return [this](const HttpRequest&) {
            answered_by_ = std::this_thread::get_id();
            begun_.release();
            if (holds_) held_.acquire();
            return HttpResponse();
          };
        },
        std::vector<RequestSource>{std::move(source)});
    pool_->start();
    EXPECT_TRUE(waits_.try_acquire_for(kLongest));
  }
  void bring() {
    brings_ = true;
    something_.release();
  }

  std::atomic<bool> holds_ = false, holds_look_ = false, brings_ = false;
  std::counting_semaphore<> waits_{0}, something_{0}, looks_{0}, look_held_{0}, begun_{0}, held_{0},
      done_{0};
  std::thread::id brought_by_, answered_by_;  // until done_
  std::optional<HandlerPool> pool_;
};

TEST(HandlerPool, RefusesNothingForWhichAThreadIsFree) {
  std::counting_semaphore<> held{0}, done{0};
  HandlerPool pool(PoolOptions{.threads = 2, .waiting = 1, .longest_wait = kLongest},
                   [&held]() -> Handler {
                     return [&held](const HttpRequest&) {
                       held.acquire();
                       return HttpResponse();
                     };
                   });
  pool.start();
  const auto submit = [&] {
    HttpRequest request;
    request.received = std::chrono::steady_clock::now();
    HandlerPool::Done give = [&done](HttpResponse) { done.release(); };
    return pool.submit(request, give, 0);
  };
  // However soon the two threads take theirs.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(submit()) << i;
  EXPECT_FALSE(submit()) << "both threads have a request, and one waits";
  held.release(3);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(done.try_acquire_for(kLongest));
}

TEST_F(PoolWithSource, AThreadAnswersWhatItBroughtAndWaitsAgain) {
  begin(2);
  int by_itself = 0;
  for (int i = 0; i < 20; ++i) {
    bring();
    ASSERT_TRUE(done_.try_acquire_for(kLongest));
    if (answered_by_ == brought_by_) ++by_itself;
    ASSERT_TRUE(waits_.try_acquire_for(kLongest));
  }
  EXPECT_GE(by_itself, 19) << "one may go to the other thread, when that begins late";
}

TEST_F(PoolWithSource, TheTenderLooksWhileAllThreadsAreBusyAndGivesWayToOneThatCame) {
  begin(1);
  std::thread tender([this] { pool_->tend(0, milliseconds(1), milliseconds(1)); });
  holds_ = true;
  bring();
  begun_.acquire();
  holds_look_ = true;
  EXPECT_TRUE(looks_.try_acquire_for(kLongest));
  held_.release();
  done_.acquire();
  std::this_thread::sleep_for(milliseconds(20));  // the thread finds the tender at the source
  holds_look_ = false;
  look_held_.release();
  EXPECT_TRUE(waits_.try_acquire_for(kLongest)) << "nobody waits for requests";
  pool_->end();
  tender.join();
}

TEST_F(PoolWithSource, TheTenderLooksSeldomWhereManyRequestsWait) {
  begin(1);
  holds_ = true;
  bring();
  begun_.acquire();
  constexpr int kMany = 16;
  HandlerPool::Done done = [this](HttpResponse) { done_.release(); };
  for (int i = 0; i < kMany; ++i) {
    HttpRequest request;
    request.received = std::chrono::steady_clock::now();
    HandlerPool::Done its_done = done;
    EXPECT_TRUE(pool_->submit(request, its_done, 1));
  }
  holds_look_ = true;
  std::thread tender([this] { pool_->tend(0, std::chrono::hours(1), milliseconds(1)); });
  for (int look = 0; look < 3; ++look) {
    EXPECT_TRUE(looks_.try_acquire_for(kLongest)) << look << " looks, then none for an hour";
    if (look == 2) holds_look_ = holds_ = false;
    look_held_.release();
  }
  held_.release();
  pool_->end();
  tender.join();
}

}  // namespace
}  // namespace barker
