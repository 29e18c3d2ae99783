// A model as files that any framework can read and write: the weights of a network that was trained
// elsewhere come in here, and ours go out. The page of this room shows both.
//
//   description  model.toml          what the tensors mean (description.h)
//   tensors      model.safetensors   the trained tensors of models/weights/weight_file.h by name
//   vocabulary   words.txt a name a line, row by row: keywords in normal form, then features as
//                                    "group=token"; rows of hash buckets have no names
//   phrases      phrases.txt         keywords of several words that titles and queries are composed
//                                    with; without it, those of the vocabulary
//   golden       golden.jsonl        inputs and the framework's own logits (golden_lines.h)
//
// Functions that may run on any thread.
#pragma once

#include <string>

#include "models/base/result.h"
#include "models/weights/writer.h"

namespace barker {

struct ModelFiles {
  std::string description, tensors, vocabulary;
  std::string phrases;  // may be empty
  std::string golden;
};

// Where export_model() puts them and `import-weights DIR` finds them.
ModelFiles model_files_in(const std::string& directory);

// Reads a model that write_weight_file() takes. Every tensor must be there, of the shape that the
// description gives it; extents of 1 may be added or left out, as in a layer with one output. The
// golden vectors are not run here. Errors name the file, the line or the tensor, what was expected
// and what was found.
Result<ModelSpec> import_model(const ModelFiles& files);

// Writes all five files into the directory, which is made if it is missing. Click rates are no part
// of them: they are counted, not trained.
Status export_model(const ModelSpec& model, const std::string& directory);

}  // namespace barker
