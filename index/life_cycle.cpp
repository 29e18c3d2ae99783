#include "index/life_cycle.h"

#include <sys/stat.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "index/plugin_error.h"
#include "models/file_bytes.h"
#include "models/weight_file.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kCanaryLabel = "canary";
constexpr uint64_t kFewestFailures = 20, kFewestTimed = 2000;  // fewer say nothing
constexpr uint64_t kComparedAtOnce = 64;
constexpr size_t kLongestRules = 16 << 20;

barker_string view(const std::string& text) { return {text.data(), text.size()}; }

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What a path leads to now: changes when the file, its bytes or its place do.
std::string identity_of(const std::string& path) {
  struct stat info {};
  if (path.empty() || stat(path.c_str(), &info) != 0) return path + " absent";
  return path + " " + std::to_string(info.st_ino) + " " + std::to_string(info.st_size) + " " +
         std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
}

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

// The plugin keeps the end of a path that is long.
bool is_of(const barker_generation_stats& stats, const std::string& path) {
  return stats.generation != 0 && path.ends_with(stats.file);
}

double failed_share(const barker_generation_stats& s) {
  return s.queries ? static_cast<double>(s.bypassed) / static_cast<double>(s.queries) : 0;
}

Json describe(const barker_generation_stats& s) {
  if (s.generation == 0) return nullptr;
  return {{"generation", s.generation},
          {"file", s.file},
          {"digest", s.digest},
          {"queries", s.queries},
          {"rescored", s.rescored},
          {"partial", s.partial},
          {"bypassed", s.bypassed},
          {"non_finite", s.non_finite},
          {"internal", s.internal},
          {"p50_us", static_cast<double>(s.p50_ns) / 1e3},
          {"p99_us", static_cast<double>(s.p99_ns) / 1e3}};
}

Json describe(const barker_agreement& a) {
  if (a.serving == 0) return nullptr;
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
  return {{"serving", a.serving},
          {"canary", a.canary},
          {"sampled", a.sampled},
          {"dropped", a.dropped},
          {"compared", a.compared},
          {"serving_failed", a.serving_failed},
          {"canary_failed", a.canary_failed},
          {"top_overlap", number(a.top_overlap)},
          {"rank_correlation", number(a.rank_correlation)},
          {"same_selling_points", number(a.same_selling_points)},
          {"serving_p50_us", static_cast<double>(a.serving_p50_ns) / 1e3},
          {"serving_p99_us", static_cast<double>(a.serving_p99_ns) / 1e3},
          {"canary_p50_us", static_cast<double>(a.canary_p50_ns) / 1e3},
          {"canary_p99_us", static_cast<double>(a.canary_p99_ns) / 1e3}};
}

const barker_canary* find_canary(const barker_api& api) {
  const auto* found = static_cast<const barker_canary*>(api.get_extension(BARKER_EXT_CANARY));
  return found && found->struct_size >= sizeof *found ? found : nullptr;
}

}  // namespace

LifeCycle::LifeCycle(const barker_api& api, barker_plugin* plugin, Watched watched)
    : api_(api), plugin_(plugin), watched_(std::move(watched)), canary_(find_canary(api)) {}

Status LifeCycle::start() {
  if (Status s = look_at_rules(); !s.ok()) return s;
  if (Status s = look_at_weights(); !s.ok()) return s;
  weights_probation_ = {};  // there is nothing to go back to
  look_at_canary();
  return {};
}

void LifeCycle::look() {
  look_at_probation(BARKER_ROLE_SERVING, weights_probation_);
  look_at_probation(BARKER_ROLE_CANARY, canary_probation_);
  (void)look_at_rules();  // refused: an event, and the ones before stay in force
  (void)look_at_weights();
  look_at_canary();
  compare();
}

void LifeCycle::retry() {
  for (Source* source : {&weights_, &rules_, &canary_source_}) {
    if (source->refused) source->seen.clear();
  }
}

bool LifeCycle::has_canary() const { return canary_ && stats(BARKER_ROLE_CANARY).generation != 0; }

Status LifeCycle::look_at_weights() {
  if (watched_.weights.empty()) return {};
  const Result<std::string> path = resolve_weights_path(watched_.weights);
  const std::string identity = path.ok() ? identity_of(*path) : path.status().message();
  if (identity == weights_.seen) return {};
  weights_.seen = identity;
  const barker_generation_stats before = stats(BARKER_ROLE_SERVING);
  const barker_generation_stats canary = stats(BARKER_ROLE_CANARY);
  // What CURRENT names now may be the canary: then it is here already.
  const bool is_canary = path.ok() && is_of(canary, *path) && !canary_source_.refused &&
                         identity == canary_source_.seen;
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const int32_t code = is_canary
                           ? canary_->promote(plugin_, &generation, error)
                           : api_.load_weights(plugin_, view(watched_.weights), &generation, error);
  weights_.refused = code != BARKER_OK;
  Json event = {{"event", "weights"},
                {"version", path.ok() ? name_of(*path) : ""},
                {"result", weights_.refused ? "refused"
                           : is_canary      ? "promoted"
                                            : "loaded"}};
  if (code == BARKER_OK) {
    const barker_generation_stats now = stats(BARKER_ROLE_SERVING);
    event["generation"] = generation;
    event["digest"] = now.digest;
    begin_probation(weights_probation_, generation,
                    before.rescored >= kFewestTimed ? before.p99_ns : 0);
  } else {
    event["reason"] = error;
  }
  tell(line_of(event));
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

void LifeCycle::look_at_canary() {
  std::error_code failed;
  if (!canary_ || watched_.weights.empty() || !fs::is_directory(watched_.weights, failed)) return;
  const Result<std::string> path = resolve_weights_path(watched_.weights, kCanaryLabel);
  const bool wanted = path.ok() && !is_of(stats(BARKER_ROLE_SERVING), *path);
  const std::string identity = wanted ? identity_of(*path) : "";
  if (identity == canary_source_.seen) return;
  canary_source_ = {identity, false};
  if (!wanted) {
    if (has_canary()) stop_canary("no version is labelled so any more");
    return;
  }
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const int32_t code = canary_->start(plugin_, view(*path), &generation, error);
  canary_source_.refused = code != BARKER_OK;
  Json event = {{"event", "canary"},
                {"version", name_of(*path)},
                {"result", code == BARKER_OK ? "started" : "refused"}};
  if (code == BARKER_OK) {
    event["generation"] = generation;
    event["digest"] = stats(BARKER_ROLE_CANARY).digest;
    begin_probation(canary_probation_, generation, 0);
  } else {
    event["reason"] = error;
  }
  tell(line_of(event));
}

Status LifeCycle::look_at_rules() {
  if (watched_.rules.empty()) return {};
  const std::string identity = identity_of(watched_.rules);
  if (identity == rules_.seen) return {};
  rules_.seen = identity;
  const auto* extension = static_cast<const barker_rules*>(api_.get_extension(BARKER_EXT_RULES));
  const Result<std::string> text = read_small_file(watched_.rules, kLongestRules);
  Status status = text.status();
  if (text.ok() && !extension) {
    status = Status(Code::kUnsupported, "this plugin lacks " BARKER_EXT_RULES);
  } else if (text.ok()) {
    char error[BARKER_ERROR_SIZE] = "";
    const int32_t code = extension->load_rules(plugin_, view(*text), error);
    if (code != BARKER_OK) status = plugin_error(code, watched_.rules + ": " + error);
  }
  rules_.refused = !status.ok();
  Json event = {
      {"event", "rules"}, {"file", watched_.rules}, {"result", status.ok() ? "loaded" : "refused"}};
  if (!status.ok()) event["reason"] = status.message();
  tell(line_of(event));
  return status;
}

void LifeCycle::begin_probation(Probation& probation, uint64_t generation,
                                uint64_t p99_before) const {
  const std::chrono::duration<double> seconds(watched_.probation_seconds);
  probation = {generation, p99_before,
               std::chrono::steady_clock::now() +
                   std::chrono::duration_cast<std::chrono::steady_clock::duration>(seconds)};
}

void LifeCycle::look_at_probation(int32_t role, Probation& probation) {
  if (probation.generation == 0 || !canary_) return;
  const barker_generation_stats now = stats(role);
  const bool over = std::chrono::steady_clock::now() >= probation.ends;
  if (now.generation != probation.generation || over) {
    probation = {};
    return;
  }
  const barker_generation_stats serving = stats(BARKER_ROLE_SERVING);
  const uint64_t p99 = role == BARKER_ROLE_SERVING        ? probation.p99_before
                       : serving.rescored >= kFewestTimed ? serving.p99_ns
                                                          : 0;
  char reason[160] = "";
  if (now.bypassed >= kFewestFailures && failed_share(now) > watched_.most_failures) {
    std::snprintf(reason, sizeof reason, "%llu of %llu queries were bypassed",
                  static_cast<unsigned long long>(now.bypassed),
                  static_cast<unsigned long long>(now.queries));
  } else if (watched_.slowest > 0 && p99 > 0 && now.rescored >= kFewestTimed &&
             static_cast<double>(now.p99_ns) > watched_.slowest * static_cast<double>(p99)) {
    std::snprintf(reason, sizeof reason, "p99 %.1f us, before or beside it %.1f us",
                  static_cast<double>(now.p99_ns) / 1e3, static_cast<double>(p99) / 1e3);
  }
  if (*reason == '\0') return;
  probation = {};
  take_back(role, now, reason);
}

void LifeCycle::take_back(int32_t role, const barker_generation_stats& stats,
                          const std::string& reason) {
  if (role == BARKER_ROLE_CANARY) {
    canary_source_.refused = true;
    stop_canary(reason);
    return;
  }
  weights_.refused = true;
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const int32_t code = api_.rollback(plugin_, &generation, error);
  Json event = {{"event", "weights"},
                {"version", name_of(stats.file)},
                {"result", code == BARKER_OK ? "rolled back" : "failed, but there is no way back"},
                {"reason", reason}};
  if (code == BARKER_OK) event["generation"] = generation;
  tell(line_of(event));
}

void LifeCycle::stop_canary(const std::string& reason) {
  const barker_generation_stats last = stats(BARKER_ROLE_CANARY);
  barker_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  canary_->read_agreement(plugin_, &agreement);
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = canary_->stop(plugin_, error);
  tell(line_of({{"event", "canary"},
                {"version", name_of(last.file)},
                {"result", code == BARKER_OK ? "stopped" : error},
                {"reason", reason},
                {"counters", describe(last)},
                {"agreement", describe(agreement)}}));
}

void LifeCycle::compare() const {
  if (canary_) canary_->compare(plugin_, kComparedAtOnce, nullptr, nullptr);
}

barker_generation_stats LifeCycle::stats(int32_t role) const {
  barker_generation_stats stats{};
  stats.struct_size = sizeof stats;
  if (canary_) canary_->read_generation(plugin_, role, &stats);
  return stats;
}

std::string LifeCycle::answer(const std::string& command) {
  std::istringstream words(command);
  std::string name, first, second, more;
  words >> name >> first >> second;
  const bool too_many = static_cast<bool>(words >> more);
  if (name == "status" && first.empty()) return status();
  if (name == "shares" && !second.empty() && !too_many) return set_shares(first, second);
  if (name == "rollback" && first.empty()) return roll_back();
  if (name == "reload" && first.empty()) {
    retry();
    look();
    return status();
  }
  return line_of(
      {{"error",
        "expected status, reload, rollback or shares SERVED COMPARED, found \"" + command + "\""}});
}

std::string LifeCycle::status() const {
  barker_stats all{};
  all.struct_size = sizeof all;
  api_.stats(plugin_, &all);
  barker_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  if (canary_) canary_->read_agreement(plugin_, &agreement);
  return line_of({{"serving", describe(stats(BARKER_ROLE_SERVING))},
                  {"canary", describe(stats(BARKER_ROLE_CANARY))},
                  {"agreement", describe(agreement)},
                  {"queries", all.queries},
                  {"rescored", all.rescored},
                  {"partial", all.partial},
                  {"bypassed", all.bypassed},
                  {"errors", all.errors},
                  {"titles_rewritten", all.titles_rewritten},
                  {"loads", all.loads},
                  {"loads_refused", all.loads_refused},
                  {"screen_violations", all.screen_violations},
                  {"weights_refused", weights_.refused},
                  {"rules_refused", rules_.refused}});
}

std::string LifeCycle::set_shares(const std::string& served, const std::string& compared) {
  double shares[2] = {};
  const std::string* texts[2] = {&served, &compared};
  for (int i = 0; i < 2; ++i) {
    char* end = nullptr;
    shares[i] = std::strtod(texts[i]->c_str(), &end);
    if (end == texts[i]->c_str() || *end != '\0') {
      return line_of({{"error", "shares: expected a number, found \"" + *texts[i] + "\""}});
    }
  }
  if (!canary_) return line_of({{"error", "this plugin lacks " BARKER_EXT_CANARY}});
  char error[BARKER_ERROR_SIZE] = "";
  if (canary_->set_shares(plugin_, shares[0], shares[1], error) != BARKER_OK) {
    return line_of({{"error", error}});
  }
  const std::string line =
      line_of({{"event", "shares"}, {"served", shares[0]}, {"compared", shares[1]}});
  tell(line);
  return line;
}

std::string LifeCycle::roll_back() {
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const std::string version = name_of(stats(BARKER_ROLE_SERVING).file);
  if (api_.rollback(plugin_, &generation, error) != BARKER_OK) return line_of({{"error", error}});
  weights_.refused = true;  // what CURRENT names comes again when it is asked for
  weights_probation_ = {};
  const std::string line = line_of({{"event", "weights"},
                                    {"version", version},
                                    {"result", "rolled back"},
                                    {"reason", "asked for"},
                                    {"generation", generation}});
  tell(line);
  return line;
}

void LifeCycle::tell(const std::string& line) const {
  if (watched_.tell) return watched_.tell(line);
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace barker
