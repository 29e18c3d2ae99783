// Why a text is no JSON, in words of ours: nlohmann::json's speak of its exceptions and tokens. For
// .cpp files alone, because the header of the parser is large.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace barker {

// "not JSON at byte 17", counted from 1, of what the parser threw.
inline std::string json_fault(const nlohmann::json::exception& thrown) {
  if (const auto* error = dynamic_cast<const nlohmann::json::parse_error*>(&thrown)) {
    return "not JSON at byte " + std::to_string(error->byte);
  }
  const bool is_number = dynamic_cast<const nlohmann::json::out_of_range*>(&thrown) != nullptr;
  return is_number ? "not JSON: a number is too large" : "not JSON";
}

}  // namespace barker
