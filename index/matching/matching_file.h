// By what rules the texts of an index were made comparable: the file matching.toml of an index
// directory. A search has to use the same.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

// Languages whose words are stemmed, for Stemmer::create().
struct MatchingRules {
  std::vector<std::string> languages = {"en"};
};

Status write_matching_rules(const MatchingRules& rules, const std::string& directory);

// An index of an older barker, whose rules were others, is refused with what to type.
Result<MatchingRules> read_matching_rules(const std::string& directory);

}  // namespace barker
