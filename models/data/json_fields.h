// How the fields of a JSON line are read, for the logs of this room: each function checks what it
// reads, and throws a Wrong whose reason names the field, what was expected and what was found. The
// parser of a line catches it and returns a Status. A line can be wrong in many places, and this
// keeps the code of each of them short. Pure functions; for .cpp files alone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/data/events.h"

namespace barker::json_fields {

using Json = nlohmann::ordered_json;

struct Wrong {
  std::string reason;
};

// ", found object" or ", found string \"x\"": the end of a reason.
std::string found(const Json& value);

// The member of an object; null where there is none or it is null.
const Json* member(const Json& object, const char* name);

std::string read_string(const Json& value, const std::string& field);
// Empty where the member is absent.
std::string optional_string(const Json& object, const char* name);
// The member must be there and must not be empty.
std::string required_string(const Json& object, const char* name, const std::string& where = "");

// An integer, also one that a tool wrote as 1.0.
int64_t read_integer(const Json& value, const std::string& field);

// A probability with which something was shown: above 0, because it was shown, and at most 1. NaN
// where the member is absent, which says that it is not known.
double optional_propensity(const Json& object, const char* name, const std::string& where = "");

const Json& read_array(const Json& value, const std::string& field);
std::vector<std::string> read_strings(const Json& value, const std::string& field);

// An object of groups: each is ["a", "b"], or {"a": 2, "b": 0.5} with weights.
std::vector<FeatureGroup> read_groups(const Json& value);

}  // namespace barker::json_fields
