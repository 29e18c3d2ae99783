// The loss of a training step: what is assumed of how a click comes about. Pure function.
#pragma once

#include "models/train/torch_network.h"

namespace barker {

// The sum over the instances of w_i * -log P(y_i), Eq. 9, 14 and 15 with their minus sign, where
// w_i is 1 without weights. Without attribution and examination, P(click) = sigma(z).
//
// With attribution, the title of an ad and each selling point (SP) before it are possible causes of
// a click, which act alone (noisy or, Pearl 1988); with examination, an ad at place k is looked at
// with probability e_k (position-based model, Richardson et al. 2007):
//
//   P(click) = e_k (1 - (1 - sigma(z_title)) prod_v (1 - sigma(z_v + b)))
//
// The gradient of the log-likelihood by z_v is r_v - sigma(z_v + b) for a click that was looked at,
// where r_v = sigma(z_v + b) / (1 - prod (1 - sigma)) is the probability that v was a cause. It is
// the gradient that an EM algorithm with responsibilities r_v would follow (Fisher's identity), so
// that each step divides a click by the weights as they are then, and no state has to be kept.
torch::Tensor click_loss(const Batch& batch, const TrainingLogits& logits);

}  // namespace barker
