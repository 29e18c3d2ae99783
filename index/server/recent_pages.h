// The pages that searches answered last, by request id, so that a click can be held against what
// was shown and charged what it was offered for. Bounded in number and bytes: the oldest are
// forgotten. [any thread]
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
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
    time_ms = 0;
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
  int64_t time_ms = 0;                  // when it was answered, in milliseconds since 1970

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
  // Keeps the last `most` pages, as far as they fit in about `most_bytes`.
  explicit RecentPages(size_t most, size_t most_bytes = size_t{128} << 20)
      : most_(most), most_bytes_(most_bytes) {
    places_.reserve(most);
  }

  void add(const std::string& request_id, const RecentPage& page);

  // Nothing where the page was forgotten, or was answered by another engine.
  std::optional<RecentPage> find(const std::string& request_id) const;

  // True for the first opt-out on a page: the one that counts.
  bool opt_out(const std::string& request_id);

  // True for the first click on an ad of a page: the one that costs.
  bool charge(const std::string& request_id, std::string_view ad);

 private:
  // Ads, features, arms, texts and the request id, one behind the other.
  struct Place {
    Fingerprint print = 0;  // of the request id
    size_t id = 0;          // its size
    RecentPage::Text user{};
    size_t texts = 0, ads = 0, features = 0, arms = 0;
    size_t chunk = 0;  // number of the chunk that has the bytes, counted from the first of all
    char* bytes = nullptr;
    int64_t time_ms = 0;
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
  void forget(size_t at, Fingerprint next);
  void drop_oldest_chunk();
  char* room_for(Place& place);
  const Place* place_of(const std::string& request_id) const;
  Place* place_of(const std::string& request_id) {
    return const_cast<Place*>(std::as_const(*this).place_of(request_id));
  }

  const size_t most_, most_bytes_;
  mutable std::mutex mutex_;
  std::vector<Place> places_;  // a ring once there are `most_`
  size_t oldest_ = 0;          // or the next that is made
  std::deque<Chunk> chunks_;   // oldest first
  size_t first_chunk_ = 0;     // how many chunks there were before; pages in those are forgotten
  size_t bytes_ = 0;           // of the chunks
  std::vector<char> spare_;    // the memory of the last chunk that was given up
  std::unordered_map<Fingerprint, size_t> by_print_;  // where its page is among places_
};

}  // namespace barker
