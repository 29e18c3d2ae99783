#include "index/server/engine_service.h"

#include <algorithm>
#include <utility>

namespace barker {

using Clock = std::chrono::steady_clock;

// What is stored of the user, with what the request says in its place.
const Profile& EngineService::profile_of(const Asker& asker) {
  profile_.user = asker.user;
  profile_.keywords.clear();
  profile_.groups.clear();
  if (!asker.user.empty()) parts_.read_user(asker.user, profile_);
  if (asker.keywords) profile_.keywords = *asker.keywords;
  for (const auto& group : asker.groups) {
    const auto same = std::ranges::find(profile_.groups, group.first,
                                        &decltype(profile_.groups)::value_type::first);
    if (same == profile_.groups.end()) {
      profile_.groups.push_back(group);
    } else {
      same->second = group.second;
    }
  }
  return profile_;
}

SearchBounds EngineService::bounds_of(const Asker& asker, size_t shown) const {
  Clock::time_point deadline = asker.deadline;
  if (deadline == Clock::time_point() && parts_.deadline.count() > 0) {
    deadline = Clock::now() + parts_.deadline;
  }
  const auto since_start =
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch());
  return {.deadline_ns = static_cast<uint64_t>(since_start.count()), .shown = shown};
}

Result<SearchResult> EngineService::search(const SearchCall& call) {
  if (!session_) session_ = std::make_unique<EngineSession>(parts_.engine);
  Result<SearchResult> page =
      session_->search(call.asker.query, profile_of(call.asker), call.asker.explain,
                       bounds_of(call.asker, call.from + call.count));
  if (page.ok() && parts_.answered) parts_.answered(call, *page);
  return page;
}

Result<SearchResult> EngineService::rescore(const RescoreCall& call) {
  if (!rescorer_) rescorer_ = std::make_unique<CallerRescorer>(parts_.engine);
  return rescorer_->rescore(call.asker.query, profile_of(call.asker), call.ads, call.asker.explain,
                            bounds_of(call.asker, 0));
}

TakenClick EngineService::take(const Click& click) {
  if (!parts_.events.add(click.event_id)) return {TakenClick::Outcome::kDuplicate, ""};
  const Status taken = parts_.take_click(click);
  if (taken.ok()) return {TakenClick::Outcome::kAccepted, ""};
  parts_.events.remove(click.event_id);
  return {TakenClick::Outcome::kRefused, taken.message()};
}

Result<std::optional<Profile>> EngineService::find_user(const std::string& id) {
  return parts_.find_user(id);
}

Result<bool> EngineService::remove_user(const std::string& id) { return parts_.remove_user(id); }

std::optional<bool> EngineService::is_administrator(const std::string& authorization) {
  if (!parts_.token) return std::nullopt;
  return parts_.token->matches(authorization);
}

Result<std::string> EngineService::ask_life_cycle(const std::string& command) {
  return parts_.engine.ask(command);
}

Result<std::string> EngineService::change_ads(const std::string& json_lines) {
  return parts_.change_ads(json_lines);
}

}  // namespace barker
