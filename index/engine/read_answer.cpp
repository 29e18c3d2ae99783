#include "index/engine/read_answer.h"

#include <cmath>
#include <span>
#include <utility>

namespace barker {
namespace {

double microseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

}  // namespace

AdShown show_ad(const barker_ad& ad, size_t rank, size_t first_pass_rank, std::string title) {
  AdShown shown;
  shown.id = as_view(ad.id);
  shown.title = std::move(title);
  shown.original_title = as_view(ad.title);
  shown.rank = rank;
  shown.first_pass_rank = first_pass_rank;
  shown.score = ad.first_pass_score;
  shown.bid = ad.bid;
  shown.pctr = NAN;
  return shown;
}

void read_outcome(const Session& session, SearchResult& page) {
  const barker_response& response = session.response();
  page.status = session.status();
  page.reason = session.reason();
  page.generation = response.generation;
  page.weights = session.weights_digest();
  const std::span<const barker_arm> arms = session.arms();
  for (size_t i = 0; i < arms.size(); ++i) {
    page.arms.push_back({arms[i].layer, arms[i].experiment, arms[i].arm, response.arm_policies[i]});
  }
  page.is_explored = response.explored != 0;
  page.times.map = microseconds(response.map_ns);
  page.times.score = microseconds(response.score_ns);
  page.times.choose = microseconds(response.choose_ns);
  page.times.rewrite = microseconds(response.rewrite_ns);
}

AdShown read_ad(const Session& session, size_t rank) {
  const AnsweredAd answer = session.answer(rank);
  AdShown shown = show_ad(answer.ad, rank + 1, answer.index + 1, std::string(answer.title));
  shown.score = answer.score;
  shown.pctr = answer.pctr;
  shown.is_rescored = answer.rescored;
  shown.propensity = answer.propensity;
  for (const barker_chosen& chosen : answer.chosen) {
    shown.selling_points.push_back({"", chosen.score, chosen.begin, chosen.end});
  }
  return shown;
}

}  // namespace barker
