// What administrators ask: weights, canary, rules, catalogue. The life cycle decides what a command
// does (plugin/host/life_cycle.h).
#include <filesystem>

#include "index/server/fields.h"
#include "index/server/problem.h"
#include "index/server/route_handlers.h"
#include "models/base/number_text.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLongestPath = 4096;  // bytes

// A call without arguments may have an empty body or an empty object.
std::optional<Fault> expect_no_arguments(const HttpRequest& request) {
  if (request.body.empty()) return Parameters(request.target).finish();
  nlohmann::json json;
  std::optional<Fault> fault = parse_body(request, json);
  if (fault) return fault;
  Fields(json, "", fault).finish();
  return fault;
}

HttpResponse json_response(const std::string& line) {
  HttpResponse response;
  response.body = line + "\n";
  return response;
}

// The text of a status's field; empty where it is null.
std::string text_in(const Json& status, const char* field) {
  const auto found = status.find(field);
  return found != status.end() && found->is_string() ? found->get<std::string>() : "";
}

// The line of the life cycle, whose "error" says that it did nothing. `fault`: the field of a
// status that says why the files which were to be loaded are not in force; null: none. `key`: of
// the configuration, without which there is nothing to load.
HttpResponse ask(Service& service, const std::string& command, const char* fault = nullptr,
                 const char* key = nullptr) {
  const Result<std::string> line = service.ask_life_cycle(command);
  if (!line.ok()) return problem(line.status());
  const auto json = Json::parse(*line, nullptr, false);
  if (!json.is_object()) return problem(ProblemKind::kInternal, "The engine gave no answer.");
  if (json.contains("error") && json["error"].is_string()) {
    const std::string is_configured_by =
        key ? " (" + std::string(key) + " of the configuration)" : "";
    return problem(ProblemKind::kConflict, json["error"].get<std::string>() + is_configured_by);
  }
  if (const std::string why = fault ? text_in(json, fault) : ""; !why.empty()) {
    return problem(ProblemKind::kRefusedRequest, "The engine goes on as before: " + why);
  }
  return json_response(*line);
}

// What is wrong with the file that a call names. One that is missing is wrong with the call, not
// with the state of the engine.
HttpResponse wrong_file(const Status& status) {
  const bool is_missing = status.code() == Code::kNotFound;
  return problem(is_missing ? bad_data(status.message()) : status, "file");
}

// Has the engine load what a change of the weights directory names. Weights that were taken back
// are not tried again, unless they are what changed. The directory stays as it was changed, so the
// problem says what it names.
HttpResponse load_version(Service& service, const Result<std::string>& version, bool as_canary) {
  if (!version.ok()) return problem(version.status());
  const HttpResponse response = ask(service, "look");
  if (response.status != 200) return response;
  const Json status = Json::parse(response.body);
  const Json::json_pointer role(as_canary ? "/canary/file" : "/serving/file");
  const std::filesystem::path file = status.value(role, std::string());
  if (file.filename() == *version) return json_response(json_line({{"version", *version}}));
  if (as_canary) {
    return problem(ProblemKind::kRefusedRequest,
                   "The engine did not start " + *version +
                       " as the canary. The label canary names it until `barker unlabel`. " +
                       text_in(status, "canary_fault"));
  }
  if (const std::string why = text_in(status, "weights_fault"); !why.empty()) {
    return problem(ProblemKind::kRefusedRequest,
                   "The engine does not take " + *version +
                       " and goes on as before. CURRENT names it until `barker rollback`. " + why);
  }
  return problem(
      ProblemKind::kConflict,
      "CURRENT names " + *version +
          ", which the engine has not loaded yet. Where it was taken back before, "
          "/v1/admin/weights/load tries it again. Otherwise the weights that serve are "
          "on probation, and the plugin cannot replace them before their probation ends.");
}

}  // namespace

HttpResponse get_admin_status(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  return ask(service, "status");
}

// Of the weights that serve.
HttpResponse get_admin_weights(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const Result<std::string> line = service.ask_life_cycle("status");
  if (!line.ok()) return problem(line.status());
  const auto status = Json::parse(*line, nullptr, false);
  const Json::json_pointer file("/serving/file");
  if (!status.is_object() || !status.contains(file) || !status[file].is_string()) {
    return problem(ProblemKind::kConflict, "No weights serve.");
  }
  const Result<std::string> described = service.describe_weights(status[file].get<std::string>());
  return described.ok() ? json_response(*described) : problem(described.status());
}

HttpResponse post_weights_load(const HttpRequest& request, Service& service) {
  if (const auto fault = expect_no_arguments(request)) return problem(*fault);
  return ask(service, "reload weights", "weights_fault", "weights.path");
}

HttpResponse post_weights_rollback(const HttpRequest& request, Service& service) {
  if (const auto fault = expect_no_arguments(request)) return problem(*fault);
  return ask(service, "rollback");
}

HttpResponse post_rules_reload(const HttpRequest& request, Service& service) {
  if (const auto fault = expect_no_arguments(request)) return problem(*fault);
  return ask(service, "reload rules", "rules_fault", "weights.rules");
}

HttpResponse post_weights_publish(const HttpRequest& request, Service& service) {
  nlohmann::json json;
  std::optional<Fault> fault = parse_body(request, json);
  if (fault) return problem(*fault);
  Fields body(json, "", fault);
  body.require("file");
  const std::string file = body.text("file", kLongestPath).value_or("");
  const bool as_canary = body.flag("canary").value_or(false);
  if (!file.starts_with('/') || file.find('\0') != std::string::npos) {
    body.fail(ProblemKind::kBadValue,
              "Expected a path of the server's machine that begins with / and has no NUL.", "file");
  }
  body.finish();
  if (fault) return problem(*fault);
  const Result<std::string> version = service.publish(file, as_canary);
  if (!version.ok() && (version.status().message().starts_with(file + ":") ||
                        version.status().message().starts_with(file + ".sig:"))) {
    return wrong_file(version.status());
  }
  return load_version(service, version, as_canary);
}

HttpResponse post_weights_promote(const HttpRequest& request, Service& service) {
  if (const auto fault = expect_no_arguments(request)) return problem(*fault);
  return load_version(service, service.promote(), false);
}

HttpResponse post_canary(const HttpRequest& request, Service& service) {
  nlohmann::json json;
  std::optional<Fault> fault = parse_body(request, json);
  if (fault) return problem(*fault);
  Fields body(json, "", fault);
  body.require("served");
  body.require("compared");
  const double served = body.number("served", 0, 1).value_or(0);
  const double compared = body.number("compared", 0, 1).value_or(0);
  body.finish();
  if (fault) return problem(*fault);
  return ask(service, "shares " + number_text(served) + " " + number_text(compared));
}

HttpResponse post_ads(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  if (const auto fault = check_content_type(request, "application/x-ndjson")) {
    return problem(*fault);
  }
  const Result<std::string> summary = service.change_ads(request.body);
  return summary.ok() ? json_response(*summary) : problem(summary.status());
}

HttpResponse post_catalogue_reload(const HttpRequest& request, Service& service) {
  if (const auto fault = expect_no_arguments(request)) return problem(*fault);
  const Result<std::string> summary = service.reload_catalogue();
  return summary.ok() ? json_response(*summary) : problem(summary.status());
}

}  // namespace barker
