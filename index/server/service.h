// What the routes ask of the engine, as one thread sees it. The routes read requests and write
// answers; a Service does what they say. engine_service.h is the one that serves; tests have
// others.
//
// Threads: a Service belongs to one thread. What the services of a server share is theirs to guard.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/engine/caller_rescorer.h"
#include "index/engine/influence.h"
#include "index/engine/search_result.h"
#include "index/engine/state_learner.h"
#include "index/profiles/profiles.h"
#include "models/base/result.h"

namespace barker {

struct Asker {  // of a search or a rescoring
  std::string query, user;
  std::optional<std::vector<std::string>> keywords;  // instead of those that the profile has
  // In addition to the groups of the profile, and instead of those that have the same name.
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  std::chrono::steady_clock::time_point received{};  // from when the server's deadline counts
  std::chrono::steady_clock::time_point deadline{};  // its beginning of time: none
  bool explain = false;
  std::string visitor;  // places a user without an id in experiments, such as a cookie's id
  std::string surface;  // width profile of the plugin's configuration; empty: none
};

struct PageCall {
  std::string request_id;
  Asker asker;
  size_t from = 0, count = 10;  // the ads of the page that are shown
  // All of which an ad must have to be on the page. Of a search alone.
  std::vector<std::string> features;
  // Nobody is shown the page: it is neither logged nor counted as shown, and takes no clicks.
  bool is_preview = false;
};

struct SearchCall : PageCall {
  std::optional<bool> bar = {};  // whether SFs are offered; without it, unless `from` is set
};

struct RescoreCall : PageCall {
  std::vector<CallerAd> ads;  // in first-pass order; their ids differ
};

struct Click {
  std::string event_id, request_id, user;
  bool on_sf = false;     // on a specific feature keyword (SF); otherwise on an ad
  std::string object;     // id of the ad, or text of the SF
  uint64_t position = 0;  // from 1
  int64_t time_ms = 0;    // milliseconds since 1970
};

// A user asked for titles without selling points, or for results that are not personal.
struct OptOut {
  std::string event_id, request_id, user;
  int64_t time_ms = 0;  // milliseconds since 1970
};

// Why an event was refused. The names are in kRefusalCodes.
enum class EventRefusal : uint8_t {
  kInvalid,         // a field is wrong
  kNotShown,        // its page did not show the object, or not at this position
  kOtherUser,       // its page was another user's
  kTooManyForeign,  // of pages that the server does not know; later it may be taken
  kLogIsFull,       // later it may be taken
};
inline constexpr std::array<std::string_view, 5> kRefusalCodes = {
    "invalid", "not-shown", "other-user", "too-many-foreign", "log-full"};
inline std::string_view code_of(EventRefusal refusal) {
  return kRefusalCodes[static_cast<size_t>(refusal)];
}

struct TakenEvent {
  enum class Outcome : uint8_t { kAccepted, kDuplicate, kRefused };
  Outcome outcome;
  EventRefusal refusal = EventRefusal::kInvalid;  // of one that was refused
  std::string reason = {};                        // the refusal as a sentence

  static TakenEvent refused(EventRefusal refusal, std::string reason) {
    return {Outcome::kRefused, refusal, std::move(reason)};
  }
};

// What the page that is served (page/README.md) is configured with.
struct PageSettings {
  std::vector<std::string> users;         // that it offers, and whose histories it shows
  std::chrono::milliseconds deadline{0};  // of a search; 0: none
  bool has_administrator = false;         // whether there is a token at all
};

// What is stored of a user.
struct KnownUser {
  Profile profile;
  std::optional<StateDescription> state = {};  // the user's own; nothing where there is none
};

class Service {
 public:
  virtual ~Service() = default;

  virtual Result<SearchResult> search(const SearchCall& call) = 0;
  virtual Result<SearchResult> rescore(const RescoreCall& call) = 0;
  virtual TakenEvent take(const Click& click) = 0;
  virtual TakenEvent take(const OptOut& opt_out) = 0;
  virtual void count_refused(EventRefusal refusal) = 0;  // for the metrics

  // Queries that begin like `typed`, or have a word that does.
  virtual std::vector<std::string> suggest(const std::string& typed, size_t count) = 0;
  // What of the user's history moves the selling points for the query.
  virtual Result<std::vector<PointInfluence>> influence(
      const std::string& query, const std::string& user,
      const std::vector<std::string>& selling_points) = 0;
  virtual const PageSettings& page_settings() = 0;

  // The keywords of the user's history, newest first, as a search reads them: within the budget of
  // a read, and none where the store does not answer in it.
  virtual std::vector<std::string> history_of(const std::string& user) = 0;

  // May wait for the store longer than a search may.
  virtual Result<std::optional<KnownUser>> find_user(const std::string& id) = 0;
  virtual Result<bool> remove_user(const std::string& id) = 0;  // false: nothing was stored

  virtual bool is_ready() = 0;                // false: the server is about to stop
  virtual Result<std::string> metrics() = 0;  // Prometheus text

  // Whether the header "Authorization" has the administrator's token; nothing where there is none.
  virtual std::optional<bool> is_administrator(const std::string& authorization) = 0;

  // A command of LifeCycle::answer() (plugin/host/life_cycle.h); returns its line.
  virtual Result<std::string> ask_life_cycle(const std::string& command) = 0;
  // A weight file of the server's machine becomes the next version, and CURRENT, or the canary
  // where `as_canary`. Returns the version.
  virtual Result<std::string> publish(const std::string& file, bool as_canary) = 0;
  virtual Result<std::string> promote() = 0;  // the label canary becomes CURRENT; its version
  // A JSON object: what the weight file holds (`barker inspect`).
  virtual Result<std::string> describe_weights(const std::string& file) = 0;
  // JSON Lines of changes of the catalogue, and a new catalogue; both return a JSON object.
  virtual Result<std::string> change_ads(const std::string& json_lines) = 0;
  virtual Result<std::string> reload_catalogue() = 0;
};

}  // namespace barker
