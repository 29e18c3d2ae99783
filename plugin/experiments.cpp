#include "plugin/experiments.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "models/base/ascii.h"
#include "models/base/number_text.h"
#include "models/base/toml_readers.h"
#include "models/text/fingerprint.h"
#include "plugin/policy_digest.h"

namespace barker {
namespace {

enum PolicyKey : uint32_t {
  kSellingPoints = 1u << 0,
  kMinimumScore = 1u << 1,
  kChooseBy = 1u << 2,
  kDisplay = 1u << 3,
  kHighlight = 1u << 4,
  kWeights = 1u << 5,
  kOrderBid = 1u << 6,
  kOrderPctr = 1u << 10,
  kOrderFirstPass = 1u << 11,
  kExploreShare = 1u << 7,
  kExploreBy = 1u << 8,
  kExplorePrior = 1u << 9,
  kLowerBound = 1u << 12,
};

constexpr std::pair<uint32_t, const char*> kKeyNames[] = {{kSellingPoints, "selling_points"},
                                                          {kMinimumScore, "minimum_score"},
                                                          {kLowerBound, "lower_bound"},
                                                          {kChooseBy, "choose_by"},
                                                          {kDisplay, "display"},
                                                          {kHighlight, "highlight"},
                                                          {kWeights, "weights"},
                                                          {kOrderBid, "order.bid"},
                                                          {kOrderPctr, "order.pctr"},
                                                          {kOrderFirstPass, "order.first_pass"},
                                                          {kExploreShare, "explore_share"},
                                                          {kExploreBy, "explore_by"},
                                                          {kExplorePrior, "explore_prior"}};

const char* first_name(uint32_t keys) {
  for (const auto& [key, name] : kKeyNames) {
    if ((keys & key) != 0) return name;
  }
  return "?";
}

std::string line_of(const toml::node& node) {
  return "line " + std::to_string(node.source().begin.line) + ": ";
}

Reader name_of(std::string& out) {
  return [&out](const toml::node& node) -> Status {
    if (!node.is_string()) return wrong(node, "a name");
    out = *node.value<std::string>();
    const bool is_plain = std::ranges::all_of(out, [](char c) {
      return is_ascii_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
    if (out.empty() || out.size() >= BARKER_ARM_NAME_SIZE || !is_plain) {
      return invalid_argument("expected 1 to " + std::to_string(BARKER_ARM_NAME_SIZE - 1) +
                              " of the characters A-Z a-z 0-9 . _ -, found \"" + out + "\"");
    }
    return {};
  };
}

Status read_part(const toml::node& node, LayerPart& out) {
  LayerPart part{0, 1};
  if (const toml::array* ends = node.as_array()) {
    const auto end = [&](size_t i) {
      return ends->get(i)->is_number() ? ends->get(i)->value<double>() : std::nullopt;
    };
    if (ends->size() != 2 || !end(0) || !end(1)) return wrong(node, "a number or [from, to]");
    part = {*end(0), *end(1)};
  } else if (const auto to = node.value<double>(); to && node.is_number()) {
    part.to = *to;
  } else {
    return wrong(node, "a number or [from, to]");
  }
  if (!(part.from >= 0 && part.from < part.to && part.to <= 1)) {
    return invalid_argument("expected 0 <= from < to <= 1, found " + number_text(part.from) +
                            " to " + number_text(part.to));
  }
  out = part;
  return {};
}

// The exponents are keys of their own, so that those which an arm leaves out stay as configured.
Status read_order(const toml::table& table, const std::string& prefix, PolicyChange& change) {
  const auto exponent = [&change](uint32_t key, double OrderExponents::*field) {
    return number(0, kLargestExponent, [&change, key, field](double value) {
      change.set |= key;
      change.values.order.*field = value;
    });
  };
  const Readers readers{
      {{prefix + "bid", exponent(kOrderBid, &OrderExponents::bid)},
       {prefix + "pctr", exponent(kOrderPctr, &OrderExponents::pctr)},
       {prefix + "first_pass", exponent(kOrderFirstPass, &OrderExponents::first_pass)}}};
  return read_table(table, prefix, readers);
}

Result<Arm> read_arm(const toml::node& node) {
  if (!node.is_table()) return invalid_argument(line_of(node) + "experiment.arm: expected a table");
  Arm arm;
  arm.share = NAN;
  Policy& p = arm.change.values;
  // Each key of a policy says that it was set, once it was read.
  const auto sets = [&arm](PolicyKey key, Reader reader) -> Reader {
    return [&arm, key, reader = std::move(reader)](const toml::node& value) -> Status {
      arm.change.set |= key;
      return reader(value);
    };
  };
  const std::string prefix = "experiment.arm.";
  Readers readers;
  readers.keys = {
      {prefix + "name", name_of(arm.name)},
      {prefix + "share", number(0, 1, [&](double v) { arm.share = v; })},
      {prefix + "selling_points",
       sets(kSellingPoints,
            integer(0, BARKER_MAX_SELLING_POINTS,
                    [&](uint64_t v) { p.choose.count = static_cast<uint32_t>(v); }))},
      {prefix + "minimum_score",
       sets(kMinimumScore, number(0, 1, [&](double v) { p.choose.minimum_logit = logit_of(v); }))},
      {prefix + "lower_bound",
       sets(kLowerBound, number(0, kLargestLowerBound,
                                [&](double v) { p.choose.lower_bound = static_cast<float>(v); }))},
      {prefix + "choose_by", sets(kChooseBy, word(kChooseByWords, p.by))},
      {prefix + "display", sets(kDisplay, word(kDisplayWords, p.display))},
      {prefix + "highlight", sets(kHighlight, boolean(p.is_highlighted))},
      {prefix + "weights", sets(kWeights, word(kWeightsRoleWords, p.weights))},
      {prefix + "explore_share",
       sets(kExploreShare, number(0, 1, [&](double v) { p.exploration.share = v; }))},
      {prefix + "explore_by", sets(kExploreBy, word(kExploreByWords, p.exploration.by))},
      {prefix + "explore_prior",
       sets(kExplorePrior, number(0, kLargestPrior,
                                  [&](double v) { p.exploration.prior = static_cast<float>(v); }))},
  };
  readers.tables[prefix + "order"] = [&](const toml::table& table, const std::string& inner) {
    return read_order(table, inner, arm.change);
  };
  if (Status s = read_table(*node.as_table(), prefix, readers); !s.ok()) return s;
  if (arm.name.empty()) return invalid_argument(line_of(node) + "experiment.arm: name is missing");
  if (!(arm.share > 0)) {
    return invalid_argument(line_of(node) + "experiment.arm: share: expected a number above 0");
  }
  return arm;
}

Status read_arms(const toml::node& node, std::vector<Arm>& arms) {
  const toml::array* list = node.as_array();
  if (!list) return wrong(node, "a list of tables [[experiment.arm]]");
  for (const toml::node& entry : *list) {
    Result<Arm> arm = read_arm(entry);
    if (!arm.ok()) return arm.status();
    arms.push_back(std::move(*arm));
  }
  return {};
}

Status check_arms(const Experiment& e) {
  if (e.arms.size() < 2) {
    return invalid_argument("expected at least two arms, found " + std::to_string(e.arms.size()));
  }
  double sum = 0;
  for (size_t i = 0; i < e.arms.size(); ++i) {
    sum += e.arms[i].share;
    for (size_t j = 0; j < i; ++j) {
      if (e.arms[i].name == e.arms[j].name) {
        return invalid_argument("two arms are named \"" + e.arms[i].name + "\"");
      }
    }
  }
  constexpr double kRounding = 1e-6;
  if (std::abs(sum - 1) > kRounding) {
    return invalid_argument("the shares of its arms must sum to 1, found " + number_text(sum));
  }
  return {};
}

Result<Experiment> read_experiment(const toml::node& node) {
  const std::string line = line_of(node);
  if (!node.is_table()) return invalid_argument(line + "experiment: expected a table");
  Experiment e;
  const std::map<std::string, Reader> readers = {
      {"name", name_of(e.name)},
      {"layer", name_of(e.layer)},
      {"salt", text(e.salt)},
      {"users", [&](const toml::node& value) { return read_part(value, e.users); }},
      {"arm", [&](const toml::node& value) { return read_arms(value, e.arms); }},
  };
  for (const auto& [key, value] : *node.as_table()) {
    const std::string name(key.str());
    const auto reader = readers.find(name);
    const std::string where = place_of(value, "experiment." + name);
    if (reader == readers.end()) return invalid_argument(where + "no such key");
    if (Status s = reader->second(value); !s.ok()) {
      // What an arm says names its own line.
      return s.message().starts_with("line ") ? s : invalid_argument(where + s.message());
    }
  }
  if (e.name.empty()) return invalid_argument(line + "experiment: name is missing");
  if (Status s = check_arms(e); !s.ok()) {
    return invalid_argument(line + "experiment \"" + e.name + "\": " + s.message());
  }
  if (e.layer.empty()) e.layer = e.name;
  for (Arm& arm : e.arms) {
    e.layer.copy(arm.label.layer, BARKER_ARM_NAME_SIZE - 1);
    e.name.copy(arm.label.experiment, BARKER_ARM_NAME_SIZE - 1);
    arm.name.copy(arm.label.arm, BARKER_ARM_NAME_SIZE - 1);
    e.shares.push_back(arm.share);
    e.sets |= arm.change.set;
  }
  e.layer_hash = fingerprint(layer_key(e.layer, e.salt));
  e.name_hash = fingerprint(experiment_key(e.layer, e.salt, e.name));
  return e;
}

}  // namespace

void PolicyChange::apply(Policy& policy) const noexcept {
  if (set & kSellingPoints) policy.choose.count = values.choose.count;
  if (set & kMinimumScore) policy.choose.minimum_logit = values.choose.minimum_logit;
  if (set & kLowerBound) policy.choose.lower_bound = values.choose.lower_bound;
  if (set & kChooseBy) policy.by = values.by;
  if (set & kDisplay) policy.display = values.display;
  if (set & kHighlight) policy.is_highlighted = values.is_highlighted;
  if (set & kWeights) policy.weights = values.weights;
  if (set & kOrderBid) policy.order.bid = values.order.bid;
  if (set & kOrderPctr) policy.order.pctr = values.order.pctr;
  if (set & kOrderFirstPass) policy.order.first_pass = values.order.first_pass;
  if (set & kExploreShare) policy.exploration.share = values.exploration.share;
  if (set & kExploreBy) policy.exploration.by = values.exploration.by;
  if (set & kExplorePrior) policy.exploration.prior = values.exploration.prior;
}

Result<Experiments> Experiments::parse(std::string_view toml_text, const Policy& configured) {
  const Result<toml::table> parsed = parse_toml(toml_text);
  if (!parsed.ok()) return parsed.status();
  Experiments experiments;
  for (const auto& [key, node] : *parsed) {
    const toml::array* list = node.as_array();
    if (key.str() != "experiment" || !list) {
      return invalid_argument(line_of(node) + std::string(key.str()) +
                              ": expected tables [[experiment]] alone");
    }
    for (const toml::node& entry : *list) {
      Result<Experiment> experiment = read_experiment(entry);
      if (!experiment.ok()) return experiment.status();
      for (Arm& arm : experiment->arms) {
        Policy policy = configured;
        arm.change.apply(policy);
        arm.policy = digest_of(policy);
      }
      const std::string line = line_of(entry);
      if (Status s = experiments.add(std::move(*experiment)); !s.ok()) {
        return invalid_argument(line + s.message());
      }
    }
  }
  return experiments;
}

Status Experiments::add(Experiment added) {
  const auto quoted = [](const Experiment& e) { return "experiment \"" + e.name + "\""; };
  std::vector<std::string_view> layers{added.layer};
  for (const Experiment& other : experiments_) {
    if (std::ranges::find(layers, other.layer) == layers.end()) layers.push_back(other.layer);
    if (other.name == added.name) {
      return invalid_argument("two experiments are named \"" + added.name + "\"");
    }
    if (other.layer != added.layer) {
      if (const uint32_t both = other.sets & added.sets; both != 0) {
        return invalid_argument(quoted(added) + " and " + quoted(other) + " both set " +
                                first_name(both) +
                                ", and a user can be in both, because their layers differ");
      }
      continue;
    }
    if (other.salt != added.salt) {
      return invalid_argument(quoted(added) + " and " + quoted(other) + " of the layer \"" +
                              added.layer + "\" have different salts");
    }
    if (other.users.overlaps(added.users)) {
      return invalid_argument(quoted(added) + " and " + quoted(other) +
                              " overlap: their parts of the layer \"" + added.layer +
                              "\" share users");
    }
  }
  if (layers.size() > BARKER_MAX_ARMS) {
    return invalid_argument("expected at most " + std::to_string(BARKER_MAX_ARMS) +
                            " layers, found more");
  }
  for (const Arm& arm : added.arms) {
    if (arm.change.set & kSellingPoints) {
      most_points_ = std::max(most_points_, arm.change.values.choose.count);
    }
    const Policy& values = arm.change.values;
    need_click_rates_ |= (arm.change.set & kChooseBy) != 0 && values.by == ChooseBy::kClickRate;
    need_click_rates_ |= (arm.change.set & kLowerBound) != 0 && values.choose.lower_bound > 0;
  }
  experiments_.push_back(std::move(added));
  return {};
}

Assignment Experiments::assign(std::string_view unit, Policy& policy) const noexcept {
  Assignment assignment;
  if (unit.empty() || experiments_.empty()) return assignment;
  const uint64_t key = fingerprint(unit);
  for (const Experiment& e : experiments_) {
    if (!e.users.has(place_in_layer(key, e.layer_hash))) continue;
    const Arm& arm = e.arms[arm_of(key, e.name_hash, e.shares)];
    arm.change.apply(policy);
    assignment.arms[assignment.count++] = &arm;
  }
  return assignment;
}

}  // namespace barker
