// Copies of up to 1,024 ads of a catalogue.
//
// The copies stand in one array of bytes, each ad's behind the one before, so that a query reads an
// ad from a few cache lines that follow each other. An ad is
//
//   sizes     four times the flags, plus 1 where the title is plain, plus 2 where there are bits at
//             the end; bytes of id, bytes of title, merchant, category, number of words, number of
//             selling points, bytes of the selling points' texts (append_size())
//   texts     id, title
//   words     numbers of the catalogue's pool (append_packed()), as are merchant, category and
//   points    selling points
//   bits      one for each selling point: whether it may stand in the title
//
// and nothing at all where there is no ad.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "plugin/ascii_core.h"
#include "plugin/barker.h"
#include "plugin/catalogue_pool.h"
#include "plugin/packed_numbers.h"

namespace barker {

// An ad as a chunk has it.
struct StoredAd {
  std::string_view id, title;  // the chunk's
  uint32_t flags = 0;
  bool is_plain = false;                // is_plain_title() of the title (plugin/page_direction.h)
  uint32_t merchant = 0, category = 0;  // numbers of the pool, as words and selling points
  PackedNumbers words;                  // of the title, in order, with kClauseBoundary
  PackedNumbers points;
  // One bit for each selling point. A set bit says that AsciiCore cannot rule out that the selling
  // point stands in the title. Null: no bit is set.
  const unsigned char* points_in_title = nullptr;
  uint64_t point_bytes = 0;  // of the texts of all selling points
};

// It is immutable. Any thread may read it.
class CatalogueChunk {
 public:
  static constexpr size_t kAds = 1024;  // most ads of a chunk

  size_t size() const noexcept { return size_; }  // with the places where there is no ad
  size_t ads() const noexcept { return ads_; }    // that are there
  bool has(size_t ad) const noexcept { return records_.places()[ad + 1] > records_.places()[ad]; }
  // Of an ad that is there.
  StoredAd ad(size_t index) const noexcept;
  // Ask the caches for what ad() reads: where the ad stands, and, once that is at hand, the ad.
  [[gnu::always_inline]] void prefetch_place(size_t ad) const noexcept {
    records_.places().prefetch(ad);
  }
  [[gnu::always_inline]] void prefetch(size_t ad) const noexcept {
    constexpr size_t kOfUsualAd = 256;
    records_.prefetch(ad, kOfUsualAd);
  }
  // Null where no ad is there, so that nothing keeps the pool alive.
  const std::shared_ptr<const CataloguePool>& pool() const noexcept { return pool_; }
  size_t bytes() const noexcept {
    return sizeof *this + records_.bytes();
  }  // of memory, without the pool

 private:
  friend class ChunkWriter;
  CatalogueChunk() = default;

  std::shared_ptr<const CataloguePool> pool_;
  PackedRecords records_;  // with size + 1 places: an ad that is there is longer than nothing
  size_t size_ = 0, ads_ = 0;
  uint32_t word_width_ = 0, point_width_ = 0;
};

// From the numbers of one pool to those of another, to which it adds what it meets.
class Renumbering {
 public:
  // Both must outlive it. Where they are the same, each number stays.
  Renumbering(const CataloguePool& from, CataloguePool& to);

  uint32_t word(uint32_t number);
  uint32_t point(uint32_t number);
  uint32_t merchant(uint32_t number);
  uint32_t category(uint32_t number);

 private:
  const CataloguePool& from_;
  CataloguePool& to_;
  const bool are_same_;
  std::vector<uint32_t> words_, points_, merchants_, categories_;  // kNone: not met yet
};

// Makes chunks: the ads of one in order, then finish(), then those of the next.
class ChunkWriter {
 public:
  explicit ChunkWriter(std::shared_ptr<CataloguePool> pool) : pool_(std::move(pool)) {}

  void add_none();                                      // a place where there is no ad
  void add(const barker_ad& ad);                        // which must not be a bad ad
  void add(const StoredAd& ad, Renumbering& renumber);  // to the numbers of this pool
  std::shared_ptr<const CatalogueChunk> finish();

 private:
  struct Staged {
    std::string_view id, title;
    uint32_t flags;
    bool is_plain;
    uint32_t merchant, category;
    uint64_t point_bytes;
    size_t words_end, points_end, bits_end;
    bool is_there;
  };
  void stage(Staged ad);
  void reserve_records(const CatalogueChunk& widths);
  void write(const Staged& ad, std::span<const uint32_t> words, std::span<const uint32_t> points,
             std::span<const unsigned char> bits, const CatalogueChunk& widths);
  void stage_bits(const barker_ad& ad);

  const std::shared_ptr<CataloguePool> pool_;
  std::vector<Staged> staged_;
  std::vector<uint32_t> words_, points_;  // of all staged ads
  std::vector<unsigned char> bits_;       // of those that have some
  AsciiCore title_core_, point_core_;
  std::vector<Fingerprint> split_;
  std::vector<unsigned char> records_;
};

}  // namespace barker
