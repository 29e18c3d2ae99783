// The pages that searches answered last, by request id, so that a click can be held against what
// was shown and charged what it was offered for. Bounded: the oldest are forgotten. [any thread]
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "index/metrics/arm_counters.h"
#include "models/text/fingerprint.h"

namespace barker {

// What is remembered of a page. Its texts lie behind each other in one, because every search leaves
// a page.
class RecentPage {
 public:
  struct Text {
    uint32_t begin, size;
  };
  struct Ad {
    Text id, title;   // the title of the catalogue
    double price;     // of a click
    size_t position;  // as it was shown, from 1
    bool is_charged = false;
  };
  struct Feature {
    Text keyword;
    size_t position;
  };

  // Forgets what it has, and keeps the memory.
  void clear() {
    texts_.clear();
    user_ = {};
    ads_.clear();
    features_.clear();
    arms.clear();
  }
  void set_user(std::string_view user) { user_ = keep(user); }
  void add_ad(std::string_view id, std::string_view title, double price, size_t position) {
    const Text kept = keep(id);
    ads_.push_back({kept, keep(title), price, position});
  }
  void add_feature(std::string_view keyword, size_t position) {
    features_.push_back({keep(keyword), position});
  }

  std::string_view text(Text of) const {
    return std::string_view(texts_).substr(of.begin, of.size);
  }
  std::string_view user() const { return text(user_); }
  const Ad* find_ad(std::string_view id) const {
    for (const Ad& ad : ads_) {
      if (text(ad.id) == id) return &ad;
    }
    return nullptr;
  }
  const Feature* find_feature(std::string_view keyword) const {
    for (const Feature& feature : features_) {
      if (text(feature.keyword) == keyword) return &feature;
    }
    return nullptr;
  }

  std::vector<ArmCounters::Arm*> arms;  // of its user, which outlive the page

 private:
  friend class RecentPages;

  Text keep(std::string_view text) {
    const Text kept = {static_cast<uint32_t>(texts_.size()), static_cast<uint32_t>(text.size())};
    texts_ += text;
    return kept;
  }

  std::string texts_;
  Text user_{};
  std::vector<Ad> ads_;
  std::vector<Feature> features_;
};

// The pages lie behind each other in the order in which they came, so that to remember one, which
// every search does, writes to memory that the processor sees coming.
class RecentPages {
 public:
  explicit RecentPages(size_t most) : most_(most) { places_.reserve(most); }

  void add(const std::string& request_id, const RecentPage& page) {
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
                .arms = page.arms.size()};
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

  // Nothing where the page was forgotten, or was answered by another engine.
  std::optional<RecentPage> find(const std::string& request_id) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Place* const place = place_of(request_id);
    if (!place) return std::nullopt;
    RecentPage page;
    page.user_ = place->user;
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

  // True for the first opt-out on a page: the one that counts.
  bool opt_out(const std::string& request_id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = by_print_.find(fingerprint(request_id));
    if (found == by_print_.end() || places_[found->second].request_id() != request_id) return false;
    return !std::exchange(places_[found->second].is_opted_out, true);
  }

  // True for the first click on an ad of a page: the one that costs.
  bool charge(const std::string& request_id, std::string_view ad) {
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

 private:
  // Ads, features, arms, texts and the request id, one behind the other.
  struct Place {
    Fingerprint print = 0;  // of the request id
    size_t id = 0;          // its size
    RecentPage::Text user{};
    size_t texts = 0, ads = 0, features = 0, arms = 0;
    size_t chunk = 0;  // number of the chunk that has the bytes, counted from the first of all
    char* bytes = nullptr;
    bool is_opted_out = false;

    size_t text_begin() const {
      return ads * sizeof(RecentPage::Ad) + features * sizeof(RecentPage::Feature) +
             arms * sizeof(ArmCounters::Arm*);
    }
    const char* text_bytes() const { return bytes + text_begin(); }
    std::string_view request_id() const { return {text_bytes() + texts, id}; }
    size_t size() const { return text_begin() + texts + id; }
  };
  struct Chunk {
    std::vector<char> bytes;
    size_t used = 0, pages = 0;
  };
  static constexpr size_t kChunk = 256 << 10;  // bytes

  template <typename Values>
  static char* put(const Values& values, char* to) {
    using Value = typename Values::value_type;
    static_assert(std::is_trivially_copyable_v<Value>);
    if (!values.empty()) std::memcpy(to, values.data(), values.size() * sizeof(Value));
    return to + values.size() * sizeof(Value);
  }
  template <typename Values>
  static const char* get(const char* from, Values& values) {
    using Value = typename Values::value_type;
    if (!values.empty()) std::memcpy(values.data(), from, values.size() * sizeof(Value));
    return from + values.size() * sizeof(Value);
  }

  // `next` takes its place.
  void forget(size_t at, Fingerprint next) {
    const auto known = by_print_.find(places_[at].print);
    if (places_[at].print != next && known != by_print_.end() && known->second == at) {
      by_print_.erase(known);
    }
    --chunks_[places_[at].chunk - first_chunk_].pages;
    while (chunks_.size() > 1 && chunks_.front().pages == 0) {
      spare_ = std::move(chunks_.front().bytes);
      chunks_.pop_front();
      ++first_chunk_;
    }
  }

  // Memory behind that of the page before.
  char* room_for(Place& place) {
    const size_t size = place.size();
    if (chunks_.empty() || chunks_.back().bytes.size() - chunks_.back().used < size) {
      Chunk& made = chunks_.emplace_back();
      made.bytes = std::move(spare_);
      spare_.clear();
      if (made.bytes.size() < std::max(size, kChunk)) made.bytes.resize(std::max(size, kChunk));
    }
    Chunk& chunk = chunks_.back();
    char* const bytes = chunk.bytes.data() + chunk.used;
    chunk.used += size;
    ++chunk.pages;
    place.chunk = first_chunk_ + chunks_.size() - 1;
    return bytes;
  }

  const Place* place_of(const std::string& request_id) const {
    const auto found = by_print_.find(fingerprint(request_id));
    if (found == by_print_.end()) return nullptr;
    const Place& place = places_[found->second];
    return place.request_id() == request_id ? &place : nullptr;
  }

  const size_t most_;
  mutable std::mutex mutex_;
  std::vector<Place> places_;  // a ring once there are `most_`
  size_t oldest_ = 0;          // or the next that is made
  std::deque<Chunk> chunks_;   // oldest first
  size_t first_chunk_ = 0;     // how many chunks there were before
  std::vector<char> spare_;    // the memory of the last chunk that was given up
  std::unordered_map<Fingerprint, size_t> by_print_;  // where its page is among places_
};

}  // namespace barker
