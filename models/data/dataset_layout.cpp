#include "models/data/dataset_layout.h"

#include <cstring>

#include "models/data/dataset.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

namespace f = dataset_format;

// By f::Section.
constexpr const char* kSectionNames[f::kSections] = {
    "searches",        "history",        "sf_history",     "query",
    "sf.keyword",      "sf.clicked",     "sf.truth",       "ad.title",
    "ad.clicked",      "ad.truth",       "group.begin",    "group.feature",
    "group.weight",    "title.begin",    "title.keyword",  "user.begin",
    "user.text",       "keyword.begin",  "keyword.text",   "feature.begin",
    "feature.text",    "category.begin", "category.text",  "group_name.begin",
    "group_name.text", "phrase.begin",   "phrase.text",    "searches_of",
    "keyword_scheme",  "split_text",     "sf.propensity",  "sf.position",
    "ad.propensity",   "ad.position",    "ad.point_begin", "ad.point"};

bool is_optional(f::Section section) {
  return section >= f::kSfPropensity && section <= f::kAdPointBegin;
}

}  // namespace

const char* section_name(f::Section section) { return kSectionNames[section]; }

std::string element_name(f::Section section, uint64_t index) {
  return std::string(kSectionNames[section]) + "[" + std::to_string(index) + "]";
}

Result<DatasetLayout> DatasetLayout::check(std::span<const std::byte> bytes) {
  DatasetLayout layout(bytes);
  if (Status s = layout.check_header(); !s.ok()) return s;
  if (Status s = layout.check_sections(); !s.ok()) return s;
  return layout;
}

Status DatasetLayout::check_header() {
  if (bytes_.size() < sizeof header_) return bad_data("not a dataset: shorter than a header");
  std::memcpy(&header_, bytes_.data(), sizeof header_);
  size_t header_size = sizeof header_;
  if (std::memcmp(header_.magic, f::kMagic, sizeof header_.magic) != 0)
    return bad_data("not a dataset");
  const bool is_old = header_.version == f::kOldVersion;
  if (header_.endian_mark != f::kEndianMark || (header_.version != f::kVersion && !is_old)) {
    return bad_data("dataset of version " + std::to_string(header_.version) + ", expected " +
                    std::to_string(f::kOldVersion) + " or " + std::to_string(f::kVersion));
  }
  uint64_t checksum = XXH3_64bits(&header_, offsetof(f::Header, header_xxh3));
  if (is_old) {
    header_size = sizeof(f::OldHeader);
    sections_ = f::kOldSections;
    checksum = XXH3_64bits(bytes_.data(), offsetof(f::OldHeader, header_xxh3));
    take_old_header();
  }
  if (header_.header_xxh3 != checksum) return bad_data("header checksum does not match");
  if (header_.file_size != bytes_.size()) {
    return unexpected("file size", std::to_string(header_.file_size) + " bytes",
                      std::to_string(bytes_.size()));
  }
  const std::span<const std::byte> content = bytes_.subspan(header_size);
  if (header_.content_xxh3 != XXH3_64bits(content.data(), content.size())) {
    return bad_data("content checksum does not match");
  }
  if (!std::memchr(header_.digest, 0, sizeof header_.digest)) {
    return unexpected("digest", "a text that ends within the field", "none");
  }
  for (const uint32_t count : {header_.searches, header_.keywords}) {
    if (count >= kUnknownKeyword)
      return unexpected("counts", "less than 2^32 - 1", std::to_string(count));
  }
  if (header_.categories == 0) return unexpected("categories", "at least 1, the empty one", "0");
  return {};
}

// The sections that an old file does not have become empty ones.
void DatasetLayout::take_old_header() {
  f::OldHeader old;
  std::memcpy(&old, bytes_.data(), sizeof old);
  for (uint32_t i = f::kOldSections; i < f::kSections; ++i) header_.sections[i] = {};
  header_.content_xxh3 = old.content_xxh3;
  header_.header_xxh3 = old.header_xxh3;
}

// The size of a section in bytes, as far as it follows from the header and the sections before.
uint64_t DatasetLayout::expected_size(f::Section section) const {
  const auto begins = [](uint64_t lists) { return (lists + 1) * sizeof(uint64_t); };
  switch (section) {
    case f::kSearches:
      return (uint64_t{header_.searches} + 1) * sizeof(f::SearchRecord);
    case f::kSfClicked:
      return size(f::kSfKeyword) / sizeof(uint32_t);
    case f::kSfTruth:
    case f::kSfPropensity:
    case f::kSfPosition:
      return size(f::kSfKeyword);
    case f::kAdClicked:
      return size(f::kAdTitle) / sizeof(uint32_t);
    case f::kAdTruth:
    case f::kAdPropensity:
    case f::kAdPosition:
      return size(f::kAdTitle);
    case f::kGroupWeight:
      return size(f::kGroupFeature);
    case f::kTitleBegin:
      return begins(header_.titles);
    case f::kAdPointBegin:
      return begins(size(f::kAdTitle) / sizeof(uint32_t));
    case f::kUserBegin:
      return begins(header_.users);
    case f::kKeywordBegin:
      return begins(header_.keywords);
    case f::kFeatureBegin:
      return begins(header_.features);
    case f::kCategoryBegin:
      return begins(header_.categories);
    case f::kGroupNameBegin:
      return begins(header_.groups);
    case f::kPhraseBegin:
      return begins(header_.phrases);
    case f::kUserText:
    case f::kKeywordText:
    case f::kFeatureText:
    case f::kCategoryText:
    case f::kGroupNameText:
    case f::kPhraseText:
    case f::kKeywordScheme:
    case f::kSplitText:
      return size(section);
    default:  // any number of 32-bit numbers
      return size(section) / sizeof(uint32_t) * sizeof(uint32_t);
  }
}

Status DatasetLayout::check_sections() const {
  uint64_t end = sections_ == f::kOldSections ? sizeof(f::OldHeader) : sizeof header_;
  for (uint32_t i = 0; i < sections_; ++i) {
    const auto section = static_cast<f::Section>(i);
    const f::Extent& extent = header_.sections[i];
    const std::string where = std::string("section ") + kSectionNames[i];
    if (extent.offset % f::kAlignment != 0 || extent.offset < end ||
        extent.offset > bytes_.size()) {
      return unexpected(where + " offset",
                        "a multiple of " + std::to_string(f::kAlignment) + " from " +
                            std::to_string(end) + " to " + std::to_string(bytes_.size()),
                        std::to_string(extent.offset));
    }
    if (extent.size > bytes_.size() - extent.offset) {
      return unexpected(where + " size",
                        "at most " + std::to_string(bytes_.size() - extent.offset) + " bytes",
                        std::to_string(extent.size));
    }
    // One number for each group of each search, which 64 bits could not count as bytes.
    const bool fits =
        section == f::kGroupBegin
            ? extent.size % sizeof(uint64_t) == 0 &&
                  extent.size / sizeof(uint64_t) == uint64_t{header_.searches} * header_.groups + 1
            : extent.size == expected_size(section) || (is_optional(section) && extent.size == 0);
    if (!fits) {
      return bad_data(where + ": its size of " + std::to_string(extent.size) +
                      " bytes does not follow from the counts");
    }
    end = extent.offset + extent.size;
  }
  return {};
}

}  // namespace barker
