// A model as an ONNX graph, for whatever runs those. It computes the trainer's network from rows,
// in float and without the tables that a weight file folds (the equations stand in
// scoring/reference.cpp):
//
//   inputs   GROUP.rows int64 [n] rows of a group's words; a group without words gets row 0
//            GROUP.weights   float [n] 1 each, or the word's weight; 0 in the group without words
//            candidates      int64 [c]     rows of the selling points
//            titles          int64 [t, w]  rows of the ads' title words, filled up with row 0
//            title_words     float [t, w]  1 for a word, 0 for what is filled up
//   outputs  main_logit      float [c]     before calibration
//            main_probability float [c]    after it
//            aux_logit, aux_probability float [t]
//
// `titles` and what belongs to it are there for a model with an auxiliary task. The row of a word
// is its line in words.txt, counted from 0; rows of hash buckets follow (models/weights/groups.h).
#pragma once

#include <string>

#include "models/base/result.h"
#include "models/weights/writer.h"

namespace barker {

// Writes the graph for opset 13, checked by ONNX's own checker. Fails for a model of more than 2
// GiB, which Protocol Buffers cannot hold, and for one with exact match, which the graph cannot
// hold. Any thread.
Status write_onnx_model(const ModelSpec& model, const std::string& path);

}  // namespace barker
