// A model as the equations see it: its numbers, and typed views of its tensors in the weight file,
// bound once so that no query looks anything up by name.
//
// Owns nothing but small vectors; the WeightFile must outlive it. Immutable: any thread.
//
// Shapes: V rows of the embedding, D dim, G groups, H1.. hidden sizes, A attention_dim, R dot_dim,
// F folded_rows, N named rows. A tensor that the model lacks is a view of nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/weights/weight_file.h"
#include "scoring/kernel_table.h"
#include "scoring/tensor.h"

namespace barker {

// y = W x + b.
struct DenseLayer {
  MatrixView weight = no_tensor<MatrixView>();  // W, [out, in]
  VectorView bias = no_tensor<VectorView>();    // b, [out]

  uint32_t in() const { return static_cast<uint32_t>(weight.shape(1)); }
  uint32_t out() const { return static_cast<uint32_t>(weight.shape(0)); }
};

struct NetworkGroup {
  std::string name;
  bool keywords;
  uint32_t max_tokens;    // 0: all
  uint32_t hash_buckets;  // 0: rows by vocabulary
  uint32_t first_bucket_row;
};

struct Network {
  uint32_t dim = 0;                  // D
  uint32_t rows = 0;                 // V
  uint32_t keyword_rows = 0;         // the rows before this one are keywords
  uint32_t folded_rows = 0;          // F: the rows before this one have folds
  Table embedding;                   // [V, D] Em (Eq. 4)
  std::vector<NetworkGroup> groups;  // G of them

  // The layers of Eq. 6-7. mlp[0] is W1 over (G+1)*D columns: the groups in order, then the target.
  std::vector<DenseLayer> mlp;
  VectorView main_weight = no_tensor<VectorView>();  // [H_last] the head of Eq. 8
  float main_bias = 0;
  Table fold_target;  // [F, H1] W1's target columns times Em

  bool has_auxiliary = false;
  VectorView aux_weight = no_tensor<VectorView>();  // [H_last] the auxiliary head
  float aux_bias = 0;
  uint32_t attention_dim = 0;  // A
  uint32_t attention_user_group = 0, attention_query_group = 0;
  MatrixView attention_user = no_tensor<MatrixView>();   // [A, D] W_u (Eq. 11)
  MatrixView attention_query = no_tensor<MatrixView>();  // [A, D] W_q (Eq. 11)
  MatrixView attention_title = no_tensor<MatrixView>();  // [A, D] W_a (Eq. 11)
  VectorView attention_score = no_tensor<VectorView>();  // [A] z (Eq. 11)
  Table fold_title;                                      // [F, A] W_a Em

  // Late interaction adds c(context) . (P Em(v)) + b_v to the main logit.
  uint32_t dot_dim = 0;                                  // R; 0 where the model has none
  std::vector<DenseLayer> dot_context;                   // c: from G*D to R
  MatrixView dot_target = no_tensor<MatrixView>();       // [R, D] P
  VectorView dot_target_bias = no_tensor<VectorView>();  // [N] b_v
  Table fold_dot;                                        // [F, R] P Em

  // Exact match adds match_weight . [v in h; share of v in h] to the main logit, h being the group
  // `match_group` with its max_tokens above 0. Match inputs add [v in h; share; last; faded]
  // match_inputs to the first layer of the main logit (HistoryMatch::Entry).
  VectorView match_weight = no_tensor<VectorView>();  // [2]; of nothing where the model has none
  MatrixView match_inputs = no_tensor<MatrixView>();  // [4, H1]; of nothing where it has none
  uint32_t match_group = 0;
  bool matches_history() const { return is_bound(match_weight) || is_bound(match_inputs); }

  // Calibration: P = sigma(scale * logit + offset).
  float main_scale = 1, main_offset = 0, aux_scale = 1, aux_offset = 0;

  Compute compute = Compute::kF32;  // what the file asks for
  float compute_bound = 0;          // the largest |logit - logit in kF32|
  bool screen = false;              // whether candidates are screened in `compute` first

  // Cannot fail: WeightFile::open has checked every name and shape that this needs.
  static Network bind(const WeightFile& file);
};

}  // namespace barker
