// What pages and clicks lead to: lines of the event log, histories of users, and budgets that empty.
//
//   a page       an impression in the event log
//   an ad click  the log, the history of the user (the selling points that the ad showed), and the ad's
//                budget of today, from which the price that the page named is taken
//   an SF click  the log, and the history of the user (the keyword)
//
// A click on a page that this engine does not know, because another one answered it or it was long ago,
// costs the ad nothing here; it is logged and, on an SF, remembered.
//
// Threads: any may call any function.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "index/engine/engine.h"
#include "index/log/event_log.h"
#include "index/profiles/profile_store.h"
#include "index/server/pages_shown.h"
#include "index/server/service.h"

namespace barker {

class Traffic {
 public:
  static constexpr size_t kMostPages = 100'000;  // that are remembered

  // `profiles` and `log` may be null: then nothing is remembered or logged. All must outlive the object.
  Traffic(Engine& engine, ProfileStore* profiles, EventLog* log)
      : engine_(engine), profiles_(profiles), log_(log), pages_(kMostPages) {}

  // `user`: what the model saw of the user.
  void shown(const SearchCall& call, const Profile& user, const SearchResult& page);

  // An error says why the click cannot be taken; it was not.
  Status clicked(const Click& click);

  uint64_t clicks_without_page() const noexcept { return clicks_without_page_.load(); }

 private:
  Engine& engine_;
  ProfileStore* const profiles_;
  EventLog* const log_;
  PagesShown pages_;
  std::atomic<uint64_t> clicks_without_page_ = 0;
};

}  // namespace barker
