// A model bound to its mapped tensors: plain pointers and sizes, nothing looked up by name any
// more. Owns nothing but small vectors; the WeightFile must outlive it. Immutable: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/weights/weight_file.h"
#include "scoring/kernels.h"

namespace barker {

struct DenseLayer {
  const float* weight;  // [out, in], row stride in
  const float* bias;    // [out]
  uint32_t in, out;
};

struct NetworkGroup {
  std::string name;
  bool keywords;
  uint32_t max_tokens;    // 0: all
  uint32_t hash_buckets;  // 0: rows by vocabulary
  uint32_t first_bucket_row;
};

struct Network {
  uint32_t dim = 0;   // D
  uint32_t rows = 0;  // V
  uint32_t keyword_rows = 0;
  uint32_t folded_rows = 0;          // F
  Table embedding;                   // [V, D]
  std::vector<NetworkGroup> groups;  // G of them

  std::vector<DenseLayer> mlp;  // [0] is W1 over (G+1)*D columns: groups in order, then the target
  const float* main_weight = nullptr;  // [H_last]
  float main_bias = 0;
  Table fold_target;  // [F, H1]

  bool has_auxiliary = false;
  const float* aux_weight = nullptr;
  float aux_bias = 0;
  uint32_t attention_dim = 0;  // A
  uint32_t attention_user_group = 0, attention_query_group = 0;
  const float* attention_user = nullptr;   // [A, D]
  const float* attention_query = nullptr;  // [A, D]
  const float* attention_title = nullptr;  // [A, D]
  const float* attention_score = nullptr;  // z, [A]
  Table fold_title;                        // [F, A]

  uint32_t dot_dim = 0;  // R, 0: none
  std::vector<DenseLayer> dot_context;
  const float* dot_target = nullptr;       // [R, D]
  const float* dot_target_bias = nullptr;  // [named rows]
  Table fold_dot;                          // [F, R]

  float main_scale = 1, main_offset = 0, aux_scale = 1, aux_offset = 0;  // calibration

  Compute compute = Compute::kF32;  // what the file asks for
  float compute_bound = 0;          // largest |logit - logit in F32|
  bool screen = false;

  static Network bind(
      const WeightFile& file);  // cannot fail: WeightFile::open checked all it needs
};

}  // namespace barker
