// What a request says of its user, the same for every question that the engine asks the plugin.
// Pure functions. Only index/engine includes this.
#pragma once

#include <string>

#include "index/profiles/profiles.h"
#include "plugin/host/session.h"

namespace barker {

// Begins a query of the user: keywords, groups and, where `with_state`, the user's own state. Query
// and user must live until the answer was read.
void start_request(const std::string& query, const Profile& user, bool with_state, Session& to);

// The user's own state, unless it is of another version than the plugin's.
void set_user_state(const Profile& user, Session& to);

}  // namespace barker
