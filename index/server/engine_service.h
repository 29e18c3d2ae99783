// The Service that serves: an engine, what is known of users, and what clicks lead to.
//
// ServiceParts is what the services of all threads share; every function in it may be called from any
// thread. An EngineService belongs to one thread; its session is made at the first search.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "index/engine/caller_rescorer.h"
#include "index/engine/engine.h"
#include "index/engine/engine_session.h"
#include "index/server/admin_token.h"
#include "index/server/recent_ids.h"
#include "index/server/service.h"

namespace barker {

struct ServiceParts {
  const Engine& engine;
  std::optional<AdminToken> token = {};
  RecentIds events{1 << 18};              // whose clicks were taken
  std::chrono::milliseconds deadline{0};  // of a search that brings none; 0: none

  std::function<bool()> is_ready = {};
  // Puts what is stored of a user into the profile, whose id is set; a stranger's stays as it is.
  std::function<void(const std::string& id, Profile& into)> read_user = {};
  std::function<Result<std::optional<Profile>>(const std::string& id)> find_user = {};
  std::function<Result<bool>(const std::string& id)> remove_user = {};
  std::function<void(const SearchCall&, const SearchResult&)> answered = {};  // may be empty
  std::function<Status(const Click&)> take_click = {};
  std::function<Result<std::string>()> metrics = {};
  std::function<Result<std::string>()> promote = {};
  std::function<Result<std::string>(const std::string&)> change_ads = {};
  std::function<Result<std::string>()> reload_catalogue = {};
};

class EngineService : public Service {
 public:
  explicit EngineService(ServiceParts& parts) : parts_(parts) {}

  Result<SearchResult> search(const SearchCall& call) override;
  Result<SearchResult> rescore(const RescoreCall& call) override;
  TakenClick take(const Click& click) override;
  Result<std::optional<Profile>> find_user(const std::string& id) override;
  Result<bool> remove_user(const std::string& id) override;
  bool is_ready() override { return parts_.is_ready(); }
  Result<std::string> metrics() override { return parts_.metrics(); }
  std::optional<bool> is_administrator(const std::string& authorization) override;
  Result<std::string> ask_life_cycle(const std::string& command) override;
  Result<std::string> promote() override { return parts_.promote(); }
  Result<std::string> change_ads(const std::string& json_lines) override;
  Result<std::string> reload_catalogue() override { return parts_.reload_catalogue(); }

 private:
  const Profile& profile_of(const Asker& asker);
  uint64_t deadline_ns(const Asker& asker) const;

  ServiceParts& parts_;
  std::unique_ptr<EngineSession> session_;
  std::unique_ptr<CallerRescorer> rescorer_;
  Profile profile_;
};

}  // namespace barker
