// The Service that serves: an engine, the histories of users, and what searches and clicks leave
// behind.
//
// ServiceParts is what the services of all threads share; all of it may be used by any thread. An
// EngineService belongs to one thread; its sessions are made when it is first asked.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "index/engine/caller_rescorer.h"
#include "index/engine/engine.h"
#include "index/engine/engine_session.h"
#include "index/engine/influence.h"
#include "index/engine/suggestions.h"
#include "index/log/event_log.h"
#include "index/metrics/service_metrics.h"
#include "index/profiles/profile_store.h"
#include "index/server/admin_token.h"
#include "index/server/rate_limit.h"
#include "index/server/recent_ids.h"
#include "index/server/recent_pages.h"
#include "index/server/service.h"
#include "index/server/waiting_pages.h"

namespace barker {

struct ServiceParts {
  ServiceParts(const Engine& an_engine, ProfileStore& a_store, ServiceMetrics& some_metrics,
               const Registry& a_registry, EventLog* a_log)
      : engine(an_engine),
        profiles(a_store),
        metrics(some_metrics),
        registry(a_registry),
        events(a_log) {}

  const Engine& engine;
  ProfileStore& profiles;
  ServiceMetrics& metrics;
  const Registry& registry;
  EventLog* events;                             // null: nothing is logged
  std::optional<AdminToken> token = {};         // nothing: what administrators ask is off
  std::chrono::milliseconds deadline{0};        // of a search that brings none; 0: none
  std::chrono::milliseconds profile_budget{5};  // for reading a history
  FeatureBarOptions bar = {};
  // Clicks on pages that are not among `pages`, of all clients together. Not null.
  std::unique_ptr<RateLimit> foreign_clicks = std::make_unique<RateLimit>(0, 1);
  Suggestions suggestions = {};
  PageSettings page = {};
  // Service::publish() and promote() of the weights directory; empty: weights.path names none.
  std::function<Result<std::string>(const std::string& file, bool as_canary)> publish = {};
  std::function<Result<std::string>()> promote = {};
  std::function<Result<std::string>(const std::string& file)> describe = {};  // a weight file

  std::atomic<bool> is_ready{true};
  RecentIds clicks{1 << 18};   // that were taken
  RecentPages pages{1 << 14};  // that were answered
  // Of which users' own states learn; null: there are no states.
  std::unique_ptr<WaitingPages> waiting = {};
};

class EngineService : public Service {
 public:
  explicit EngineService(ServiceParts& parts);

  Result<SearchResult> search(const SearchCall& call) override;
  Result<SearchResult> rescore(const RescoreCall& call) override;
  TakenEvent take(const Click& click) override;
  TakenEvent take(const OptOut& opt_out) override;
  void count_refused(EventRefusal refusal) override;
  std::vector<std::string> suggest(const std::string& typed, size_t count) override {
    return parts_.suggestions.find(typed, count);
  }
  Result<std::vector<PointInfluence>> influence(
      const std::string& query, const std::string& user,
      const std::vector<std::string>& selling_points) override;
  const PageSettings& page_settings() override { return parts_.page; }
  std::vector<std::string> history_of(const std::string& user) override;
  Result<std::optional<KnownUser>> find_user(const std::string& id) override;
  Result<bool> remove_user(const std::string& id) override;
  bool is_ready() override { return parts_.is_ready; }
  Result<std::string> metrics() override { return parts_.registry.text(); }
  std::optional<bool> is_administrator(const std::string& authorization) override;
  Result<std::string> ask_life_cycle(const std::string& command) override;
  Result<std::string> publish(const std::string& file, bool as_canary) override;
  Result<std::string> promote() override;
  Result<std::string> describe_weights(const std::string& file) override {
    return parts_.describe(file);
  }
  Result<std::string> change_ads(const std::string& json_lines) override;
  Result<std::string> reload_catalogue() override;

 private:
  const Profile& profile_of(const Asker& asker);
  uint64_t deadline_ns(const Asker& asker) const;
  void remember(const PageCall& call, const SearchResult& page);
  // What becomes of an event by its id alone; nothing where the id is now among the taken ones.
  std::optional<TakenEvent> check_id(const std::string& event_id, bool is_page_known);
  void wait_for_clicks(const PageCall& call, const SearchResult& page);
  void log_impression(const PageCall& call, const SearchResult& page, size_t end);

  ServiceParts& parts_;
  const std::unique_ptr<ProfileReader> reader_;
  std::unique_ptr<EngineSession> session_;
  std::unique_ptr<CallerRescorer> rescorer_;
  Profile profile_;
  std::optional<ReadOutcome> read_;  // of `profile_`; nothing: there is no user
  RecentPage recent_;                // whose memory is used again
};

}  // namespace barker
