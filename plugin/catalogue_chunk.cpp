#include "plugin/catalogue_chunk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "models/text/keywords.h"
#include "plugin/page_direction.h"
#include "plugin/request.h"

namespace barker {
namespace {

// What the first size of an ad says beside its flags.
constexpr uint64_t kHasPlainTitle = 1, kHasBits = 2, kFlagUnit = 4;

size_t bytes_of_bits(size_t count) { return (count + 7) / 8; }

uint32_t width_of(std::span<const uint32_t> numbers) {
  return numbers.empty() ? 0 : static_cast<uint32_t>(std::bit_width(std::ranges::max(numbers)));
}

std::string_view read_text(const unsigned char*& from, size_t size) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(from), size);
  from += size;
  return text;
}

void append_text(std::string_view text, std::vector<unsigned char>& to) {
  to.insert(to.end(), text.begin(), text.end());
}

}  // namespace

StoredAd CatalogueChunk::ad(size_t index) const noexcept {
  const unsigned char* at = records_[index];
  StoredAd ad;
  const uint64_t flags = read_size(at);
  ad.flags = static_cast<uint32_t>(flags / kFlagUnit);
  ad.is_plain = (flags & kHasPlainTitle) != 0;
  const size_t id_bytes = read_size(at), title_bytes = read_size(at);
  ad.merchant = static_cast<uint32_t>(read_size(at));
  ad.category = static_cast<uint32_t>(read_size(at));
  const size_t words = read_size(at), points = read_size(at);
  ad.point_bytes = read_size(at);
  ad.id = read_text(at, id_bytes);
  ad.title = read_text(at, title_bytes);
  ad.words = {at, words, word_width_};
  at += PackedNumbers::bytes_of(words, word_width_);
  ad.points = {at, points, point_width_};
  at += PackedNumbers::bytes_of(points, point_width_);
  if ((flags & kHasBits) != 0) ad.points_in_title = at;
  return ad;
}

// ---- numbers

Renumbering::Renumbering(const CataloguePool& from, CataloguePool& to)
    : from_(from), to_(to), are_same_(&from == &to) {
  if (are_same_) return;
  words_.resize(from.words(), NumberIndex::kNone);
  points_.resize(from.points(), NumberIndex::kNone);
  merchants_.resize(from.merchants(), NumberIndex::kNone);
  categories_.resize(from.categories(), NumberIndex::kNone);
}

uint32_t Renumbering::word(uint32_t number) {
  if (are_same_) return number;
  uint32_t& known = words_[number];
  if (known == NumberIndex::kNone) known = to_.number_of_word(from_.word(number));
  return known;
}

uint32_t Renumbering::point(uint32_t number) {
  if (are_same_) return number;
  uint32_t& known = points_[number];
  if (known == NumberIndex::kNone) {
    const CataloguePool::Point& point = from_.point(number);
    known = to_.number_of_point(point.text, point.given);
  }
  return known;
}

uint32_t Renumbering::merchant(uint32_t number) {
  if (are_same_) return number;
  uint32_t& known = merchants_[number];
  if (known == NumberIndex::kNone) known = to_.number_of_merchant(from_.merchant(number).text);
  return known;
}

uint32_t Renumbering::category(uint32_t number) {
  if (are_same_) return number;
  uint32_t& known = categories_[number];
  if (known == NumberIndex::kNone) known = to_.number_of_category(from_.category(number).text);
  return known;
}

// ---- writing

void ChunkWriter::stage(Staged ad) {
  if (staged_.empty()) staged_.reserve(CatalogueChunk::kAds);
  ad.words_end = words_.size();
  ad.points_end = points_.size();
  ad.bits_end = bits_.size();
  staged_.push_back(ad);
}

void ChunkWriter::add_none() { stage({}); }

void ChunkWriter::add(const barker_ad& ad) {
  split_.clear();
  if (!ad.title_keywords) split_words(view(ad.title), split_);
  const std::span<const Fingerprint> words =
      ad.title_keywords ? std::span(ad.title_keywords, ad.title_keyword_count) : std::span(split_);
  for (const Fingerprint word : words) words_.push_back(pool_->number_of_word(word));
  uint64_t point_bytes = 0;
  for (uint64_t p = 0; p < ad.selling_point_count; ++p) {
    const auto point = element(ad.selling_points, ad.selling_point_stride, p);
    points_.push_back(pool_->number_of_point(view(point.text), point.fingerprint));
    point_bytes += point.text.size;
  }
  stage_bits(ad);
  stage({.id = view(ad.id),
         .title = view(ad.title),
         .flags = ad.flags,
         .is_plain = is_plain_title(view(ad.title)),
         .merchant = pool_->number_of_merchant(view(ad.merchant)),
         .category = pool_->number_of_category(view(ad.category)),
         .point_bytes = point_bytes,
         .words_end = 0,
         .points_end = 0,
         .bits_end = 0,
         .is_there = true});
}

void ChunkWriter::stage_bits(const barker_ad& ad) {
  const size_t begin = bits_.size();
  bits_.resize(begin + bytes_of_bits(ad.selling_point_count));
  title_core_.assign(view(ad.title));
  bool is_any = false;
  for (uint64_t p = 0; p < ad.selling_point_count; ++p) {
    point_core_.assign(view(element(ad.selling_points, ad.selling_point_stride, p).text));
    if (!title_core_.may_contain(point_core_)) continue;
    unsigned char& byte = bits_[begin + p / 8];
    byte = static_cast<unsigned char>(byte | 1 << p % 8);
    is_any = true;
  }
  if (!is_any) bits_.resize(begin);
}

void ChunkWriter::add(const StoredAd& ad, Renumbering& renumber) {
  for (size_t i = 0; i < ad.words.size(); ++i) words_.push_back(renumber.word(ad.words.number(i)));
  for (size_t i = 0; i < ad.points.size(); ++i) {
    points_.push_back(renumber.point(ad.points.number(i)));
  }
  if (ad.points_in_title) {
    bits_.insert(bits_.end(), ad.points_in_title,
                 ad.points_in_title + bytes_of_bits(ad.points.size()));
  }
  stage({.id = ad.id,
         .title = ad.title,
         .flags = ad.flags,
         .is_plain = ad.is_plain,
         .merchant = renumber.merchant(ad.merchant),
         .category = renumber.category(ad.category),
         .point_bytes = ad.point_bytes,
         .words_end = 0,
         .points_end = 0,
         .bits_end = 0,
         .is_there = true});
}

// Room for all that is staged, at most.
void ChunkWriter::reserve_records(const CatalogueChunk& widths) {
  constexpr size_t kMostOfSizes = 8 * 10, kRounded = 2;
  size_t bytes = PackedNumbers::bytes_of(words_.size(), widths.word_width_) +
                 PackedNumbers::bytes_of(points_.size(), widths.point_width_) + bits_.size() +
                 kPackedPadding;
  for (const Staged& ad : staged_) {
    if (ad.is_there) bytes += kMostOfSizes + ad.id.size() + ad.title.size() + kRounded;
  }
  records_.reserve(bytes);
}

void ChunkWriter::write(const Staged& ad, std::span<const uint32_t> words,
                        std::span<const uint32_t> points, std::span<const unsigned char> bits,
                        const CatalogueChunk& widths) {
  const uint64_t flags =
      kFlagUnit * ad.flags + (ad.is_plain ? kHasPlainTitle : 0) + (bits.empty() ? 0 : kHasBits);
  for (const uint64_t size :
       {flags, uint64_t{ad.id.size()}, uint64_t{ad.title.size()}, uint64_t{ad.merchant},
        uint64_t{ad.category}, uint64_t{words.size()}, uint64_t{points.size()}, ad.point_bytes}) {
    append_size(size, records_);
  }
  append_text(ad.id, records_);
  append_text(ad.title, records_);
  append_packed(words, widths.word_width_, records_);
  append_packed(points, widths.point_width_, records_);
  records_.insert(records_.end(), bits.begin(), bits.end());
}

std::shared_ptr<const CatalogueChunk> ChunkWriter::finish() {
  std::shared_ptr<CatalogueChunk> chunk(new CatalogueChunk);
  chunk->word_width_ = width_of(words_);
  chunk->point_width_ = width_of(points_);
  chunk->size_ = staged_.size();
  records_.clear();
  reserve_records(*chunk);
  std::vector<uint64_t> places;
  places.reserve(staged_.size() + 1);
  places.push_back(0);
  size_t words_begin = 0, points_begin = 0, bits_begin = 0;
  for (const Staged& ad : staged_) {
    if (ad.is_there) {
      ++chunk->ads_;
      write(ad, std::span(words_).subspan(words_begin, ad.words_end - words_begin),
            std::span(points_).subspan(points_begin, ad.points_end - points_begin),
            std::span(bits_).subspan(bits_begin, ad.bits_end - bits_begin), *chunk);
    }
    words_begin = ad.words_end;
    points_begin = ad.points_end;
    bits_begin = ad.bits_end;
    places.push_back(records_.size());
  }
  chunk->records_ = {places, records_};
  if (chunk->ads_ > 0) chunk->pool_ = pool_;
  staged_.clear();
  words_.clear();
  points_.clear();
  bits_.clear();
  return chunk;
}

}  // namespace barker
