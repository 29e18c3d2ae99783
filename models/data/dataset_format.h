// The bytes of a dataset file (models/data/dataset.h): shared by its builder and its reader only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace barker::dataset_format {

inline constexpr char kMagic[8] = {'B', 'A', 'R', 'K', 'E', 'R', 'D', '\n'};
inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kAlignment = 64;

enum Section : uint32_t {
  kSearches,    // SearchRecord [searches + 1]; the last one only ends the lists before it
  kHistory,     // u32: every user's clicked keywords, oldest first, then histories given by the log
  kSfHistory,   // u32: the same for clicked SFs
  kQuery,       // u32
  kSfKeyword,   // u32, one an SF impression
  kSfClicked,   // u8
  kSfTruth,     // f32
  kAdTitle,     // u32, one an ad impression
  kAdClicked,   // u8
  kAdTruth,     // f32
  kGroupBegin,  // u64 [searches * groups + 1]
  kGroupFeature,  // u32
  kGroupWeight,   // f32
  kTitleBegin,    // u64 [titles + 1]
  kTitleKeyword,  // u32
  kUserBegin,     // u64 [users + 1], offsets into kUserText; likewise below
  kUserText,
  kKeywordBegin,
  kKeywordText,
  kFeatureBegin,
  kFeatureText,
  kCategoryBegin,
  kCategoryText,
  kGroupNameBegin,
  kGroupNameText,
  kSearchesOf,  // u32: 6 lists, split * 2 + task, ends in Header::searches_of_end
  kSections
};

struct Extent {
  uint64_t offset, size;  // bytes
};

struct SearchRecord {
  uint64_t history_begin, sf_history_begin;
  uint64_t query_begin, sf_begin, ad_begin;
  int64_t time;
  uint32_t history_count, sf_history_count;
  uint32_t user, category;
  uint32_t split;
  uint32_t unused;
};
static_assert(sizeof(SearchRecord) == 72);

struct Header {
  char magic[8];
  uint32_t endian_mark;  // 0x01020304
  uint32_t version;
  uint64_t file_size;
  uint64_t events;
  char digest[40];  // hexadecimal, NUL-padded
  uint32_t searches, users, keywords, features, categories, groups, titles, unused;
  uint64_t searches_of_end[6];
  uint64_t instances_of[6], clicks_of[6];
  Extent sections[kSections];
  uint64_t content_xxh3;  // of everything behind the header
  uint64_t header_xxh3;   // of the bytes before it
};

}  // namespace barker::dataset_format
