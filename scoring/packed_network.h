// A network made ready for the kernels of one machine: dense layers packed into the order in which
// a tile reads them, rounded where the weight file asks for other numbers than float. Made once a
// generation, shared by all threads; network and kernels must outlive it. Immutable: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "scoring/kernels.h"
#include "scoring/network.h"

namespace barker {

// Whether fast numbers are used where this CPU has them, or only where they are faster there.
enum class FastNumbers : uint8_t { kWhereTheyPay, kWhereTheyExist };

class PackedNetwork {
 public:
  // Where the kernels do not compute in what the file asks for, dense layers stay in float: closer
  // to the trainer. Throws std::bad_alloc.
  PackedNetwork(const Network& network, const KernelTable& kernels,
                FastNumbers fast = FastNumbers::kWhereTheyPay);

  const Network& network() const { return network_; }
  const KernelTable& kernels() const { return kernels_; }
  Compute compute() const { return compute_; }  // what the fast_* parts are in

  // All float but for fast_*. A layer that the model lacks has in = 0.
  PackedLayer first_context;        // [H1, G*D] of W1, with b1 (Eq. 5-6 without the target)
  PackedLayer first_target;         // [H1, D] of W1, without bias: rows that are not folded
  PackedMlp exact_main, fast_main;  // what follows the first layer, with each head
  PackedMlp exact_aux, fast_aux;
  PackedLayer attention_user, attention_query, attention_title;  // [A, D]
  std::vector<PackedLayer> dot_context;
  PackedLayer dot_target;  // [R, D]
  uint32_t stride = 0;     // of activations: the widest layer, padded

 private:
  PackedLayer pack(const float* weight, size_t row_stride, const float* bias, uint32_t in,
                   uint32_t out, Compute compute);
  const float* pad(const float* values, size_t size, size_t padded);
  template <typename T>
  T* allocate(size_t count);

  const Network network_;
  const KernelTable& kernels_;
  Compute compute_;
  struct Free {
    void operator()(void* p) const;
  };
  std::vector<std::unique_ptr<void, Free>> blocks_;
  std::vector<PackedLayer> exact_layers_, fast_layers_;
};

}  // namespace barker
