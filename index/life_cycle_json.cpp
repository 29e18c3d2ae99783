#include "index/life_cycle_json.h"

#include <cmath>

namespace barker {

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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

Json describe(const barker_agreement& a) {
  if (a.serving == 0) return nullptr;
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
  return {{"serving", a.serving},
          {"canary", a.canary},
          {"sampled", a.sampled},
          {"dropped", a.dropped},
          {"compared", a.compared},
          {"serving_failed", a.serving_failed},
          {"canary_failed", a.canary_failed},
          {"top_overlap", number(a.top_overlap)},
          {"rank_correlation", number(a.rank_correlation)},
          {"same_selling_points", number(a.same_selling_points)},
          {"serving_p50_us", static_cast<double>(a.serving_p50_ns) / 1e3},
          {"serving_p99_us", static_cast<double>(a.serving_p99_ns) / 1e3},
          {"canary_p50_us", static_cast<double>(a.canary_p50_ns) / 1e3},
          {"canary_p99_us", static_cast<double>(a.canary_p99_ns) / 1e3}};
}

}  // namespace barker
