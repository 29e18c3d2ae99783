#include "plugin/completed_ads.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "plugin/catalogue_rows.h"

namespace barker {
namespace {

barker_string as_string(std::string_view text) { return {text.data(), text.size()}; }

uint64_t text_size(const barker_ad& ad, uint64_t point_bytes) {
  return ad.id.size + ad.title.size + ad.merchant.size + ad.category.size + point_bytes;
}

// The texts and flags of an ad of a catalogue.
void set_texts(const CataloguePool& pool, const StoredAd& from, barker_ad& to) {
  to.id = as_string(from.id);
  to.title = as_string(from.title);
  to.merchant = as_string(pool.merchant(from.merchant).text);
  to.category = as_string(pool.category(from.category).text);
  to.flags |= from.flags;
  to.title_keywords = nullptr;
  to.title_keyword_count = 0;
  to.selling_points = nullptr;
  to.selling_point_count = 0;
}

}  // namespace

void CompletedAds::complete(CheckedRequest& request, const CatalogueSet& catalogues,
                            const CatalogueRows* rows, uint64_t window) {
  barker_request& r = request.request;
  window_ = std::min(window, r.ad_count);
  find_ads(r, find_catalogue(catalogues, r.catalogue), rows);
  // The records lie far apart, so that each would be waited for.
  for (const RegisteredAd& known : registered_) {
    if (!known.chunk) continue;
    known.chunk->prefetch(known.index);
    if (known.rows) known.rows->prefetch(known.index);
  }
  uint64_t points = 0;
  for (uint64_t i = 0; i < r.ad_count; ++i) {
    RegisteredAd& known = registered_[i];
    if (!known.chunk) continue;
    const StoredAd stored = known.chunk->ad(known.index);
    known.merchant = stored.merchant;
    known.category = stored.category;
    known.is_plain = stored.is_plain;
    known.points_in_title = stored.points_in_title;
    barker_ad& ad = ads_[i];
    set_texts(*known.chunk->pool(), stored, ad);
    request.text += are_numbers(ad) ? text_size(ad, stored.point_bytes) : ad.title.size;
    if (i < window_) points += stored.points.size();
  }
  if (const Status s = check_total(request.text); !s.ok()) {
    throw RefusedRequest("request: " + s.message());
  }
  points_.clear();
  points_.reserve(points);  // so that it does not grow any more, and ads can point into it
  r.ads = ads_.data();
  r.ad_stride = sizeof(barker_ad);
  request.registered = registered_;
  request.completed = this;
}

// Copies the ads and finds out where those of the catalogue stand.
void CompletedAds::find_ads(const barker_request& r, const Catalogue& catalogue,
                            const CatalogueRows* rows) {
  const auto* const of_chunks = rows ? &rows->rows.at(r.catalogue) : nullptr;
  ads_.clear();
  registered_.assign(r.ad_count, {});
  for (uint64_t i = 0; i < r.ad_count; ++i) {
    barker_ad& ad = ads_.emplace_back(element(r.ads, r.ad_stride, i));
    ad.struct_size = sizeof ad;
    if (ad.catalogue_ad == 0) continue;
    if (!catalogue.has(ad.catalogue_ad)) {
      throw RefusedRequest("request: ads[" + std::to_string(i) +
                           "].catalogue_ad: expected the number of an ad of the catalogue, found " +
                           std::to_string(ad.catalogue_ad));
    }
    const uint64_t number = (ad.catalogue_ad - 1) / CatalogueChunk::kAds;
    RegisteredAd& known = registered_[i];
    known.chunk = catalogue.chunks()[number].get();
    known.rows = of_chunks ? (*of_chunks)[number].get() : nullptr;
    known.index = static_cast<uint32_t>((ad.catalogue_ad - 1) % CatalogueChunk::kAds);
    known.chunk->prefetch_place(known.index);
    if (known.rows) known.rows->prefetch_place(known.index);
  }
}

void CompletedAds::add_selling_points(uint64_t ad) noexcept {
  const RegisteredAd& known = registered_[ad];
  barker_ad& to = ads_[ad];
  if (!known.chunk || to.selling_points || ad >= window_) return;
  const CataloguePool& pool = *known.chunk->pool();
  const PackedNumbers points = known.chunk->ad(known.index).points;
  to.selling_points = points_.data() + points_.size();
  to.selling_point_stride = sizeof(barker_selling_point);
  to.selling_point_count = points.size();
  for (size_t p = 0; p < points.size(); ++p) {
    const CataloguePool::Point& point = pool.point(points.number(p));
    points_.push_back({sizeof(barker_selling_point), as_string(point.text), point.given});
    __builtin_prefetch(point.text.data());  // the texts of those that are chosen are read soon
  }
}

void CompletedAds::prefetch_selling_points(uint64_t ad) const noexcept {
  asm volatile("");  // an effect, without which GCC 12 drops the call
  const RegisteredAd& known = registered_[ad];
  if (!known.chunk) return;
  const CataloguePool& pool = *known.chunk->pool();
  const PackedNumbers points = known.chunk->ad(known.index).points;
  for (size_t p = 0; p < points.size(); ++p) {
    const uint32_t number = points.number(p);
    __builtin_prefetch(&pool.point(number));
    if (known.rows) known.rows->prefetch_point_row(number);
  }
}

void CompletedAds::add_selling_points() noexcept {
  for (uint64_t ad = 0; ad < window_; ++ad) add_selling_points(ad);
}

void CompletedAds::add_words() {
  words_.clear();
  for (uint64_t i = 0; i < window_; ++i) {
    const RegisteredAd& known = registered_[i];
    if (!known.chunk) continue;
    const PackedNumbers words = known.chunk->ad(known.index).words;
    // More words than a host may give are those of a title that the plugin has split itself, and
    // does so again.
    if (words.size() > BARKER_MAX_TITLE_KEYWORDS) continue;
    ads_[i].title_keyword_count = words.size();
    for (size_t w = 0; w < words.size(); ++w) {
      words_.push_back(known.chunk->pool()->word(words.number(w)));
    }
  }
  words_.push_back(0);  // so that no ad gets a null pointer, which would have its title split
  const Fingerprint* next = words_.data();
  for (uint64_t i = 0; i < window_; ++i) {
    const RegisteredAd& known = registered_[i];
    if (!known.chunk || known.chunk->ad(known.index).words.size() > BARKER_MAX_TITLE_KEYWORDS) {
      continue;
    }
    ads_[i].title_keywords = next;
    next += ads_[i].title_keyword_count;
  }
}

}  // namespace barker
