#include "index/simulation/loop_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>

#include "models/base/file_bytes.h"
#include "models/base/output_file.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxState = 64 << 20;  // bytes

// The fields of each struct, once for writing and reading: visit(name, field).

template <typename Visit>
void fields(ShopperTotals& s, Visit& visit) {
  visit("impressions", s.impressions);
  visit("clicks", s.clicks);
  visit("expected", s.expected);
  visit("expected_none", s.expected_none);
  visit("expected_best", s.expected_best);
}

template <typename Visit>
void fields(Effect& s, Visit& visit) {
  visit("value", s.value);
  visit("low", s.low);
  visit("high", s.high);
  visit("p", s.p);
  visit("standard_error", s.standard_error);
}

template <typename Visit>
void fields(LoopArmDay& s, Visit& visit) {
  visit("shoppers", s.shoppers);
  visit("pages", s.pages);
  visit("bypassed", s.bypassed);
  visit("totals", s.totals);
  visit("rate", s.rate);
}

template <typename Visit>
void fields(LoopPointDay& s, Visit& visit) {
  visit("text", s.text);
  visit("drawn", s.drawn);
  visit("chosen", s.chosen);
  visit("offered", s.offered);
  visit("clicked", s.clicked);
  visit("known_to_serving", s.known_to_serving);
  visit("known_to_canary", s.known_to_canary);
  visit("predicted", s.predicted);
  visit("truth", s.truth);
}

template <typename Visit>
void fields(LoopCanary& s, Visit& visit) {
  visit("version", s.version);
  visit("looks", s.looks);
  visit("serving_users", s.serving_users);
  visit("canary_users", s.canary_users);
  visit("lift", s.lift);
  visit("sequence", s.sequence);
  visit("is_stopped", s.is_stopped);
  visit("is_promoted", s.is_promoted);
  visit("reason", s.reason);
}

template <typename Visit>
void fields(LoopGate& s, Visit& visit) {
  visit("against", s.against);
  visit("today", s.today);
  visit("before", s.before);
  visit("is_passed", s.is_passed);
  visit("reason", s.reason);
}

template <typename Visit>
void fields(LoopDay& s, Visit& visit) {
  visit("day", s.day);
  visit("serving", s.serving);
  visit("arms", s.arms);
  visit("new_points", s.points);
  visit("canary", s.canary);
  visit("is_shuffled", s.is_shuffled);
  visit("gate", s.gate);
  visit("published", s.published);
}

template <typename Visit>
void fields(LoopState& s, Visit& visit) {
  visit("options", s.options);
  visit("day", s.day);
  visit("stage", s.stage);
  visit("days", s.days);
  visit("trusted", s.trusted);
}

template <typename T>
concept List = requires(T& list) {
  list.begin();
  list.size();
}
&&!std::is_same_v<T, std::string>;

template <typename T>
constexpr bool kIsPlain = std::is_arithmetic_v<T> || std::is_same_v<T, std::string>;

template <typename T>
Json json_of(T& field);

struct Writing {
  Json json = Json::object();
  template <typename T>
  void operator()(const char* name, T& field) {
    json[name] = json_of(field);
  }
};

// A number that is not known is NaN, which is written as null.
template <typename T>
Json json_of(T& field) {
  if constexpr (std::is_same_v<T, LoopStage>) {
    return kLoopStageNames[static_cast<size_t>(field)];
  } else if constexpr (kIsPlain<T>) {
    return field;
  } else if constexpr (List<T>) {
    Json out = Json::array();
    for (auto& item : field) out.push_back(json_of(item));
    return out;
  } else {
    Writing writing;
    fields(field, writing);
    return std::move(writing.json);
  }
}

// Throws what nlohmann's json throws where a field is missing or of another type.
template <typename T>
void read(const Json& json, T& field);

struct Reading {
  const Json& json;
  template <typename T>
  void operator()(const char* name, T& field) {
    read(json.at(name), field);
  }
};

template <typename T>
void read(const Json& json, T& field) {
  if constexpr (std::is_same_v<T, double>) {
    field = json.is_null() ? NAN : json.get<double>();
  } else if constexpr (std::is_same_v<T, LoopStage>) {
    const auto found = std::ranges::find(kLoopStageNames, json.get<std::string>());
    if (found == kLoopStageNames.end()) {
      throw Json::out_of_range::create(401, "unknown stage " + json.dump(), nullptr);
    }
    field = static_cast<LoopStage>(found - kLoopStageNames.begin());
  } else if constexpr (kIsPlain<T>) {
    field = json.get<T>();
  } else if constexpr (List<T>) {
    if constexpr (requires { field.resize(json.size()); }) field.resize(json.size());
    for (size_t i = 0; i < field.size(); ++i) read(json.at(i), field[i]);
  } else {
    Reading reading{json};
    fields(field, reading);
  }
}

}  // namespace

nlohmann::ordered_json to_json(const LoopState& state) {
  LoopState copy = state;
  return json_of(copy);
}

std::string loop_state_in(const std::string& directory) { return directory + "/state.json"; }

std::string loop_day_in(const std::string& directory, uint32_t day) {
  std::string number = std::to_string(day);
  if (number.size() < 2) number.insert(number.begin(), '0');
  return directory + "/day-" + number;
}

Result<LoopState> read_loop_state(const std::string& path) {
  const Result<std::string> text = read_small_file(path, kMaxState);
  if (!text.ok()) return text.status();
  LoopState state;
  try {
    read(Json::parse(*text), state);
  } catch (const Json::exception& error) {
    return bad_data(path + ": expected the state of a loop; " + error.what());
  }
  return state;
}

Status write_loop_state(const LoopState& state, const std::string& path) {
  OutputFile out(path);
  out.write(to_json(state).dump(1) + "\n");
  return out.close();
}

}  // namespace barker
