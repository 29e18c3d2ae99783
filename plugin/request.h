// Requests and responses as they come over the C ABI: checked once, then read without fear. Structs
// of an older, shorter minor version are read as far as they go; strided arrays are walked by their
// stride.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

inline std::string_view view(const barker_string& s) {
  return s.size == 0 ? std::string_view() : std::string_view(s.data, s.size);
}

// Element `index` of a strided array of structs: our fields, zero where the sender's struct is
// shorter.
template <typename T>
T element(const T* array, uint64_t stride, uint64_t index) {
  const auto* at = reinterpret_cast<const unsigned char*>(array) + stride * index;
  uint64_t size;
  std::memcpy(&size, at, sizeof size);
  T copy{};
  std::memcpy(&copy, at, std::min<uint64_t>({size, stride, sizeof(T)}));
  return copy;
}

// A result ad in the caller's array, of our size.
inline barker_result_ad* result_ad(const barker_response& response, uint64_t index) {
  auto* at = reinterpret_cast<unsigned char*>(response.ads) + response.ad_stride * index;
  return reinterpret_cast<barker_result_ad*>(at);
}

// Every size, pointer, count, stride and number. The error names field, expected, found.
Status check_request(const barker_request& request);
Status check_response(const barker_response& response, const barker_request& request);

}  // namespace barker
