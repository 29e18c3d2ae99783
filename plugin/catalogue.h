// Catalogues that a host has registered (barker.catalogue/1): copies of what a query needs of their
// ads. What a generation of weights knows of them stands in catalogue_rows.h.
//
// The control thread makes catalogues; a query reads those that the Serving which it pinned leads
// to, and a catalogue is freed with the last Serving and the last prepared query that has it. Ads
// are kept in chunks, which are immutable, so that a changed catalogue shares the chunks in which
// nothing changed, and with them their rows. Words, selling points, merchants and categories are
// numbers of a pool, which a catalogue shares with those that it was made from.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "plugin/barker.h"
#include "plugin/catalogue_chunk.h"
#include "plugin/catalogue_pool.h"

namespace barker {

// Ads with numbers from 1.
class Catalogue {
 public:
  using Chunks = std::vector<std::shared_ptr<const CatalogueChunk>>;

  // By number; null: the ad is taken away. A number beyond the end makes the catalogue longer.
  using Changes = std::map<uint64_t, const barker_ad*>;

  Catalogue() = default;
  // [control thread] `before` with changes. Chunks in which nothing changed are shared. Numbers
  // between the old end and a new one stand for no ad. The pool of `before` gets what is new. Where
  // that pool is outgrown, or the changes are as many as the ads, all ads are copied with a pool of
  // their own. So the pool of the newest of a row of catalogues never takes much more than three
  // times what was there when it was begun: that, as much that was added since, and what the last
  // change brings.
  Catalogue(const Catalogue& before, const Changes& changes);

  uint64_t size() const noexcept { return size_; }  // the largest number
  const Chunks& chunks() const noexcept { return chunks_; }
  bool has(uint64_t number) const noexcept {
    return number > 0 && number <= size_ &&
           chunks_[(number - 1) / CatalogueChunk::kAds]->has((number - 1) % CatalogueChunk::kAds);
  }
  // Of memory, with the pool and all chunks, of which other catalogues may share some.
  size_t bytes() const noexcept;

 private:
  uint64_t size_ = 0, ads_ = 0;
  Chunks chunks_;  // all but the last have kAds places
  std::shared_ptr<CataloguePool> pool_;
};

// By handle.
using CatalogueSet = std::map<uint64_t, std::shared_ptr<const Catalogue>>;

// Throws RefusedRequest where it is not there.
const Catalogue& find_catalogue(const CatalogueSet& catalogues, uint64_t handle);

}  // namespace barker
