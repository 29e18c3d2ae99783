// What one generation of weights knows of catalogues: the rows of their words and selling points,
// found before a query asks for them.
//
// A word's row is found once for all ads of a pool. What is kept of an ad are the rows of its
// title's keywords, which depend on the phrases of the generation, and which of its selling points
// are keywords of the title.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "models/text/fingerprint.h"
#include "plugin/catalogue.h"
#include "plugin/catalogue_chunk.h"
#include "plugin/catalogue_pool.h"
#include "plugin/generation.h"
#include "plugin/growing_array.h"
#include "plugin/packed_numbers.h"

namespace barker {

// The rows of what stands in a pool, for one generation; kUnknownRow where the model has none. They
// grow with the pool, in the same way: the control thread adds while queries read.
class PoolRows {
 public:
  explicit PoolRows(std::shared_ptr<const CataloguePool> of) : pool_(std::move(of)) {}

  // [control thread] Finds the rows of what was added since. Always with the same generation.
  void extend(const Generation& generation);
  size_t bytes() const noexcept { return sizeof *this + words_.bytes() + points_.bytes(); }

  // [any thread] By a number of the pool.
  uint32_t word(uint32_t number) const noexcept { return words_[number]; }
  uint32_t point(uint32_t number) const noexcept { return points_[number]; }
  const uint32_t* place_of_point(uint32_t number) const noexcept { return &points_[number]; }

 private:
  const std::shared_ptr<const CataloguePool> pool_;
  GrowingArray<uint32_t> words_, points_;
};

// What is known of an ad's keywords in one generation.
struct AdRows {
  PackedNumbers title;                      // rows of the known keywords
  const unsigned char* in_title = nullptr;  // a bit for each selling point; null: none is

  // Whether the selling point that is number `point` of its ad is a keyword of the title.
  bool is_in_title(size_t point) const noexcept {
    return in_title && (in_title[point / 8] >> point % 8 & 1) != 0;
  }
};

// The rows of a chunk's ads, packed as the ads are: twice the number of known keywords, plus 1
// where a selling point is in the title; the rows; then a bit for each selling point. Immutable.
class ChunkRows {
 public:
  const std::shared_ptr<const CatalogueChunk>& chunk() const noexcept { return chunk_; }
  // Of an ad that is there.
  AdRows ad(size_t index) const noexcept;
  // Ask the caches for what ad() reads: where the rows stand, and, once that is at hand, the rows.
  [[gnu::always_inline]] void prefetch_place(size_t ad) const noexcept {
    records_.places().prefetch(ad);
  }
  [[gnu::always_inline]] void prefetch(size_t ad) const noexcept {
    constexpr size_t kOfUsualTitle = 64;
    records_.prefetch(ad, kOfUsualTitle);
  }
  // Of a selling point of an ad, by its number in the pool.
  uint32_t point_row(uint32_t number) const noexcept { return pool_->point(number); }
  [[gnu::always_inline]] void prefetch_point_row(uint32_t number) const noexcept {
    __builtin_prefetch(pool_->place_of_point(number));
  }
  const std::shared_ptr<PoolRows>& pool() const noexcept { return pool_; }
  size_t bytes() const noexcept;  // of memory, without chunk and pool

 private:
  friend class ChunkResolver;
  ChunkRows() = default;

  std::shared_ptr<const CatalogueChunk> chunk_;
  std::shared_ptr<PoolRows> pool_;  // null where the chunk has no ads
  PackedRecords records_;
  uint32_t row_width_ = 0;
};

// All catalogues resolved for one generation.
struct CatalogueRows {
  std::shared_ptr<const CatalogueSet> of;
  std::map<uint64_t, std::vector<std::shared_ptr<const ChunkRows>>> rows;  // by handle and chunk
};

// [control thread] Finds the rows of all catalogues. It takes over from `before` the rows that are
// there; `before` may be null and must be of the same generation.
std::shared_ptr<const CatalogueRows> resolve(std::shared_ptr<const CatalogueSet> catalogues,
                                             const Generation& generation,
                                             const CatalogueRows* before);

}  // namespace barker
