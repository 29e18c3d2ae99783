#include "index/server/recent_pages.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace barker {
namespace {

constexpr size_t kChunk = 256 << 10;  // bytes

template <typename Values>
char* put(const Values& values, char* to) {
  using Value = typename Values::value_type;
  static_assert(std::is_trivially_copyable_v<Value>);
  if (!values.empty()) std::memcpy(to, values.data(), values.size() * sizeof(Value));
  return to + values.size() * sizeof(Value);
}

template <typename Values>
const char* get(const char* from, Values& values) {
  using Value = typename Values::value_type;
  if (!values.empty()) std::memcpy(values.data(), from, values.size() * sizeof(Value));
  return from + values.size() * sizeof(Value);
}

}  // namespace

void RecentPages::add(const std::string& request_id, const RecentPage& page) {
  const Fingerprint print = fingerprint(request_id);
  const std::lock_guard<std::mutex> lock(mutex_);
  // What may find no memory comes first, so that a page that cannot be kept changes nothing.
  const auto [known, is_new] = by_print_.try_emplace(print, oldest_);
  Place place{.print = print,
              .id = request_id.size(),
              .user = page.user_,
              .texts = page.texts_.size(),
              .ads = page.ads_.size(),
              .features = page.features_.size(),
              .arms = page.arms.size(),
              .time_ms = page.time_ms};
  try {
    place.bytes = room_for(place);
  } catch (...) {
    if (is_new) by_print_.erase(known);
    throw;
  }
  char* to = place.bytes;
  to = put(page.ads_, to);
  to = put(page.features_, to);
  to = put(page.arms, to);
  to = put(page.texts_, to);
  put(request_id, to);
  if (places_.size() < most_) {
    places_.push_back(place);
  } else {
    forget(oldest_, print);
    places_[oldest_] = place;
  }
  known->second = oldest_;
  oldest_ = (oldest_ + 1) % most_;
}

std::optional<RecentPage> RecentPages::find(const std::string& request_id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Place* const place = place_of(request_id);
  if (!place) return std::nullopt;
  RecentPage page;
  page.user_ = place->user;
  page.time_ms = place->time_ms;
  page.ads_.resize(place->ads);
  page.features_.resize(place->features);
  page.arms.resize(place->arms);
  page.texts_.resize(place->texts);
  const char* from = place->bytes;
  from = get(from, page.ads_);
  from = get(from, page.features_);
  from = get(from, page.arms);
  get(from, page.texts_);
  return page;
}

bool RecentPages::opt_out(const std::string& request_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Place* const place = place_of(request_id);
  return place && !std::exchange(place->is_opted_out, true);
}

bool RecentPages::charge(const std::string& request_id, std::string_view ad) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Place* const place = place_of(request_id);
  if (!place) return false;
  for (size_t i = 0; i < place->ads; ++i) {
    char* const at = place->bytes + i * sizeof(RecentPage::Ad);
    RecentPage::Ad shown;
    std::memcpy(&shown, at, sizeof shown);
    if (std::string_view(place->text_bytes() + shown.id.begin, shown.id.size) != ad) continue;
    if (std::exchange(shown.is_charged, true)) return false;
    std::memcpy(at, &shown, sizeof shown);
    return true;
  }
  return false;
}

// `next` is the print of the page that takes its place, which is in by_print_ already.
void RecentPages::forget(size_t at, Fingerprint next) {
  const auto known = by_print_.find(places_[at].print);
  if (places_[at].print != next && known != by_print_.end() && known->second == at) {
    by_print_.erase(known);
  }
  if (places_[at].chunk < first_chunk_) return;
  --chunks_[places_[at].chunk - first_chunk_].pages;
  while (chunks_.size() > 1 && chunks_.front().pages == 0) drop_oldest_chunk();
}

void RecentPages::drop_oldest_chunk() {
  bytes_ -= chunks_.front().bytes.size();
  spare_ = std::move(chunks_.front().bytes);
  chunks_.pop_front();
  ++first_chunk_;
}

// Memory behind that of the page before.
char* RecentPages::room_for(Place& place) {
  const size_t size = place.size();
  if (chunks_.empty() || chunks_.back().bytes.size() - chunks_.back().used < size) {
    Chunk made{std::move(spare_)};
    spare_.clear();
    if (made.bytes.size() < std::max(size, kChunk)) made.bytes.resize(std::max(size, kChunk));
    chunks_.push_back(std::move(made));
    bytes_ += chunks_.back().bytes.size();
    while (chunks_.size() > 1 && bytes_ > most_bytes_) drop_oldest_chunk();
  }
  Chunk& chunk = chunks_.back();
  char* const bytes = chunk.bytes.data() + chunk.used;
  chunk.used += size;
  ++chunk.pages;
  place.chunk = first_chunk_ + chunks_.size() - 1;
  return bytes;
}

const RecentPages::Place* RecentPages::place_of(const std::string& request_id) const {
  const auto found = by_print_.find(fingerprint(request_id));
  if (found == by_print_.end()) return nullptr;
  const Place& place = places_[found->second];
  if (place.chunk < first_chunk_) return nullptr;
  return place.request_id() == request_id ? &place : nullptr;
}

}  // namespace barker
