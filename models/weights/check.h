// What a weight file must be before anything trusts it: the checks of WeightFile::open, in order.
// Only weight_file.cpp uses this.
//
// A check sees only what the checks before it have proven. The checks that read the metadata come
// after the FlatBuffers Verifier, those that read a tensor after its place was checked. The first
// failure ends the run. All of it looks at one view of bytes and copies the header out of it at the
// start, so that nothing is read twice with different results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/weights/click_rates.h"
#include "models/weights/layout.h"
#include "models/weights/vocabulary.h"
#include "models/weights/weight_file.h"

namespace barker {

class WeightFileCheck {
 public:
  // `bytes` must stay as they are while the check lives, and as long as what it hands out is used.
  // `path` names the file, beside which a signature is looked for.
  WeightFileCheck(std::span<const std::byte> bytes, const std::string& path,
                  const WeightFileOptions& options);

  // Runs all checks and reports each of them. The error names check, place, expected, found.
  Status run();

  // For use after run() has passed.
  const WeightFileHeader& header() const { return header_; }
  const fbs::Weights& metadata() const { return *metadata_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const ClickRates& click_rates() const { return click_rates_; }

 private:
  // check.cpp: the file as a whole
  Status check_signature();
  Status check_header();
  Status check_section(const std::string& name, uint64_t offset, uint64_t size) const;
  Status check_metadata_checksum();
  Status check_tensors_checksum();
  Status check_hash(uint64_t offset, uint64_t size, uint64_t expected);
  Status check_metadata();
  Status check_keywords();

  // check_model.cpp: what the metadata says of the model, and where the tensors lie
  Status check_architecture();
  Status check_sizes();
  Status check_rows();
  Status check_history_match() const;
  Status check_auxiliary() const;
  Status check_numbers() const;
  Status check_tensors();
  Status check_tensor(const fbs::Tensor& tensor, const TensorShape& expected) const;
  Status check_place(const fbs::Tensor& tensor, uint64_t bytes) const;
  Status check_disjoint() const;

  // check_content.cpp: what is in the tensors and in the golden vectors
  Status check_values();
  Status check_vocabulary();
  Status check_phrases();
  Status check_click_rates();
  Status check_golden();
  Status check_golden_vector(const std::string& where, const fbs::GoldenVector& golden) const;

  template <typename T>
  std::span<const T> tensor(const std::string& name) const;

  const std::span<const std::byte> bytes_;
  const std::string& path_;
  const WeightFileOptions& options_;
  WeightFileHeader header_;
  const fbs::Weights* metadata_ = nullptr;
  Vocabulary vocabulary_;
  ClickRates click_rates_;
  LayoutSizes sizes_;
  std::string found_;  // what the running check reports when it passes
};

// What the checks say.
namespace check_text {

std::string number(uint64_t value);
std::string hex(uint64_t value);

// Fails unless low <= value <= high.
Status within(const std::string& where, uint64_t value, uint64_t low, uint64_t high);

}  // namespace check_text

}  // namespace barker
