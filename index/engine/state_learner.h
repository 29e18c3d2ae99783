// Users' own states: the plugin learns them from lessons (barker.learn/1), and the engine keeps
// them with the profiles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "index/engine/engine.h"
#include "index/profiles/profile_record.h"
#include "plugin/host/session.h"

namespace barker {

// Belongs to one thread at a time; the engine must outlive it.
class StateLearner {
 public:
  explicit StateLearner(const Engine& engine);

  // One update, with the weights that would answer the page's search now. A state of another tower,
  // or a damaged one, begins anew. False, and `state` is as it was, where nothing can be learned:
  // there are no weights, they have no dot product, or the state is of another version.
  bool learn(const Lesson& lesson, LearnedState& state);

 private:
  Session plugin_;
  std::vector<barker_shown> shown_;
};

struct StateDescription {
  std::string use;           // by the weights that serve: "used", "other tower" or "damaged"
  uint32_t impressions = 0;  // that it learned from
  uint64_t tower = 0;        // version of the tower that it holds for
};

// Nothing where there is no state, or none that the plugin can describe. [any thread]
std::optional<StateDescription> describe_state(const Engine& engine, const LearnedState& state);

}  // namespace barker
