#include "index/engine/user_request.h"

namespace barker {

void start_request(const std::string& query, const Profile& user, bool with_state, Session& to) {
  to.start(query, user.user);
  for (const std::string& keyword : user.keywords) to.add_user_keyword(keyword);
  for (const auto& [name, tokens] : user.groups) {
    to.add_group(name);
    for (const std::string& token : tokens) to.add_token(token);
  }
  if (with_state) set_user_state(user, to);
}

void set_user_state(const Profile& user, Session& to) {
  if (user.learned.version == kPluginState) to.set_user_state(user.learned.bytes);
}

}  // namespace barker
