#include "plugin/recording.h"

#include <algorithm>
#include <exception>

#include "plugin/request.h"

namespace barker {

bool Recording::assign(const barker_request& request, uint64_t window) {
  request_ = request;
  request_.struct_size = sizeof request_;
  request_.deadline_ns = request_.shown = 0;
  const uint64_t ad_count = std::min(request.ad_count, window);
  uint64_t good_ads = 0;
  // Room for everything first: what is kept below points into these vectors, so they must not move.
  uint64_t bytes = request.query.size + request.user.size;
  uint64_t texts = request.user_keyword_count, weights = 0, keywords = 0, points = 0;
  for (uint64_t i = 0; i < request.user_keyword_count; ++i) bytes += request.user_keywords[i].size;
  for (uint64_t i = 0; i < request.group_count; ++i) {
    const barker_group group = element(request.groups, request.group_stride, i);
    bytes += group.name.size;
    for (uint64_t t = 0; t < group.token_count; ++t) bytes += group.tokens[t].size;
    texts += group.token_count;
    if (group.weights) weights += group.token_count;
  }
  for (uint64_t i = 0; i < ad_count; ++i) {
    const barker_ad ad = element(request.ads, request.ad_stride, i);
    if (is_bad_ad(ad)) continue;
    ++good_ads;
    bytes += ad.id.size + ad.title.size + ad.merchant.size + ad.category.size;
    for (uint64_t p = 0; p < ad.selling_point_count; ++p) {
      bytes += element(ad.selling_points, ad.selling_point_stride, p).text.size;
    }
    points += ad.selling_point_count;
    if (ad.title_keywords) keywords += ad.title_keyword_count;
  }
  const uint64_t all = bytes + texts * sizeof(barker_string) + weights * sizeof(float) +
                       request.group_count * sizeof(barker_group) + good_ads * sizeof(barker_ad) +
                       keywords * sizeof(uint64_t) + points * sizeof(barker_selling_point);
  if (all > kMaxBytes) return false;
  const auto clear = [](auto& vector, uint64_t size) {
    vector.clear();
    vector.reserve(size);
  };
  clear(bytes_, bytes);
  clear(texts_, texts);
  clear(weights_, weights);
  clear(groups_, request.group_count);
  clear(ads_, good_ads);
  clear(title_keywords_, keywords + 1);  // with no keywords it must not be NULL, which says "split"
  clear(points_, points);

  request_.query = keep(request.query);
  request_.user = keep(request.user);
  request_.user_keywords = texts_.data();
  for (uint64_t i = 0; i < request.user_keyword_count; ++i) {
    texts_.push_back(keep(request.user_keywords[i]));
  }
  for (uint64_t i = 0; i < request.group_count; ++i) {
    barker_group group = element(request.groups, request.group_stride, i);
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
  for (uint64_t i = 0; i < ad_count; ++i) {
    barker_ad ad = element(request.ads, request.ad_stride, i);
    if (is_bad_ad(ad)) continue;
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
  request_.groups = groups_.data();
  request_.group_stride = sizeof(barker_group);
  request_.ads = ads_.data();
  request_.ad_count = good_ads;
  request_.ad_stride = sizeof(barker_ad);
  return true;
}

barker_string Recording::keep(const barker_string& text) {
  const size_t begin = bytes_.size();
  bytes_.insert(bytes_.end(), text.data, text.data + text.size);
  return {bytes_.data() + begin, text.size};
}

void RecordingQueue::offer(const barker_request& request, uint64_t window) noexcept {
  offered_.fetch_add(1, std::memory_order_relaxed);
  for (Slot& slot : slots_) {
    State free = State::kFree;
    if (!slot.state.compare_exchange_strong(free, State::kTaken, std::memory_order_acquire)) {
      continue;
    }
    bool recorded = false;
    try {
      recorded = slot.recording.assign(request, window);
    } catch (const std::exception&) {  // no memory: the query goes unrecorded
    }
    slot.state.store(recorded ? State::kFull : State::kFree, std::memory_order_release);
    if (!recorded) break;
    return;
  }
  drop();
}

}  // namespace barker
