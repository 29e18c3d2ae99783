// Weight files that somebody damaged, and whoever damages them cleverly enough to repair the
// checksums, so that what lies behind them is met.
#pragma once

#include <cstdint>
#include <vector>

namespace barker {

// Makes file size, section hashes and header hash right again, where the sections are inside.
void repair_checksums(std::vector<uint8_t>& bytes);

// The header's own hash alone: what it says of sizes and sections stays as it is.
void repair_header_checksum(std::vector<uint8_t>& bytes);

}  // namespace barker
