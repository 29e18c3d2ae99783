#include "index/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "models/weight_file.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kLookEvery = 500;  // milliseconds

barker_string view(const std::string& text) { return {text.data(), text.size()}; }

// What a path leads to now: changes when the file, its bytes or its place do.
std::string identity_of(const std::string& path) {
  struct stat info {};
  if (path.empty() || stat(path.c_str(), &info) != 0) return path + " absent";
  return path + " " + std::to_string(info.st_ino) + " " + std::to_string(info.st_size) + " " +
         std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
}

// Hexadecimal hashes of metadata and tensors, as the header has them.
std::string digest_of(const std::string& path) {
  WeightFileHeader header{};
  std::ifstream in(path, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(&header), sizeof header)) return "";
  char text[40];
  std::snprintf(text, sizeof text, "%016llx%016llx",
                static_cast<unsigned long long>(header.metadata_xxh3),
                static_cast<unsigned long long>(header.tensors_xxh3));
  return text;
}

void tell(const Json& event) {
  std::fprintf(stderr, "%s\n", event.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

}  // namespace

struct Watcher::Impl {
  Impl(const barker_api& table, barker_plugin* handle, Watched what)
      : api(table), plugin(handle), watched(std::move(what)) {}

  const barker_api& api;
  barker_plugin* plugin;
  const Watched watched;
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  std::atomic<bool> stop{false}, again{false};
  std::string weights_seen, rules_seen;
  std::string on_probation;  // version; empty: none
  std::chrono::steady_clock::time_point probation_ends;
  barker_stats at_load{};
  std::thread thread;

  barker_stats stats() const {
    barker_stats now{};
    now.struct_size = sizeof now;
    api.stats(plugin, &now);
    return now;
  }

  void look_at_probation() {
    if (on_probation.empty()) return;
    constexpr uint64_t kFewest = 20;
    const barker_stats now = stats();
    const uint64_t queries = now.queries + now.errors - at_load.queries - at_load.errors;
    const uint64_t failed = now.bypassed + now.errors - at_load.bypassed - at_load.errors;
    const double share = queries ? static_cast<double>(failed) / static_cast<double>(queries) : 0;
    const bool over = std::chrono::steady_clock::now() >= probation_ends;
    if (failed >= kFewest && share > watched.most_failures) {
      char error[BARKER_ERROR_SIZE] = "";
      uint64_t generation = 0;
      const int32_t code = api.rollback(plugin, &generation, error);
      Json event = {{"event", "weights"},
                    {"version", on_probation},
                    {"result", "rolled back"},
                    {"reason", std::to_string(failed) + " of " + std::to_string(queries) +
                                   " queries failed"}};
      if (code == BARKER_OK) event["generation"] = generation;
      if (code != BARKER_OK) event["result"] = std::string("failed, no way back: ") + error;
      tell(event);
      on_probation.clear();
    } else if (over) {
      on_probation.clear();
    }
  }

  std::string weights_path() const {
    const Result<std::string> path = resolve_weights_path(watched.weights);
    return path.ok() ? *path : "";
  }

  void watch_directory_of(const std::string& path) const {
    if (path.empty() || notify < 0) return;
    std::error_code error;
    const bool directory = fs::is_directory(path, error);
    const fs::path parent = directory ? fs::path(path) : fs::absolute(path, error).parent_path();
    inotify_add_watch(notify, parent.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE);
  }

  void look() {
    look_at_probation();
    if (again.exchange(false)) weights_seen = rules_seen = "";
    if (!watched.rules.empty()) look_at_rules();
    if (!watched.weights.empty()) look_at_weights();
  }

  void look_at_weights() {
    const std::string path = weights_path(), identity = identity_of(path);
    if (identity == weights_seen) return;
    weights_seen = identity;
    Json event = {{"event", "weights"},
                  {"version", fs::path(path).filename().string()},
                  {"digest", digest_of(path)}};
    char error[BARKER_ERROR_SIZE] = "";
    uint64_t generation = 0;
    const int32_t code = api.load_weights(plugin, view(watched.weights), &generation, error);
    event["result"] = code == BARKER_OK ? "loaded" : "refused";
    if (code == BARKER_OK) event["generation"] = generation;
    if (code != BARKER_OK) event["reason"] = error;
    tell(event);
    if (code != BARKER_OK) return;
    on_probation = event["version"];
    at_load = stats();
    probation_ends = std::chrono::steady_clock::now() +
                     std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                         std::chrono::duration<double>(watched.probation_seconds));
  }

  void look_at_rules() {
    const std::string identity = identity_of(watched.rules);
    if (identity == rules_seen) return;
    rules_seen = identity;
    Json event = {{"event", "rules"}, {"file", watched.rules}};
    const auto* extension = static_cast<const barker_rules*>(api.get_extension(BARKER_EXT_RULES));
    char error[BARKER_ERROR_SIZE] = "the plugin knows no rules";
    std::ifstream in(watched.rules, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    int32_t code = BARKER_E_UNSUPPORTED;
    if (!in) {
      std::snprintf(error, sizeof error, "%s: cannot be read", watched.rules.c_str());
    } else if (extension) {
      code = extension->load_rules(plugin, view(text.str()), error);
    }
    event["result"] = code == BARKER_OK ? "loaded" : "refused";
    if (code != BARKER_OK) event["reason"] = error;
    tell(event);
  }

  void run() {
    while (!stop) {
      pollfd events[] = {{wake, POLLIN, 0}, {notify, POLLIN, 0}};
      poll(events, 2, kLookEvery);
      uint64_t count;
      alignas(inotify_event) char names[4096];
      if (read(wake, &count, sizeof count) < 0) count = 0;
      while (notify >= 0 && read(notify, names, sizeof names) > 0) {
      }
      if (!stop) look();
    }
  }
};

Watcher::Watcher(const barker_api& api, barker_plugin* plugin, Watched watched)
    : impl_(std::make_unique<Impl>(api, plugin, std::move(watched))) {
  Impl& i = *impl_;
  i.weights_seen = identity_of(i.weights_path());
  i.watch_directory_of(i.watched.weights);
  i.watch_directory_of(i.watched.rules);
  if (!i.watched.rules.empty()) i.look_at_rules();
  i.thread = std::thread([&i] { i.run(); });
}

Watcher::~Watcher() {
  impl_->stop = true;
  const uint64_t one = 1;
  (void)!write(impl_->wake, &one, sizeof one);
  impl_->thread.join();
  close(impl_->wake);
  if (impl_->notify >= 0) close(impl_->notify);
}

void Watcher::wake() noexcept {
  impl_->again = true;
  const uint64_t one = 1;
  (void)!write(impl_->wake, &one, sizeof one);
}

}  // namespace barker
