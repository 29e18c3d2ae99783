// The weight file's own acceptance test: its golden vectors through live kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/base/result.h"
#include "models/weights/weight_file.h"
#include "scoring/packed_network.h"

namespace barker {

struct GoldenReport {
  size_t vectors = 0;
  size_t logits = 0;
  double largest_difference = 0;              // |logit - trainer's logit|
  double largest_probability_difference = 0;  // |P - trainer's P|, calibrated
  // |fast logit - float logit|; 0 where the network computes in float (PackedNetwork::compute).
  double largest_fast_difference = 0;
};

// Every golden vector of the file through this network of it. Fails where a fingerprint is unknown,
// a logit in float is further than the file's tolerance from the trainer's, or a fast one further
// than the file's compute_bound from the one in float; the error names vector, output, expected,
// found.
Result<GoldenReport> run_golden_vectors(const WeightFile& file, const PackedNetwork& network);

// The 99th percentile of what the golden vectors take on this network, in nanoseconds: the file's
// own warm-up queries, each run `rounds` times. 0 where there are none. They must have passed.
uint64_t golden_latency(const WeightFile& file, const PackedNetwork& network, int rounds = 50);

}  // namespace barker
