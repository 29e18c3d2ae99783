// From a trained state to what a weight file holds.
#pragma once

#include "models/train/batch.h"
#include "models/train/train_state_torch.h"
#include "models/weights/writer.h"

namespace barker {

// Logits of the searches' instances with the state's current weights, no dropout.
std::vector<float> predict_logits(const TorchNetwork& network, const torch::Tensor& table,
                                  BatchMaker& batches, Task task,
                                  std::span<const uint32_t> searches);

// Names, tensors, calibration (Platt 1999, on the validation split) and golden vectors.
ModelSpec freeze(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
                 const TorchNetwork& network, const torch::Tensor& table);

}  // namespace barker
