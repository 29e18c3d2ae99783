// Repairs the checksums of weight files that a test damaged on purpose, so that the damage gets
// past the checksums to the checks behind them.
#pragma once

#include <cstdint>
#include <vector>

namespace barker {

// Makes the file size, the hashes of sections that lie inside the file, and the header's hash
// right.
void repair_checksums(std::vector<uint8_t>& bytes);

// Makes only the header's own hash right. What the header says of sizes and sections stays.
void repair_header_checksum(std::vector<uint8_t>& bytes);

}  // namespace barker
