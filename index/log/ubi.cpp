#include "index/log/ubi.h"

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

// "2026-11-28T11:45:01.123Z". OpenSearch refuses a time without a zone.
std::string timestamp(int64_t milliseconds) {
  const time_t seconds = milliseconds / 1000;
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(milliseconds % 1000));
  return text;
}

void append_line(const Json& json, std::string& out) {
  out += json.dump(-1, ' ', false, Json::error_handler_t::replace);
  out += '\n';
}

// The id makes a file that is loaded twice count once.
void append_index(const char* index, const std::string& id, std::string& out) {
  append_line({{"index", {{"_index", index}, {"_id", id}}}}, out);
}

Json event_of(const char* action, const std::string& query, const std::string& client,
              int64_t time) {
  Json event = {{"application", "barker"}, {"action_name", action}, {"query_id", query}};
  if (!client.empty()) event["client_id"] = client;
  event["timestamp"] = timestamp(time);
  return event;
}

void set_object(Json& event, const std::string& id, const char* type, uint32_t position) {
  Json& attributes = event["event_attributes"];
  attributes["object"] = {{"object_id", id}, {"object_id_type", type}};
  if (position > 0) attributes["position"] = {{"ordinal", position}};
}

}  // namespace

void Ubi::append(const RawEvent& event, std::string& out) {
  if (const auto* click = std::get_if<RawClick>(&event)) {
    append_click(*click, out);
    return;
  }
  if (const auto* opt_out = std::get_if<RawOptOut>(&event)) {
    append_opt_out(*opt_out, out);
    return;
  }
  const auto& shown = std::get<RawImpression>(event);
  remember(shown);
  append_query(shown, out);
  if (options_.impressions) append_impressions(shown, out);
}

void Ubi::append_query(const RawImpression& shown, std::string& out) {
  if (options_.bulk) append_index("ubi_queries", shown.request, out);
  Json query = {{"application", "barker"}, {"query_id", shown.request}};
  if (!shown.user.empty()) query["client_id"] = shown.user;
  query["user_query"] = shown.query;
  query["timestamp"] = timestamp(shown.time);
  query["query_response_hit_ids"] = Json::array();
  for (const RawAd& ad : shown.ads) query["query_response_hit_ids"].push_back(ad.id);
  query["query_attributes"] = {{"generation", shown.generation}};
  if (!shown.weights.empty()) query["query_attributes"]["weights"] = shown.weights;
  if (!shown.features.empty()) query["query_attributes"]["features"] = shown.features;
  for (const RawArm& arm : shown.arms) {
    query["query_attributes"]["arms"][arm.experiment] = arm.arm;
    if (arm.policy.empty()) continue;
    query["query_attributes"]["policies"][arm.experiment] = arm.policy;
  }
  append_line(query, out);
}

void Ubi::append_impressions(const RawImpression& shown, std::string& out) const {
  for (const RawAd& ad : shown.ads) {
    if (options_.bulk) {
      append_index("ubi_events", shown.request + "/" + std::to_string(ad.position), out);
    }
    Json event = event_of("impression", shown.request, shown.user, shown.time);
    set_object(event, ad.id, "ad", ad.position);
    append_line(event, out);
  }
}

void Ubi::append_click(const RawClick& click, std::string& out) const {
  if (options_.bulk) append_index("ubi_events", click.event, out);
  const bool is_ad = click.kind == RawClick::Kind::kAd;
  Json event =
      event_of(is_ad ? "click" : "filter", click.request, client_of(click.request), click.time);
  set_object(event, click.object, is_ad ? "ad" : "sf", click.position);
  append_line(event, out);
}

void Ubi::append_opt_out(const RawOptOut& opt_out, std::string& out) const {
  if (options_.bulk) append_index("ubi_events", opt_out.event, out);
  append_line(event_of("opt_out", opt_out.request, client_of(opt_out.request), opt_out.time), out);
}

std::string Ubi::client_of(const std::string& request) const {
  const auto client = client_of_.find(request);
  return client == client_of_.end() ? "" : client->second;
}

void Ubi::remember(const RawImpression& shown) {
  if (shown.user.empty() || !client_of_.emplace(shown.request, shown.user).second) return;
  remembered_.push_back(shown.request);
  if (remembered_.size() <= options_.most_clients) return;
  client_of_.erase(remembered_.front());
  remembered_.pop_front();
}

}  // namespace barker
