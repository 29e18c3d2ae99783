// What the searches of `barker serve` cost in process: the same engine, users, page and feature
// bar, asked one after the other on one thread. bench/serve.sh puts this beside the server's CPU
// time a request.
//
//   serve_bench INDEX WEIGHTS QUERIES [SEARCHES [PAUSE_US]]
//
// Prints "search_us" and "search_json_us", CPU microseconds a search, without and with the JSON of
// its answer, and "answer_us", those of the request as the server's routes answer it, without HTTP.
// With PAUSE_US, the thread sleeps for so long before each search, as a server does that one
// connection asks: caches and clocks grow cold then in any program. What sleeping itself costs is
// counted, too, and printed as "pause_us".
#include <sys/prctl.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "index/engine/engine_session.h"
#include "index/engine/search_json.h"
#include "index/profiles/profile_store.h"
#include "index/server/engine_service.h"
#include "index/server/routes.h"
#include "models/base/lines.h"

namespace {

double cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void rest(std::chrono::microseconds pause) {
  if (pause.count() > 0) std::this_thread::sleep_for(pause);
}

// What the server does with a request between HTTP and HTTP.
int print_answer_us(const barker::Engine& engine, const std::vector<std::string>& queries,
                    int searches, std::chrono::microseconds pause) {
  barker::ProfileStoreOptions in_memory;
  in_memory.store = "memory:";
  const auto profiles = barker::open_profile_store(in_memory);
  if (!profiles.ok()) return 70;
  barker::ServiceMetrics metrics({"/v1/search"});
  const barker::Registry registry;
  barker::ServiceParts parts(engine, **profiles, metrics, registry, nullptr);
  parts.bar.count = 8;
  barker::EngineService service(parts);
  std::vector<barker::HttpRequest> requests;
  for (const std::string& query : queries) {
    requests.push_back({.method = "GET",
                        .target = {.segments = {"v1", "search"}, .parameters = {{"q", query}}},
                        .authorization = "",
                        .content_type = "",
                        .body = "",
                        .peer = "127.0.0.1"});
  }
  double start = 0;
  for (int i = -1000; i < searches; ++i) {
    if (i == 0) start = cpu_seconds();
    rest(pause);
    barker::HttpRequest& request = requests[static_cast<size_t>(i + 1000) % requests.size()];
    request.received = std::chrono::steady_clock::now();
    const barker::HttpResponse response = barker::answer(request, service);
    if (response.status != 200) {
      std::fprintf(stderr, "serve_bench: %s", response.body.c_str());
      return 70;
    }
  }
  std::printf("answer_us %.1f\n", (cpu_seconds() - start) * 1e6 / searches);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: serve_bench INDEX WEIGHTS QUERIES [SEARCHES [PAUSE_US]]\n", stderr);
    return 64;
  }
  barker::EngineOptions options;
  options.index = argv[1];
  options.watched.weights = argv[2];
  options.plugin = BARKER_PLUGIN_PATH;
  const auto engine = barker::Engine::open(options);
  auto lines = barker::LineReader::open(argv[3]);
  if (!engine.ok() || !lines.ok()) {
    std::fprintf(stderr, "serve_bench: %s%s\n", engine.status().message().c_str(),
                 lines.status().message().c_str());
    return 66;
  }
  std::vector<std::string> queries;
  std::string_view line;
  while (lines->next(line)) queries.emplace_back(line);
  const int searches = argc > 4 ? std::atoi(argv[4]) : 20000;
  const std::chrono::microseconds pause(argc > 5 ? std::atoi(argv[5]) : 0);
  prctl(PR_SET_TIMERSLACK, 1UL);  // nanoseconds by which a pause may be longer
  barker::EngineSession session(**engine, 1);
  barker::SearchOptions bounds;
  bounds.shown = 10;
  bounds.bar.count = 8;
  size_t bytes = 0;
  for (const bool with_json : {false, true}) {
    double start = 0;
    for (int i = -1000; i < searches; ++i) {  // the first thousand warm up
      if (i == 0) start = cpu_seconds();
      rest(pause);
      const std::string& query = queries[static_cast<size_t>(i + 1000) % queries.size()];
      const auto page = session.search(query, {}, bounds);
      if (!page.ok()) return 70;
      if (with_json) {
        bytes += barker::search_json(*page, {.count = 10, .sfs = true}).size();
      }
    }
    std::printf("%s %.1f\n", with_json ? "search_json_us" : "search_us",
                (cpu_seconds() - start) * 1e6 / searches);
  }
  if (pause.count() > 0) {
    const double start = cpu_seconds();
    for (int i = 0; i < searches; ++i) rest(pause);
    std::printf("pause_us %.1f\n", (cpu_seconds() - start) * 1e6 / searches);
  }
  return bytes > 0 ? print_answer_us(**engine, queries, searches, pause) : 70;
}
