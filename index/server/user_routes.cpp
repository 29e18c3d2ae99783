// GET and DELETE /v1/users/{id}: what is stored of a user, to be shown to or forgotten for that
// user.

#include "index/server/fields.h"
#include "index/server/problem.h"
#include "index/server/route_handlers.h"
#include "models/base/number_text.h"

namespace barker {
namespace {

// The tower in hexadecimal, because many readers of JSON hold no whole number of 64 bits.
nlohmann::ordered_json state_json(const std::optional<StateDescription>& state) {
  if (!state) return nullptr;
  return {
      {"use", state->use}, {"impressions", state->impressions}, {"tower", hex_text(state->tower)}};
}

HttpResponse no_such_user() {
  return problem(ProblemKind::kNoSuchUser, "No profile has this id.", "id");
}

}  // namespace

HttpResponse get_user(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const std::string& id = request.target.segments.back();
  const Result<std::optional<KnownUser>> found = service.find_user(id);
  HttpResponse response;
  if (!found.ok()) {
    response = problem(found.status());
  } else if (!*found) {
    response = no_such_user();
  } else {
    const Profile& profile = (*found)->profile;
    nlohmann::ordered_json groups = nlohmann::ordered_json::object();
    for (const auto& [name, tokens] : profile.groups) groups[name] = tokens;
    response.body = json_line({{"user", id},
                               {"keywords", profile.keywords},
                               {"groups", std::move(groups)},
                               {"user_state", state_json((*found)->state)}}) +
                    "\n";
  }
  response.user = id;
  return response;
}

HttpResponse delete_user(const HttpRequest& request, Service& service) {
  if (const auto fault = Parameters(request.target).finish()) return problem(*fault);
  const std::string& id = request.target.segments.back();
  const Result<bool> removed = service.remove_user(id);
  HttpResponse response;
  if (!removed.ok()) {
    response = problem(removed.status());
  } else if (!*removed) {
    response = no_such_user();
  } else {
    response.status = 204;
  }
  response.user = id;
  return response;
}

}  // namespace barker
