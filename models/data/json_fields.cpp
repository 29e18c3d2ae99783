#include "models/data/json_fields.h"

#include <cmath>
#include <limits>

namespace barker::json_fields {
namespace {

FeatureGroup read_group(const std::string& name, const Json& value) {
  const std::string field = "groups." + name;
  if (!value.is_object()) return {name, read_strings(value, field), {}};
  FeatureGroup group{name, {}, {}};
  for (const auto& [token, weight] : value.items()) {
    if (!weight.is_number() || !(weight.get<double>() >= 0 && weight.get<double>() <= 1e6)) {
      throw Wrong{field + "." + token + ": expected a weight from 0 to 1e6, found " +
                  weight.dump()};
    }
    group.tokens.push_back(token);
    group.weights.push_back(weight.get<float>());
  }
  return group;
}

}  // namespace

std::string found(const Json& value) {
  constexpr size_t kLongest = 40;  // bytes; more would hide the reason
  std::string text = std::string(", found ") + value.type_name();
  if (value.is_structured() || value.is_null()) return text;
  const std::string shown = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text + " " + (shown.size() > kLongest ? shown.substr(0, kLongest) + "..." : shown);
}

int64_t read_integer(const Json& value, const std::string& field) {
  constexpr double kExact = 9007199254740992;  // 2^53: up to here every integer is a double
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      throw Wrong{field + ": expected an integer of 64 bits with a sign" + found(value)};
    }
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  const double number = value.is_number_float() ? value.get<double>() : NAN;
  if (!(std::abs(number) <= kExact) || number != std::floor(number)) {
    throw Wrong{field + ": expected an integer" + found(value)};
  }
  return static_cast<int64_t>(number);
}

const Json* member(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

std::string read_string(const Json& value, const std::string& field) {
  if (!value.is_string()) throw Wrong{field + ": expected a string" + found(value)};
  return value.get<std::string>();
}

std::string optional_string(const Json& object, const char* name) {
  const Json* value = member(object, name);
  return value ? read_string(*value, name) : std::string();
}

std::string required_string(const Json& object, const char* name, const std::string& where) {
  const Json* value = member(object, name);
  std::string text = value ? read_string(*value, where + name) : std::string();
  if (text.empty()) throw Wrong{where + name + ": missing or empty"};
  return text;
}

double optional_propensity(const Json& object, const char* name, const std::string& where) {
  const Json* value = member(object, name);
  if (!value) return NAN;
  if (!value->is_number() || !(value->get<double>() > 0 && value->get<double>() <= 1)) {
    throw Wrong{where + name + ": expected a number above 0 and at most 1" + found(*value)};
  }
  return value->get<double>();
}

const Json& read_array(const Json& value, const std::string& field) {
  if (!value.is_array()) throw Wrong{field + ": expected an array" + found(value)};
  return value;
}

std::vector<std::string> read_strings(const Json& value, const std::string& field) {
  std::vector<std::string> strings;
  for (const Json& item : read_array(value, field)) strings.push_back(read_string(item, field));
  return strings;
}

std::vector<FeatureGroup> read_groups(const Json& value) {
  if (!value.is_object()) throw Wrong{"groups: expected an object" + found(value)};
  std::vector<FeatureGroup> groups;
  for (const auto& [name, tokens] : value.items()) groups.push_back(read_group(name, tokens));
  return groups;
}

}  // namespace barker::json_fields
