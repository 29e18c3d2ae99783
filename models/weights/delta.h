// Deltas between two weight files: what changed, for machines that have the old file. The new file
// is made byte for byte, and its digest proves it.
//
//   offset 0    DeltaHeader
//   then        records: DeltaRecord, then its literal bytes. In order, they make the new file
//   end - 16    XXH3 (128 bits) of all bytes before: the delta's own digest
//
// A tensor is compared with the tensor of the same name in the old file, in blocks of 64 bytes.
// Rows of another place in their table count as changed, so that a new vocabulary in another order
// makes a large delta, never a wrong one. Any thread may call; memory stays at a few MiB beside
// mappings.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/digest.h"
#include "models/base/result.h"

namespace barker {

inline constexpr char kDeltaMagic[8] = {'B', 'A', 'R', 'K', 'E', 'R', 'D', '\n'};
inline constexpr uint32_t kDeltaVersion = 1;

struct DeltaHeader {
  char magic[8];            // kDeltaMagic
  uint32_t endian_mark;     // kWeightEndianMark as the writer's machine stores it
  uint32_t format_version;  // kDeltaVersion
  uint64_t old_size, new_size;
  FileDigest old_digest, new_digest;
};
static_assert(sizeof(DeltaHeader) == 64);

// First `copied` bytes from `old_offset` of the old file, then `literal` bytes that follow the
// record.
struct DeltaRecord {
  uint64_t old_offset, copied, literal;
};
static_assert(sizeof(DeltaRecord) == 24);

// Sizes in bytes.
struct DeltaSizes {
  uint64_t file = 0;     // the new file
  uint64_t changed = 0;  // of it, what the delta carries
  uint64_t delta = 0;
};

// Writes what makes `new_path` of `old_path`. Both must be weight files that pass every check but
// the golden vectors. They are mapped, so that nobody may truncate them meanwhile. `out` appears
// whole or not at all, and may be neither of them.
Result<DeltaSizes> write_delta(const std::string& old_path, const std::string& new_path,
                               const std::string& out);

// Makes the new file. A damaged delta, another old file and a result of another digest are refused
// (kBadData) with the name of the file; then `out` stays as it was. The delta must be a regular
// file, because it is read twice: its digest is checked before anything is written.
Result<DeltaSizes> apply_delta(const std::string& old_path, const std::string& delta_path,
                               const std::string& out);

}  // namespace barker
