#include "models/simulate/drifting_log.h"

#include <vector>

#include "models/base/output_file.h"
#include "models/data/events.h"

namespace barker {
namespace {

// drifting_market.cpp has the streams before these.
enum LogStream : uint64_t { kStays = 14, kLogSearches = 15 };

constexpr int64_t kFirstDay = 1'779'926'400;  // 2026-05-28, near the marketplace's first search
constexpr int64_t kDaySeconds = 86'400;
constexpr uint32_t kFewestUsers = 5;  // the named ones of market.cpp

Status check(const DriftingLogOptions& o) {
  if (o.users < kFewestUsers || o.ads < market_categories().size()) {
    return invalid_argument("drifting market: expected at least " + std::to_string(kFewestUsers) +
                            " users and " + std::to_string(market_categories().size()) +
                            " ads, found " + std::to_string(o.users) + " and " +
                            std::to_string(o.ads));
  }
  if (o.days == 0 || o.searches_per_day == 0 || o.stay_days == 0) {
    return invalid_argument(
        "drifting market: expected at least one day, one search a day and a stay of one day");
  }
  return {};
}

// By shopper, the day on which the shopper is there first. It may be before day 1.
std::vector<int64_t> first_days(const DriftingLogOptions& o) {
  Random random(o.seed, kStays);
  std::vector<int64_t> first(o.users);
  for (int64_t& day : first) {
    const uint64_t starts = uint64_t{o.days} + o.stay_days - 1;
    day = static_cast<int64_t>(random.below(starts)) + 2 - int64_t{o.stay_days};
  }
  return first;
}

std::vector<size_t> there_on(int64_t day, const std::vector<int64_t>& first, int64_t stay) {
  std::vector<size_t> there;
  for (size_t u = 0; u < first.size(); ++u) {
    if (first[u] <= day && day < first[u] + stay) there.push_back(u);
  }
  return there;
}

}  // namespace

Status write_drifting_log(const DriftingLogOptions& o, const std::string& path) {
  if (Status s = check(o); !s.ok()) return s;
  const DriftingMarket world({.seed = o.seed, .ads = o.ads, .users = o.users},
                             {.days = o.days, .constancy = o.constancy, .fashion = o.fashion});
  const std::vector<int64_t> first = first_days(o);
  OutputFile out(path);
  std::string line;
  Random random(o.seed, kLogSearches);
  uint32_t number = 0;
  for (uint32_t day = 1; day <= o.days; ++day) {
    const Market market = world.on(day);
    const std::vector<size_t> there = there_on(day, first, o.stay_days);
    if (there.empty()) {
      return invalid_argument("drifting market: nobody is there on day " + std::to_string(day) +
                              "; expected more users or longer stays");
    }
    for (uint32_t i = 0; i < o.searches_per_day; ++i, ++number) {
      const Shopper& shopper = market.shoppers()[there[random.below(there.size())]];
      SearchEvent event = market.random_search(shopper, number, random);
      event.time = kFirstDay + (day - 1) * kDaySeconds + i * kDaySeconds / o.searches_per_day;
      line.clear();
      append_event(event, line);
      out.write(line);
    }
    if (!out.status().ok()) return out.status();
  }
  return out.close();
}

}  // namespace barker
