#include "index/simulation/loop_traffic.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "index/simulation/blocks.h"
#include "models/base/assignment.h"
#include "models/base/number_text.h"
#include "models/base/output_file.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

// What one shopper did today.
struct ShopperDay {
  ShopperTotals totals;
  uint32_t pages = 0, bypassed = 0;
  bool saw_canary = false;
};

// What the shoppers of one block left behind, so that sums and logs do not depend on the threads.
struct BlockDay {
  std::string log;
  std::vector<LoopPointDay> points;
};

// The plugin orders by bid and relevance alone, so that the arms' pages hold the same ads in the
// same order and differ in their titles only.
std::string plugin_config(const LoopOptions& o, LoopArm arm, uint32_t day) {
  std::string text = "[order]\npctr = 0.0\n[selling_points]\ncount = ";
  if (arm == LoopArm::kNone) return text + "0\n";
  text += std::to_string(o.shopping.oracle) + "\n";
  if (arm != LoopArm::kLoop) return text;
  return text + "[exploration]\nby = \"thompson\"\nshare = " + number_text(o.exploration, 6) +
         "\n[canary]\nserved = " + number_text(o.rollout.ramp.front(), 6) + "\nsalt = \"" +
         std::to_string(day) + "\"\n";
}

Status unexpected_answer(const std::string& command, const std::string& answer) {
  return {Code::kFailedPrecondition, "the loop's host answered \"" + command + "\" by: " + answer};
}

// The generations of the loop's host, 0 where there is none.
struct Generations {
  uint64_t serving = 0, canary = 0;
};

Result<Generations> generations_of(const Engine& loop) {
  const Result<std::string> line = loop.ask("status");
  if (!line.ok()) return line.status();
  const auto status = nlohmann::json::parse(*line, nullptr, /*allow_exceptions=*/false);
  if (!status.is_object() || status.contains("error")) return unexpected_answer("status", *line);
  const auto of = [&](const char* role) -> uint64_t {
    if (!status.contains(role) || !status[role].is_object()) return 0;
    return status[role].value("generation", uint64_t{0});
  };
  return Generations{of("serving"), of("canary")};
}

class Traffic {
 public:
  Traffic(const LoopOptions& options, const Market& market, const LoopTraffic& traffic,
          const std::vector<std::string>& new_points, std::vector<ShopperMemory>& memory,
          LoopDay& record)
      : o_(options),
        market_(market),
        traffic_(traffic),
        new_points_(new_points),
        shop_(market, options.shopping),
        memory_(memory),
        record_(record),
        arms_(memory.size()),
        shoppers_(memory.size()),
        blocks_(blocks_of(memory.size())) {}

  Status run() {
    host_log_.emplace(traffic_.host_log);
    if (Status s = open_engines(); !s.ok()) return s;
    for (size_t u = 0; u < arms_.size(); ++u) {
      arms_[u] = loop_arm_of(o_, market_.shoppers()[u].id);
    }
    const size_t parts = o_.rollout.ramp.size();
    for (size_t part = 0; part < parts; ++part) {
      if (Status s = set_share(part); !s.ok()) return s;
      const size_t from = blocks_.size() * part / parts, to = blocks_.size() * (part + 1) / parts;
      Status s = run_blocks(
          from, to, o_.threads, [this] { return Sessions(shop_, *this); },
          [this](Sessions& sessions, size_t block) { return run_block(sessions, block); },
          [](const Sessions&, size_t) {});
      if (!s.ok()) return s;
      if (s = look(std::min(to * kBlock, arms_.size())); !s.ok()) return s;
    }
    conclude_canary();
    sum_up();
    return write_logs();
  }

 private:
  struct Sessions {
    Sessions(const Shop& shop, const Traffic& t)
        : of{ShoppingSession(shop, *t.none_), ShoppingSession(shop, *t.frozen_),
             ShoppingSession(shop, *t.loop_), ShoppingSession(shop, *t.none_, TitlesRead::kBest)} {}
    ShoppingSession of[kLoopArms];
  };

  Result<std::unique_ptr<Engine>> open(LoopArm arm) {
    EngineOptions options;
    options.index = traffic_.index;
    options.plugin = o_.plugin;
    options.config = plugin_config(o_, arm, traffic_.day);
    const bool is_loop = arm == LoopArm::kLoop;
    options.watch = true;  // so that its events are told to us and not printed
    options.watched.weights = is_loop ? traffic_.weights : traffic_.first_weights;
    options.watched.slowest = 0;  // what a clock says would make results differ from run to run
    options.watched.tell = [this, is_loop](const std::string& line) {
      const std::lock_guard<std::mutex> lock(host_log_mutex_);
      if (is_loop) host_log_->write(line + "\n");
    };
    return Engine::open(options);
  }

  Status open_engines() {
    for (const auto& [arm, engine] : {std::pair(LoopArm::kNone, &none_),
                                      {LoopArm::kFrozen, &frozen_},
                                      {LoopArm::kLoop, &loop_}}) {
      Result<std::unique_ptr<Engine>> opened = open(arm);
      if (!opened.ok()) return opened.status();
      *engine = std::move(*opened);
    }
    const Result<Generations> found = generations_of(*loop_);
    if (!found.ok()) return found.status();
    generations_ = *found;
    is_running_ = generations_.canary != 0;
    if (traffic_.has_canary && !is_running_) {
      record_.canary.is_stopped = true;
      record_.canary.reason = "the host refused it; see " + traffic_.host_log;
    }
    return {};
  }

  Status set_share(size_t part) {
    if (!traffic_.has_canary) return {};
    const double share = is_running_ ? o_.rollout.ramp[part] : 0;
    const std::string command = "shares " + number_text(share, 6) + " 0";
    const Result<std::string> answer = loop_->ask(command);
    if (!answer.ok()) return answer.status();
    const auto json = nlohmann::json::parse(*answer, nullptr, /*allow_exceptions=*/false);
    const bool is_done = json.is_object() && !json.contains("error");
    return is_done ? Status() : unexpected_answer(command, *answer);
  }

  Status run_block(Sessions& sessions, size_t block) {
    for (const std::string& text : new_points_) blocks_[block].points.push_back({.text = text});
    const size_t end = std::min(shoppers_.size(), (block + 1) * kBlock);
    for (size_t u = block * kBlock; u < end; ++u) {
      if (Status s = run_shopper(sessions, u, blocks_[block]); !s.ok()) return s;
    }
    return {};
  }

  Status run_shopper(Sessions& sessions, size_t u, BlockDay& block) {
    const auto number = static_cast<uint32_t>(u);
    const bool is_loop = arms_[u] == LoopArm::kLoop;
    ShoppingSession& session = sessions.of[static_cast<size_t>(arms_[u])];
    ShopperDay& today = shoppers_[u];
    Shopper shopper = market_.shoppers()[u];
    shopper.history = std::move(memory_[u].history);
    shopper.clicked_sfs = std::move(memory_[u].clicked_sfs);
    Random random = random_of_shopper(o_.seed, number, traffic_.day);
    const uint64_t searches = random.poisson(o_.searches);
    int64_t time = kFirstDay + kDaySeconds * (traffic_.day - 1) +
                   kDaySeconds * number / static_cast<int64_t>(shoppers_.size());
    for (uint64_t i = 0; i < searches; ++i, time += 60) {
      const Visit visit = {"d" + std::to_string(traffic_.day) + "-s" + std::to_string(number) +
                               "-" + std::to_string(i),
                           time};
      if (Status s =
              session.search(shopper, visit, random, today.totals, is_loop ? &block.log : nullptr);
          !s.ok()) {
        return s;
      }
      const SearchResult& page = session.page();
      ++today.pages;
      today.bypassed += page.status == "bypassed";
      if (!is_loop) continue;
      const bool is_canary = generations_.canary != 0 && page.generation == generations_.canary;
      today.saw_canary |= is_canary;  // a page that failed has no generation
      note_points(shopper, session, is_canary, block);
    }
    memory_[u] = {std::move(shopper.history), std::move(shopper.clicked_sfs)};
    return {};
  }

  void note_points(const Shopper& shopper, const ShoppingSession& session, bool is_canary,
                   BlockDay& block) const {
    const SearchResult& page = session.page();
    for (LoopPointDay& point : block.points) {
      for (size_t i = 0; i < std::min(o_.shopping.shown, page.ads.size()); ++i) {
        for (const SellingPointShown& shown : page.ads[i].selling_points) {
          if (shown.text == point.text) ++(page.is_explored ? point.drawn : point.chosen);
        }
      }
      for (const FeatureShown& offered : page.features) {
        if (offered.keyword != point.text) continue;
        ++point.offered;
        point.clicked +=
            std::ranges::count(session.clicks().sfs, point.text, &SfImpression::text) > 0;
        if (!std::isfinite(offered.attraction)) continue;
        ++(is_canary ? point.known_to_canary : point.known_to_serving);
        point.predicted += offered.attraction;
        point.truth += sf_click_probability(liking_of(shopper, point.text));
      }
    }
  }

  // A text appeals alike in all categories that have it.
  static double liking_of(const Shopper& shopper, const std::string& text) {
    for (const MarketCategory& c : market_categories()) {
      const auto point = std::ranges::find(c.points, text, &MarketPoint::text);
      if (point != c.points.end()) return liking(shopper.taste, *point);
    }
    return NAN;
  }

  RolloutSide side(bool is_canary, size_t end) const {
    RolloutSide out;
    for (size_t u = 0; u < end; ++u) {
      const ShopperDay& s = shoppers_[u];
      if (arms_[u] != LoopArm::kLoop || s.pages == 0 || s.saw_canary != is_canary) continue;
      out.users.add({s.totals.clicks, s.totals.impressions});
      out.pages += s.pages;
      out.bypassed += s.bypassed;
    }
    return out;
  }

  // At what the shoppers before `end` did.
  Status look(size_t end) {
    if (!is_running_) return {};
    LoopCanary& canary = record_.canary;
    const RolloutSide serving = side(false, end), seen = side(true, end);
    last_ = look_at(serving, seen, o_.rollout);
    ++canary.looks;
    canary.serving_users = static_cast<uint64_t>(serving.users.units());
    canary.canary_users = static_cast<uint64_t>(seen.users.units());
    canary.lift = last_.lift;
    canary.sequence = last_.sequence;
    const Result<Generations> now = generations_of(*loop_);
    if (!now.ok()) return now.status();
    if (now->canary != generations_.canary) {
      last_.stop = "the host took it back; see " + traffic_.host_log;
    }
    if (last_.stop.empty()) return {};
    canary.is_stopped = true;
    canary.reason = last_.stop;
    is_running_ = false;
    return {};
  }

  void conclude_canary() {
    if (!is_running_) return;
    const RolloutVerdict verdict = conclude(last_, o_.rollout);
    record_.canary.is_promoted = verdict.is_promoted;
    record_.canary.reason = verdict.reason;
  }

  void sum_up() {
    std::array<Covariances<2>, kLoopArms> users;
    for (size_t u = 0; u < shoppers_.size(); ++u) {
      const ShopperDay& s = shoppers_[u];
      const auto arm = static_cast<size_t>(arms_[u]);
      LoopArmDay& sum = record_.arms[arm];
      if (s.pages == 0) continue;
      ++sum.shoppers;
      sum.pages += s.pages;
      sum.bypassed += s.bypassed;
      sum.totals += s.totals;
      if (s.totals.impressions > 0) users[arm].add({s.totals.clicks, s.totals.impressions});
    }
    for (size_t arm = 0; arm < kLoopArms; ++arm) {
      record_.arms[arm].rate = mean_interval(ratio_moments(users[arm], 0, 1));
    }
    for (const std::string& text : new_points_) record_.points.push_back({.text = text});
    for (const BlockDay& block : blocks_) {
      for (size_t i = 0; i < block.points.size(); ++i) add(block.points[i], record_.points[i]);
    }
  }

  static void add(const LoopPointDay& more, LoopPointDay& sum) {
    sum.drawn += more.drawn;
    sum.chosen += more.chosen;
    sum.offered += more.offered;
    sum.clicked += more.clicked;
    sum.known_to_serving += more.known_to_serving;
    sum.known_to_canary += more.known_to_canary;
    sum.predicted += more.predicted;
    sum.truth += more.truth;
  }

  Status write_logs() {
    none_.reset();
    frozen_.reset();
    loop_.reset();  // after which nothing is written to the host's log
    if (Status s = host_log_->close(); !s.ok()) return s;
    OutputFile log(traffic_.log);
    for (const BlockDay& block : blocks_) log.write(block.log);
    return log.close();
  }

  const LoopOptions& o_;
  const Market& market_;
  const LoopTraffic& traffic_;
  const std::vector<std::string>& new_points_;
  const Shop shop_;
  std::vector<ShopperMemory>& memory_;
  LoopDay& record_;
  std::vector<LoopArm> arms_;  // of the shoppers
  std::vector<ShopperDay> shoppers_;
  std::vector<BlockDay> blocks_;
  std::mutex host_log_mutex_;
  std::optional<OutputFile> host_log_;
  std::unique_ptr<Engine> none_, frozen_, loop_;  // the host's log must outlive them
  Generations generations_;
  bool is_running_ = false;  // the canary
  RolloutLook last_;
};

}  // namespace

LoopArm loop_arm_of(const LoopOptions& options, const std::string& shopper) {
  const uint64_t experiment =
      fingerprint(experiment_key("loop", std::to_string(options.seed), "arms"));
  return static_cast<LoopArm>(arm_of(fingerprint(shopper), experiment, options.shares));
}

Status run_traffic(const LoopOptions& options, const Market& market, const LoopTraffic& traffic,
                   const std::vector<std::string>& new_points, std::vector<ShopperMemory>& memory,
                   LoopDay& record) {
  return Traffic(options, market, traffic, new_points, memory, record).run();
}

}  // namespace barker
