#include "plugin/request.h"

#include <cmath>
#include <cstddef>
#include <string>

namespace barker {
namespace {

// Fits any struct of ours many times over, and no multiple of it overflows.
constexpr uint64_t kLargestStride = uint64_t{1} << 16;

// Fields are C strings: a request that is right makes no text.
Status wrong(const std::string& field, const std::string& expected, uint64_t found) {
  return invalid_argument(field + ": expected " + expected + ", found " + std::to_string(found));
}

std::string at_most(uint64_t most) { return "at most " + std::to_string(most); }

Status check_string(const char* field, const barker_string& s) {
  if (s.size > BARKER_MAX_TEXT_SIZE) {
    return wrong(std::string(field) + ".size", at_most(BARKER_MAX_TEXT_SIZE), s.size);
  }
  if (s.size > 0 && !s.data)
    return invalid_argument(std::string(field) + ".data: expected a pointer, found NULL");
  return {};
}

Status check_array(const char* field, const void* data, uint64_t count, uint64_t most) {
  if (count > most) return wrong(std::string(field) + " count", at_most(most), count);
  if (count > 0 && !data)
    return invalid_argument(std::string(field) + ": expected a pointer, found NULL");
  return {};
}

// A strided array of structs whose first `least` bytes every minor version has.
Status check_structs(const char* field, const void* data, uint64_t count, uint64_t most,
                     uint64_t stride, uint64_t least) {
  if (Status s = check_array(field, data, count, most); !s.ok() || count == 0) return s;
  if (stride < least || stride > kLargestStride || stride % alignof(uint64_t) != 0) {
    return wrong(std::string(field) + " stride",
                 "a multiple of 8 of at least " + std::to_string(least), stride);
  }
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t size;
    std::memcpy(&size, static_cast<const unsigned char*>(data) + stride * i, sizeof size);
    if (size < least || size > stride) {
      return wrong(std::string(field) + "[" + std::to_string(i) + "].struct_size",
                   std::to_string(least) + " to the stride", size);
    }
  }
  return {};
}

Status check_number(const char* field, double value) {
  if (value >= 0 && value <= BARKER_MAX_NUMBER) return {};  // no NaN
  return invalid_argument(std::string(field) + ": expected a number from 0 to 1e12, found " +
                          std::to_string(value));
}

Status check_ad(const barker_ad& ad) {
  if (Status s = check_string("id", ad.id); !s.ok()) return s;
  if (Status s = check_string("title", ad.title); !s.ok()) return s;
  if (Status s = check_string("merchant", ad.merchant); !s.ok()) return s;
  if (Status s = check_string("category", ad.category); !s.ok()) return s;
  if (Status s = check_number("first_pass_score", ad.first_pass_score); !s.ok()) return s;
  if (Status s = check_number("bid", ad.bid); !s.ok()) return s;
  if (ad.title_keywords && ad.title_keyword_count > BARKER_MAX_TITLE_KEYWORDS) {
    return wrong("title_keyword_count", at_most(BARKER_MAX_TITLE_KEYWORDS), ad.title_keyword_count);
  }
  if (Status s = check_structs("selling_points", ad.selling_points, ad.selling_point_count,
                               BARKER_MAX_AD_SELLING_POINTS, ad.selling_point_stride,
                               sizeof(barker_selling_point));
      !s.ok()) {
    return s;
  }
  for (uint64_t i = 0; i < ad.selling_point_count; ++i) {
    const auto point = element(ad.selling_points, ad.selling_point_stride, i);
    if (Status s = check_string("text", point.text); !s.ok()) {
      return invalid_argument("selling_points[" + std::to_string(i) + "]." + s.message());
    }
  }
  return {};
}

Status check_group(const barker_group& group) {
  if (Status s = check_string("name", group.name); !s.ok()) return s;
  if (Status s = check_array("tokens", group.tokens, group.token_count, BARKER_MAX_TOKENS); !s.ok())
    return s;
  for (uint64_t t = 0; t < group.token_count; ++t) {
    if (Status s = check_string("tokens", group.tokens[t]); !s.ok()) return s;
    if (!group.weights) continue;
    if (Status s = check_number("weights", group.weights[t]); !s.ok()) return s;
  }
  return {};
}

}  // namespace

Status check_request(const barker_request& r) {
  if (Status s = check_string("query", r.query); !s.ok()) return s;
  if (Status s = check_string("user", r.user); !s.ok()) return s;
  if (Status s =
          check_array("user_keywords", r.user_keywords, r.user_keyword_count, BARKER_MAX_TOKENS);
      !s.ok()) {
    return s;
  }
  for (uint64_t i = 0; i < r.user_keyword_count; ++i) {
    if (Status s = check_string("user_keywords", r.user_keywords[i]); !s.ok()) return s;
  }
  if (Status s = check_structs("groups", r.groups, r.group_count, BARKER_MAX_GROUPS, r.group_stride,
                               sizeof(barker_group));
      !s.ok()) {
    return s;
  }
  for (uint64_t g = 0; g < r.group_count; ++g) {
    if (Status s = check_group(element(r.groups, r.group_stride, g)); !s.ok()) {
      return invalid_argument("groups[" + std::to_string(g) + "]." + s.message());
    }
  }
  if (Status s = check_structs("ads", r.ads, r.ad_count, BARKER_MAX_ADS, r.ad_stride,
                               offsetof(barker_ad, merchant));  // what version 1.0 had
      !s.ok()) {
    return s;
  }
  for (uint64_t i = 0; i < r.ad_count; ++i) {
    if (Status s = check_ad(element(r.ads, r.ad_stride, i)); !s.ok()) {
      return invalid_argument("ads[" + std::to_string(i) + "]." + s.message());
    }
  }
  return {};
}

Status check_response(const barker_response& response, const barker_request& request) {
  if (response.ad_capacity < request.ad_count) {
    return wrong("ad_capacity", "at least " + std::to_string(request.ad_count),
                 response.ad_capacity);
  }
  if (Status s = check_structs("response ads", response.ads, request.ad_count, BARKER_MAX_ADS,
                               response.ad_stride, sizeof(barker_result_ad));
      !s.ok()) {
    return s;
  }
  return check_array("text", response.text, response.text_capacity, ~uint64_t{0});
}

}  // namespace barker
