// A Service without an engine: it answers what a test or a fuzzer wants and remembers what it was
// asked.
#pragma once

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "index/server/routes.h"
#include "index/server/service.h"

namespace barker {

inline SearchResult some_page(const std::string& query, const std::string& user) {
  SearchResult page;
  page.query = query;
  page.user = user;
  page.status = "rescored";
  page.profile = user.empty() ? "" : "known";
  page.generation = 3;
  for (size_t rank = 1; rank <= 3; ++rank) {
    AdShown ad;
    ad.id = "ad" + std::to_string(rank);
    ad.title = "<em>light</em> Shoes";
    ad.original_title = "Shoes";
    ad.rank = ad.first_pass_rank = rank;
    ad.score = ad.bid = ad.price = 0.5;
    ad.pctr = rank == 1 ? NAN : 0.25;
    ad.match = "exact";
    ad.term = rank == 2 ? "" : "shoes";
    ad.selling_points = {{"light", 0.75, 4, 9}};
    page.ads.push_back(ad);
  }
  page.features = {{"light", 0.5, 0.9, 1, 3}, {"warm", NAN, 0.1, 2, 1}};
  return page;
}

class FakeService : public Service {
 public:
  Result<SearchResult> search(const SearchCall& call) override {
    searched.push_back(call);
    if (!failure.ok()) return failure;
    SearchResult page = some_page(call.asker.query, call.asker.user);
    if (call.asker.explain) page.explanation = "{}";
    return page;
  }
  Result<SearchResult> rescore(const RescoreCall& call) override {
    rescored.push_back(call);
    if (!failure.ok()) return failure;
    return some_page(call.asker.query, call.asker.user);
  }
  TakenEvent take(const Click& click) override {
    using Outcome = TakenEvent::Outcome;
    if (click.object == "unseen") {
      return TakenEvent::refused(EventRefusal::kNotShown, "It was not shown.");
    }
    if (click.object == "foreign") {
      return TakenEvent::refused(EventRefusal::kTooManyForeign, "Too many.");
    }
    return {clicks.insert(click.event_id).second ? Outcome::kAccepted : Outcome::kDuplicate};
  }
  TakenEvent take(const OptOut& opt_out) override {
    opt_outs.push_back(opt_out);
    return {TakenEvent::Outcome::kAccepted};
  }
  void count_refused(EventRefusal refusal) override { refusals.push_back(refusal); }
  std::vector<std::string> suggest(const std::string& typed, size_t count) override {
    return std::vector<std::string>(count, typed + " shoes");
  }
  Result<std::vector<PointInfluence>> influence(
      const std::string&, const std::string&,
      const std::vector<std::string>& selling_points) override {
    std::vector<PointInfluence> influences;
    for (const std::string& point : selling_points)
      influences.push_back({point, .5, {{"red", .25}}});
    influences.back().score = NAN;
    return influences;
  }
  const PageSettings& page_settings() override { return offered; }
  std::vector<std::string> history_of(const std::string& user) override {
    return user == "ann" ? std::vector<std::string>{"red"} : std::vector<std::string>();
  }
  Result<std::optional<KnownUser>> find_user(const std::string& id) override {
    ++found_users;
    if (!failure.ok()) return failure;
    if (id != "ann") return std::optional<KnownUser>();
    return std::optional(KnownUser{{"ann", {"red"}, {{"profile", {"gender=f"}}}},
                                   StateDescription{"used", 7, 0xab}});
  }
  Result<bool> remove_user(const std::string& id) override { return id == "ann"; }
  bool is_ready() override { return ready; }
  Result<std::string> metrics() override { return std::string("up 1\n"); }
  std::optional<bool> is_administrator(const std::string& authorization) override {
    if (!has_token) return std::nullopt;
    return authorization == "Bearer right";
  }
  Result<std::string> ask_life_cycle(const std::string& command) override {
    asked.push_back(command);
    return life_cycle;
  }
  Result<std::string> publish(const std::string& file, bool as_canary) override {
    if (!failure.ok()) return failure;
    published.emplace_back(file, as_canary);
    return std::string("000003.barker");
  }
  Result<std::string> promote() override { return std::string("000003.barker"); }
  Result<std::string> describe_weights(const std::string& file) override {
    return R"({"file":")" + file + "\"}";
  }
  Result<std::string> change_ads(const std::string&) override {
    return std::string(
        R"({"applied":1,"unknown":0,"refused":1,"problems":[{"line":2,"reason":"not JSON"}],"notes":["note"]})");
  }
  Result<std::string> reload_catalogue() override {
    return std::string(R"({"ads":1,"segments":1,"changed":0,"changes":0,"indexes":1})");
  }

  std::vector<SearchCall> searched;
  std::vector<RescoreCall> rescored;
  std::set<std::string> clicks;
  std::vector<OptOut> opt_outs;
  std::vector<EventRefusal> refusals;
  size_t found_users = 0;  // calls of find_user
  std::vector<std::string> asked;
  std::vector<std::pair<std::string, bool>> published;  // file, and whether as the canary
  Status failure;
  std::string life_cycle =
      R"({"serving":{"file":"w/000003.barker"},"canary":{"file":"w/000003.barker"},"weights_fault":null,"rules_fault":null})";
  PageSettings offered = {.users = {"ann"}, .deadline = std::chrono::milliseconds(200)};
  bool ready = true, has_token = true;
};

// A request as the server makes it; the target must be right.
inline HttpRequest request_of(const std::string& method, const std::string& target,
                              const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  (void)parse_target(target, request.target);
  request.authorization = "Bearer right";
  request.body = body;
  request.received = std::chrono::steady_clock::now();
  return request;
}

}  // namespace barker
