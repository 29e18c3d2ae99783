// An engine in C++ that links the installed host library: it loads the plugin, lets a watcher load
// weights, asks for two ads, and asks the administrator's socket how that went.
#include <cstdio>
#include <string>

#include "plugin/host/admin_socket.h"
#include "plugin/host/control.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/plugin_loader.h"
#include "plugin/host/session.h"
#include "plugin/host/watcher.h"

namespace {

int fail(const char* what, const std::string& why) {
  std::fprintf(stderr, "consumer: %s: %s\n", what, why.c_str());
  return 1;
}

int ask(const barker_api& api, barker_plugin* plugin) {
  barker::Session session(api, plugin);
  session.start("running shoes", "anna");
  session.add_user_keyword("waterproof");
  for (const char* id : {"a1", "a2"}) {
    barker_ad& ad = session.add_ad();
    ad.id = barker::as_string(id);
    ad.title = barker::as_string("Trail running shoes");
    ad.first_pass_score = ad.bid = 1;
    session.add_selling_point("waterproof");
    session.add_selling_point("free shipping");
  }
  if (const barker::Status s = session.rescore(); !s.ok()) return fail("rescore", s.message());
  if (session.size() != 2 || session.status() != std::string("rescored")) {
    return fail("rescore", session.status());
  }
  for (size_t rank = 0; rank < session.size(); ++rank) {
    std::printf("%s\n", std::string(session.answer(rank).title).c_str());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fail("usage", "consumer WEIGHTS SOCKET");
  const auto api = barker::load_plugin(BARKER_PLUGIN);
  if (!api.ok()) return fail("plugin", api.status().message());
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  char error[BARKER_ERROR_SIZE] = "";
  barker_plugin* plugin = nullptr;
  if (const int32_t code = (*api)->create(&host, {nullptr, 0}, &plugin, error); code != BARKER_OK) {
    return fail("create", barker::plugin_error(code, error).message());
  }
  int result = 0;
  {
    barker::Watched watched;
    watched.weights = argv[1];
    const auto watcher = barker::Watcher::start(**api, plugin, watched, argv[2]);
    if (!watcher.ok()) return fail("watcher", watcher.status().message());
    result = ask(**api, plugin);
    const auto answer = barker::ask_engine(argv[2], "status");
    if (!answer.ok()) return fail("status", answer.status().message());
    if (answer->find("\"queries\":1,") == std::string::npos) return fail("status", *answer);
  }
  (*api)->destroy(plugin);
  return result;
}
