#include "index/simulation/loop_options.h"

#include <nlohmann/json.hpp>

namespace barker {

using Json = nlohmann::ordered_json;

std::string loop_options_text(const LoopOptions& o) {
  const ReadingModel& r = o.shopping.reading;
  const Json json = {{"days", o.days},
                     {"users", o.market.users},
                     {"ads", o.market.ads},
                     {"market_seed", o.market.seed},
                     {"seed", o.seed},
                     {"searches", o.searches},
                     {"past", o.past},
                     {"past_events", o.past_events},
                     {"shares", o.shares},
                     {"exploration", o.exploration},
                     {"bar_exploration", o.shopping.bar_exploration},
                     {"shown", o.shopping.shown},
                     {"features", o.shopping.features},
                     {"selling_points", o.shopping.oracle},
                     {"reading", {r.title, r.prefix, r.highlight, r.taken, r.clutter, r.position}},
                     {"held_out", o.held_out},
                     {"history", o.history},
                     {"first_epochs", o.first_epochs},
                     {"epochs", o.epochs},
                     {"settings", o.settings},
                     {"gate_instances", o.gate_instances},
                     {"ramp", o.rollout.ramp},
                     {"least_users", o.rollout.least_users},
                     {"least_clicks", o.rollout.least_clicks},
                     {"margin", o.rollout.margin},
                     {"alpha", o.rollout.alpha},
                     {"constancy", o.drift.constancy},
                     {"fashion", o.drift.fashion},
                     {"turnover", o.drift.turnover},
                     {"new_points", o.drift.new_points},
                     {"new_points_day", o.drift.new_points_day},
                     {"gone_points", o.drift.gone_points},
                     {"gone_points_day", o.drift.gone_points_day},
                     {"shuffle_day", o.shuffle_day}};
  return json.dump();
}

Status check_same_loop(const std::string& before, const LoopOptions& now, const std::string& path) {
  const std::string text = loop_options_text(now);
  if (before == text) return {};
  const Json a = Json::parse(before, nullptr, false), b = Json::parse(text);
  std::string names;
  for (const auto& [key, value] : b.items()) {
    if (a.is_object() && a.contains(key) && a[key] == value) continue;
    names += (names.empty() ? "" : ", ") + key + " (there " +
             (a.is_object() && a.contains(key) ? a[key].dump() : "unknown") + ", now " +
             value.dump() + ")";
  }
  return invalid_argument(path + ": a loop with other options was begun there: " + names +
                          "; expected the same options, or another --out");
}

}  // namespace barker
