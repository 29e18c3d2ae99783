// The layout of a dataset file: the header and the sections that it names, checked, so that a list
// of a section can be read. Part of dataset_check.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "models/base/result.h"
#include "models/data/dataset_format.h"

namespace barker {

const char* section_name(dataset_format::Section section);

// "keyword.begin[7]": an element as errors name it.
std::string element_name(dataset_format::Section section, uint64_t index);

class DatasetLayout {
 public:
  // Checks the header, both checksums, and that each section lies behind the one before it, inside
  // of the file, with the size that follows from the counts. `bytes` must outlive it.
  static Result<DatasetLayout> check(std::span<const std::byte> bytes);

  const dataset_format::Header& header() const { return header_; }
  uint64_t size(dataset_format::Section section) const { return header_.sections[section].size; }
  template <typename T>
  std::span<const T> list(dataset_format::Section section) const {
    const dataset_format::Extent& extent = header_.sections[section];
    return {reinterpret_cast<const T*>(bytes_.data() + extent.offset), extent.size / sizeof(T)};
  }

 private:
  explicit DatasetLayout(std::span<const std::byte> bytes) : bytes_(bytes) {}

  Status check_header();
  void take_old_header();
  Status check_sections() const;
  uint64_t expected_size(dataset_format::Section section) const;

  std::span<const std::byte> bytes_;
  dataset_format::Header header_{};
  uint32_t sections_ = dataset_format::kSections;  // that the file has
};

}  // namespace barker
