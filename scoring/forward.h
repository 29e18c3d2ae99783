// The forward pass of one query: BM, MTDL and AMTDL, with or without late interaction.
//
//   1. set_context    pool every group (Eq. 4), concatenate, first layer's context part once
//                     (Eq. 5-6, folded)
//   2. score_targets  main logit of every distinct SP candidate (Eq. 6-8)
//   3. score_titles   attention over title keywords (Eq. 11-13), auxiliary logit of every ad
//
// A Forward is a thread's workspace bound to a network: bind() once per generation, then queries
// allocate nothing. One query at a time per object. The packed network must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scoring/packed_network.h"

namespace barker {

// Rows of one bag. Unknown keywords are not in it. weights: null for 1 each.
struct Bag {
  const uint32_t* rows = nullptr;
  const float* weights = nullptr;
  size_t count = 0;
};

// In float, or in what the weight file asks for where the machine can (PackedNetwork::compute).
enum class Exactness : uint8_t { kFast, kExact };

class Forward {
 public:
  Forward();
  ~Forward();
  Forward(Forward&&) noexcept;
  Forward& operator=(Forward&&) noexcept;

  // Binds to a network and grows the buffers. Allocates only when they must grow.
  void bind(const PackedNetwork& network);

  // groups.size() == network.groups.size(). Rows < network.rows.
  void set_context(std::span<const Bag> groups) noexcept;

  // logits[i] of keyword row rows[i] (< network.keyword_rows). Raw: before calibration. A row's
  // logit does not depend on the others.
  void score_targets(std::span<const uint32_t> rows, float* logits,
                     Exactness exactness = Exactness::kFast) noexcept;

  // logits[i] of a title's keyword rows (an empty title pools to the zero vector). Requires
  // network.has_auxiliary. If `attention` is not null it gets the weights of Eq. 12, titles
  // concatenated.
  void score_titles(std::span<const Bag> titles, float* logits, float* attention = nullptr,
                    Exactness exactness = Exactness::kFast);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same mathematics in plain xtensor, unfolded, double accumulation: what every kernel and fold
// is tested against. Slow; allocates.
struct ReferenceOutputs {
  std::vector<double> main_logits;  // one a target row
  std::vector<double> aux_logits;   // one a title
  std::vector<double> attention;    // titles concatenated
};
ReferenceOutputs reference_forward(const Network& network, std::span<const Bag> groups,
                                   std::span<const uint32_t> target_rows,
                                   std::span<const Bag> titles);

}  // namespace barker
