#include "plugin/catalogue_rows.h"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

#include "models/text/phrases.h"
#include "models/weights/vocabulary.h"

namespace barker {
namespace {

// Rows of the numbers from rows.size() to `end`.
template <typename FingerprintOf>
void extend_rows(const Vocabulary& vocabulary, uint32_t end, FingerprintOf fingerprint_of,
                 GrowingArray<uint32_t>& rows) {
  constexpr uint32_t kAtOnce = 256;
  Fingerprint fingerprints[kAtOnce];
  uint32_t found[kAtOnce];
  while (rows.size() < end) {
    const uint32_t count = std::min(kAtOnce, end - rows.size());
    for (uint32_t i = 0; i < count; ++i) fingerprints[i] = fingerprint_of(rows.size() + i);
    vocabulary.find(std::span(fingerprints, count), found);
    for (uint32_t i = 0; i < count; ++i) rows.push_back(found[i]);
  }
}

}  // namespace

void PoolRows::extend(const Generation& generation) {
  const Vocabulary& vocabulary = generation.file->vocabulary();
  extend_rows(
      vocabulary, pool_->words(), [&](uint32_t n) { return pool_->word(n); }, words_);
  extend_rows(
      vocabulary, pool_->points(), [&](uint32_t n) { return pool_->point(n).fingerprint; },
      points_);
}

AdRows ChunkRows::ad(size_t index) const noexcept {
  const unsigned char* at = records_[index];
  const uint64_t head = read_size(at);
  AdRows rows;
  rows.title = {at, head / 2, row_width_};
  if (head % 2 != 0) rows.in_title = at + PackedNumbers::bytes_of(head / 2, row_width_);
  return rows;
}

size_t ChunkRows::bytes() const noexcept { return sizeof *this + records_.bytes(); }

// Makes the rows of one chunk after the other, for one generation.
class ChunkResolver {
 public:
  explicit ChunkResolver(const Generation& generation)
      : generation_(generation), keyword_rows_(generation.network().keyword_rows) {}

  std::shared_ptr<const ChunkRows> resolve(std::shared_ptr<const CatalogueChunk> chunk,
                                           std::shared_ptr<PoolRows> pool);

 private:
  void begin(const CatalogueChunk& chunk);  // empties everything, with room for all of the chunk
  void compose(const StoredAd& ad, const CataloguePool& pool, const PoolRows& rows);
  void find_phrases();
  void write(const StoredAd& ad, const CataloguePool& pool, size_t begin, size_t end);

  const Generation& generation_;
  const uint32_t keyword_rows_;
  std::vector<Fingerprint> words_;     // of one title
  std::vector<uint32_t> numbers_;      // of those that are no boundary
  std::vector<Fingerprint> keywords_;  // of all titles of the chunk
  std::vector<uint32_t> rows_;         // of the keywords
  std::vector<size_t> ends_;           // of each title's
  std::vector<size_t> phrases_;        // places of keywords that are phrases
  std::vector<Fingerprint> wanted_;
  std::vector<uint32_t> found_;
  std::vector<uint32_t> known_;  // rows of one title
  std::vector<unsigned char> in_title_, records_;
  uint32_t row_width_ = 0;
};

void ChunkResolver::begin(const CatalogueChunk& chunk) {
  size_t words = 0, points = 0;
  for (size_t i = 0; i < chunk.size(); ++i) {
    if (!chunk.has(i)) continue;
    const StoredAd ad = chunk.ad(i);
    words += ad.words.size();
    points += ad.points.size();
  }
  for (std::vector<Fingerprint>* all : {&words_, &keywords_, &wanted_}) {
    all->clear();
    all->reserve(words);
  }
  for (std::vector<uint32_t>* all : {&numbers_, &rows_, &known_}) {
    all->clear();
    all->reserve(words);
  }
  ends_.clear();
  ends_.reserve(chunk.size());
  phrases_.clear();
  phrases_.reserve(words);
  in_title_.reserve((points + 7) / 8);
  records_.clear();
  records_.reserve(chunk.size() * 12 + words * sizeof(uint32_t) + points / 8 + kPackedPadding);
}

void ChunkResolver::compose(const StoredAd& ad, const CataloguePool& pool, const PoolRows& rows) {
  words_.clear();
  numbers_.clear();
  for (size_t i = 0; i < ad.words.size(); ++i) {
    const uint32_t number = ad.words.number(i);
    words_.push_back(pool.word(number));
    if (words_.back() != kClauseBoundary) numbers_.push_back(number);
  }
  generation_.splitter.phrases().for_each_keyword(
      words_, [&](const PhraseTable::Match& match, size_t word) {
        if (match.words > 1) phrases_.push_back(keywords_.size());
        keywords_.push_back(match.keyword);
        rows_.push_back(match.words > 1 ? kUnknownRow : rows.word(numbers_[word]));
        return true;
      });
}

void ChunkResolver::find_phrases() {
  wanted_.clear();
  for (const size_t place : phrases_) wanted_.push_back(keywords_[place]);
  found_.resize(wanted_.size());
  generation_.file->vocabulary().find(wanted_, found_.data());
  for (size_t i = 0; i < phrases_.size(); ++i) rows_[phrases_[i]] = found_[i];
}

void ChunkResolver::write(const StoredAd& ad, const CataloguePool& pool, size_t begin, size_t end) {
  known_.clear();
  for (size_t i = begin; i < end; ++i) {
    if (rows_[i] < keyword_rows_) known_.push_back(rows_[i]);
  }
  const auto title = std::span<const Fingerprint>(keywords_).subspan(begin, end - begin);
  bool is_any_in_title = false;
  in_title_.assign((ad.points.size() + 7) / 8, 0);
  for (size_t i = 0; i < ad.points.size(); ++i) {
    const Fingerprint point = pool.point(ad.points.number(i)).fingerprint;
    if (std::ranges::find(title, point) == title.end()) continue;
    in_title_[i / 8] = static_cast<unsigned char>(in_title_[i / 8] | 1 << i % 8);
    is_any_in_title = true;
  }
  append_size(2 * known_.size() + is_any_in_title, records_);
  append_packed(std::span<const uint32_t>(known_), row_width_, records_);
  if (is_any_in_title) records_.insert(records_.end(), in_title_.begin(), in_title_.end());
}

std::shared_ptr<const ChunkRows> ChunkResolver::resolve(std::shared_ptr<const CatalogueChunk> chunk,
                                                        std::shared_ptr<PoolRows> pool) {
  begin(*chunk);
  for (size_t i = 0; i < chunk->size(); ++i) {
    if (chunk->has(i)) compose(chunk->ad(i), *chunk->pool(), *pool);
    ends_.push_back(keywords_.size());
  }
  find_phrases();
  uint32_t largest = 0;
  for (const uint32_t row : rows_) largest = row < keyword_rows_ ? std::max(largest, row) : largest;
  row_width_ = static_cast<uint32_t>(std::bit_width(largest));
  std::vector<uint64_t> places;
  places.reserve(chunk->size());
  for (size_t i = 0, begin = 0; i < chunk->size(); begin = ends_[i++]) {
    places.push_back(records_.size());
    if (chunk->has(i)) write(chunk->ad(i), *chunk->pool(), begin, ends_[i]);
  }
  std::shared_ptr<ChunkRows> rows(new ChunkRows);
  rows->records_ = {places, records_};
  rows->row_width_ = row_width_;
  rows->chunk_ = std::move(chunk);
  rows->pool_ = std::move(pool);
  return rows;
}

std::shared_ptr<const CatalogueRows> resolve(std::shared_ptr<const CatalogueSet> catalogues,
                                             const Generation& generation,
                                             const CatalogueRows* before) {
  std::unordered_map<const CatalogueChunk*, std::shared_ptr<const ChunkRows>> known;
  std::unordered_map<const CataloguePool*, std::shared_ptr<PoolRows>> pools;
  if (before) {
    for (const auto& [handle, chunks] : before->rows) {
      for (const auto& rows : chunks) {
        known.emplace(rows->chunk().get(), rows);
        if (rows->pool()) pools.emplace(rows->chunk()->pool().get(), rows->pool());
      }
    }
  }
  const auto rows_of = [&](const std::shared_ptr<const CataloguePool>& pool) {
    if (!pool) return std::shared_ptr<PoolRows>();
    std::shared_ptr<PoolRows>& rows = pools[pool.get()];
    if (!rows) rows = std::make_shared<PoolRows>(pool);
    rows->extend(generation);
    return rows;
  };
  ChunkResolver resolver(generation);
  auto resolved = std::make_shared<CatalogueRows>();
  for (const auto& [handle, catalogue] : *catalogues) {
    auto& of_chunks = resolved->rows[handle];
    of_chunks.reserve(catalogue->chunks().size());
    for (const auto& chunk : catalogue->chunks()) {
      std::shared_ptr<const ChunkRows>& rows = known[chunk.get()];
      if (!rows) rows = resolver.resolve(chunk, rows_of(chunk->pool()));
      of_chunks.push_back(rows);
    }
  }
  resolved->of = std::move(catalogues);
  return resolved;
}

}  // namespace barker
