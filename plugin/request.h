// Requests and responses as they come over the C ABI. They are read as far as the sender's structs
// go and checked once; after that their sizes, pointers and numbers are relied on without another
// check. Strided arrays are walked by their stride.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

inline std::string_view view(const barker_string& s) {
  return s.size == 0 ? std::string_view() : std::string_view(s.data, s.size);
}

// The struct_size of element `index` of a strided array of structs, as the sender set it.
inline uint64_t struct_size_at(const void* array, uint64_t stride, uint64_t index) {
  uint64_t size;
  std::memcpy(&size, static_cast<const unsigned char*>(array) + stride * index, sizeof size);
  return size;
}

// Element `index` of a strided array of structs: our fields, zero where the sender's struct is
// shorter.
template <typename T>
T element(const T* array, uint64_t stride, uint64_t index) {
  const auto* at = reinterpret_cast<const unsigned char*>(array) + stride * index;
  T copy{};
  const uint64_t known = std::min(struct_size_at(array, stride, index), stride);
  if (known >= sizeof(T)) {
    std::memcpy(&copy, at, sizeof(T));  // of a constant size: a few moves instead of a call
  } else {
    std::memcpy(&copy, at, known);
  }
  return copy;
}

// From this minor version of the host on, all bytes of a result up to the stride are the plugin's
// to write. A host before it sets the struct_size of every result, and what lies behind that is its
// own.
inline constexpr uint32_t kMinorOfWholeStrides = 2;

// A request that says something which cannot be. guard() makes it BARKER_E_INVALID_ARGUMENT.
class RefusedRequest : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class CatalogueChunk;
class CompletedAds;
struct ChunkRows;

// Where an ad of a request stands in a catalogue (plugin/catalogue.h).
struct RegisteredAd {
  const CatalogueChunk* chunk = nullptr;           // null: the ad is not of the catalogue
  const ChunkRows* rows = nullptr;                 // null: there are no weights
  uint32_t index = 0;                              // in the chunk
  uint32_t merchant = 0, category = 0;             // numbers of the chunk's pool
  bool is_plain = false;                           // is_plain_title() of its title
  const unsigned char* points_in_title = nullptr;  // StoredAd::points_in_title

  bool may_be_in_title(size_t point) const noexcept {
    return points_in_title && (points_in_title[point / 8] >> point % 8 & 1) != 0;
  }
};

// A request in our struct, its sizes, pointers, counts, strides and numbers checked.
struct CheckedRequest {
  barker_request request{};
  uint64_t bad_ads = 0;  // ads for which is_bad_ad() is true
  uint64_t text = 0;     // bytes of all texts together, those of ads of a catalogue when completed
  // Of each ad; empty where the request names no catalogue, or its ads are not completed yet.
  std::span<const RegisteredAd> registered = {};
  CompletedAds* completed = nullptr;  // which has the ads of such a request; else null
};

// Reads and checks a request of any minor version. The error names field, expected, found. Nothing
// but lengths and numbers is looked at, so that a request that is too large costs no work. Of an ad
// of a catalogue only flags and numbers are looked at: its texts are those of the catalogue.
Status check_request(const barker_request* from, CheckedRequest& to);

// Reads and checks a response of any minor version for a checked request of a host whose header has
// the minor version `host_minor`.
Status check_response(const barker_response* from, const barker_request& request,
                      uint32_t host_minor, barker_response& to);

// Whether the texts of a request are within BARKER_MAX_REQUEST_TEXT together.
Status check_total(uint64_t text);

// Whether bid and first-pass score are within their limits.
bool are_numbers(const barker_ad& ad);

// Whether an ad of a checked request cannot be taken: a number, a text or its selling points are
// beyond the limits. Of a bad ad only title_of_bad_ad() and its numbers may be read.
bool is_bad_ad(const barker_ad& ad);

// Its own title; empty where that cannot be read.
std::string_view title_of_bad_ad(const barker_ad& ad);

// Checks one ad that comes by itself, as check_request() does for each of a request with
// to.request.catalogue. Sets to.bad_ads and to.text.
Status check_single_ad(const barker_ad* from, barker_ad& ad, CheckedRequest& to);

// Our copies of a host's ads of any minor version, which point to the host's texts. Ads that stand
// by themselves and not in a page: bids and scores are not read.
Result<std::vector<barker_ad>> read_ads(const barker_ad* ads, uint64_t count, uint64_t stride);

// Our copies of what a user saw, of any minor version, which point to the host's texts.
Result<std::vector<barker_shown>> read_shown(const barker_shown* shown, uint64_t count,
                                             uint64_t stride);

// Sets text_size to 0 where the caller's struct can be written to.
void clear_text_size(barker_response* to);

// Writes back what the caller's struct has room for, but for struct_size.
void write_response(const barker_response& from, barker_response* to);

}  // namespace barker
