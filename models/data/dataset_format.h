// The bytes of a dataset file (models/data/dataset.h). Only what writes, checks and reads such
// files includes this: dataset_writer.cpp, dataset_check.cpp and dataset.cpp. Integers and floats
// are those of this machine; the endian mark refuses a file of another.
#pragma once

#include <cstddef>
#include <cstdint>

namespace barker::dataset_format {

inline constexpr char kMagic[8] = {'B', 'A', 'R', 'K', 'E', 'R', 'D', '\n'};
inline constexpr uint32_t kEndianMark = 0x01020304;
inline constexpr uint32_t kVersion = 4;
inline constexpr uint32_t kOldVersion = 3;           // has no sections from kSfPropensity on
inline constexpr size_t kAlignment = 64;             // of every section
inline constexpr uint32_t kSplits = 3;               // training, validation, test
inline constexpr size_t kSearchLists = kSplits * 2;  // split * 2 + task

enum Section : uint32_t {
  kSearches,    // SearchRecord [searches + 1]; the last one only ends the lists before it
  kHistory,     // u32: every user's clicked keywords, oldest first, then histories given by the log
  kSfHistory,   // u32: the same for clicked SFs
  kQuery,       // u32: the keywords of all queries, search by search
  kSfKeyword,   // u32: the keyword of each SF that was shown, search by search
  kSfClicked,   // u8: 1 where it was clicked
  kSfTruth,     // f32: its true probability, or NaN
  kAdTitle,     // u32: the title of each ad that was shown, search by search
  kAdClicked,   // u8
  kAdTruth,     // f32
  kGroupBegin,  // u64 [searches * groups + 1]: where a bag begins in the two sections below
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
  kPhraseBegin,
  kPhraseText,
  kSearchesOf,  // u32: kSearchLists lists of searches, ascending; Header::searches_of_end ends them
  kKeywordScheme,  // how the texts were split (models/text/scheme.h)
  kSplitText,      // how the searches were divided into splits, for reports
  // How what was shown came to be shown. Each of these sections is empty where the log says nothing
  // of the kind.
  kSfPropensity,  // f32 for each SF; NaN: not known
  kSfPosition,    // u32 for each SF, from 1
  kAdPropensity,  // f32 for each ad, of its SPs; NaN: not known
  kAdPosition,    // u32 for each ad, from 1
  kAdPointBegin,  // u64 [ads + 1]: where the SPs of an ad begin
  kAdPoint,       // u32: the keywords of the SPs shown before titles
  kSections,
  kOldSections = kSfPropensity
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

template <uint32_t kCount>
struct HeaderOf {
  char magic[8];
  uint32_t endian_mark;  // kEndianMark
  uint32_t version;
  uint64_t file_size;
  uint64_t events;
  char digest[40];  // hexadecimal, NUL-padded
  uint32_t searches, users, keywords, features, categories, groups, titles, phrases;
  uint64_t searches_of_end[kSearchLists];
  uint64_t instances_of[kSearchLists], clicks_of[kSearchLists];
  Extent sections[kCount];
  uint64_t content_xxh3;  // of everything after the header
  uint64_t header_xxh3;   // of the bytes before this field
};
using Header = HeaderOf<kSections>;
using OldHeader = HeaderOf<kOldSections>;  // of kOldVersion

}  // namespace barker::dataset_format
