// What a closed loop says of itself: as text, as a table, as JSON and as one HTML page. Pure
// functions; any thread.
#pragma once

#include <cmath>
#include <string>

#include "index/simulation/loop_state.h"

namespace barker {

// One arm's day by the known probabilities.
struct LoopGain {
  double rate = NAN;      // clicks by impression, expected
  double possible = NAN;  // of the same pages with the selling points that the shoppers like best
  // Which part of the lift that is possible over the merchants' titles the arm had: on its own
  // pages, and by the click-through rates of the arms "none" and "oracle". The first has the same
  // shoppers on both sides and is by far the surer one.
  double of_pages = NAN, of_arms = NAN;
};
LoopGain gain_of(const LoopDay& day, LoopArm arm);

// When a new selling point was first ...; 0: never.
struct LoopDebut {
  std::string text;
  uint32_t drawn = 0;       // shown before a title because it was drawn
  uint32_t offered = 0;     // in the bar
  uint32_t in_canary = 0;   // known to a canary that answered
  uint32_t in_serving = 0;  // known to weights that answered all other users
  uint32_t chosen = 0;      // shown before a title because the weights preferred it
};
std::vector<LoopDebut> debuts_of(const LoopState& state);

std::string loop_text(const LoopState& state);
std::string loop_csv(const LoopState& state);   // a line for each day and arm
std::string loop_json(const LoopState& state);  // the state, gains and debuts
std::string loop_html(const LoopState& state);  // runs no script and loads nothing

}  // namespace barker
