// A host that asks the plugin directly, by barker::host, so that tests of other engines' doors have
// something to compare with. It reads one request as JSON from standard input and writes the answer
// with every digit. With CALLS it asks as often again, and the answer says how many microseconds
// each of these calls took (bench/doors.py).
//
//     direct_host LIBBARKER WEIGHTS [CALLS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "plugin/host/plugin_loader.h"
#include "plugin/host/session.h"

namespace barker {
namespace {

using Json = nlohmann::json;

std::string_view text(const Json& json) { return json.get_ref<const std::string&>(); }

// The session points into `asked`, which must outlive its answer.
void fill(const Json& asked, Session& session) {
  session.start(text(asked.at("query")), text(asked.at("user")));
  for (const Json& keyword : asked.at("user_keywords")) session.add_user_keyword(text(keyword));
  for (const auto& [name, tokens] : asked.at("groups").items()) {
    session.add_group(name);
    for (const Json& token : tokens) session.add_token(text(token));
  }
  for (const Json& given : asked.at("ads")) {
    barker_ad& ad = session.add_ad();
    ad.id = as_string(text(given.at("id")));
    ad.title = as_string(text(given.at("title")));
    ad.bid = given.at("bid");
    ad.first_pass_score = given.at("first_pass_score");
    for (const Json& point : given.at("selling_points")) session.add_selling_point(text(point));
  }
}

Json told(const Session& session) {
  Json ads = Json::array();
  for (size_t rank = 0; rank < session.size(); ++rank) {
    const AnsweredAd ad = session.answer(rank);
    ads.push_back({{"ad", ad.index}, {"score", ad.score}, {"pctr", ad.pctr}, {"title", ad.title}});
  }
  return {{"status", session.status()}, {"ads", ads}};
}

// Asks once, and then `calls` times by the clock.
Result<std::vector<double>> ask(const Json& asked, int calls, Session& session) {
  std::vector<double> took_us;
  for (int call = -1; call < calls; ++call) {
    const auto begin = std::chrono::steady_clock::now();
    fill(asked, session);
    if (Status status = session.rescore(); !status.ok()) return status;
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (call >= 0) took_us.push_back(took.count());
  }
  return took_us;
}

int run(const char* library, const std::string& weights, int calls) {
  const Result<const barker_api*> api = load_plugin(library);
  if (!api.ok()) return std::fprintf(stderr, "%s\n", api.status().message().c_str()), 1;
  const barker_host host = {sizeof host, BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr, nullptr};
  char error[BARKER_ERROR_SIZE] = "";
  barker_plugin* plugin = nullptr;
  if ((*api)->create(&host, {}, &plugin, error) != BARKER_OK ||
      (*api)->load_weights(plugin, as_string(weights), nullptr, error) != BARKER_OK) {
    return std::fprintf(stderr, "%s\n", error), 1;
  }
  const Json asked = Json::parse(std::cin);
  Session session(**api, plugin);
  const Result<std::vector<double>> took_us = ask(asked, calls, session);
  if (!took_us.ok()) return std::fprintf(stderr, "%s\n", took_us.status().message().c_str()), 1;
  Json answer = told(session);
  if (calls > 0) answer["us"] = *took_us;
  std::cout << answer << '\n';
  (*api)->destroy(plugin);
  return 0;
}

}  // namespace
}  // namespace barker

int main(int count, char** words) {
  const int calls = count == 4 ? std::atoi(words[3]) : 0;
  if (count < 3 || count > 4 || calls < 0) {
    return std::fputs("usage: direct_host LIBBARKER WEIGHTS [CALLS]\n", stderr), 64;
  }
  return barker::run(words[1], words[2], calls);
}
