#include "index/engine/attraction.h"

#include <algorithm>
#include <cmath>

#include "index/engine/engine_parts.h"
#include "plugin/host/extension.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/session.h"

namespace barker {
namespace {

constexpr size_t kNone = SIZE_MAX;

}  // namespace

AttractionProbe::AttractionProbe(const Engine& engine)
    : engine_(engine.parts()),
      prepared_(find_extension<barker_prepared>(*engine_.api, BARKER_EXT_PREPARED)) {}

// The probabilities without the keyword of the history that is left out.
Result<std::vector<double>> AttractionProbe::score(const std::string& query, const Profile& user,
                                                   std::span<const std::string> points,
                                                   size_t left_out) const {
  Session session(*engine_.api, engine_.plugin);
  session.start(query, user.user);
  for (size_t i = 0; i < user.keywords.size(); ++i) {
    if (i != left_out) session.add_user_keyword(user.keywords[i]);
  }
  for (const auto& [name, tokens] : user.groups) {
    session.add_group(name);
    for (const std::string& token : tokens) session.add_token(token);
  }
  std::vector<barker_string> texts;
  for (const std::string& point : points) texts.push_back(as_string(point));
  std::vector<double> probabilities(points.size(), NAN);
  char error[BARKER_ERROR_SIZE] = "";
  barker_prepared_query* prepared = nullptr;
  int32_t code = prepared_->begin(engine_.plugin, &session.complete_request(), &prepared, error);
  if (code == BARKER_OK) {
    code = prepared_->attraction(prepared, texts.data(), texts.size(), probabilities.data(), error);
  }
  prepared_->end(prepared);
  if (code != BARKER_OK) return plugin_error(code, error);
  return probabilities;
}

Result<std::vector<PointAttraction>> AttractionProbe::ask(const std::string& query,
                                                          const Profile& user,
                                                          std::span<const std::string> points,
                                                          size_t influences) const {
  if (!prepared_ || !prepared_->attraction) {
    return Status(Code::kUnsupported, "this plugin is older than ABI 1.4 and cannot say it");
  }
  const Result<std::vector<double>> whole = score(query, user, points, kNone);
  if (!whole.ok()) return whole.status();
  std::vector<PointAttraction> answer;
  for (size_t p = 0; p < points.size(); ++p) answer.push_back({points[p], (*whole)[p], {}});
  const size_t tried = influences > 0 ? std::min(user.keywords.size(), kMostKeywords) : 0;
  for (size_t k = 0; k < tried; ++k) {
    const Result<std::vector<double>> without = score(query, user, points, k);
    if (!without.ok()) return without.status();
    for (size_t p = 0; p < points.size(); ++p) {
      const double change = (*whole)[p] - (*without)[p];
      if (std::isfinite(change) && change != 0) {
        answer[p].influences.push_back({user.keywords[k], change});
      }
    }
  }
  for (PointAttraction& point : answer) {
    std::ranges::stable_sort(point.influences, std::ranges::greater(),
                             [](const Influence& i) { return std::abs(i.change); });
    if (point.influences.size() > influences) point.influences.resize(influences);
  }
  return answer;
}

}  // namespace barker
