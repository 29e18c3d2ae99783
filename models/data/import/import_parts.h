// The parts that several importers share: lines of JSON, separated fields, and negatives that
// are drawn for logs which record only what was clicked or bought.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/fields.h"
#include "models/base/output_file.h"
#include "models/base/random.h"
#include "models/base/result.h"

namespace barker {

// Writes one line of JSON Lines.
void write_line(OutputFile& file, const nlohmann::ordered_json& json);

// splitmix64 as a stream. An importer uses one stream for the whole log, so equal seeds give equal
// files.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}
  size_t below(size_t n) { return next_random(state_) % n; }

 private:
  uint64_t state_;
};

// Draws up to four different words from `pool` that are not in `excluded`. The pool holds a word as
// often as the log has it as a positive. Words are then negatives about as often as they are
// positives, and the popularity of a word says little about its label.
std::vector<std::string> draw_negatives(Draws& draws, const std::vector<std::string>& pool,
                                        std::set<std::string> excluded);

}  // namespace barker
