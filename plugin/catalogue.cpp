#include "plugin/catalogue.h"

#include <algorithm>

#include "models/text/keywords.h"
#include "models/weights/vocabulary.h"
#include "plugin/rules.h"

namespace barker {

// ---- the copies

CatalogueChunk::CatalogueChunk(std::span<const barker_ad* const> ads) : ads_(ads.size()) {
  std::unordered_map<std::string, uint32_t> known;  // by text and given fingerprint
  Known merchants, categories;
  for (size_t i = 0; i < ads.size(); ++i) {
    if (!ads[i]) continue;
    const barker_ad& from = *ads[i];
    Ad& ad = ads_[i];
    ad.is_there = true;
    ad.flags = from.flags;
    ad.id = keep(from.id);
    ad.title = keep(from.title);
    ad.merchant = keep_merchant(from.merchant, merchants);
    ad.category = keep_category(from.category, categories);
    ad.words_begin = static_cast<uint32_t>(words_.size());
    if (from.title_keywords) {
      words_.insert(words_.end(), from.title_keywords,
                    from.title_keywords + from.title_keyword_count);
    } else {
      split_words(view(from.title), words_);
    }
    ad.words_end = static_cast<uint32_t>(words_.size());
    ad.points_begin = static_cast<uint32_t>(point_of_ads_.size());
    for (uint64_t p = 0; p < from.selling_point_count; ++p) {
      const auto point = element(from.selling_points, from.selling_point_stride, p);
      std::string key(view(point.text));
      key.append(reinterpret_cast<const char*>(&point.fingerprint), sizeof point.fingerprint);
      const auto [at, is_new] =
          known.try_emplace(std::move(key), static_cast<uint32_t>(points_.size()));
      if (is_new) {
        const Fingerprint own =
            point.fingerprint ? point.fingerprint : keyword_fingerprint(view(point.text));
        points_.push_back({keep(point.text), own, point.fingerprint});
      }
      point_of_ads_.push_back(at->second);
    }
    ad.points_end = static_cast<uint32_t>(point_of_ads_.size());
    ad.text_size = from.id.size + from.title.size + from.merchant.size + from.category.size;
    for (const uint32_t p : points_of(i)) ad.text_size += points_[p].text.size;
  }
  texts_.shrink_to_fit();
  words_.shrink_to_fit();
  point_of_ads_.shrink_to_fit();
  points_.shrink_to_fit();
  merchants_.shrink_to_fit();
  categories_.shrink_to_fit();
  paths_.shrink_to_fit();
}

CatalogueChunk::Text CatalogueChunk::keep(const barker_string& text) {
  const Text kept{texts_.size(), static_cast<uint32_t>(text.size)};
  texts_.append(view(text));
  return kept;
}

uint32_t CatalogueChunk::keep_merchant(const barker_string& text, Known& known) {
  const auto [at, is_new] = known.try_emplace(view(text), static_cast<uint32_t>(merchants_.size()));
  if (is_new) merchants_.push_back({keep(text), merchant_fingerprint(view(text))});
  return at->second;
}

uint32_t CatalogueChunk::keep_category(const barker_string& text, Known& known) {
  const auto [at, is_new] =
      known.try_emplace(view(text), static_cast<uint32_t>(categories_.size()));
  if (is_new) {
    const auto begin = static_cast<uint32_t>(paths_.size());
    append_category_path(view(text), paths_);
    categories_.push_back({keep(text), begin, static_cast<uint32_t>(paths_.size())});
  }
  return at->second;
}

std::span<const Fingerprint> CatalogueChunk::category_path(size_t ad) const noexcept {
  const Category& category = categories_[ads_[ad].category];
  return std::span(paths_).subspan(category.path_begin, category.path_end - category.path_begin);
}

void CatalogueChunk::read(size_t index, barker_ad& to) const noexcept {
  const Ad& ad = ads_[index];
  to.id = text_of(ad.id);
  to.title = text_of(ad.title);
  to.merchant = text_of(merchants_[ad.merchant].text);
  to.category = text_of(categories_[ad.category].text);
  to.flags |= ad.flags;
  // More words than a host may give are those of a title that the plugin has split itself, and does
  // so again where it needs the words and not their rows.
  to.title_keyword_count = ad.words_end - ad.words_begin;
  to.title_keywords = nullptr;
  if (to.title_keyword_count > BARKER_MAX_TITLE_KEYWORDS) return;
  // Not null even without a word, for the plugin would split the title then.
  static constexpr Fingerprint kNone = 0;
  to.title_keywords = words_.empty() ? &kNone : words_.data() + ad.words_begin;
}

std::span<const Fingerprint> CatalogueChunk::words(size_t ad) const noexcept {
  return std::span(words_).subspan(ads_[ad].words_begin, ads_[ad].words_end - ads_[ad].words_begin);
}

std::span<const uint32_t> CatalogueChunk::points_of(size_t ad) const noexcept {
  return std::span(point_of_ads_)
      .subspan(ads_[ad].points_begin, ads_[ad].points_end - ads_[ad].points_begin);
}

barker_selling_point CatalogueChunk::point(uint32_t distinct) const noexcept {
  const Point& point = points_[distinct];
  return {sizeof(barker_selling_point), text_of(point.text), point.given};
}

size_t CatalogueChunk::bytes() const noexcept {
  return sizeof *this + texts_.capacity() + ads_.capacity() * sizeof(Ad) +
         words_.capacity() * sizeof(Fingerprint) + point_of_ads_.capacity() * sizeof(uint32_t) +
         points_.capacity() * sizeof(Point) + merchants_.capacity() * sizeof(Merchant) +
         categories_.capacity() * sizeof(Category) + paths_.capacity() * sizeof(Fingerprint);
}

// ---- changes

namespace {

// `old`, which may be null, with the changes whose numbers begin at `first`; `count` ads.
std::shared_ptr<const CatalogueChunk> changed_chunk(const CatalogueChunk* old, uint64_t first,
                                                    size_t count,
                                                    Catalogue::Changes::const_iterator& change,
                                                    Catalogue::Changes::const_iterator end) {
  const size_t old_size = old ? old->size() : 0;
  std::vector<barker_ad> ads(count);
  std::vector<barker_selling_point> points;
  std::vector<const barker_ad*> sources(count);
  // All selling points are copied before an ad points to one, so that none moves afterwards.
  for (size_t i = 0; i < old_size; ++i) {
    for (const uint32_t p : old->points_of(i)) points.push_back(old->point(p));
  }
  const barker_selling_point* next = points.data();
  for (size_t i = 0; i < old_size; ++i) {
    if (!old->has(i)) continue;
    old->read(i, ads[i]);
    ads[i].selling_points = next;
    ads[i].selling_point_count = old->points_of(i).size();
    ads[i].selling_point_stride = sizeof *next;
    next += ads[i].selling_point_count;
    sources[i] = &ads[i];
  }
  for (; change != end && change->first < first + count; ++change) {
    sources[change->first - first] = change->second;
  }
  return std::make_shared<const CatalogueChunk>(sources);
}

}  // namespace

Catalogue::Catalogue(const Catalogue& before, const Changes& changes)
    : size_(changes.empty() ? before.size_ : std::max(before.size_, changes.rbegin()->first)),
      chunks_(before.chunks_) {
  chunks_.resize((size_ + CatalogueChunk::kAds - 1) / CatalogueChunk::kAds);
  std::shared_ptr<const CatalogueChunk> empty;  // one for all chunks of which no number is taken
  auto change = changes.begin();
  for (size_t i = 0; i < chunks_.size(); ++i) {
    std::shared_ptr<const CatalogueChunk>& chunk = chunks_[i];
    const uint64_t first = uint64_t{i} * CatalogueChunk::kAds + 1;  // its first number
    const size_t count = std::min<uint64_t>(CatalogueChunk::kAds, size_ + 1 - first);
    const bool is_changed = change != changes.end() && change->first < first + count;
    // A chunk that was the last one becomes as long as the others when the catalogue grows past it.
    if (!is_changed && chunk && chunk->size() == count) continue;
    if (!is_changed && !chunk) {  // not the last one, for a change made the catalogue this long
      if (!empty) empty = changed_chunk(nullptr, first, count, change, change);
      chunk = empty;
    } else {
      chunk = changed_chunk(chunk.get(), first, count, change, changes.end());
    }
  }
}

// ---- rows

ChunkRows::ChunkRows(std::shared_ptr<const CatalogueChunk> of, const Generation& generation)
    : chunk(std::move(of)) {
  const Vocabulary& vocabulary = generation.file->vocabulary();
  const uint32_t keyword_rows = generation.network().keyword_rows;
  std::vector<Fingerprint> keywords;
  std::vector<size_t> ends;
  for (size_t i = 0; i < chunk->size(); ++i) {
    const std::span<const Fingerprint> words = chunk->words(i);
    const size_t begin = keywords.size();
    keywords.resize(begin + words.size());
    keywords.resize(begin + generation.splitter.phrases().compose(words, keywords.data() + begin));
    ends.push_back(keywords.size());
  }
  for (size_t i = 0, begin = 0; i < chunk->size(); begin = ends[i++]) {
    const std::span<const Fingerprint> title(keywords.data() + begin, ends[i] - begin);
    for (const uint32_t p : chunk->points_of(i)) {
      points_in_title.push_back(std::ranges::find(title, chunk->fingerprint_of(p)) != title.end());
    }
  }
  points_in_title.shrink_to_fit();
  std::vector<uint32_t> found(keywords.size());
  vocabulary.find(keywords, found.data());
  title_rows.reserve(static_cast<size_t>(
      std::ranges::count_if(found, [&](uint32_t row) { return row < keyword_rows; })));
  title_begin.reserve(chunk->size() + 1);
  title_begin.push_back(0);
  size_t at = 0;
  for (const size_t end : ends) {
    for (; at < end; ++at) {
      if (found[at] < keyword_rows) title_rows.push_back(found[at]);
    }
    title_begin.push_back(static_cast<uint32_t>(title_rows.size()));
  }
  keywords.clear();
  for (uint32_t p = 0; p < chunk->distinct_points(); ++p) {
    keywords.push_back(chunk->fingerprint_of(p));
  }
  point_rows.resize(keywords.size());
  vocabulary.find(keywords, point_rows.data());
}

size_t ChunkRows::bytes() const noexcept {
  return sizeof *this +
         (title_begin.capacity() + title_rows.capacity() + point_rows.capacity()) *
             sizeof(uint32_t) +
         points_in_title.capacity() / 8;
}

std::shared_ptr<const CatalogueRows> resolve(std::shared_ptr<const CatalogueSet> catalogues,
                                             const Generation& generation,
                                             const CatalogueRows* before) {
  std::unordered_map<const CatalogueChunk*, std::shared_ptr<const ChunkRows>> known;
  if (before) {
    for (const auto& [handle, chunks] : before->rows) {
      for (const auto& rows : chunks) known.emplace(rows->chunk.get(), rows);
    }
  }
  auto resolved = std::make_shared<CatalogueRows>();
  for (const auto& [handle, catalogue] : *catalogues) {
    auto& of_chunks = resolved->rows[handle];
    of_chunks.reserve(catalogue->chunks().size());
    for (const auto& chunk : catalogue->chunks()) {
      std::shared_ptr<const ChunkRows>& rows = known[chunk.get()];
      if (!rows) rows = std::make_shared<const ChunkRows>(chunk, generation);
      of_chunks.push_back(rows);
    }
  }
  resolved->of = std::move(catalogues);
  return resolved;
}

// ---- requests

const Catalogue& find_catalogue(const CatalogueSet& catalogues, uint64_t handle) {
  const auto found = catalogues.find(handle);
  if (found == catalogues.end()) {
    throw RefusedRequest("request: catalogue: expected the handle of a catalogue, found " +
                         std::to_string(handle));
  }
  return *found->second;
}

void CompletedAds::complete(CheckedRequest& request, const CatalogueSet& catalogues,
                            const CatalogueRows* rows, uint64_t window) {
  barker_request& r = request.request;
  const Catalogue& catalogue = find_catalogue(catalogues, r.catalogue);
  const auto* const of_chunks = rows ? &rows->rows.at(r.catalogue) : nullptr;
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
    registered_[i] = {&chunk, of_chunks ? (*of_chunks)[number].get() : nullptr, index};
    chunk.read(index, ad);
    request.text += are_numbers(ad) ? chunk.text_size(index) : ad.title.size;
    ad.selling_point_count = i < window ? chunk.points_of(index).size() : 0;
    if (ad.selling_point_count == 0) continue;
    for (const uint32_t p : chunk.points_of(index)) points_.push_back(chunk.point(p));
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

}  // namespace barker
