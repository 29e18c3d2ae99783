#include "plugin/host/life_cycle.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "models/base/file_bytes.h"
#include "models/weights/signature.h"
#include "models/weights/weight_file.h"
#include "models/weights/weight_path.h"
#include "plugin/host/life_cycle_json.h"
#include "plugin/host/plugin_error.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCanaryLabel = "canary";
constexpr uint64_t kComparedAtOnce = 64;
constexpr size_t kLongestRules = 16 << 20;

barker_string view(const std::string& text) { return {text.data(), text.size()}; }

// What a path leads to now: changes when the file, its bytes or its place do. The time of change
// (ctime), for a copier may set the other back (rsync -t).
Result<std::string> identity_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    return Status(absent ? Code::kNotFound : Code::kIoError, path + ": " + std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) return bad_data(path + ": is not a regular file");
  std::string identity = path;
  for (const auto number :
       {static_cast<int64_t>(info.st_dev), static_cast<int64_t>(info.st_ino), info.st_size,
        info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec}) {
    identity += " " + std::to_string(number);
  }
  return identity;
}

// Of the signature of a file; empty: there is none to be read.
std::string signature_of(const std::string& path) {
  const Result<std::string> identity = identity_of(signature_path(path));
  return identity.ok() ? *identity : "";
}

std::string name_of(const std::string& path) { return fs::path(path).filename().string(); }

// The plugin keeps the end of a path that is long.
bool is_of(const barker_generation_stats& stats, const std::string& path) {
  return stats.generation != 0 && path.ends_with(stats.file);
}

const barker_canary* find_canary(const barker_api& api) {
  const auto* found = static_cast<const barker_canary*>(api.get_extension(BARKER_EXT_CANARY));
  return found && found->struct_size >= sizeof *found ? found : nullptr;
}

}  // namespace

LifeCycle::LifeCycle(const barker_api& api, barker_plugin* plugin, Watched watched)
    : api_(api),
      plugin_(plugin),
      watched_(std::move(watched)),
      tolerance_{watched_.most_failures, watched_.slowest},
      canary_(find_canary(api)) {}

bool LifeCycle::Source::is_due(const std::string& identity,
                               const std::string& signature_now) const {
  return identity != seen || outcome == Outcome::kTrying ||
         (outcome == Outcome::kRefused && signature_now != signature);
}

void LifeCycle::Source::begin(std::string identity, std::string signature_now) {
  outcome = Outcome::kTrying;
  seen = std::move(identity);
  signature = std::move(signature_now);
}

// What serves is another than what was last tried, where that was refused.
void LifeCycle::Source::take_back() {
  if (outcome == Outcome::kInForce) outcome = Outcome::kTakenBack;
}

void LifeCycle::Source::try_again() {
  if (outcome != Outcome::kInForce) seen.clear();
  unreadable.clear();
}

Status LifeCycle::start() {
  if (Status s = look_at_rules(); !s.ok()) return s;
  if (Status s = look_at_weights(); !s.ok()) return s;
  weights_probation_ = {};  // there is nothing to go back to
  look_at_canary();
  return {};
}

void LifeCycle::look() {
  look_at_probation();
  look_at_canary_probation();
  (void)look_at_rules();  // refused: an event, and the ones before stay in force
  (void)look_at_weights();
  look_at_canary();
  compare();
}

void LifeCycle::retry() {
  for (Source* source : {&weights_, &rules_, &canary_source_}) source->try_again();
}

Status LifeCycle::look_at_weights() {
  if (watched_.weights.empty()) return {};
  const Result<std::string> path = resolve_weights_path(watched_.weights);
  const Result<std::string> identity = path.ok() ? identity_of(*path) : path;
  if (!identity.ok()) return unreadable(weights_, "weights", identity.status());
  weights_.unreadable.clear();
  const std::string signature = signature_of(*path);
  if (!weights_.is_due(*identity, signature)) return {};
  return try_weights(*path, *identity, signature);
}

Status LifeCycle::try_weights(const std::string& path, const std::string& identity,
                              const std::string& signature) {
  // What CURRENT names now may be the canary: then it is here already.
  const bool is_canary = has_canary() && canary_source_.outcome == Outcome::kInForce &&
                         canary_source_.seen == identity;
  weights_.begin(identity, signature);
  const bool stepped_back = step_back();
  const Measure before = measure(stats(BARKER_ROLE_SERVING));
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const int32_t code = is_canary ? canary_->promote(plugin_, &generation, error)
                                 : api_.load_weights(plugin_, view(path), &generation, error);
  weights_.outcome = code == BARKER_OK ? Outcome::kInForce : Outcome::kRefused;
  if (code == BARKER_OK) {
    if (is_canary) canary_generation_ = 0;
    rolled_back_ = false;
    begin_probation(generation, before);
  } else if (stepped_back) {
    step_forward();
  }
  Json event = {{"event", "weights"},
                {"version", name_of(path)},
                {"result", code != BARKER_OK ? "refused"
                           : is_canary       ? "promoted"
                                             : "loaded"}};
  if (code == BARKER_OK) {
    event["generation"] = generation;
    if (const Stats now = stats(BARKER_ROLE_SERVING)) event["digest"] = now->digest;
  } else {
    event["reason"] = error;
  }
  tell(event_line(event));
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

// Weights on probation must not become what a rollback leads to, so the ones before serve again
// while others are loaded. Queries may see them meanwhile: each still sees one generation.
bool LifeCycle::step_back() {
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  return weights_probation_.generation != 0 &&
         api_.rollback(plugin_, &generation, error) == BARKER_OK;
}

// The others were refused: what was on probation serves again and stays so.
void LifeCycle::step_forward() {
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  if (api_.rollback(plugin_, &generation, error) == BARKER_OK) return;
  weights_probation_ = {};
  rolled_back_ = true;
}

void LifeCycle::begin_probation(uint64_t generation, const Measure& before) {
  if (!canary_) return;  // nothing tells how they do
  const std::chrono::duration<double> seconds(watched_.probation_seconds);
  weights_probation_ = {
      generation, before,
      std::chrono::steady_clock::now() +
          std::chrono::duration_cast<std::chrono::steady_clock::duration>(seconds)};
}

void LifeCycle::look_at_probation() {
  if (weights_probation_.generation == 0) return;
  const Stats now = stats(BARKER_ROLE_SERVING);
  if (!now) return;
  if (now->generation != weights_probation_.generation) {
    weights_probation_ = {};
    return;
  }
  // First what they did, then how long: a look may come late.
  if (const Verdict verdict = judge(*now, weights_probation_.before, tolerance_)) {
    take_back(*now, verdict);
  } else if (std::chrono::steady_clock::now() >= weights_probation_.ends) {
    weights_probation_ = {};
  }
}

void LifeCycle::take_back(const barker_generation_stats& stats, const Verdict& verdict) {
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const int32_t code = api_.rollback(plugin_, &generation, error);
  if (code == BARKER_OK) {
    weights_.take_back();
    rolled_back_ = true;
  }
  // Otherwise, with no memory: judged and taken back at the next look.
  if (code == BARKER_OK || code == BARKER_E_NO_WEIGHTS) weights_probation_ = {};
  Json event = {{"event", "weights"},
                {"version", name_of(stats.file)},
                {"result", code == BARKER_OK ? "rolled back" : "failed, but there is no way back"},
                {"reason", verdict.reason}};
  if (code == BARKER_OK) event["generation"] = generation;
  tell(event_line(event));
}

void LifeCycle::look_at_canary() {
  std::error_code failed;
  if (!canary_ || watched_.weights.empty() || !fs::is_directory(watched_.weights, failed)) return;
  const Result<std::string> path = resolve_weights_path(watched_.weights, kCanaryLabel);
  if (!path.ok() && path.status().code() == Code::kNotFound) {
    // The label is gone, unless the whole directory has just been moved away.
    if (fs::is_directory(watched_.weights, failed)) {
      forget_canary("no version is labelled so any more");
    }
    return;
  }
  const Result<std::string> identity = path.ok() ? identity_of(*path) : path;
  if (!identity.ok()) {
    (void)unreadable(canary_source_, "canary", identity.status());
    return;
  }
  canary_source_.unreadable.clear();
  const Stats serving = stats(BARKER_ROLE_SERVING);
  if (!serving) return;
  if (is_of(*serving, *path)) return forget_canary("what is labelled so serves");
  std::string signature = signature_of(*path);
  if (!canary_source_.is_due(*identity, signature)) return;
  canary_source_.begin(*identity, std::move(signature));
  try_canary(*path);
}

void LifeCycle::try_canary(const std::string& path) {
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const int32_t code = canary_->start(plugin_, view(path), &generation, error);
  canary_source_.outcome = code == BARKER_OK ? Outcome::kInForce : Outcome::kRefused;
  if (code == BARKER_OK) canary_generation_ = generation;
  Json event = {{"event", "canary"},
                {"version", name_of(path)},
                {"result", code == BARKER_OK ? "started" : "refused"}};
  if (code == BARKER_OK) {
    event["generation"] = generation;
    if (const Stats now = stats(BARKER_ROLE_CANARY)) event["digest"] = now->digest;
  } else {
    event["reason"] = error;
  }
  tell(event_line(event));
}

// On probation as long as it is one: by default nobody sees a canary when it starts.
void LifeCycle::look_at_canary_probation() {
  if (!has_canary()) return;
  const Stats now = stats(BARKER_ROLE_CANARY), serving = stats(BARKER_ROLE_SERVING);
  if (!now || !serving || now->generation != canary_generation_) return;
  Verdict verdict = judge(*now, measure(serving), tolerance_);
  if (!verdict) verdict = judge_compared(agreement(), canary_generation_, tolerance_);
  if (!verdict) return;
  canary_source_.take_back();
  stop_canary(verdict.reason);
}

void LifeCycle::forget_canary(const char* reason) {
  canary_source_ = {};
  if (has_canary()) stop_canary(reason);
}

void LifeCycle::stop_canary(const char* reason) {
  const Stats last = stats(BARKER_ROLE_CANARY);
  const barker_agreement agreed = agreement();
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = canary_->stop(plugin_, error);
  // Otherwise, with no memory: stopped at the next look.
  if (code == BARKER_OK || code == BARKER_E_NO_WEIGHTS) canary_generation_ = 0;
  tell(event_line({{"event", "canary"},
                   {"version", last ? name_of(last->file) : ""},
                   {"result", code == BARKER_OK ? "stopped" : error},
                   {"reason", reason},
                   {"counters", describe(last)},
                   {"agreement", describe(agreed)}}));
}

void LifeCycle::compare() const {
  if (canary_) canary_->compare(plugin_, kComparedAtOnce, nullptr, nullptr);
}

Status LifeCycle::look_at_rules() {
  if (watched_.rules.empty()) return {};
  const Result<std::string> found = identity_of(watched_.rules);
  std::string identity = found.ok() ? *found : found.status().message();
  if (!rules_.is_due(identity, "")) return {};
  rules_.begin(std::move(identity), "");
  const Status status = load_rules();
  rules_.outcome = status.ok() ? Outcome::kInForce : Outcome::kRefused;
  Json event = {
      {"event", "rules"}, {"file", watched_.rules}, {"result", status.ok() ? "loaded" : "refused"}};
  if (!status.ok()) event["reason"] = status.message();
  tell(event_line(event));
  return status;
}

Status LifeCycle::load_rules() const {
  const auto* extension = static_cast<const barker_rules*>(api_.get_extension(BARKER_EXT_RULES));
  if (!extension) return {Code::kUnsupported, "this plugin lacks " BARKER_EXT_RULES};
  const Result<std::string> text = read_small_file(watched_.rules, kLongestRules);
  if (!text.ok()) return text.status();
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = extension->load_rules(plugin_, view(*text), error);
  return code == BARKER_OK ? Status() : plugin_error(code, watched_.rules + ": " + error);
}

// Told once, and nothing else happens: what cannot be read now is no other version.
Status LifeCycle::unreadable(Source& source, const char* event, const Status& why) const {
  if (source.unreadable != why.message()) {
    source.unreadable = why.message();
    tell(event_line({{"event", event}, {"result", "unreadable"}, {"reason", why.message()}}));
  }
  return why;
}

LifeCycle::Stats LifeCycle::stats(int32_t role) const {
  barker_generation_stats stats{};
  stats.struct_size = sizeof stats;
  if (canary_ && canary_->read_generation(plugin_, role, &stats) != BARKER_OK) return {};
  return stats;
}

barker_agreement LifeCycle::agreement() const {
  barker_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  if (canary_) canary_->read_agreement(plugin_, &agreement);
  return agreement;
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
  return line_of({{"serving", describe(stats(BARKER_ROLE_SERVING))},
                  {"canary", describe(stats(BARKER_ROLE_CANARY))},
                  {"agreement", describe(agreement())},
                  {"queries", all.queries},
                  {"rescored", all.rescored},
                  {"partial", all.partial},
                  {"bypassed", all.bypassed},
                  {"errors", all.errors},
                  {"titles_rewritten", all.titles_rewritten},
                  {"loads", all.loads},
                  {"loads_refused", all.loads_refused},
                  {"screen_violations", all.screen_violations},
                  {"weights_refused", weights_.outcome == Outcome::kRefused},
                  {"weights_rolled_back", rolled_back_},
                  {"rules_refused", rules_.outcome == Outcome::kRefused}});
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
      event_line({{"event", "shares"}, {"served", shares[0]}, {"compared", shares[1]}});
  tell(line);
  return line;
}

std::string LifeCycle::roll_back() {
  const Stats before = stats(BARKER_ROLE_SERVING);
  const std::string version = before ? name_of(before->file) : "";
  if (rolled_back_) {
    return line_of({{"error", "what serves (" + version +
                                  ") was rolled back to; before it served what was taken back. "
                                  "reload brings what CURRENT names"}});
  }
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  if (api_.rollback(plugin_, &generation, error) != BARKER_OK) return line_of({{"error", error}});
  weights_.take_back();  // comes again when it is asked for
  rolled_back_ = true;
  weights_probation_ = {};
  const std::string line = event_line({{"event", "weights"},
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
