#include "index/simulation/loop.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "index/simulation/loop_log.h"
#include "index/simulation/loop_traffic.h"
#include "index/simulation/loop_training.h"
#include "index/simulation/market_index.h"
#include "models/base/command_locks.h"
#include "models/base/exit_code.h"
#include "models/weights/directory.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr char kCanary[] = "canary";
constexpr char kWeights[] = "weights";            // directory in the loop's
constexpr char kFirstWeights[] = "first.barker";  // in the loop's

// By how much the calibration error may grow. Where the world drifts, weights that fit today fit an
// earlier day a little worse; AUC and log loss are judged there as strictly as today.
constexpr double kTolerance = 0.01, kToleranceBefore = 0.05;

// Names of versions in the weights directory; empty where there is none.
struct Versions {
  std::string current, canary;
};

class Loop {
 public:
  Loop(const LoopOptions& options, LoopState state)
      : o_(options),
        state_(std::move(state)),
        world_(options.market, drift_of(options)),
        weights_(options.directory + "/" + kWeights) {}

  Result<LoopState> run() {
    while (state_.stage != LoopStage::kDone) {
      const uint32_t day = state_.day;
      const LoopStage stage = state_.stage;
      if (Status s = run_stage(stage); !s.ok()) {
        return Status(s.code(), "day " + std::to_string(day) + ", " +
                                    kLoopStageNames[static_cast<size_t>(stage)] + ": " +
                                    s.message());
      }
      if (o_.on_stage) o_.on_stage(day, stage, false);
      go_on();
      if (Status s = write_loop_state(state_, loop_state_in(o_.directory)); !s.ok()) return s;
      if (o_.on_stage) o_.on_stage(day, stage, true);
    }
    return state_;
  }

 private:
  static DriftOptions drift_of(const LoopOptions& options) {
    DriftOptions drift = options.drift;
    drift.days = options.days;
    return drift;
  }

  Status run_stage(LoopStage stage) {
    switch (stage) {
      case LoopStage::kFirst:
        return make_first_weights();
      case LoopStage::kServe:
        return serve();
      case LoopStage::kJoin:
        return join_day(o_, files(state_.day), today().is_shuffled);
      case LoopStage::kDecide:
        return decide();
      case LoopStage::kTrain:
        return train();
      case LoopStage::kGate:
        return gate();
      case LoopStage::kPublish:
        return publish();
      case LoopStage::kDone:
        return {};
    }
    return {};
  }

  // To the next stage. Nothing is trained after the last day.
  void go_on() {
    const bool ends_day = state_.stage == LoopStage::kFirst || state_.stage == LoopStage::kPublish;
    const bool is_last = state_.day == o_.days && state_.stage == LoopStage::kDecide;
    if (is_last) {
      state_.stage = LoopStage::kDone;
    } else if (ends_day) {
      ++state_.day;
      state_.stage = LoopStage::kServe;
    } else {
      state_.stage = static_cast<LoopStage>(static_cast<int>(state_.stage) + 1);
    }
  }

  LoopDay& today() { return state_.days.back(); }
  LoopDayFiles files(uint32_t day) const { return LoopDayFiles(loop_day_in(o_.directory, day)); }
  // Within the loop's directory, as the trainer is given it.
  static std::string inside(const std::string& path, const std::string& directory) {
    return path.substr(directory.size() + 1);
  }
  std::string inside(const std::string& path) const { return inside(path, o_.directory); }
  std::string in_day(const char* name) const {
    return loop_day_in(o_.directory, state_.day) + "/" + name;
  }
  Status make_day() const {
    std::error_code error;
    const std::string directory = loop_day_in(o_.directory, state_.day);
    fs::create_directories(directory, error);
    return error ? io_error(directory + ": cannot be made: " + error.message()) : Status();
  }

  Result<Versions> versions() const {
    Result<std::vector<WeightVersion>> found = weight_versions(weights_);
    if (!found.ok()) return found.status();
    Versions out;
    for (const WeightVersion& version : *found) {
      if (version.current) out.current = version.name;
      if (std::ranges::count(version.labels, kCanary) > 0) out.canary = version.name;
    }
    return out;
  }

  Status make_first_weights() {
    if (Status s = make_day(); !s.ok()) return s;
    if (Status s = write_past(o_, world_.on(0), files(0)); !s.ok()) return s;
    if (Status s = train_weights(o_, {.data = inside(files(0).events),
                                      .start = {},
                                      .out = kFirstWeights,
                                      .epochs = o_.first_epochs,
                                      .day = 0});
        !s.ok()) {
      return s;
    }
    state_.trusted = {0};
    if (fs::exists(weights_ + "/CURRENT")) return {};  // published before a kill
    const Result<std::string> version = publish_as(1, o_.directory + "/" + kFirstWeights, "");
    return version.ok() ? Status() : version.status();
  }

  // Publishes a file as version `number`. What a loop that was killed left of this version goes
  // first: a copy that neither CURRENT nor a label names yet.
  Result<std::string> publish_as(uint64_t number, const std::string& file,
                                 const std::string& label) const {
    if (fs::exists(weights_)) {
      Result<std::vector<WeightVersion>> found = weight_versions(weights_);
      if (!found.ok()) return found.status();
      for (const WeightVersion& version : *found) {
        if (version.number < number || version.current || !version.labels.empty()) continue;
        std::error_code error;
        fs::remove(weights_ + "/" + version.name, error);
        if (error) return io_error(weights_ + "/" + version.name + ": " + error.message());
      }
    }
    return publish_weights(file, weights_, label);
  }

  // The first weights are version 1, and each candidate that was published before today is one
  // more.
  uint64_t next_version() const {
    const auto published = std::ranges::count_if(
        state_.days, [](const LoopDay& day) { return !day.published.empty(); });
    return 2 + static_cast<uint64_t>(published);
  }

  Status write_index(const Market& market, const std::string& index) const {
    const std::string catalogue = in_day("catalogue.jsonl");
    if (Status s = write_catalogue(market.ads(), o_.market.seed, catalogue); !s.ok()) return s;
    return build_market_index(catalogue, index);
  }

  Status serve() {
    if (Status s = make_day(); !s.ok()) return s;
    const Result<Versions> found = versions();
    if (!found.ok()) return found.status();
    const Market market = world_.on(state_.day);
    LoopTraffic traffic;
    traffic.day = state_.day;
    traffic.first_weights = o_.directory + "/" + kFirstWeights;
    traffic.weights = weights_;
    traffic.index = in_day("index");
    traffic.has_canary = !found->canary.empty();
    traffic.log = files(state_.day).raw;
    traffic.host_log = in_day("host.jsonl");
    if (Status s = write_index(market, traffic.index); !s.ok()) return s;
    Result<std::vector<ShopperMemory>> memory =
        read_memory(files(state_.day - 1).shoppers, market.shoppers().size());
    if (!memory.ok()) return memory.status();
    LoopDay& day = state_.days.emplace_back();
    day.day = state_.day;
    day.serving = found->current;
    day.canary.version = found->canary;
    day.is_shuffled = state_.day == o_.shuffle_day;
    if (Status s = run_traffic(o_, market, traffic, world_.new_points(), *memory, day); !s.ok()) {
      return s;
    }
    std::error_code ignored;
    fs::remove_all(traffic.index, ignored);
    return write_memory(*memory, files(state_.day).shoppers);
  }

  // Does what the day's traffic said of the canary. Where the label is gone, a loop that was killed
  // has done it.
  Status decide() {
    const LoopCanary& canary = today().canary;
    if (canary.version.empty()) return {};
    const Result<Versions> found = versions();
    if (!found.ok()) return found.status();
    if (found->canary.empty()) return {};
    if (!canary.is_promoted) return remove_label(weights_, kCanary);
    const Result<std::string> promoted = promote_label(weights_, kCanary);
    return promoted.ok() ? Status() : promoted.status();
  }

  // From the weights that serve, on the newest trusted days and today.
  Status train() {
    const Result<Versions> found = versions();
    if (!found.ok()) return found.status();
    std::vector<std::string> logs = {files(state_.day).events};
    for (size_t i = state_.trusted.size(); i-- > 0 && logs.size() < o_.history;) {
      logs.insert(logs.begin(), files(state_.trusted[i]).events);
    }
    const std::string window = in_day("window.jsonl");
    if (Status s = write_window(logs, window); !s.ok()) return s;
    today().gate.against = found->current;
    const std::string candidate = in_day("candidate.barker");
    std::error_code ignored;
    fs::remove(candidate, ignored);
    const Status s = train_weights(o_, {.data = inside(window),
                                        .start = std::string(kWeights) + "/" + found->current,
                                        .out = inside(candidate),
                                        .epochs = o_.epochs,
                                        .day = state_.day});
    fs::remove(window, ignored);
    if (s.code() != Code::kBadData) return s;
    // A day from which nothing can be learned, such as one whose loss runs away, ends no loop.
    today().gate.reason = "nothing was learned: " + s.message();
    return {};
  }

  // Twice: on the held-out users of today, and on those of the last trusted day. Where today's log
  // is wrong, the first says nothing, for what was learned from wrong labels may fit them.
  Status gate() {
    LoopGate& gate = today().gate;
    if (!fs::exists(in_day("candidate.barker"))) {  // the reason says why
      gate.today = kExitGateFailed;
      return {};
    }
    const auto ask = [&](uint32_t day, double tolerance) -> Result<int> {
      if (fs::is_empty(files(day).held_out)) return int{kExitCannotJudge};
      return ask_gate(o_, state_.day, inside(in_day("candidate.barker")),
                      std::string(kWeights) + "/" + gate.against, inside(files(day).held_out),
                      tolerance);
    };
    const uint32_t before = state_.trusted.back();
    const Result<int> on_today = ask(state_.day, kTolerance);
    if (!on_today.ok()) return on_today.status();
    const Result<int> on_before = ask(before, kToleranceBefore);
    if (!on_before.ok()) return on_before.status();
    gate.today = *on_today;
    gate.before = *on_before;
    gate.is_passed = gate.today == kExitOk && gate.before == kExitOk;
    gate.reason = "held-out searches of the day: " + verdict_text(gate.today) + "; of day " +
                  std::to_string(before) + ": " + verdict_text(gate.before);
    return {};
  }

  static std::string verdict_text(int code) {
    if (code == kExitOk) return "not worse";
    return code == kExitGateFailed ? "worse" : "cannot judge";
  }

  // A refused day's log may be wrong, so that nothing is learned from it later, either.
  Status publish() {
    LoopDay& day = today();
    if (day.gate.today != kExitGateFailed && day.gate.before != kExitGateFailed) {
      state_.trusted.push_back(state_.day);
    }
    if (!day.gate.is_passed) return {};
    Result<Versions> found = versions();
    if (!found.ok()) return found.status();
    if (found->canary.empty()) {  // otherwise it was published before a kill
      Result<std::string> version = publish_as(next_version(), in_day("candidate.barker"), kCanary);
      if (!version.ok()) return version.status();
      found->canary = std::move(*version);
    }
    day.published = found->canary;
    return {};
  }

  const LoopOptions& o_;
  LoopState state_;
  const DriftingMarket world_;
  const std::string weights_;
};

}  // namespace

Result<LoopState> run_loop(const LoopOptions& options) {
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (error) return io_error(options.directory + ": cannot be made: " + error.message());
  const Result<CommandLocks> locks = CommandLocks::take(options.directory, "loop", options.on_wait);
  if (!locks.ok()) return locks.status();
  const std::string path = loop_state_in(options.directory);
  Result<LoopState> state = read_loop_state(path);
  if (!state.ok() && state.status().code() != Code::kNotFound) return state.status();
  if (!state.ok()) {
    state = LoopState{};
    state->options = loop_options_text(options);
  }
  if (Status s = check_same_loop(state->options, options, path); !s.ok()) return s;
  return Loop(options, std::move(*state)).run();
}

}  // namespace barker
