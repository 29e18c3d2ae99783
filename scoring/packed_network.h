// A network made ready for the kernels of one machine: its dense layers are packed into the order
// in which the kernels read them, and rounded where the weight file asks for other numbers than
// float. Made once per generation of weights and shared by all threads.
//
// Owns the packed copies. The kernels and what the network views must outlive it. Immutable: any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "scoring/kernels.h"
#include "scoring/network.h"

namespace barker {

// Whether a number format is used wherever this CPU has it, or only where it is also faster there.
enum class FastNumbers : uint8_t { kWhereTheyPay, kWhereTheyExist };

class PackedNetwork {
 public:
  // Where the kernels lack the format that the file asks for, the dense layers stay in float, which
  // is closer to the trainer. Throws std::bad_alloc.
  PackedNetwork(const Network& network, const KernelTable& kernels,
                FastNumbers fast = FastNumbers::kWhereTheyPay);

  const Network& network() const { return network_; }
  const KernelTable& kernels() const { return kernels_; }
  Compute compute() const { return compute_; }  // the number format of the fast_* parts

  // All parts but fast_* are in float. A layer that the model lacks has in = 0.
  PackedLayer first_context;        // [H1, G*D] of W1, with b1 (Eq. 5-6 without the target)
  PackedLayer first_target;         // [H1, D] of W1, without bias, for rows without a fold
  PackedMlp exact_main, fast_main;  // what follows the first layer, with the head of Eq. 8
  PackedMlp exact_aux, fast_aux;    // the same with the auxiliary head
  PackedLayer attention_user, attention_query, attention_title;  // [A, D] each (Eq. 11)
  std::vector<PackedLayer> dot_context;                          // c of late interaction
  PackedLayer dot_target;                                        // [R, D] P of late interaction
  uint32_t stride = 0;  // floats of a row of activations: the widest layer, padded

 private:
  struct Columns {
    size_t first;
    uint32_t count;
  };
  void pack_mlp();
  void pack_attention();
  void pack_dot();
  PackedLayer pack(const DenseLayer& layer, Compute compute);
  // These columns of the weight alone. `bias` may be no_tensor(), which counts as zeros.
  PackedLayer pack(const MatrixView& weight, Columns columns, const VectorView& bias,
                   Compute compute);
  // A copy with zeros behind it, up to the padded size. no_tensor() counts as zeros.
  const float* pad(const VectorView& values, size_t padded_size);
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
