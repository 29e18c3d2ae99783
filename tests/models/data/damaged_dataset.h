// Dataset files that are damaged on purpose, with their checksums made right again, so that the
// damage is met behind the checksums.
#pragma once

#include <cstdint>
#include <vector>

namespace barker {

class Dataset;

// Makes magic, version, file size and both checksums right.
void repair_dataset(std::vector<uint8_t>& bytes);

// Makes the checksums alone right: what the header says stays as it is.
void repair_dataset_checksums(std::vector<uint8_t>& bytes);

// Reads everything that a dataset hands out, to its last element, so that a sanitizer or the end of
// the mapping finds what lies outside. The sum keeps the compiler from leaving it out.
uint64_t read_all_of(const Dataset& dataset);

}  // namespace barker
