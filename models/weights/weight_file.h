// A frozen model on disk, opened read-only: header, FlatBuffers metadata (weights.fbs), tensors.
//
//   offset 0    WeightFileHeader, 128 bytes, little endian
//   then        metadata, 64-byte aligned, checked by the FlatBuffers Verifier
//   then        tensor section, 64-byte aligned; every tensor in it 64-byte aligned
//
// Tensors by name, rows first (row-major). V = rows of the embedding, N = named_rows, F =
// folded_rows, D = dim, G = number of groups, H1.. = hidden sizes, A = attention_dim, R = dot_dim:
//   vocabulary.fingerprints u64 [N]      vocabulary.slots u32 [2^k] (models/weights/vocabulary.h)
//   vocabulary.text_offsets u64 [N+1]    vocabulary.text  u8  [bytes]
//   embedding          f32 or f16 [V, D]
//   mlp.0.weight       f32 [H1, (G+1)*D]   columns: groups in order, then the target       (Eq. 6)
//   mlp.i.weight       f32 [H_i+1, H_i]    mlp.i.bias f32 [H_i+1]                          (Eq. 7)
//   head.main.weight   f32 [H_last]        head.main.bias f32 [1]                          (Eq. 8)
//   head.aux.weight    f32 [H_last]        head.aux.bias  f32 [1]
//   attention.user, attention.query, attention.title f32 [A, D]; attention.score f32 [A]   (Eq. 11)
//   dot.context.i.weight, .bias            like mlp, input G*D, last output R, no activation
//                                          after it
//   dot.target.weight  f32 [R, D]
//   dot.target.bias    f32 [N]             b_v; 0 where never a candidate
//   fold.target        f32 or f16 [F, H1]  W1_target Em(v)
//   fold.title         f32 or f16 [F, A]   W_a Em(d)
//   fold.dot           f32 or f16 [F, R]   P Em(v)
//
// Ownership: the WeightFile owns its memory; every view lives as long as it. Immutable: any
// thread. Never overwrite a file that may be mapped; write another and rename, as models/weights/writer.h
// does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/file_bytes.h"
#include "models/base/result.h"
#include "models/weights/signature.h"
#include "models/weights/vocabulary.h"

namespace barker::fbs {
struct Weights;
struct Architecture;
struct ModelCard;
}  // namespace barker::fbs

namespace barker {

inline constexpr uint32_t kWeightFormatVersion = 1;
inline constexpr size_t kTensorAlignment = 64;

struct WeightFileHeader {
  char magic[8];            // "BARKERW\n"
  uint32_t endian_mark;     // 0x01020304 as the writer's machine stores it
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

// Limits of what a reader takes; a file beyond them is refused before anything is allocated by it.
// They bound what one query and one load may cost, several times above what any model of ours has.
inline constexpr uint32_t kMaxDim = 1024;        // a row of floats is then a page
inline constexpr uint32_t kMaxGroups = 64;       // each is pooled in every query
inline constexpr uint32_t kMaxLayers = 8;        // each costs a pass over all candidates
inline constexpr uint32_t kMaxLayerSize = 4096;  // between two such layers: 64 MiB of weights
inline constexpr uint32_t kMaxRows = 1u << 30;   // so that a row + 1 and kUnknownRow fit 32 bits
inline constexpr uint64_t kMaxMetadata = uint64_t{1} << 30;  // bytes; FlatBuffers ends at 2 GiB
inline constexpr float kMaxGoldenTolerance = 0.01f;  // logits; a wider one would prove nothing
inline constexpr float kMaxComputeBound = 1;         // logits; beyond it nothing is screened out
// Every load runs all golden vectors, a latency gate fifty times. The freezer writes up to 32, each
// of one search: its candidates, its titles, the keywords of a bag.
inline constexpr uint32_t kMaxGoldenVectors = 1024;
inline constexpr uint32_t kMaxGoldenList = 1u << 16;

// Notes of the model card that say when what the model learned from happened, in seconds since 1970
// as decimal text. A card need not have them.
inline constexpr char kTrainedFromNote[] = "trained from";
inline constexpr char kTrainedToNote[] = "trained to";

// Called once per check in the order they run: "header", "checksum.metadata", ... `detail` says
// what was found, and on failure what was expected.
using CheckReport =
    std::function<void(std::string_view check, bool passed, std::string_view detail)>;

struct WeightFileOptions {
  CheckReport report = {};
  Storage storage = Storage::kAuto;
  // Where there are any, the file must be signed by one of them (models/weights/signature.h).
  std::span<const PublicKey> trusted_keys = {};
};

class WeightFile {
 public:
  // Maps or copies, and checks everything but the golden vectors (those need kernels:
  // scoring/golden.h): header, sizes, checksums, Verifier, shapes, offsets, alignment, finite
  // values, vocabulary. The error names file, check, where, expected, found.
  static Result<std::shared_ptr<const WeightFile>> open(const std::string& path,
                                                        const WeightFileOptions& options = {});
  WeightFile(const WeightFile&) = delete;
  WeightFile& operator=(const WeightFile&) = delete;

  const std::string& path() const { return path_; }
  bool is_copied() const { return bytes_.is_copied(); }
  std::span<const std::byte> bytes() const { return bytes_.bytes(); }
  const WeightFileHeader& header() const { return *header_; }
  const fbs::Weights& metadata() const { return *metadata_; }
  const fbs::Architecture& architecture() const;
  const fbs::ModelCard& card() const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

  // A float tensor by name; empty if the file has none of that name. Shape was checked at open.
  std::span<const float> floats(std::string_view name) const;

  // Of architecture().tables: embedding or fold.*. Null if the file has none of that name.
  const void* table(std::string_view name) const;

  // Keywords of more than one word, for KeywordSplitter.
  std::vector<std::string> phrases() const;

 private:
  WeightFile() = default;
  friend class WeightFileOpener;

  std::string path_;
  FileBytes bytes_;
  const WeightFileHeader* header_ = nullptr;
  const fbs::Weights* metadata_ = nullptr;
  Vocabulary vocabulary_;
};

}  // namespace barker
