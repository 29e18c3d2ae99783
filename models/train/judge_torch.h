// Predictions of a network while it is being trained, and how good they are on the validation
// split. One thread for each BatchMaker.
#pragma once

#include <span>
#include <vector>

#include "models/base/workers.h"
#include "models/train/batch.h"
#include "models/train/torch_network.h"

namespace barker {

// The logits of the searches' instances, without dropout. table: [rows, D].
std::vector<float> predict_logits(const TorchNetwork& network, const torch::Tensor& table,
                                  BatchMaker& batches, Task task,
                                  std::span<const uint32_t> searches);

// The AUC on the validation split. If the split is very large, searches that are evenly spread over
// it stand for all of them. NaN if the network predicts something that is not a number. Each of the
// workers takes a part of the searches and has one of `batches`; how many they are does not change
// the result.
double validation_auc(const Dataset& data, const TorchNetwork& network, const torch::Tensor& table,
                      Workers& workers, std::span<BatchMaker> batches, Task task);

}  // namespace barker
