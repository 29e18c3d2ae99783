#include "plugin/recording.h"

#include <algorithm>
#include <exception>

#include "plugin/request.h"

namespace barker {

// How much of everything a request has, without its bad ads.
struct Recording::Sizes {
  uint64_t bytes = 0, texts = 0, weights = 0, groups = 0, ads = 0, keywords = 0, points = 0;

  Sizes(const barker_request& r, uint64_t ad_count) {
    bytes = r.query.size + r.user.size + r.surface.size;
    texts = r.user_keyword_count;
    groups = r.group_count;
    for (uint64_t i = 0; i < r.user_keyword_count; ++i) bytes += r.user_keywords[i].size;
    for (uint64_t i = 0; i < r.group_count; ++i) add(element(r.groups, r.group_stride, i));
    for (uint64_t i = 0; i < ad_count; ++i) {
      if (const barker_ad ad = element(r.ads, r.ad_stride, i); !is_bad_ad(ad)) add(ad);
    }
  }

  uint64_t total() const {
    return bytes + texts * sizeof(barker_string) + weights * sizeof(float) +
           groups * sizeof(barker_group) + ads * sizeof(barker_ad) + keywords * sizeof(uint64_t) +
           points * sizeof(barker_selling_point);
  }

 private:
  void add(const barker_group& group) {
    bytes += group.name.size;
    for (uint64_t t = 0; t < group.token_count; ++t) bytes += group.tokens[t].size;
    texts += group.token_count;
    if (group.weights) weights += group.token_count;
  }
  void add(const barker_ad& ad) {
    ++ads;
    bytes += ad.id.size + ad.title.size + ad.merchant.size + ad.category.size;
    for (uint64_t p = 0; p < ad.selling_point_count; ++p) {
      bytes += element(ad.selling_points, ad.selling_point_stride, p).text.size;
    }
    points += ad.selling_point_count;
    if (ad.title_keywords) keywords += ad.title_keyword_count;
  }
};

bool Recording::assign(const barker_request& request, uint64_t window) {
  const uint64_t ad_count = std::min(request.ad_count, window);
  const Sizes sizes(request, ad_count);
  if (sizes.total() > kMaxBytes) return false;
  make_room(sizes);
  request_ = request;
  request_.struct_size = sizeof request_;
  request_.deadline_ns = request_.shown = 0;
  request_.query = keep(request.query);
  request_.user = keep(request.user);
  request_.surface = keep(request.surface);
  // Weights are compared, not states: each of them holds for one tower.
  request_.user_state = nullptr;
  request_.user_state_size = 0;
  request_.visitor = {};  // arms and draws are not compared
  request_.seed = 0;
  request_.user_keywords = texts_.data();
  for (uint64_t i = 0; i < request.user_keyword_count; ++i) {
    texts_.push_back(keep(request.user_keywords[i]));
  }
  for (uint64_t i = 0; i < request.group_count; ++i) {
    keep_group(element(request.groups, request.group_stride, i));
  }
  for (uint64_t i = 0; i < ad_count; ++i) {
    if (const barker_ad ad = element(request.ads, request.ad_stride, i); !is_bad_ad(ad)) {
      keep_ad(ad);
    }
  }
  request_.groups = groups_.data();
  request_.group_stride = sizeof(barker_group);
  request_.ads = ads_.data();
  request_.ad_count = ads_.size();
  request_.ad_stride = sizeof(barker_ad);
  return true;
}

// What is kept points into these vectors, so they must not move while they are filled.
void Recording::make_room(const Sizes& sizes) {
  const auto clear = [](auto& vector, uint64_t size) {
    vector.clear();
    vector.reserve(size);
  };
  clear(bytes_, sizes.bytes);
  clear(texts_, sizes.texts);
  clear(weights_, sizes.weights);
  clear(groups_, sizes.groups);
  clear(ads_, sizes.ads);
  // Room for one more, so that data() is not NULL for an ad that brought no keywords: NULL would
  // have the plugin split its title.
  clear(title_keywords_, sizes.keywords + 1);
  clear(points_, sizes.points);
}

void Recording::keep_group(barker_group group) {
  group.struct_size = sizeof group;
  group.name = keep(group.name);
  const barker_string* tokens = texts_.data() + texts_.size();
  for (uint64_t t = 0; t < group.token_count; ++t) texts_.push_back(keep(group.tokens[t]));
  group.tokens = tokens;
  if (group.weights) {
    const float* from = group.weights;
    group.weights = weights_.data() + weights_.size();
    weights_.insert(weights_.end(), from, from + group.token_count);
  }
  groups_.push_back(group);
}

void Recording::keep_ad(barker_ad ad) {
  ad.struct_size = sizeof ad;
  for (barker_string* text : {&ad.id, &ad.title, &ad.merchant, &ad.category}) *text = keep(*text);
  const barker_selling_point* points_of_ad = points_.data() + points_.size();
  for (uint64_t p = 0; p < ad.selling_point_count; ++p) {
    barker_selling_point point = element(ad.selling_points, ad.selling_point_stride, p);
    point.struct_size = sizeof point;
    point.text = keep(point.text);
    points_.push_back(point);
  }
  ad.selling_points = points_of_ad;
  ad.selling_point_stride = sizeof(barker_selling_point);
  if (ad.title_keywords) {
    const uint64_t* from = ad.title_keywords;
    ad.title_keywords = title_keywords_.data() + title_keywords_.size();
    title_keywords_.insert(title_keywords_.end(), from, from + ad.title_keyword_count);
  }
  ads_.push_back(ad);
}

barker_string Recording::keep(const barker_string& text) {
  const size_t begin = bytes_.size();
  bytes_.insert(bytes_.end(), text.data, text.data + text.size);
  return {bytes_.data() + begin, text.size};
}

}  // namespace barker
