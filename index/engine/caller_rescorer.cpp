#include "index/engine/caller_rescorer.h"

#include <chrono>
#include <cmath>

#include "index/engine/engine_parts.h"
#include "index/engine/read_answer.h"
#include "index/engine/user_request.h"

namespace barker {

CallerRescorer::CallerRescorer(const Engine& engine)
    : with_states_(engine.parts().user_states),
      plugin_(*engine.parts().api, engine.parts().plugin) {}

Result<SearchResult> CallerRescorer::rescore(const std::string& query, const Profile& user,
                                             std::span<const CallerAd> ads,
                                             const RescoreOptions& options) {
  if (options.explain) {
    if (Status s = plugin_.check_can_explain(); !s.ok()) return s;
  }
  SearchResult page;
  page.query = query;
  page.user = user.user;
  fill_request(query, user, ads);
  plugin_.request().deadline_ns = options.deadline_ns;
  plugin_.request().shown = options.shown;
  plugin_.request().visitor = as_string(options.visitor);
  plugin_.request().surface = as_string(options.surface);
  const auto start = std::chrono::steady_clock::now();
  const Status rescored =
      options.explain ? plugin_.rescore_and_explain(page.explanation) : plugin_.rescore();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  if (!rescored.ok()) return rescored;
  page.times.rescore = took.count();
  read_answer(page);
  return page;
}

void CallerRescorer::fill_request(const std::string& query, const Profile& user,
                                  std::span<const CallerAd> ads) {
  start_request(query, user, with_states_, plugin_);
  for (const CallerAd& given : ads) {
    barker_ad& ad = plugin_.add_ad();
    ad.id = as_string(given.id);
    ad.title = as_string(given.title);
    ad.first_pass_score = given.first_pass_score;
    ad.bid = given.bid;
    ad.merchant = as_string(given.merchant);
    ad.category = as_string(given.category);
    ad.flags = given.opt_out ? BARKER_AD_OPT_OUT : 0;
    for (const std::string& point : given.selling_points) plugin_.add_selling_point(point);
  }
}

void CallerRescorer::read_answer(SearchResult& page) const {
  read_outcome(plugin_, page);
  page.ads.reserve(plugin_.size());
  for (size_t rank = 0; rank < plugin_.size(); ++rank) {
    const AnsweredAd answer = plugin_.answer(rank);
    AdShown& shown = page.ads.emplace_back(read_ad(plugin_, rank));
    shown.price = NAN;
    shown.match.clear();
    for (size_t k = 0; k < answer.chosen.size(); ++k) {
      shown.selling_points[k].text = answer.text_of(answer.chosen[k]);
    }
  }
}

}  // namespace barker
