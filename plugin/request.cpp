#include "plugin/request.h"

#include <cstddef>
#include <string>

namespace barker {
namespace {

// Fits any struct of ours many times over, and no multiple of it overflows.
constexpr uint64_t kLargestStride = uint64_t{1} << 16;

// The sizes of version 1.0, which every version has.
constexpr uint64_t kLeastRequest = offsetof(barker_request, shown);
constexpr uint64_t kLeastAd = offsetof(barker_ad, merchant);
constexpr uint64_t kLeastResponse = offsetof(barker_response, bad_ads);
constexpr uint64_t kLeastResultAd = offsetof(barker_result_ad, flags);

constexpr uint32_t kKnownAdFlags = BARKER_AD_OPT_OUT;

// Fields are C strings: a request that is right makes no text.
Status wrong_field(const std::string& field, const std::string& expected, uint64_t found) {
  return invalid_argument(field + ": expected " + expected + ", found " + std::to_string(found));
}

std::string at_most(uint64_t most) { return "at most " + std::to_string(most); }

Status check_string(const char* field, const barker_string& s) {
  if (s.size > BARKER_MAX_TEXT_SIZE) {
    return wrong_field(std::string(field) + ".size", at_most(BARKER_MAX_TEXT_SIZE), s.size);
  }
  if (s.size > 0 && !s.data)
    return invalid_argument(std::string(field) + ".data: expected a pointer, found NULL");
  return {};
}

Status check_array(const char* field, const void* data, uint64_t count, uint64_t most) {
  if (count > most) return wrong_field(std::string(field) + " count", at_most(most), count);
  if (count > 0 && !data)
    return invalid_argument(std::string(field) + ": expected a pointer, found NULL");
  return {};
}

bool is_stride(uint64_t stride, uint64_t least) {
  return stride >= least && stride <= kLargestStride && stride % alignof(uint64_t) == 0;
}

Status check_stride(const char* field, uint64_t stride, uint64_t least) {
  if (is_stride(stride, least)) return {};
  return wrong_field(std::string(field) + " stride",
                     "a multiple of 8 of at least " + std::to_string(least), stride);
}

// A strided array of structs whose first `least` bytes every minor version has.
Status check_structs(const char* field, const void* data, uint64_t count, uint64_t most,
                     uint64_t stride, uint64_t least) {
  if (Status s = check_array(field, data, count, most); !s.ok() || count == 0) return s;
  if (Status s = check_stride(field, stride, least); !s.ok()) return s;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t size = struct_size_at(data, stride, i);
    if (size < least || size > stride) {
      return wrong_field(std::string(field) + "[" + std::to_string(i) + "].struct_size",
                         std::to_string(least) + " to the stride", size);
    }
  }
  return {};
}

bool is_text(const barker_string& s) {
  return s.size == 0 || (s.size <= BARKER_MAX_TEXT_SIZE && s.data);
}

bool is_number(double value) { return value >= 0 && value <= BARKER_MAX_NUMBER; }  // no NaN

bool are_selling_points(const barker_ad& ad) {
  constexpr uint64_t kLeast = sizeof(barker_selling_point);
  if (ad.selling_point_count == 0) return true;
  if (ad.selling_point_count > BARKER_MAX_AD_SELLING_POINTS || !ad.selling_points ||
      !is_stride(ad.selling_point_stride, kLeast)) {
    return false;
  }
  for (uint64_t i = 0; i < ad.selling_point_count; ++i) {
    const uint64_t size = struct_size_at(ad.selling_points, ad.selling_point_stride, i);
    if (size < kLeast || size > ad.selling_point_stride) return false;
    if (!is_text(element(ad.selling_points, ad.selling_point_stride, i).text)) return false;
  }
  return true;
}

// Bytes of the texts of an ad that may be read.
uint64_t text_size(const barker_ad& ad, bool is_bad) {
  if (is_bad) return title_of_bad_ad(ad).size();
  uint64_t size = ad.id.size + ad.title.size + ad.merchant.size + ad.category.size;
  for (uint64_t i = 0; i < ad.selling_point_count; ++i) {
    size += element(ad.selling_points, ad.selling_point_stride, i).text.size;
  }
  return size;
}

// Adds to to.bad_ads and to to.text. An error: a field says something that this version does not
// know.
Status check_ad(const barker_ad& ad, CheckedRequest& to) {
  if ((ad.flags & ~kKnownAdFlags) != 0) return wrong_field("flags", "known bits (1)", ad.flags);
  if (ad.reserved != 0) return wrong_field("reserved", "0", ad.reserved);
  if (to.request.catalogue != 0 && ad.catalogue_ad != 0) {
    to.bad_ads += !are_numbers(ad);
    return {};
  }
  const bool is_bad = is_bad_ad(ad);
  to.bad_ads += is_bad;
  to.text += text_size(ad, is_bad);
  return {};
}

Status check_texts(const char* field, const barker_string* texts, uint64_t count, uint64_t& size) {
  if (Status s = check_array(field, texts, count, BARKER_MAX_TOKENS); !s.ok()) return s;
  for (uint64_t i = 0; i < count; ++i) {
    if (Status s = check_string(field, texts[i]); !s.ok()) return s;
    size += texts[i].size;
  }
  return {};
}

Status check_group(const barker_group& group, uint64_t& text) {
  if (Status s = check_string("name", group.name); !s.ok()) return s;
  text += group.name.size;
  if (Status s = check_texts("tokens", group.tokens, group.token_count, text); !s.ok()) return s;
  for (uint64_t t = 0; group.weights && t < group.token_count; ++t) {
    if (is_number(double{group.weights[t]})) continue;
    return invalid_argument("weights: expected numbers from 0 to 1e12, found another at " +
                            std::to_string(t));
  }
  return {};
}

// Query, user, surface and groups.
Status check_context(const barker_request& r, uint64_t& text) {
  if (Status s = check_string("query", r.query); !s.ok()) return s;
  if (Status s = check_string("user", r.user); !s.ok()) return s;
  if (Status s = check_string("visitor", r.visitor); !s.ok()) return s;
  if (Status s = check_string("surface", r.surface); !s.ok()) return s;
  text += r.query.size + r.user.size + r.visitor.size + r.surface.size;
  if (Status s = check_array("user_state", r.user_state, r.user_state_size, BARKER_MAX_USER_STATE);
      !s.ok()) {
    return s;
  }
  if (Status s = check_texts("user_keywords", r.user_keywords, r.user_keyword_count, text);
      !s.ok()) {
    return s;
  }
  if (Status s = check_structs("groups", r.groups, r.group_count, BARKER_MAX_GROUPS, r.group_stride,
                               sizeof(barker_group));
      !s.ok()) {
    return s;
  }
  for (uint64_t g = 0; g < r.group_count; ++g) {
    if (Status s = check_group(element(r.groups, r.group_stride, g), text); !s.ok()) {
      return invalid_argument("groups[" + std::to_string(g) + "]." + s.message());
    }
  }
  return {};
}

// Of an array of ads of any length up to BARKER_MAX_CATALOGUE: the pointer, the stride and the
// struct sizes.
Status check_ad_array(const barker_ad* ads, uint64_t count, uint64_t stride) {
  return check_structs("ads", ads, count, BARKER_MAX_CATALOGUE, stride, kLeastAd);
}

// Our copy of a caller's struct of any minor version.
template <typename T>
Status read_struct(const char* name, const T* from, uint64_t least, T& to) {
  if (!from || from->struct_size < least) {
    return invalid_argument(std::string("expected a ") + name + " with its struct_size");
  }
  std::memcpy(&to, from, std::min<uint64_t>(from->struct_size, sizeof to));
  return {};
}

}  // namespace

Status check_total(uint64_t text) {
  if (text <= BARKER_MAX_REQUEST_TEXT) return {};
  return wrong_field("texts", at_most(BARKER_MAX_REQUEST_TEXT) + " bytes together", text);
}

bool are_numbers(const barker_ad& ad) {
  return is_number(ad.first_pass_score) && is_number(ad.bid);
}

bool is_bad_ad(const barker_ad& ad) {
  return !are_numbers(ad) || !is_text(ad.id) || !is_text(ad.title) || !is_text(ad.merchant) ||
         !is_text(ad.category) ||
         (ad.title_keywords && ad.title_keyword_count > BARKER_MAX_TITLE_KEYWORDS) ||
         !are_selling_points(ad);
}

std::string_view title_of_bad_ad(const barker_ad& ad) {
  const bool can_be_read = ad.title.data && ad.title.size <= BARKER_MAX_REQUEST_TEXT;
  return can_be_read ? view(ad.title) : std::string_view();
}

Status check_request(const barker_request* from, CheckedRequest& to) {
  to = {};
  barker_request& r = to.request;
  if (Status s = read_struct("barker_request", from, kLeastRequest, r); !s.ok()) return s;
  if (Status s = check_context(r, to.text); !s.ok()) return s;
  if (Status s = check_structs("ads", r.ads, r.ad_count, BARKER_MAX_ADS, r.ad_stride, kLeastAd);
      !s.ok()) {
    return s;
  }
  for (uint64_t i = 0; i < r.ad_count; ++i) {
    const barker_ad ad = element(r.ads, r.ad_stride, i);
    if (Status s = check_ad(ad, to); !s.ok()) {
      return invalid_argument("ads[" + std::to_string(i) + "]." + s.message());
    }
  }
  return check_total(to.text);
}

Status check_single_ad(const barker_ad* from, barker_ad& ad, CheckedRequest& to) {
  ad = {};
  if (Status s = read_struct("barker_ad", from, kLeastAd, ad); !s.ok()) return s;
  ad.struct_size = sizeof ad;
  to.bad_ads = to.text = 0;
  if (Status s = check_ad(ad, to); !s.ok()) return s;
  to.request.ads = &ad;
  to.request.ad_count = 1;
  to.request.ad_stride = sizeof ad;
  return check_total(to.text);
}

Status check_response(const barker_response* from, const barker_request& request,
                      uint32_t host_minor, barker_response& to) {
  to = {};
  if (Status s = read_struct("barker_response", from, kLeastResponse, to); !s.ok()) return s;
  if (to.ad_capacity < request.ad_count) {
    return wrong_field("ad_capacity", "at least " + std::to_string(request.ad_count),
                       to.ad_capacity);
  }
  if (request.ad_count > 0) {
    if (!to.ads) return invalid_argument("ads: expected a pointer, found NULL");
    if (Status s = check_stride("ads", to.ad_stride, kLeastResultAd); !s.ok()) return s;
  }
  if (host_minor < kMinorOfWholeStrides) {
    if (Status s = check_structs("ads", to.ads, request.ad_count, BARKER_MAX_ADS, to.ad_stride,
                                 kLeastResultAd);
        !s.ok()) {
      return s;
    }
  }
  return check_array("text", to.text, to.text_capacity, ~uint64_t{0});
}

Result<std::vector<barker_ad>> read_ads(const barker_ad* ads, uint64_t count, uint64_t stride) {
  if (Status s = check_ad_array(ads, count, stride); !s.ok()) return s;
  std::vector<barker_ad> ours;
  ours.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string where = "ads[" + std::to_string(i) + "]";
    barker_ad& ad = ours.emplace_back(element(ads, stride, i));
    ad.bid = ad.first_pass_score = 0;
    CheckedRequest checked;
    barker_ad single;
    ad.struct_size = sizeof ad;
    if (Status s = check_single_ad(&ad, single, checked); !s.ok()) {
      return invalid_argument(where + ": " + s.message());
    }
    if (checked.bad_ads > 0) {
      return invalid_argument(where + ": expected texts and lists within their limits");
    }
  }
  return ours;
}

Result<std::vector<barker_shown>> read_shown(const barker_shown* shown, uint64_t count,
                                             uint64_t stride) {
  constexpr uint64_t kLeast = sizeof(barker_shown);
  if (Status s = check_structs("shown", shown, count, BARKER_MAX_SHOWN, stride, kLeast); !s.ok()) {
    return s;
  }
  std::vector<barker_shown> ours;
  ours.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string where = "shown[" + std::to_string(i) + "].";
    const barker_shown& point = ours.emplace_back(element(shown, stride, i));
    if (Status s = check_string("text", point.text); !s.ok()) {
      return invalid_argument(where + s.message());
    }
    if (point.clicked > 1) return wrong_field(where + "clicked", "0 or 1", point.clicked);
    if (point.reserved != 0) return wrong_field(where + "reserved", "0", point.reserved);
  }
  return ours;
}

void clear_text_size(barker_response* to) {
  if (to && to->struct_size >= kLeastResponse) to->text_size = 0;
}

void write_response(const barker_response& from, barker_response* to) {
  barker_response filled = from;
  filled.struct_size = to->struct_size;
  std::memcpy(to, &filled, std::min<uint64_t>(to->struct_size, sizeof filled));
}

}  // namespace barker
