// The description of a model in TOML: what its tensors mean, and what its card says.
//
//   name = "autumn"                # of the model card, like the next two
//   version = "7"
//   model = "AMTDL"
//   dim = 32                       # of the embedding
//   hidden = [128, 64]             # layers behind the concatenation; leave it out for a dot
//                                  product
//   match_inputs = false           # true: match.inputs is there; history_match says it of
//                                  match.weight
//
//   [[group]]                      # in the order of mlp.0.weight's columns
//   name = "hist"                  # models/weights/groups.h says where each comes from
//   max_tokens = 50
//   [[group]]
//   name = "uid"
//   hash_buckets = 1000            # their rows follow those of the words
//
//   [attention]                    # for a model with an auxiliary task
//   dim = 32
//   user = "hist"
//   query = "query"
//   [dot]                          # for a model with a dot product
//   dim = 16
//   hidden = [64]
//   [calibration]                  # p = sigma(scale * logit + offset)
//   main_scale = 1.0
//
// Pure functions: any thread.
#pragma once

#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/weights/writer.h"

namespace barker {

// Fills architecture, card, keyword_rows (0 where the description does not say) and
// golden_tolerance. The error names the line, the key, what was expected and what was found.
Status read_description(std::string_view toml, ModelSpec& model);

// Every key, so that read_description() gives the same back. Precision is not part of it: imported
// weights are floats, which `barker-train quantize` rounds.
std::string write_description(const ModelSpec& model);

}  // namespace barker
