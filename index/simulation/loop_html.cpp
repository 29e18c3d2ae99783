// The closed loop's page: what the loop earned day by day, and what was decided and why.
#include "index/simulation/loop_report.h"
#include "models/base/number_text.h"
#include "models/experiment/page_style.h"
#include "models/experiment/plots.h"
#include "models/text/text.h"

namespace barker {
namespace {

std::string day_cell(uint32_t day) { return day == 0 ? "-" : std::to_string(day); }

std::string row(const std::vector<std::string>& cells, const char* kind) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) {
    out += std::string("<") + kind + ">" + html_escaped(cell) + "</" + kind + ">";
  }
  return out + "</tr>";
}

template <typename Value>
Curve curve(const LoopState& state, LoopArm arm, Value value) {
  Curve out = {kLoopArmNames[static_cast<size_t>(arm)], static_cast<int>(arm), {}};
  for (const LoopDay& day : state.days) out.values.push_back(value(gain_of(day, arm)));
  return out;
}

std::string plots(const LoopState& state) {
  const auto rate = [](const LoopGain& gain) { return gain.rate; };
  const auto part = [](const LoopGain& gain) { return gain.of_pages; };
  return "<h2>Day by day</h2><div class='plots'>" +
         curves_plot("Expected click-through rate by day",
                     {curve(state, LoopArm::kNone, rate), curve(state, LoopArm::kFrozen, rate),
                      curve(state, LoopArm::kLoop, rate), curve(state, LoopArm::kOracle, rate)}) +
         curves_plot("Part of the possible lift over the merchants' titles",
                     {curve(state, LoopArm::kFrozen, part), curve(state, LoopArm::kLoop, part)}) +
         "</div>";
}

std::string verdict(const LoopState& state) {
  const LoopDay& last = state.days.back();
  const LoopGain loop = gain_of(last, LoopArm::kLoop), frozen = gain_of(last, LoopArm::kFrozen);
  return "<div class='verdict " +
         std::string(loop.of_pages > frozen.of_pages ? "better" : "worse") + "'><b>On day " +
         std::to_string(last.day) + " the loop had " + percent_text(loop.of_pages, 1) +
         " of the possible lift, frozen weights " + percent_text(frozen.of_pages, 1) +
         "</b>Possible is what the same pages would have earned over the merchants&#39; titles "
         "with the selling points that each shopper likes best. Clicks are those of simulated "
         "shoppers "
         "whose tastes are known, so that these figures have no noise of clicks.</div>";
}

std::string arms_table(const LoopState& state) {
  std::string out = "<h2>Days</h2><div class='scroll'><table>" +
                    row({"day", "arm", "shoppers", "impressions", "clicks", "CTR", "95% interval",
                         "expected CTR", "part of the possible lift"},
                        "th");
  for (const LoopDay& day : state.days) {
    for (size_t a = 0; a < kLoopArms; ++a) {
      const LoopArmDay& arm = day.arms[a];
      const LoopGain gain = gain_of(day, static_cast<LoopArm>(a));
      out += row({std::to_string(day.day), kLoopArmNames[a], std::to_string(arm.shoppers),
                  number_text(arm.totals.impressions, 0), number_text(arm.totals.clicks, 0),
                  percent_text(arm.rate.value, 3),
                  percent_text(arm.rate.low, 3) + " - " + percent_text(arm.rate.high, 3),
                  percent_text(gain.rate, 3), percent_text(gain.of_pages, 1)},
                 "td");
    }
  }
  return out + "</table></div>";
}

std::string decisions(const LoopState& state) {
  std::string out = "<h2>Decisions</h2><ul class='checks'>";
  const auto item = [&](const char* kind, const std::string& text) {
    out += std::string("<li class='") + kind + "'>" + html_escaped(text) + "</li>";
  };
  for (const LoopDay& day : state.days) {
    const std::string when = "Day " + std::to_string(day.day) + ": ";
    const LoopCanary& canary = day.canary;
    if (canary.version.empty()) {
      item("mind", when + "there was no canary; " + day.serving + " served");
    } else {
      item(canary.is_promoted ? "yes" : "no", when + canary.version + " was shown to " +
                                                  std::to_string(canary.canary_users) +
                                                  " users beside " + day.serving + " and was " +
                                                  (canary.is_promoted  ? "promoted"
                                                   : canary.is_stopped ? "stopped"
                                                                       : "rolled back") +
                                                  ": " + canary.reason);
    }
    if (day.is_shuffled) item("mind", when + "the clicks of the log were shuffled");
    if (day.gate.reason.empty()) continue;
    item(day.gate.is_passed ? "yes" : "no",
         when + "the gate " +
             (day.gate.is_passed ? "let the new weights pass" : "refused the new weights") +
             " against " + day.gate.against + ": " + day.gate.reason);
  }
  return out + "</ul>";
}

std::string debuts(const LoopState& state) {
  const std::vector<LoopDebut> all = debuts_of(state);
  if (all.empty()) return "";
  std::string out =
      "<h2>New selling points</h2><p>The day on which each one was first drawn before a title, "
      "offered in the "
      "bar, judged by a canary, judged by the weights that serve, and preferred by them.</p>"
      "<div class='scroll'><table>" +
      row({"selling point", "drawn", "in the bar", "canary", "serving", "preferred"}, "th");
  for (const LoopDebut& d : all) {
    out += row({d.text, day_cell(d.drawn), day_cell(d.offered), day_cell(d.in_canary),
                day_cell(d.in_serving), day_cell(d.chosen)},
               "td");
  }
  return out + "</table></div>";
}

}  // namespace

std::string loop_html(const LoopState& state) {
  std::string out =
      "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
      "content='width=device-width'><title>barker: the closed loop</title><style>" +
      std::string(kPageStyle) + "</style></head><body><h1>The closed loop</h1>";
  if (state.days.empty()) return out + "<p>No day has ended yet.</p></body></html>\n";
  return out + verdict(state) + plots(state) + decisions(state) + debuts(state) +
         arms_table(state) + "</body></html>\n";
}

}  // namespace barker
