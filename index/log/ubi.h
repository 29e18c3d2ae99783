// The raw log in the fields of User Behavior Insights 1.3, the schema in which OpenSearch keeps
// queries and events, so that its dashboards and judgment lists can be used on what barker shows:
//
//   a query   query_id, client_id, user_query, timestamp, query_response_hit_ids, query_attributes
//   an event  action_name, query_id, client_id, timestamp, event_attributes.object.object_id,
//             event_attributes.position.ordinal
//
// query_id is the id of the request and client_id the user, as the raw log has it. An event names
// its client where the query stood before it in the log and is not forgotten (`most_clients`).
//
// Action names: "click" on an ad, "filter" by an SF, "opt_out" of a user, and "impression" of an ad
// where they are asked for. A click on an SF is no "click", because judgment lists count clicks on
// documents.
//
// One thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>

#include "models/data/raw_event.h"

namespace barker {

struct UbiOptions {
  bool impressions = false;  // an event for each ad that was shown, beside the query
  bool bulk = false;         // before each line stands one that tells OpenSearch's _bulk its index
  size_t most_clients = 1'000'000;  // queries whose client is remembered
};

class Ubi {
 public:
  explicit Ubi(const UbiOptions& options) : options_(options) {}

  // Appends the lines of an event, each with its end.
  void append(const RawEvent& event, std::string& out);

 private:
  void append_query(const RawImpression& shown, std::string& out);
  void append_impressions(const RawImpression& shown, std::string& out) const;
  void append_click(const RawClick& click, std::string& out) const;
  void append_opt_out(const RawOptOut& opt_out, std::string& out) const;
  std::string client_of(const std::string& request) const;
  void remember(const RawImpression& shown);

  const UbiOptions options_;
  std::unordered_map<std::string, std::string> client_of_;  // by request
  std::deque<std::string> remembered_;                      // requests, the oldest first
};

}  // namespace barker
