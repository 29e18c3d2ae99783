#include "tests/models/weights/damaged_weights.h"

#include <cstddef>
#include <cstring>

#include "models/weights/weight_file.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {

void repair_checksums(std::vector<uint8_t>& bytes) {
  WeightFileHeader header;
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto inside = [&](uint64_t offset, uint64_t size) {
    return offset <= bytes.size() && size <= bytes.size() - offset;
  };
  if (inside(header.metadata_offset, header.metadata_size)) {
    header.metadata_xxh3 = XXH3_64bits(bytes.data() + header.metadata_offset, header.metadata_size);
  }
  if (inside(header.tensors_offset, header.tensors_size)) {
    header.tensors_xxh3 = XXH3_64bits(bytes.data() + header.tensors_offset, header.tensors_size);
  }
  header.file_size = bytes.size();
  std::memcpy(bytes.data(), &header, sizeof header);
  repair_header_checksum(bytes);
}

void repair_header_checksum(std::vector<uint8_t>& bytes) {
  WeightFileHeader header;
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.header_xxh3 = XXH3_64bits(&header, offsetof(WeightFileHeader, header_xxh3));
  std::memcpy(bytes.data(), &header, sizeof header);
}

}  // namespace barker
