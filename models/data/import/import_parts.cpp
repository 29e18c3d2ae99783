#include "models/data/import/import_parts.h"

namespace barker {

void write_line(OutputFile& file, const nlohmann::ordered_json& json) {
  file.write(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

std::vector<std::string> draw_negatives(Draws& draws, const std::vector<std::string>& pool,
                                        std::set<std::string> excluded) {
  constexpr size_t kNegatives = 4;
  constexpr int kMostTries = 200;
  std::vector<std::string> out;
  for (int tries = 0; tries < kMostTries && out.size() < kNegatives && !pool.empty(); ++tries) {
    const std::string& word = pool[draws.below(pool.size())];
    if (excluded.insert(word).second) out.push_back(word);
  }
  return out;
}

}  // namespace barker
