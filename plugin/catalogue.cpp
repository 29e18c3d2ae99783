#include "plugin/catalogue.h"

#include <algorithm>
#include <string>

#include "plugin/request.h"

namespace barker {
namespace {

using Change = Catalogue::Changes::const_iterator;

// `old`, which may be null, with the changes whose numbers begin at `first`, in `count` places.
std::shared_ptr<const CatalogueChunk> changed_chunk(const CatalogueChunk* old, uint64_t first,
                                                    size_t count, Change& change, Change end,
                                                    ChunkWriter& writer, Renumbering& renumber) {
  for (size_t i = 0; i < count; ++i) {
    if (change != end && change->first == first + i) {
      if (change->second) {
        writer.add(*change->second);
      } else {
        writer.add_none();
      }
      ++change;
    } else if (old && i < old->size() && old->has(i)) {
      writer.add(old->ad(i), renumber);
    } else {
      writer.add_none();
    }
  }
  return writer.finish();
}

}  // namespace

Catalogue::Catalogue(const Catalogue& before, const Changes& changes)
    : size_(changes.empty() ? before.size_ : std::max(before.size_, changes.rbegin()->first)),
      chunks_(before.chunks_),
      pool_(before.pool_) {
  const auto removed = static_cast<uint64_t>(std::ranges::count_if(
      changes, [&](const auto& change) { return !change.second && before.has(change.first); }));
  const bool is_new_pool =
      !pool_ || changes.size() >= before.ads_ || pool_->is_outgrown(before.ads_ - removed);
  if (is_new_pool) pool_ = std::make_shared<CataloguePool>();
  Renumbering renumber(before.pool_ ? *before.pool_ : *pool_, *pool_);
  ChunkWriter writer(pool_);
  chunks_.resize((size_ + CatalogueChunk::kAds - 1) / CatalogueChunk::kAds);
  std::shared_ptr<const CatalogueChunk> empty;  // one for all chunks of which no number is taken
  auto change = changes.begin();
  for (size_t i = 0; i < chunks_.size(); ++i) {
    std::shared_ptr<const CatalogueChunk>& chunk = chunks_[i];
    const uint64_t first = uint64_t{i} * CatalogueChunk::kAds + 1;  // its first number
    const size_t count = std::min<uint64_t>(CatalogueChunk::kAds, size_ + 1 - first);
    const bool is_changed = change != changes.end() && change->first < first + count;
    // A chunk that was the last one becomes as long as the others when the catalogue grows past it.
    const bool fits = chunk && chunk->size() == count && (!is_new_pool || chunk->ads() == 0);
    if (is_changed || (chunk && !fits)) {
      chunk = changed_chunk(chunk.get(), first, count, change, changes.end(), writer, renumber);
    } else if (!chunk) {  // not the last one, for a change made the catalogue this long
      if (!empty) {
        empty = changed_chunk(nullptr, first, count, change, change, writer, renumber);
      }
      chunk = empty;
    }
    ads_ += chunk->ads();
  }
  if (is_new_pool) pool_->start(ads_);
}

size_t Catalogue::bytes() const noexcept {
  size_t bytes = sizeof *this + chunks_.capacity() * sizeof chunks_[0];
  for (const auto& chunk : chunks_) bytes += chunk->bytes();
  return pool_ ? bytes + pool_->bytes() : bytes;
}

const Catalogue& find_catalogue(const CatalogueSet& catalogues, uint64_t handle) {
  const auto found = catalogues.find(handle);
  if (found == catalogues.end()) {
    throw RefusedRequest("request: catalogue: expected the handle of a catalogue, found " +
                         std::to_string(handle));
  }
  return *found->second;
}

}  // namespace barker
