// Which parts of a user's history move the selling points for a query: each keyword and feature of
// the user is left out in turn, and the plugin is asked again how attractive the selling points
// are. So the numbers are the model's own answers, not an approximation of them.
//
// It takes as many questions to the plugin as the user has distinct keywords and features, up to
// kMostTokens: milliseconds, so it belongs to pages that explain and to no query. [any thread]
#pragma once

#include <string>
#include <vector>

#include "index/engine/engine.h"
#include "index/profiles/profiles.h"
#include "models/base/result.h"

namespace barker {

inline constexpr size_t kMostTokens = 128;  // of a user that are left out in turn, the newest first

struct TokenInfluence {
  std::string token;  // a keyword of the history, or a feature such as "gender=f"
  double without;     // P(user is attracted | user, query) if the user did not have it
};

struct PointInfluence {
  std::string text;
  double score;                        // P(user is attracted | user, query); NaN: not known
  std::vector<TokenInfluence> tokens;  // that change it, the largest change first
};

// In the order of `selling_points`. Fails where the plugin does; where it is older than ABI 1.4 the
// error is kFailedPrecondition.
Result<std::vector<PointInfluence>> influence_of(const Engine& engine, const std::string& query,
                                                 const Profile& user,
                                                 const std::vector<std::string>& selling_points);

}  // namespace barker
