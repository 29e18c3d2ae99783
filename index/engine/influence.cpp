#include "index/engine/influence.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "index/engine/engine_parts.h"
#include "index/engine/user_request.h"
#include "plugin/host/extension.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/session.h"

namespace barker {
namespace {

class Asked {
 public:
  Asked(const EngineParts& engine, const barker_prepared& prepared, const std::string& query,
        const Profile& user, const std::vector<std::string>& points)
      : engine_(engine),
        prepared_(prepared),
        session_(*engine.api, engine.plugin),
        query_(query),
        user_(user) {
    for (const std::string& point : points) points_.push_back(as_string(point));
  }

  // The probabilities of the selling points for the user without this token.
  Status ask(std::optional<std::string_view> without, std::vector<double>& scores) {
    session_.start(query_, user_.user);
    for (const std::string& keyword : user_.keywords) {
      if (keyword != without) session_.add_user_keyword(keyword);
    }
    for (const auto& [name, tokens] : user_.groups) {
      session_.add_group(name);
      for (const std::string& token : tokens) {
        if (token != without) session_.add_token(token);
      }
    }
    if (engine_.user_states) set_user_state(user_, session_);
    scores.resize(points_.size());
    char error[BARKER_ERROR_SIZE] = "";
    barker_prepared_query* query = nullptr;
    int32_t code = prepared_.begin(engine_.plugin, &session_.complete_request(), &query, error);
    if (code == BARKER_OK) {
      code = prepared_.attraction(query, points_.data(), points_.size(), scores.data(), error);
    }
    prepared_.end(query);
    return code == BARKER_OK ? Status() : plugin_error(code, error);
  }

 private:
  const EngineParts& engine_;
  const barker_prepared& prepared_;
  Session session_;
  const std::string& query_;
  const Profile& user_;
  std::vector<barker_string> points_;
};

std::vector<std::string_view> tokens_of(const Profile& user) {
  std::vector<std::string_view> tokens;
  const auto add = [&tokens](const std::vector<std::string>& of) {
    for (const std::string& token : of) {
      if (tokens.size() == kMostTokens) return;
      if (std::ranges::find(tokens, token) == tokens.end()) tokens.push_back(token);
    }
  };
  for (const auto& [name, of] : user.groups) {
    if (name != kClickedSfs) add(of);  // a few features, which a long history must not crowd out
  }
  add(user.keywords);
  for (const auto& [name, of] : user.groups) add(of);
  return tokens;
}

}  // namespace

Result<std::vector<PointInfluence>> influence_of(const Engine& engine, const std::string& query,
                                                 const Profile& user,
                                                 const std::vector<std::string>& selling_points) {
  const EngineParts& parts = engine.parts();
  const std::optional<barker_prepared> prepared =
      find_extension<barker_prepared>(*parts.api, BARKER_EXT_PREPARED);
  if (!prepared || !prepared->attraction) {
    return Status(Code::kFailedPrecondition,
                  "the plugin cannot say how attractive selling points are");
  }
  Asked plugin(parts, *prepared, query, user, selling_points);
  std::vector<double> scores, without;
  if (Status s = plugin.ask(std::nullopt, scores); !s.ok()) return s;
  std::vector<PointInfluence> influences;
  for (size_t i = 0; i < selling_points.size(); ++i) {
    influences.push_back({selling_points[i], scores[i], {}});
  }
  for (const std::string_view token : tokens_of(user)) {
    if (Status s = plugin.ask(token, without); !s.ok()) return s;
    for (size_t i = 0; i < influences.size(); ++i) {
      if (std::isnan(scores[i]) || std::isnan(without[i]) || without[i] == scores[i]) continue;
      influences[i].tokens.push_back({std::string(token), without[i]});
    }
  }
  for (PointInfluence& point : influences) {
    std::ranges::stable_sort(point.tokens, std::greater(), [&point](const TokenInfluence& token) {
      return std::abs(point.score - token.without);
    });
  }
  return influences;
}

}  // namespace barker
