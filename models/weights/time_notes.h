// The times in a model card's notes, such as kTrainedToNote. Pure function; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/base/number_text.h"
#include "models/weights/weights_generated.h"

namespace barker {

// Nothing where the card has no such note, or one that is no integer.
inline std::optional<int64_t> time_note(const fbs::ModelCard& card, std::string_view key) {
  if (!card.notes()) return std::nullopt;
  for (const fbs::Note* note : *card.notes()) {
    if (note->key()->string_view() != key) continue;
    if (const auto time = read_integer(note->value()->string_view())) return time;
  }
  return std::nullopt;
}

}  // namespace barker
