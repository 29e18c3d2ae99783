// Turns a trained network into the contents of a weight file. Weights are float here; writing them
// in fewer bits is another matter (models/evaluate/precision.h).
#pragma once

#include "models/train/keyword_trend.h"
#include "models/train/plan.h"
#include "models/train/torch_network.h"
#include "models/weights/writer.h"

namespace barker {

// The result holds names, tensors, calibration (Platt 1999, on the validation split) and golden
// vectors. The card has no name yet. table: [rows, D]. `trend` may say what was added to the biases
// of keywords (TrainOptions::trend_half_life).
ModelSpec freeze(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
                 const TorchNetwork& network, const torch::Tensor& table,
                 KeywordTrend* trend = nullptr);

// The parts of it that need no dataset. The architecture and the number of keywords:
void describe_network(const ModelPlan& plan, const ModelOptions& options, ModelSpec& model);
// The tensors, after the architecture:
void add_tensors(const ModelPlan& plan, const TorchNetwork& network, const torch::Tensor& table,
                 ModelSpec& model);

}  // namespace barker
