// The bytes of a weight file: its header, and the limits of what a reader takes.
//
//   offset 0    WeightFileHeader, 128 bytes, little endian
//   then        metadata, 64-byte aligned: a FlatBuffers buffer (weights.fbs)
//   then        tensors, 64-byte aligned, and within them every tensor 64-byte aligned
//
// weight_file.h lists the tensors, writer.cpp writes the file, check.cpp checks it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace barker {

inline constexpr char kWeightFileMagic[8] = {'B', 'A', 'R', 'K', 'E', 'R', 'W', '\n'};
inline constexpr uint32_t kWeightEndianMark = 0x01020304;
inline constexpr uint32_t kWeightFormatVersion = 1;
inline constexpr size_t kTensorAlignment = 64;

struct WeightFileHeader {
  char magic[8];            // kWeightFileMagic
  uint32_t endian_mark;     // kWeightEndianMark as the writer's machine stores it
  uint32_t format_version;  // kWeightFormatVersion
  uint64_t file_size;       // bytes
  uint64_t metadata_offset;
  uint64_t metadata_size;
  uint64_t metadata_xxh3;
  uint64_t tensors_offset;
  uint64_t tensors_size;
  uint64_t tensors_xxh3;
  uint8_t reserved[48];  // 0
  uint64_t header_xxh3;  // of the 120 bytes before it
};
static_assert(sizeof(WeightFileHeader) == 128);

// Limits of what a reader takes. A file beyond them is refused before anything is allocated for it.
// They bound the cost of one query and of one load, and lie several times above what our models
// need.
inline constexpr uint32_t kMaxDim = 1024;   // a row of floats then fills a page
inline constexpr uint32_t kMaxGroups = 64;  // each group is pooled in every query
inline constexpr uint32_t kMaxLayers = 8;   // each layer costs a pass over all candidates
inline constexpr uint32_t kMaxLayerSize =
    4096;                                       // two such layers have 64 MiB of weights in between
inline constexpr uint32_t kMaxRows = 1u << 30;  // so that a row + 1 and kUnknownRow fit 32 bits
inline constexpr uint64_t kMaxMetadata = uint64_t{1} << 30;  // bytes; FlatBuffers ends at 2 GiB
inline constexpr float kMaxGoldenTolerance = 0.01f;  // logits; a wider one would prove nothing
inline constexpr float kMaxComputeBound = 1;         // logits; beyond it nothing is screened out
// Tokens of the history that exact match looks into: its table has two slots for each.
inline constexpr uint32_t kMaxMatchedHistory = 1u << 16;
// The rows of match.inputs: v is in the history; its share; last; faded (weight_file.h).
inline constexpr uint32_t kMatchInputs = 4;
inline constexpr double kMatchFade = 20;  // keywords: "faded" falls by e over so many newer ones
// Every load runs all golden vectors, and a latency gate runs them fifty times. The freezer writes
// up to 32 of them, each of one search. The second limit is for each list of a vector: its
// candidates, its titles, the keywords of a bag.
inline constexpr uint32_t kMaxGoldenVectors = 1024;
inline constexpr uint32_t kMaxGoldenList = 1u << 16;

}  // namespace barker
