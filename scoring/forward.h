// The forward pass of one query: BM, MTDL and AMTDL, with or without late interaction.
//
//   1. set_context    pools every group (Eq. 4), concatenates them (Eq. 5), and computes the
//                     context's part of the first layer once per query (Eq. 6)
//   2. score_targets  the main logit of every distinct SP candidate (Eq. 6-8)
//   3. score_titles   attention over title keywords (Eq. 11-13) and the auxiliary logit of every ad
//
// A Forward is one thread's workspace bound to a network: after bind(), once per generation of
// weights, queries allocate nothing. One query at a time per object. It owns its scratch memory;
// the packed network must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scoring/history_match.h"
#include "scoring/packed_network.h"

namespace barker {

// kExact computes in float; kFast in the format that the weight file asks for, where the machine
// has it (PackedNetwork::compute).
enum class Exactness : uint8_t { kFast, kExact };

class Forward {
 public:
  Forward();
  ~Forward();
  Forward(Forward&&) noexcept;
  Forward& operator=(Forward&&) noexcept;

  // Binds to a network and grows the buffers. Allocates only where they must grow; throws
  // std::bad_alloc, after which the object must be bound again before it is used.
  void bind(const PackedNetwork& network);

  // groups.size() == network.groups.size(), and every row is below network.rows. Where the network
  // matches the history, the group network.match_group has at most its max_tokens different rows;
  // its newest keyword comes first.
  void set_context(std::span<const Bag> groups) noexcept;

  // set_context() in parts, for a caller that looks at the clock between them: pool_group() for
  // every group of the network, then finish_context().
  void pool_group(size_t index, const Bag& group) noexcept;
  void finish_context() noexcept;

  // Adds the mean of a user's own state (user_state.h) to the context c of late interaction, after
  // the context is set and until it is set again. mean.size() == network.dot_dim > 0.
  void add_user_state(std::span<const float> mean) noexcept;

  // Writes to logits[i] the logit of keyword row rows[i] (< network.keyword_rows), before
  // calibration. The logit of a row does not depend on the other rows.
  void score_targets(std::span<const uint32_t> rows, float* logits,
                     Exactness exactness = Exactness::kFast) noexcept;

  // Writes to logits[i] the auxiliary logit of the title whose keyword rows are titles[i]; an empty
  // title pools to the zero vector. Requires network.has_auxiliary. Where `attention` is not null,
  // it gets the weights of Eq. 12, one title after another. Allocates where a title is longer than
  // any before; throws std::bad_alloc.
  void score_titles(std::span<const Bag> titles, float* logits, float* attention = nullptr,
                    Exactness exactness = Exactness::kFast);

  // How a keyword row stands in the history of set_context(); all 0 where it does not. Requires
  // network.matches_history().
  HistoryMatch::Entry match_of(uint32_t row) const noexcept;

  // Writes f(v) = P Em(v) of a keyword row to `out` [network.dot_dim], which late interaction
  // multiplies the context by. Requires network.dot_dim > 0.
  void keyword_vector(uint32_t row, std::span<float> out) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same mathematics in plain xtensor, without folds and in double: every kernel and every fold
// is tested against it. Slow; allocates.
struct ReferenceOutputs {
  std::vector<double> main_logits;  // one per target row
  std::vector<double> aux_logits;   // one per title
  std::vector<double> attention;    // one per keyword, one title after another
};
ReferenceOutputs reference_forward(const Network& network, std::span<const Bag> groups,
                                   std::span<const uint32_t> target_rows,
                                   std::span<const Bag> titles);

}  // namespace barker
