#include "plugin/serving.h"

#include <utility>

namespace barker {

Result<RuledGeneration> apply(const Rules& rules, std::shared_ptr<const Generation> generation,
                              std::shared_ptr<GenerationCounters> counters) {
  RuledGeneration ruled;
  std::vector<RuleMask> rows;
  Blocks::Rows blocks(rules.blocks.size());
  if (generation) {
    auto matched = rules.match(generation->file->vocabulary(), generation->network().keyword_rows);
    if (!matched.ok()) return matched.status();
    rows = std::move(*matched);
    auto blocked = rules.blocks.match(generation->file->vocabulary(),
                                      generation->network().keyword_rows, std::chrono::seconds(30));
    if (!blocked.ok()) return blocked.status();
    blocks = std::move(*blocked);
  }
  ruled.generation = std::move(generation);
  ruled.rows = std::make_shared<const std::vector<RuleMask>>(std::move(rows));
  ruled.blocks = std::make_shared<const Blocks::Rows>(std::move(blocks));
  ruled.counters = std::move(counters);
  return ruled;
}

RuledGeneration no_weights() {
  return apply(Rules(), nullptr, std::make_shared<GenerationCounters>()).value();
}

}  // namespace barker
