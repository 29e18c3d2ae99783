#include "index/simulation/loop_report.h"

#include <nlohmann/json.hpp>

#include "models/base/number_text.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string day_text(uint32_t day) { return day == 0 ? "never" : "day " + std::to_string(day); }

double expected_rate(const LoopDay& day, LoopArm arm) {
  const ShopperTotals& t = day.arms[static_cast<size_t>(arm)].totals;
  return t.expected / t.impressions;
}

std::string canary_text(const LoopCanary& canary) {
  if (canary.version.empty()) return "no canary";
  const char* what = canary.is_promoted  ? "promoted"
                     : canary.is_stopped ? "stopped"
                                         : "rolled back";
  return canary.version + " " + what + ": " + canary.reason;
}

std::string gate_text(const LoopDay& day) {
  if (day.gate.reason.empty()) return "nothing was trained";
  return std::string(day.gate.is_passed ? "passed" : "refused") + " against " + day.gate.against +
         ": " + day.gate.reason;
}

}  // namespace

LoopGain gain_of(const LoopDay& day, LoopArm arm) {
  const ShopperTotals& t = day.arms[static_cast<size_t>(arm)].totals;
  const double none = expected_rate(day, LoopArm::kNone);
  LoopGain gain;
  gain.rate = expected_rate(day, arm);
  gain.possible = t.expected_best / t.impressions;
  gain.of_pages = (t.expected - t.expected_none) / (t.expected_best - t.expected_none);
  gain.of_arms = (gain.rate - none) / (expected_rate(day, LoopArm::kOracle) - none);
  return gain;
}

std::vector<LoopDebut> debuts_of(const LoopState& state) {
  std::vector<LoopDebut> debuts;
  const auto note = [](bool happened, uint32_t day, uint32_t& first) {
    if (happened && first == 0) first = day;
  };
  for (const LoopDay& day : state.days) {
    debuts.resize(day.points.size());
    for (size_t i = 0; i < day.points.size(); ++i) {
      const LoopPointDay& point = day.points[i];
      debuts[i].text = point.text;
      note(point.drawn > 0, day.day, debuts[i].drawn);
      note(point.offered > 0, day.day, debuts[i].offered);
      note(point.known_to_canary > 0, day.day, debuts[i].in_canary);
      note(point.known_to_serving > 0, day.day, debuts[i].in_serving);
      note(point.chosen > 0, day.day, debuts[i].chosen);
    }
  }
  return debuts;
}

std::string loop_text(const LoopState& state) {
  std::string out =
      "CTR by the known probabilities, and which part of the lift that is possible on the same "
      "pages was had.\n\n"
      " day     none   frozen     loop   oracle   frozen had  loop had\n";
  for (const LoopDay& day : state.days) {
    out += padded(std::to_string(day.day), 4);
    for (size_t arm = 0; arm < kLoopArms; ++arm) {
      out += padded(percent_text(gain_of(day, static_cast<LoopArm>(arm)).rate, 3), 9);
    }
    out += padded(percent_text(gain_of(day, LoopArm::kFrozen).of_pages, 1), 13) +
           padded(percent_text(gain_of(day, LoopArm::kLoop).of_pages, 1), 10) + "\n";
  }
  out += "\n";
  for (const LoopDay& day : state.days) {
    out += "day " + std::to_string(day.day) + "  canary: " + canary_text(day.canary) + "\n";
    if (day.is_shuffled) out += "        the clicks of its log were shuffled\n";
    out += "        gate: " + gate_text(day) + "\n";
  }
  const std::vector<LoopDebut> debuts = debuts_of(state);
  if (!debuts.empty()) out += "\nNew selling points, first ...\n";
  for (const LoopDebut& debut : debuts) {
    out += "  " + debut.text + ": drawn " + day_text(debut.drawn) + ", in the bar " +
           day_text(debut.offered) + ", judged by a canary " + day_text(debut.in_canary) +
           ", by the serving weights " + day_text(debut.in_serving) + ", preferred " +
           day_text(debut.chosen) + "\n";
  }
  return out;
}

std::string loop_csv(const LoopState& state) {
  std::string out =
      "day,arm,shoppers,pages,impressions,clicks,ctr,ctr_low,ctr_high,expected_ctr,"
      "expected_ctr_none,expected_ctr_best,part_of_possible_lift\n";
  for (const LoopDay& day : state.days) {
    for (size_t a = 0; a < kLoopArms; ++a) {
      const LoopArmDay& arm = day.arms[a];
      const ShopperTotals& t = arm.totals;
      const LoopGain gain = gain_of(day, static_cast<LoopArm>(a));
      out += std::to_string(day.day) + "," + kLoopArmNames[a] + "," + std::to_string(arm.shoppers) +
             "," + std::to_string(arm.pages);
      for (const double value :
           {t.impressions, t.clicks, arm.rate.value, arm.rate.low, arm.rate.high, gain.rate,
            t.expected_none / t.impressions, gain.possible, gain.of_pages}) {
        out += "," + (std::isfinite(value) ? number_text(value) : "");
      }
      out += "\n";
    }
  }
  return out;
}

std::string loop_json(const LoopState& state) {
  Json json = to_json(state);
  json["options"] = Json::parse(state.options, nullptr, false);
  for (size_t d = 0; d < state.days.size(); ++d) {
    for (size_t arm = 0; arm < kLoopArms; ++arm) {
      const LoopGain gain = gain_of(state.days[d], static_cast<LoopArm>(arm));
      Json& out = json["days"][d]["arms"][arm];
      out["arm"] = kLoopArmNames[arm];
      out["part_of_possible_lift"] = gain.of_pages;
      out["part_of_oracle_lift"] = gain.of_arms;
    }
  }
  json["debuts"] = Json::array();
  for (const LoopDebut& debut : debuts_of(state)) {
    json["debuts"].push_back({{"text", debut.text},
                              {"drawn", debut.drawn},
                              {"offered", debut.offered},
                              {"in_canary", debut.in_canary},
                              {"in_serving", debut.in_serving},
                              {"chosen", debut.chosen}});
  }
  return json.dump(2) + "\n";
}

}  // namespace barker
