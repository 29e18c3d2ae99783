// One thread's questions to a plugin: the request, the response and the buffers of both, which are
// kept from query to query. Many sessions share one plugin.
//
//   Session session(api, plugin);                     // once a thread
//
//   session.start("running shoes", "anna");           // once a query
//   session.add_user_keyword("waterproof");
//   session.add_group("profile");
//   session.add_token("gender=f");
//   barker_ad& ad = session.add_ad();
//   ad.title = as_string(title);
//   session.add_selling_point("memory foam");
//   if (const Status s = session.rescore(); !s.ok()) return show_first_pass(s);
//   for (size_t rank = 0; rank < session.size(); ++rank) show(session.answer(rank));
//
// Memory: texts are not copied. What is given to a session must live until the answer was read, and
// the views of an answer end with the next start(), rescore() or with the session. A session grows
// to the largest query that it has seen; after that it allocates nothing, unless there is an error
// to describe or a query to explain. std::bad_alloc leaves it usable.
// Threads: a session belongs to one thread at a time, and the plugin must outlive it.
// Errors: rescore() fails where the plugin cannot read the request. Everything else, such as
// missing weights or a passed deadline, is a complete answer, whose status() and reason() say so.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

inline barker_string as_string(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view as_view(const barker_string& text) { return {text.data, text.size}; }

// One ad of an answer.
struct AnsweredAd {
  uint64_t index;          // in the ads of the request: its rank in the first pass, from 0
  const barker_ad& ad;     // as the request has it
  std::string_view title;  // as it is to be shown
  double score;            // outside the window: the first-pass score
  double pctr;             // NaN where the model predicts none
  bool rescored;           // the ad was inside the window and was scored
  bool bad;  // the plugin could not read the ad, which keeps its title and its first-pass rank
  std::span<const barker_chosen> chosen;  // selling points of the title, in its order
  double propensity;                      // of these selling points; NaN where it is not known

  std::string_view text_of(const barker_chosen& selling_point) const;
};

class Session {
 public:
  // `plugin` may be null until use() names one.
  explicit Session(const barker_api& api, barker_plugin* plugin = nullptr);
  Session(const Session&) = delete;  // the request points into the session
  Session& operator=(const Session&) = delete;

  // Asks another plugin of the same library from now on.
  void use(barker_plugin* plugin) { plugin_ = plugin; }

  // Makes room for answers of so many ads with so many bytes of titles. Optional: both grow.
  void reserve(size_t ads, size_t text_bytes);

  // ---- the request

  // Begins a new query, which has no keywords, groups or ads yet.
  void start(std::string_view query, std::string_view user = {});

  // The user's keywords, newest first: one by one, or an array of the caller's.
  void add_user_keyword(std::string_view keyword) { keywords_.push_back(as_string(keyword)); }
  void set_user_keywords(std::span<const barker_string> keywords);

  // Groups of features: one by one, each followed by its tokens, or an array of the caller's, which
  // can have weights.
  void add_group(std::string_view name);
  void add_token(std::string_view token);
  void set_groups(std::span<const barker_group> groups);

  // The user's own state, as learn() gave it; empty: none.
  void set_user_state(std::string_view state) {
    request_.user_state = state.data();
    request_.user_state_size = state.size();
  }

  // The ads in first-pass order: one by one, each to be filled in and followed by its selling
  // points, or an array of the caller's. The reference holds until the next add_ad().
  barker_ad& add_ad();
  void add_selling_point(std::string_view text, uint64_t fingerprint = 0);
  void set_ads(std::span<const barker_ad> ads);

  // The ads that were added one by one, complete once the plugin was asked.
  std::span<const barker_ad> ads() const { return ads_; }

  // The request as the plugin would be asked now, for other calls that take its parts. Its pointers
  // hold until something is added.
  const barker_request& complete_request() {
    point_request_to_parts();
    return request_;
  }

  // The request itself, for window, deadline_ns, shown and surface. What was added above replaces
  // the fields that point to it when the plugin is asked.
  barker_request& request() { return request_; }

  // ---- the answer

  // Asks the plugin. Where the titles do not fit, the buffer grows and the plugin is asked again.
  Status rescore();

  // The same for callers that want the plugin's code. `error` has BARKER_ERROR_SIZE bytes, or is
  // null.
  int32_t rescore(char* error);

  // Whether the plugin has BARKER_EXT_EXPLAIN.
  bool can_explain() const { return explain_.has_value(); }

  // Ok where it has; otherwise the error that rescore_and_explain() returns then.
  Status check_can_explain() const;

  // Asks the plugin and lets it explain its answer as JSON, whose fields barker.h names. A plugin
  // of ABI 1.2 explains the very answer. An older one is asked for both in turn; where weights are
  // swapped between the two, the "generation" of the explanation is not that of the answer.
  Status rescore_and_explain(std::string& json);

  // Whether the plugin has BARKER_EXT_LEARN.
  bool can_learn() const { return learn_.has_value(); }

  // Learns from what the answer to the request showed, of which the ads are left out: `state`
  // becomes the user's new state. It may be the string that set_user_state() was given, which then
  // is the request's state again. Where it fails, `state` is as it was. The answer can be read on.
  Status learn(std::span<const barker_shown> shown, std::string& state);

  size_t size() const { return answered_; }  // ads of the answer; 0 after an error
  AnsweredAd answer(size_t rank) const;      // rank from 0 to size() - 1

  const char* status() const;  // names.h
  const char* reason() const;
  const barker_response& response() const { return response_; }
  // The digest of the weights that answered (barker_generation_stats): a generation is a number of
  // one process, and another process may give it to other weights. Empty where no weights answered,
  // where they were replaced since, or where the plugin has no BARKER_EXT_CANARY. The view holds
  // until the next call.
  std::string_view weights_digest() const;
  // The arms of experiments that the user is in.
  std::span<const barker_arm> arms() const { return {response_.arms, response_.arm_count}; }
  std::span<const barker_result_ad> results() const { return {results_.data(), answered_}; }
  std::string_view text() const { return {text_.data(), response_.text_size}; }

 private:
  struct Range {  // of tokens_ or points_
    size_t first = 0, count = 0;
  };
  struct KnownWeights {
    uint64_t generation = 0;
    std::string digest;
  };
  void point_request_to_parts();
  void clear_response();
  int32_t ask(barker_string* json, char* error);
  bool needs_more_text(int32_t code) const;

  const barker_api& api_;
  const std::optional<barker_explain> explain_;
  const std::optional<barker_learn> learn_;
  const std::optional<barker_canary> canary_;
  barker_plugin* plugin_;

  std::vector<barker_string> keywords_, tokens_;
  std::vector<barker_group> groups_;
  std::vector<barker_ad> ads_;
  std::vector<barker_selling_point> points_;
  std::vector<Range> tokens_of_;  // [groups_]
  std::vector<Range> points_of_;  // [ads_]
  barker_request request_{};

  std::vector<barker_result_ad> results_;
  std::string text_;
  barker_response response_{};
  size_t answered_ = 0;
  // Those that serve and the canary, when last asked.
  mutable std::array<KnownWeights, 2> known_weights_;
};

}  // namespace barker
