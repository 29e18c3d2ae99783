#include "bench/fan_out.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <queue>
#include <string>
#include <vector>

#include "bench/quantile.h"

namespace barker {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double k99thOfNormal = 2.3263478740408408;

// One shard over the whole time.
class Shard {
 public:
  // `work_us` has the time of each search, or is empty where each request has one of its own.
  Shard(const FanOut& options, const std::vector<double>& asked_at,
        const std::vector<double>& work_us, uint64_t number)
      : options_(options),
        asked_at_(asked_at),
        work_us_(work_us),
        random_(options.seed, number + 1),  // stream 0 has the searches
        replicas_(options.replicas),
        requests_(asked_at.size()) {}

  // Answers all requests, in the order of time: they come, they are hedged, and cores end their
  // work.
  void run() {
    size_t asked = 0, hedged = 0;
    const bool hedges = options_.hedge_after_us > 0 && options_.replicas > 1;
    for (;;) {
      const double next_asked = asked < asked_at_.size() ? asked_at_[asked] : kNever;
      const double next_hedged =
          hedges && hedged < asked ? asked_at_[hedged] + options_.hedge_after_us : kNever;
      const double next_ended = working_.empty() ? kNever : working_.top().ends_at;
      const double now = std::min({next_asked, next_hedged, next_ended});
      if (now == kNever) return;
      if (now == next_ended) {
        end(working_.top());
      } else if (now == next_asked) {
        requests_[asked].replica = static_cast<uint32_t>(random_.below(options_.replicas));
        ask(requests_[asked].replica, asked, now);
        ++asked;
      } else {
        hedge(hedged++, now);
      }
    }
  }

  double answered_at(size_t request) const { return requests_[request].answered_at; }
  double wait_us(size_t request) const { return requests_[request].wait_us; }
  size_t begun() const { return begun_; }

 private:
  struct Request {
    double answered_at = kNever, wait_us = 0;
    uint32_t replica = 0;  // the first that was asked
  };
  struct Replica {
    size_t busy = 0;
    std::deque<size_t> waiting;
  };
  struct Work {
    double ends_at, began_at;
    size_t request, replica;
    bool operator>(const Work& other) const { return ends_at > other.ends_at; }
  };

  void ask(size_t replica, size_t request, double now) {
    if (replicas_[replica].busy == options_.cores) {
      replicas_[replica].waiting.push_back(request);
    } else {
      begin(replica, request, now);
    }
  }

  void hedge(size_t request, double now) {
    if (requests_[request].answered_at != kNever) return;
    // Another replica than the first, each as likely.
    const size_t other =
        (requests_[request].replica + 1 + random_.below(options_.replicas - 1)) % options_.replicas;
    ask(other, request, now);
  }

  void begin(size_t replica, size_t request, double now) {
    ++replicas_[replica].busy;
    ++begun_;
    const double work_us =
        work_us_.empty() ? options_.service.draw_work(random_) : work_us_[request];
    working_.push({now + work_us + options_.service.draw_pause(random_), now, request, replica});
  }

  void end(const Work work) {
    working_.pop();
    Request& request = requests_[work.request];
    if (request.answered_at == kNever) {
      request.answered_at = work.ends_at;
      request.wait_us = work.began_at - asked_at_[work.request];
    }
    Replica& replica = replicas_[work.replica];
    --replica.busy;
    while (!replica.waiting.empty() && replica.busy < options_.cores) {
      const size_t next = replica.waiting.front();
      replica.waiting.pop_front();
      if (requests_[next].answered_at == kNever) begin(work.replica, next, work.ends_at);
    }
  }

  const FanOut& options_;
  const std::vector<double>& asked_at_;
  const std::vector<double>& work_us_;
  Random random_;
  std::vector<Replica> replicas_;
  std::vector<Request> requests_;
  std::priority_queue<Work, std::vector<Work>, std::greater<>> working_;
  size_t begun_ = 0;
};

Status check(const FanOut& options) {
  if (options.shards == 0 || options.replicas == 0 || options.cores == 0) {
    return bad_data("shards, replicas and cores must be at least 1");
  }
  if (options.searches < 10) return bad_data("searches: fewer than 10");
  if (!(options.searches_per_second > 0) || !(options.service.mean_us > 0) ||
      !(options.service.spread >= 0) || !(options.service.constant_us >= 0) ||
      !(options.service.pause_us >= 0) ||
      !(options.service.pause_share >= 0 && options.service.pause_share <= 1) ||
      !(options.hedge_after_us >= 0)) {
    return bad_data("a rate, time or share is negative, 0 or no number");
  }
  if (options.load() >= 1) {
    return bad_data("the load is " + std::to_string(options.load()) +
                    ": cores never catch up, so that there is no tail");
  }
  return {};
}

// Exponential times between searches: the times at which they come are independent of each other.
std::vector<double> arrivals(const FanOut& options) {
  Random random(options.seed, 0);
  std::vector<double> times(options.searches);
  double now = 0;
  for (double& time : times) {
    now -= std::log(1 - random.uniform()) * 1e6 / options.searches_per_second;
    time = now;
  }
  return times;
}

}  // namespace

ServiceTime ServiceTime::measured(double p50_us, double p99_us) {
  // ln t is normal: its median is ln p50, and its 99th percentile 2.33 deviations above it. The
  // mean of t is exp(median + deviation^2 / 2).
  const double spread = std::log(p99_us / p50_us) / k99thOfNormal;
  return {Kind::kLognormal, p50_us * std::exp(spread * spread / 2), spread};
}

double ServiceTime::draw_work(Random& random) const {
  double time = mean_us;
  if (kind == Kind::kExponential) time *= -std::log(1 - random.uniform());
  if (kind == Kind::kLognormal) time *= std::exp(spread * random.normal() - spread * spread / 2);
  return time + constant_us;
}

double ServiceTime::draw_pause(Random& random) const {
  return pause_share > 0 && random.chance(pause_share) ? pause_us : 0;
}

double FanOut::load() const {
  return searches_per_second / 1e6 * service.expected_us() / static_cast<double>(replicas * cores);
}

Result<Tail> simulate_fan_out(const FanOut& options) {
  if (const Status status = check(options); !status.ok()) return status;
  const std::vector<double> asked_at = arrivals(options);
  std::vector<double> work_us;
  if (options.same_work) {
    Random random(options.seed, options.shards + 1);  // after the streams of the shards
    while (work_us.size() < options.searches) work_us.push_back(options.service.draw_work(random));
  }
  const size_t warm_up = options.searches / 10, counted = options.searches - warm_up;
  std::vector<double> took(counted);  // the slowest shard's
  Tail tail;
  size_t begun = 0;
  for (size_t number = 0; number < options.shards; ++number) {
    Shard shard(options, asked_at, work_us, number);
    shard.run();
    begun += shard.begun();
    for (size_t i = 0; i < counted; ++i) {
      took[i] = std::max(took[i], shard.answered_at(warm_up + i) - asked_at[warm_up + i]);
      tail.wait_us += shard.wait_us(warm_up + i);
    }
  }
  const auto requests = static_cast<double>(counted * options.shards);
  tail.wait_us /= requests;
  tail.copies = static_cast<double>(begun) / static_cast<double>(options.searches * options.shards);
  std::ranges::sort(took);
  for (const double time : took) tail.mean_us += time / static_cast<double>(counted);
  tail.p50_us = quantile(took, .5);
  tail.p99_us = quantile(took, .99);
  tail.p999_us = quantile(took, .999);
  return tail;
}

}  // namespace barker
