#include "plugin/serving.h"

#include <utility>

namespace barker {

Result<RuledGeneration> apply(const Rules& rules, std::shared_ptr<const Generation> generation,
                              std::shared_ptr<GenerationCounters> counters) {
  RuledGeneration ruled;
  std::vector<RuleMask> rows;
  if (generation) {
    auto matched = rules.match(generation->file->vocabulary(), generation->network().keyword_rows);
    if (!matched.ok()) return matched.status();
    rows = std::move(*matched);
  }
  ruled.generation = std::move(generation);
  ruled.rows = std::make_shared<const std::vector<RuleMask>>(std::move(rows));
  ruled.counters = std::move(counters);
  return ruled;
}

RuledGeneration no_weights() {
  return apply(Rules(), nullptr, std::make_shared<GenerationCounters>()).value();
}

}  // namespace barker
