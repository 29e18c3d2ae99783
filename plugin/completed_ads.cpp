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
  const Catalogue& catalogue = find_catalogue(catalogues, r.catalogue);
  const auto* const of_chunks = rows ? &rows->rows.at(r.catalogue) : nullptr;
  window_ = window;
  ads_.clear();
  points_.clear();
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
    const auto index = static_cast<uint32_t>((ad.catalogue_ad - 1) % CatalogueChunk::kAds);
    const CatalogueChunk& chunk = *catalogue.chunks()[number];
    const CataloguePool& pool = *chunk.pool();
    const StoredAd stored = chunk.ad(index);
    registered_[i] = {&chunk, of_chunks ? (*of_chunks)[number].get() : nullptr, index,
                      stored.merchant, stored.category};
    set_texts(pool, stored, ad);
    request.text += are_numbers(ad) ? text_size(ad, stored.point_bytes) : ad.title.size;
    if (i >= window) continue;
    ad.selling_point_count = stored.points.size();
    for (size_t p = 0; p < stored.points.size(); ++p) {
      const CataloguePool::Point& point = pool.point(stored.points.number(p));
      points_.push_back({sizeof(barker_selling_point), as_string(point.text), point.given});
    }
  }
  if (const Status s = check_total(request.text); !s.ok()) {
    throw RefusedRequest("request: " + s.message());
  }
  // No vector grows any more, so that the ads can point into it.
  const barker_selling_point* next = points_.data();
  for (uint64_t i = 0; i < r.ad_count; ++i) {
    if (!registered_[i].chunk) continue;
    ads_[i].selling_points = next;
    ads_[i].selling_point_stride = sizeof *next;
    next += ads_[i].selling_point_count;
  }
  r.ads = ads_.data();
  r.ad_stride = sizeof(barker_ad);
  request.registered = registered_;
}

void CompletedAds::add_words() {
  const uint64_t count = std::min<uint64_t>(window_, ads_.size());
  words_.clear();
  for (uint64_t i = 0; i < count; ++i) {
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
  for (uint64_t i = 0; i < count; ++i) {
    const RegisteredAd& known = registered_[i];
    if (!known.chunk || known.chunk->ad(known.index).words.size() > BARKER_MAX_TITLE_KEYWORDS) {
      continue;
    }
    ads_[i].title_keywords = next;
    next += ads_[i].title_keyword_count;
  }
}

}  // namespace barker
