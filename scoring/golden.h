// The weight file's own acceptance test: its golden vectors (inputs and the trainer's outputs) are
// run through the kernels that will serve. Allocates; not for the query path. Any thread.
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

// Runs every golden vector of the file; `network` is the file's own. Fails where a fingerprint is
// not in the vocabulary, where a logit in float is further from the trainer's than the file's
// tolerance, or where a fast logit is further from the one in float than the file's compute_bound.
// The error names vector, output, expected and found.
Result<GoldenReport> run_golden_vectors(const WeightFile& file, const PackedNetwork& network);

// The time of the slowest golden vector on this network, in nanoseconds. Each vector runs `rounds`
// times and its least time counts: other work on the machine only ever adds to a time, so the least
// is the network's own, and a busy machine refuses no weights. 0 where the file has no vectors. The
// vectors must have passed before.
uint64_t golden_latency(const WeightFile& file, const PackedNetwork& network, int rounds = 50);

}  // namespace barker
