// Catalogues that a host has registered (barker.catalogue/1): copies of what a query needs of their
// ads, and for each generation of weights the rows of their keywords, so that a query looks nothing
// up.
//
// All objects are immutable and shared by pointer. The control thread makes them; a query reads
// those that the Serving which it pinned leads to, and a catalogue is freed with the last Serving
// and the last prepared query that has it. Ads are kept in chunks, so that a changed catalogue
// shares the chunks in which nothing changed, and with them their rows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/base/result.h"
#include "models/text/fingerprint.h"
#include "plugin/barker.h"
#include "plugin/generation.h"
#include "plugin/request.h"

namespace barker {

class CatalogueChunk {
 public:
  static constexpr size_t kAds = 1024;  // most ads of a chunk

  // Copies ads that are no bad ads. A null pointer stands for an ad that is not there.
  explicit CatalogueChunk(std::span<const barker_ad* const> ads);

  size_t size() const noexcept { return ads_.size(); }
  bool has(size_t ad) const noexcept { return ads_[ad].is_there; }
  // The texts, words and flags of an ad. Its selling points are read one by one.
  void read(size_t ad, barker_ad& to) const noexcept;
  std::span<const Fingerprint> words(size_t ad) const noexcept;
  // Its merchant and its category as rules compare them (plugin/rules.h).
  Fingerprint merchant(size_t ad) const noexcept {
    return merchants_[ads_[ad].merchant].fingerprint;
  }
  std::span<const Fingerprint> category_path(size_t ad) const noexcept;
  // Bytes of all texts of an ad.
  uint64_t text_size(size_t ad) const noexcept { return ads_[ad].text_size; }
  // The selling points of an ad, as indices of distinct ones in the chunk.
  std::span<const uint32_t> points_of(size_t ad) const noexcept;
  // The place of the first of them among those of all ads.
  size_t first_point_of(size_t ad) const noexcept { return ads_[ad].points_begin; }
  size_t distinct_points() const noexcept { return points_.size(); }
  barker_selling_point point(uint32_t distinct) const noexcept;
  Fingerprint fingerprint_of(uint32_t distinct) const noexcept {
    return points_[distinct].fingerprint;
  }
  size_t bytes() const noexcept;  // of memory

 private:
  struct Text {
    uint64_t begin = 0;
    uint32_t size = 0;
  };
  struct Ad {
    Text id, title;
    uint32_t merchant = 0, category = 0;
    uint32_t words_begin = 0, words_end = 0;
    uint32_t points_begin = 0, points_end = 0;
    uint64_t text_size = 0;
    uint32_t flags = 0;
    bool is_there = false;
  };
  struct Point {
    Text text;
    Fingerprint fingerprint, given;  // given: as the host said it, 0 where it did not
  };
  struct Merchant {
    Text text;
    Fingerprint fingerprint;
  };
  struct Category {
    Text text;
    uint32_t path_begin, path_end;
  };
  using Known = std::unordered_map<std::string_view, uint32_t>;  // by the text of a host

  Text keep(const barker_string& text);
  uint32_t keep_merchant(const barker_string& text, Known& known);
  uint32_t keep_category(const barker_string& text, Known& known);
  barker_string text_of(const Text& text) const noexcept {
    return {texts_.data() + text.begin, text.size};
  }

  std::string texts_;
  std::vector<Ad> ads_;
  std::vector<Fingerprint> words_;
  std::vector<uint32_t> point_of_ads_;
  std::vector<Point> points_;
  std::vector<Merchant> merchants_;  // distinct ones, as the categories and the selling points
  std::vector<Category> categories_;
  std::vector<Fingerprint> paths_;  // of all categories
};

// Ads with numbers from 1.
class Catalogue {
 public:
  using Chunks = std::vector<std::shared_ptr<const CatalogueChunk>>;

  // By number; null: the ad is taken away. A number beyond the end makes the catalogue longer.
  using Changes = std::map<uint64_t, const barker_ad*>;

  Catalogue() = default;
  // `before` with changes. Chunks in which nothing changed are shared. Numbers between the old end
  // and a new one stand for no ad.
  Catalogue(const Catalogue& before, const Changes& changes);

  uint64_t size() const noexcept { return size_; }  // the largest number
  const Chunks& chunks() const noexcept { return chunks_; }
  bool has(uint64_t number) const noexcept {
    return number > 0 && number <= size_ &&
           chunks_[(number - 1) / CatalogueChunk::kAds]->has((number - 1) % CatalogueChunk::kAds);
  }

 private:
  uint64_t size_ = 0;
  Chunks chunks_;  // all but the last have kAds ads
};

// By handle.
using CatalogueSet = std::map<uint64_t, std::shared_ptr<const Catalogue>>;

// Throws RefusedRequest where it is not there.
const Catalogue& find_catalogue(const CatalogueSet& catalogues, uint64_t handle);

// What is known of a chunk's keywords in one generation: their rows, and which selling points are
// keywords of their ad's title.
struct ChunkRows {
  ChunkRows(std::shared_ptr<const CatalogueChunk> of, const Generation& generation);

  std::span<const uint32_t> title(size_t ad) const noexcept {
    return std::span(title_rows).subspan(title_begin[ad], title_begin[ad + 1] - title_begin[ad]);
  }
  // Of the selling point that is number `point` of its ad.
  bool is_in_title(size_t ad, size_t point) const noexcept {
    return points_in_title[chunk->first_point_of(ad) + point];
  }
  size_t bytes() const noexcept;  // of memory, without the chunk

  std::shared_ptr<const CatalogueChunk> chunk;
  std::vector<uint32_t> title_begin;  // [ads + 1]
  std::vector<uint32_t> title_rows;   // of the known keywords of all titles
  std::vector<uint32_t> point_rows;   // [distinct points] kUnknownRow: the model does not know it
  std::vector<bool> points_in_title;  // [selling points of all ads]
};

// All catalogues resolved for one generation.
struct CatalogueRows {
  std::shared_ptr<const CatalogueSet> of;
  std::map<uint64_t, std::vector<std::shared_ptr<const ChunkRows>>> rows;  // by handle and chunk
};

// Finds the rows of all catalogues. It takes over from `before` the rows that are there; `before`
// may be null and must be of the same generation.
std::shared_ptr<const CatalogueRows> resolve(std::shared_ptr<const CatalogueSet> catalogues,
                                             const Generation& generation,
                                             const CatalogueRows* before);

// The ads of a request that names a catalogue, completed from it. Kept between queries.
class CompletedAds {
 public:
  // Completes the ads of a checked request, and the check of their texts. `rows`: of the generation
  // that will answer, null where there is none. Only the first `window` ads get their selling
  // points, for only those can be shown. What the request points to then lives as long as this
  // object and the catalogue. Throws RefusedRequest.
  void complete(CheckedRequest& request, const CatalogueSet& catalogues, const CatalogueRows* rows,
                uint64_t window);

 private:
  std::vector<barker_ad> ads_;
  std::vector<barker_selling_point> points_;
  std::vector<RegisteredAd> registered_;
};

}  // namespace barker
