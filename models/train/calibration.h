// Scale and offset that make probabilities of logits (Platt 1999). Pure function; any thread.
#pragma once

#include <cstdint>
#include <span>

namespace barker {

struct Calibration {
  double scale = 1, offset = 0;
};

// The scale and offset that minimise the negative log-likelihood of sigma(scale * logit + offset).
// `weights`: of the terms; empty: each is 1. Where the logits say nothing about clicks, they are
// left as they are.
Calibration calibrate(std::span<const float> logits, std::span<const uint8_t> clicked,
                      std::span<const float> weights);

}  // namespace barker
