// POST /v1/events: {"events": [...]}, answered one by one in their order.
#include <cmath>
#include <utility>
#include <variant>

#include "index/server/fields.h"
#include "index/server/problem.h"
#include "index/server/request_id.h"
#include "index/server/route_handlers.h"
#include "plugin/barker.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostEvents = 1000;  // of a batch
constexpr size_t kMostIdBytes = 256;
constexpr double kLatest = 253402300799;  // seconds since 1970: the end of the year 9999

using Event = std::variant<Click, OptOut>;

Click read_click(Fields& fields) {
  Click click;
  fields.require("object");
  click.object = fields.filled_text("object", BARKER_MAX_TEXT_SIZE);
  click.position = fields.whole("position", 1, BARKER_MAX_ADS).value_or(0);
  return click;
}

Event read_event(const Fields::Json& json, const std::string& where, std::optional<Fault>& fault) {
  Fields fields(json, where, fault);
  for (const char* name : {"event_id", "request_id", "user", "kind", "time"}) fields.require(name);
  const std::string event_id = fields.filled_text("event_id", kMostIdBytes);
  const std::string request_id = fields.text("request_id", kMostIdBytes).value_or("");
  const std::string user = fields.user("user").value_or("");
  const int64_t time_ms = std::llround(fields.number("time", 0, kLatest).value_or(0) * 1000);
  const std::string kind = fields.text("kind", kMostIdBytes).value_or("");
  if (kind != "ad_click" && kind != "sf_click" && kind != "opt_out") {
    fields.fail(ProblemKind::kBadValue, "Expected \"ad_click\", \"sf_click\" or \"opt_out\".",
                fields.path_of("kind"));
  }
  Event event = OptOut();
  if (kind != "opt_out") {
    Click click = read_click(fields);
    click.on_sf = kind == "sf_click";
    event = std::move(click);
  }
  if (!is_request_id(request_id)) {
    fields.fail(ProblemKind::kBadValue, "Expected the request_id that a search answered.",
                fields.path_of("request_id"));
  }
  fields.finish();
  std::visit(
      [&](auto& e) {
        e.event_id = event_id;
        e.request_id = request_id;
        e.user = user;
        e.time_ms = time_ms;
      },
      event);
  return event;
}

Json outcome_json(const std::string& id, const TakenEvent& taken, const std::string& field) {
  static constexpr const char* kOutcomes[] = {"accepted", "duplicate", "refused"};
  Json json = {{"event_id", id}, {"outcome", kOutcomes[static_cast<size_t>(taken.outcome)]}};
  if (taken.outcome == TakenEvent::Outcome::kRefused) {
    json["code"] = code_of(taken.refusal);
    json["reason"] = taken.reason;
    // The same event may be taken another time.
    json["retry"] =
        taken.refusal == EventRefusal::kTooManyForeign || taken.refusal == EventRefusal::kLogIsFull;
  }
  if (!field.empty()) json["field"] = field;
  return json;
}

}  // namespace

// A wrong event is refused by itself, so that it does not hold up the others of its batch for ever.
HttpResponse post_events(const HttpRequest& request, Service& service) {
  nlohmann::json json;
  std::optional<Fault> fault = parse_body(request, json);
  if (fault) return problem(*fault);
  Fields body(json, "", fault);
  body.require("events");
  const Fields::Json* const events = body.list("events", kMostEvents);
  body.finish();
  if (fault) return problem(*fault);
  Json outcomes = Json::array();
  uint64_t counts[3] = {};
  for (size_t i = 0; i < events->size(); ++i) {
    std::optional<Fault> wrong;
    const Event event = read_event((*events)[i], "events[" + std::to_string(i) + "]", wrong);
    const TakenEvent taken =
        wrong ? TakenEvent::refused(EventRefusal::kInvalid, wrong->detail)
              : std::visit([&](const auto& e) { return service.take(e); }, event);
    const std::string& id =
        std::visit([](const auto& e) -> const std::string& { return e.event_id; }, event);
    ++counts[static_cast<size_t>(taken.outcome)];
    if (taken.outcome == TakenEvent::Outcome::kRefused) service.count_refused(taken.refusal);
    outcomes.push_back(outcome_json(id, taken, wrong ? wrong->field : ""));
  }
  HttpResponse response;
  response.body = Json{{"accepted", counts[0]},
                       {"duplicates", counts[1]},
                       {"refused", counts[2]},
                       {"events", std::move(outcomes)}}
                      .dump(-1, ' ', false, Json::error_handler_t::replace) +
                  "\n";
  return response;
}

}  // namespace barker
