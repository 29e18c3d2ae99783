#include "index/engine/state_learner.h"

#include "index/engine/engine_parts.h"
#include "index/engine/user_request.h"
#include "plugin/host/extension.h"

namespace barker {

StateLearner::StateLearner(const Engine& engine)
    : plugin_(*engine.parts().api, engine.parts().plugin) {}

bool StateLearner::learn(const Lesson& lesson, LearnedState& state) {
  if (!state.bytes.empty() && state.version != kPluginState) return false;
  const ShownPage& page = *lesson.page;
  shown_.clear();
  for (size_t i = 0; i < page.sfs.size(); ++i) {
    const bool is_clicked = lesson.clicked == i;
    if (lesson.is_further && !is_clicked) continue;
    shown_.push_back(
        {sizeof(barker_shown), as_string(page.sfs[i]), 0, is_clicked ? 1u : 0u, /*reserved=*/0});
  }
  start_request(page.query, page.user, /*with_state=*/false, plugin_);
  plugin_.set_user_state(state.bytes);
  if (!plugin_.learn(shown_, state.bytes).ok()) return false;
  state.version = kPluginState;
  return true;
}

std::optional<StateDescription> describe_state(const Engine& engine, const LearnedState& state) {
  if (state.bytes.empty() || state.version != kPluginState) return std::nullopt;
  const EngineParts& parts = engine.parts();
  const std::optional<barker_learn> learn =
      find_extension<barker_learn>(*parts.api, BARKER_EXT_LEARN);
  if (!learn || !learn->describe) return std::nullopt;
  barker_state_description read{};
  read.struct_size = sizeof read;
  if (learn->describe(parts.plugin, state.bytes.data(), state.bytes.size(), &read) != BARKER_OK) {
    return std::nullopt;
  }
  const char* const use = read.use == BARKER_STATE_USED          ? "used"
                          : read.use == BARKER_STATE_OTHER_TOWER ? "other tower"
                                                                 : "damaged";
  return StateDescription{use, read.impressions, read.tower};
}

}  // namespace barker
