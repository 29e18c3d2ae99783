// The tensors that a model has, and their shapes. The writer fills this table and the reader checks
// a file against it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/weights/weights_generated.h"

namespace barker {

struct ModelSpec;

struct TensorShape {
  std::string name;
  fbs::DType dtype;
  std::vector<uint64_t> shape;  // an extent of kAnyExtent is checked elsewhere
};

inline constexpr uint64_t kAnyExtent = ~uint64_t{0};

// The sizes from which a layout follows. They must lie within the limits of format.h.
struct LayoutSizes {
  uint64_t rows = 0;         // V of the embedding
  uint64_t named_rows = 0;   // N
  uint64_t folded_rows = 0;  // F
  uint64_t dim = 0;          // D
  uint64_t groups = 0;       // G
  std::vector<uint32_t> hidden;
  bool has_auxiliary = false;
  uint64_t attention_dim = 0;
  uint64_t dot_dim = 0;
  uint64_t keyword_rows = 0;
  bool has_click_rates = false;  // click_rates.h
  bool history_match = false, match_inputs = false;
  std::vector<uint32_t> dot_hidden;
  fbs::DType tables = fbs::DType_F32;  // of embedding and fold.*
};

// The sizes of a model that is described (models/weights/writer.h). They are not checked.
LayoutSizes layout_sizes_of(const ModelSpec& model);

// Every tensor of such a model, by name: vocabulary, trained, folded.
std::vector<TensorShape> tensor_layout(const LayoutSizes& sizes);

// Whether a tensor comes from training, and not from names, click rates or other tensors.
bool is_trained(const std::string& tensor);

size_t size_of(fbs::DType dtype);  // bytes of an element

}  // namespace barker
