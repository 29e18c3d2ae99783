#include "plugin/catalogue_pool.h"

#include <algorithm>
#include <cstring>

#include "models/text/keywords.h"
#include "plugin/rules.h"

namespace barker {
namespace {

// Fingerprints of hosts can be any numbers, so that their bits are mixed before some are used.
uint64_t mixed(Fingerprint word) noexcept {
  const uint64_t hash = word * 0xD6E8FEB86659FD93u;
  return hash ^ hash >> 32;
}

uint64_t hash_of_point(std::string_view text, Fingerprint given) noexcept {
  return fingerprint(text) ^ mixed(given);
}

}  // namespace

template <typename T, typename IsEqual, typename HashOf, typename Make>
uint32_t CataloguePool::number_of(GrowingArray<T>& all, NumberIndex& index, uint64_t hash,
                                  IsEqual is_equal, HashOf hash_of, Make make) {
  const uint32_t known = index.find(hash, [&](uint32_t n) { return is_equal(all[n]); });
  if (known != NumberIndex::kNone) return known;
  index.make_room([&](uint32_t n) { return hash_of(all[n]); });
  const uint32_t number = all.size();
  all.push_back(make());
  index.add(hash, number);
  used_bytes_ += sizeof(T);
  return number;
}

uint32_t CataloguePool::number_of_word(Fingerprint word) {
  return number_of(
      words_, word_index_, mixed(word), [&](Fingerprint other) { return other == word; }, mixed,
      [&] { return word; });
}

uint32_t CataloguePool::number_of_point(std::string_view text, Fingerprint given) {
  return number_of(
      points_, point_index_, hash_of_point(text, given),
      [&](const Point& other) { return other.given == given && other.text == text; },
      [](const Point& other) { return hash_of_point(other.text, other.given); },
      [&] {
        return Point{keep(text), given ? given : keyword_fingerprint(text), given};
      });
}

uint32_t CataloguePool::number_of_merchant(std::string_view text) {
  return number_of(
      merchants_, merchant_index_, fingerprint(text),
      [&](const Merchant& other) { return other.text == text; },
      [](const Merchant& other) { return fingerprint(other.text); },
      [&] {
        return Merchant{keep(text), merchant_fingerprint(text)};
      });
}

uint32_t CataloguePool::number_of_category(std::string_view text) {
  return number_of(
      categories_, category_index_, fingerprint(text),
      [&](const Category& other) { return other.text == text; },
      [](const Category& other) { return fingerprint(other.text); },
      [&] {
        Category category{keep(text), {}};
        append_category_path(text, category.path);
        category.path.shrink_to_fit();
        path_bytes_ += category.path.size() * sizeof(Fingerprint);
        used_bytes_ += category.path.size() * sizeof(Fingerprint);
        return category;
      });
}

std::string_view CataloguePool::keep(std::string_view text) {
  constexpr size_t kLeast = 1 << 10, kMost = 1 << 18;
  if (text.empty()) return {};
  if (text.size() > text_left_) {
    const size_t size = std::max(text.size(), std::clamp(text_bytes_ / 4, kLeast, kMost));
    texts_.push_back(std::make_unique_for_overwrite<char[]>(size));
    text_left_ = size;
    text_bytes_ += size;
  }
  // The last block is used from its end on, so that nothing but what is left need be known.
  text_left_ -= text.size();
  used_bytes_ += text.size();
  char* const at = texts_.back().get() + text_left_;
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

bool CataloguePool::is_outgrown(uint64_t ads) const noexcept {
  constexpr size_t kFewBytes = 1 << 16;
  constexpr uint64_t kFewAds = 1 << 10;
  return used_bytes_ > 2 * bytes_at_start_ + kFewBytes || 2 * ads + kFewAds < ads_at_start_;
}

void CataloguePool::start(uint64_t ads) noexcept {
  bytes_at_start_ = used_bytes_;
  ads_at_start_ = ads;
}

size_t CataloguePool::bytes() const noexcept {
  return sizeof *this + words_.bytes() + points_.bytes() + merchants_.bytes() +
         categories_.bytes() + word_index_.bytes() + point_index_.bytes() +
         merchant_index_.bytes() + category_index_.bytes() + text_bytes_ + path_bytes_ +
         texts_.capacity() * sizeof texts_[0];
}

}  // namespace barker
