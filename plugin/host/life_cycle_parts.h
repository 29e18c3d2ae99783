// The parts of a LifeCycle, in the order in which they depend on each other. Not installed.
#pragma once

#include "plugin/host/canary_cycle.h"
#include "plugin/host/control.h"
#include "plugin/host/events.h"
#include "plugin/host/followed_text.h"
#include "plugin/host/life_cycle.h"
#include "plugin/host/weights_cycle.h"

namespace barker {

struct LifeCycle::Parts {
  Parts(const barker_api& api, barker_plugin* plugin, const Watched& watched)
      : control(api, plugin),
        log(watched.tell),
        follows_weights(watched.follow_weights),
        rules(
            "rules", [this](const std::string& text) { return control.load_rules(text); }, log,
            watched.rules),
        experiments(
            "experiments",
            [this](const std::string& text) { return control.load_experiments(text); }, log,
            watched.experiments),
        canary(control, log, {watched.weights, watched.shared_directory},
               {watched.most_failures, watched.slowest}),
        weights(control, log, {watched.weights, watched.shared_directory},
                watched.probation_seconds, {watched.most_failures, watched.slowest}, canary) {}

  const Control control;
  const LifeCycleLog log;
  const bool follows_weights;
  bool is_asked = false;  // the next look is at weights and canary, even if they are not followed
  FollowedText rules;
  FollowedText experiments;
  CanaryCycle canary;
  WeightsCycle weights;
};

}  // namespace barker
