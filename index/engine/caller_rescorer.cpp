#include "index/engine/caller_rescorer.h"

#include <chrono>

#include "index/engine/engine_parts.h"

namespace barker {
namespace {

double microseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

}  // namespace

CallerRescorer::CallerRescorer(const Engine& engine)
    : plugin_(*engine.parts().api, engine.parts().plugin) {}

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
  plugin_.start(query, user.user);
  for (const std::string& keyword : user.keywords) plugin_.add_user_keyword(keyword);
  for (const auto& [name, tokens] : user.groups) {
    plugin_.add_group(name);
    for (const std::string& token : tokens) plugin_.add_token(token);
  }
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
  const barker_response& response = plugin_.response();
  page.status = plugin_.status();
  page.reason = plugin_.reason();
  page.generation = response.generation;
  page.times.map = microseconds(response.map_ns);
  page.times.score = microseconds(response.score_ns);
  page.times.choose = microseconds(response.choose_ns);
  page.times.rewrite = microseconds(response.rewrite_ns);
  page.ads.reserve(plugin_.size());
  for (size_t rank = 0; rank < plugin_.size(); ++rank) {
    const AnsweredAd answer = plugin_.answer(rank);
    AdShown& shown = page.ads.emplace_back();
    shown.id = as_view(answer.ad.id);
    shown.title = answer.title;
    shown.original_title = as_view(answer.ad.title);
    shown.rank = rank + 1;
    shown.first_pass_rank = answer.index + 1;
    shown.score = answer.score;
    shown.bid = answer.ad.bid;
    shown.pctr = answer.pctr;
    shown.is_rescored = answer.rescored;
    for (const barker_chosen& chosen : answer.chosen) {
      shown.selling_points.push_back(
          {std::string(answer.text_of(chosen)), chosen.score, chosen.begin, chosen.end});
    }
  }
}

}  // namespace barker
