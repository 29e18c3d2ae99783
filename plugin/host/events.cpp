#include "plugin/host/events.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace barker {

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string event_line(const Json& event) {
  using std::chrono::system_clock, std::chrono::milliseconds;
  const auto now = std::chrono::floor<milliseconds>(system_clock::now());
  const std::time_t seconds = system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char day[24], text[32];
  std::strftime(day, sizeof day, "%FT%T", &utc);
  std::snprintf(text, sizeof text, "%s.%03dZ", day,
                static_cast<int>(now.time_since_epoch().count() % 1000));
  Json line = {{"time", text}};
  line.update(event);
  return line_of(line);
}

std::string LifeCycleLog::tell(const Json& event) const {
  std::string line = event_line(event);
  if (tell_) {
    tell_(line);
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  return line;
}

Json describe(const barker_generation_stats& s) {
  if (s.generation == 0) return nullptr;
  return {{"generation", s.generation},
          {"file", s.file},
          {"digest", s.digest},
          {"queries", s.queries},
          {"rescored", s.rescored},
          {"partial", s.partial},
          {"bypassed", s.bypassed},
          {"non_finite", s.non_finite},
          {"internal", s.internal},
          {"p50_us", static_cast<double>(s.p50_ns) / 1e3},
          {"p99_us", static_cast<double>(s.p99_ns) / 1e3}};
}

Json describe(const std::optional<barker_generation_stats>& s) {
  return s ? describe(*s) : Json(nullptr);
}

Json unjudged_speed(const char* event, const std::string& version, const Status& why,
                    bool may_follow) {
  const bool is_for_now = may_follow && why.code() != Code::kUnsupported;
  return {{"event", event},
          {"version", version},
          {"result", is_for_now ? "speed is not judged yet" : "speed is not judged"},
          {"reason", why.message()}};
}

Json describe(const barker_agreement& a) {
  if (a.serving == 0) return nullptr;
  return {{"serving", a.serving},
          {"canary", a.canary},
          {"sampled", a.sampled},
          {"dropped", a.dropped},
          {"compared", a.compared},
          {"serving_failed", a.serving_failed},
          {"canary_failed", a.canary_failed},
          {"top_overlap", a.top_overlap},
          {"rank_correlation", a.rank_correlation},
          {"same_selling_points", a.same_selling_points},
          {"serving_p50_us", static_cast<double>(a.serving_p50_ns) / 1e3},
          {"serving_p99_us", static_cast<double>(a.serving_p99_ns) / 1e3},
          {"canary_p50_us", static_cast<double>(a.canary_p50_ns) / 1e3},
          {"canary_p99_us", static_cast<double>(a.canary_p99_ns) / 1e3}};
}

}  // namespace barker
