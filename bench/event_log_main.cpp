// Prints a raw log (models/data/RAW_LOG.md) of any length, to measure what `barker abtest` needs:
// fourteen days, four ads a page, users with tastes of their own in two experiments of different
// layers. It is no simulation of a marketplace, which `barker simulate` is: words mean nothing, so
// that lines cost little beside their reading. Equal arguments give equal bytes.
//
//   event_log LINES [SEED] | barker abtest -
//
// In "titles/points" two selling points earn 5% more clicks than none, and "order/reserve" does
// nothing. There is a user for eleven lines.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "models/base/exit_code.h"
#include "models/base/random.h"
#include "models/data/raw_event.h"

namespace barker {
namespace {

constexpr int64_t kStart = 1'790'000'000'000, kSpan = 14LL * 86'400'000;  // ms
constexpr uint64_t kLinesOfUser = 11;
constexpr size_t kAdCount = 200'000, kShown = 4, kSfs = 2, kWordCount = 5000;
constexpr double kClickRate = .03, kSfRate = .01, kLift = .05;

std::string word(const char* kind, uint64_t number) { return kind + std::to_string(number); }

class LogWriter {
 public:
  LogWriter(uint64_t lines, uint64_t seed)
      : lines_(lines), seed_(seed), users_(lines / kLinesOfUser + 1), random_(seed, 0) {
    for (size_t i = 0; i < kAdCount; ++i) ads_.push_back(ad(i));
  }

  // False where the lines cannot be written.
  bool write() {
    for (uint64_t page = 0; written_ < lines_ && is_open_; ++page) {
      // Clicks are lines, too, so that the pages end before the fourteen days do.
      const auto time = kStart + static_cast<int64_t>(static_cast<double>(page) /
                                                      static_cast<double>(lines_) * kSpan);
      while (!clicks_.empty() && clicks_.top().first <= time) write_click();
      write_page(page, time);
    }
    return is_open_ && std::fflush(stdout) == 0;
  }

 private:
  static RawAd ad(size_t number) {
    Random random(number, 1);
    RawAd made;
    made.id = word("a", number);
    made.bid = static_cast<double>(random.below(300) + 1) / 100;
    made.price = made.bid / 2;
    made.propensity = 1;
    made.match = "broad";
    made.title = word("w", random.below(kWordCount)) + word(" w", random.below(kWordCount));
    return made;
  }

  void put(const std::string& line) {
    if (written_++ < lines_) is_open_ = std::fwrite(line.data(), line.size(), 1, stdout) == 1;
  }

  void write_click() {
    put(clicks_.top().second);
    clicks_.pop();
  }

  void click(const RawImpression& page, RawClick::Kind kind, const std::string& object,
             uint32_t position) {
    RawClick made;
    made.event = word("e", clicked_++);
    made.time = page.time + 2000 + static_cast<int64_t>(random_.below(58'000));
    made.request = page.request;
    made.kind = kind;
    made.object = object;
    made.position = position;
    clicks_.emplace(made.time, to_line(made));
  }

  void write_page(uint64_t number, int64_t time) {
    const uint64_t user = random_.below(users_);
    Random own(seed_, user + 2);  // what stays of a user: arms, taste, history
    const bool has_points = own.chance(.5), has_reserve = own.chance(.5);
    const double taste = own.gamma(2) / 2;
    const uint64_t history = own.below(8);

    RawImpression page;
    page.request = word("r", number);
    page.time = time;
    page.user = word("u", user);
    page.query = word("w", random_.below(kWordCount)) + " " + word("w", random_.below(kWordCount));
    page.arms = {{"titles", "points", has_points ? "two" : "none"},
                 {"order", "reserve", has_reserve ? "high" : "low"}};
    page.generation = 7;
    page.took_us = 300 + static_cast<double>(random_.below(400));
    for (uint64_t i = 0; i < history; ++i) {
      page.user_keywords.push_back(word("w", own.below(kWordCount)));
    }
    page.groups = {{"profile", {word("age=", own.below(6)), word("city=", own.below(100))}, {}}};
    for (uint32_t i = 1; i <= kSfs; ++i) {
      page.sfs.push_back({word("f", random_.below(kWordCount)), i, .25});
    }
    for (uint32_t i = 1; i <= kShown; ++i) {
      RawAd shown = ads_[random_.below(kAdCount)];
      shown.position = i;
      if (has_points) {
        shown.selling_points = {word("p", random_.below(100)), word("p", random_.below(100))};
        shown.sp_propensity = .9;
        shown.original_title = shown.title;
        shown.title = "[" + shown.selling_points[0] + "][" + shown.selling_points[1] + "] " +
                      shown.original_title;
      }
      const double rate = kClickRate * taste / i * (has_points ? 1 + kLift : 1);
      if (random_.chance(rate)) click(page, RawClick::Kind::kAd, shown.id, i);
      page.ads.push_back(std::move(shown));
    }
    for (const RawSf& sf : page.sfs) {
      if (random_.chance(kSfRate)) click(page, RawClick::Kind::kSf, sf.keyword, sf.position);
    }
    put(to_line(page));
  }

  const uint64_t lines_, seed_, users_;
  Random random_;
  std::vector<RawAd> ads_;
  // Clicks that are to come, by their time.
  using Due = std::pair<int64_t, std::string>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> clicks_;
  uint64_t written_ = 0, clicked_ = 0;
  bool is_open_ = true;
};

bool read_number(const char* text, uint64_t& number) {
  const char* const end = text + std::strlen(text);
  const std::from_chars_result read = std::from_chars(text, end, number);
  return read.ec == std::errc() && read.ptr == end && number > 0;
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  uint64_t lines = 0, seed = 1;
  const bool is_right = (argc == 2 || argc == 3) && barker::read_number(argv[1], lines) &&
                        (argc == 2 || barker::read_number(argv[2], seed));
  if (!is_right) {
    std::fprintf(stderr, "usage: event_log LINES [SEED], whole numbers from 1\n");
    return barker::kExitUsage;
  }
  if (barker::LogWriter(lines, seed).write()) return barker::kExitOk;
  std::fprintf(stderr, "event_log: standard output: %s\n", std::strerror(errno));
  return barker::kExitUnavailable;
}
