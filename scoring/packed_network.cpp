#include "scoring/packed_network.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace barker {
namespace {

constexpr size_t kAlignment = 64;  // a cache line and the widest vector

uint32_t padded(uint32_t width) { return (width + kPackedLanes - 1) / kPackedLanes * kPackedLanes; }

uint32_t values_per_word(Compute compute) {
  return compute == Compute::kF32 ? 1 : compute == Compute::kBf16 ? 2 : 4;
}

// Rounds to the nearest bfloat16, ties to even. The number must be finite.
uint16_t to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

// With the dot product of bfloat16, Intel's cores (Sapphire Rapids) do half as many multiply-adds a
// second as with the fused multiply-add of floats, and AMD's (Zen 4) do twice as many: see
// bench/RESULTS.md.
bool fast_numbers_pay(Compute compute) {
#if defined(__x86_64__)
  if (compute == Compute::kBf16) return __builtin_cpu_is("amd");
#endif
  (void)compute;
  return true;
}

}  // namespace

void PackedNetwork::Free::operator()(void* p) const { std::free(p); }

template <typename T>
T* PackedNetwork::allocate(size_t count) {
  const size_t bytes = (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  void* block = std::aligned_alloc(kAlignment, std::max(bytes, kAlignment));
  if (!block) throw std::bad_alloc();
  blocks_.emplace_back(block);
  std::memset(block, 0, std::max(bytes, kAlignment));
  return static_cast<T*>(block);
}

const float* PackedNetwork::pad(const VectorView& values, size_t padded_size) {
  assert(values.size() <= padded_size);
  float* out = allocate<float>(padded_size);
  std::copy_n(values.data(), values.size(), out);
  return out;
}

PackedLayer PackedNetwork::pack(const DenseLayer& layer, Compute compute) {
  return pack(layer.weight, {0, layer.in()}, layer.bias, compute);
}

PackedLayer PackedNetwork::pack(const MatrixView& weight, Columns columns, const VectorView& bias,
                                Compute compute) {
  assert(columns.first + columns.count <= weight.shape(1));
  assert(!is_bound(bias) || bias.size() == weight.shape(0));
  PackedLayer layer;
  layer.in = columns.count;
  layer.out = static_cast<uint32_t>(weight.shape(0));
  layer.padded_out = padded(layer.out);
  layer.compute = compute;
  const uint32_t per_word = values_per_word(compute);
  layer.steps = (layer.in + per_word - 1) / per_word;
  layer.bias = pad(bias, layer.padded_out);
  float* scale = allocate<float>(layer.padded_out);
  layer.scale = scale;
  uint32_t* words = allocate<uint32_t>(size_t{layer.steps} * layer.padded_out);
  layer.words = words;
  for (uint32_t o = 0; o < layer.out; ++o) {
    const float* row = &weight(o, columns.first);
    float largest = 0;
    for (uint32_t k = 0; k < layer.in; ++k) largest = std::max(largest, std::abs(row[k]));
    scale[o] = largest / 127;
    for (uint32_t k = 0; k < layer.in; ++k) {
      auto* word = reinterpret_cast<char*>(words + size_t{k / per_word} * layer.padded_out + o) +
                   k % per_word * (4 / per_word);
      if (compute == Compute::kF32) {
        std::memcpy(word, &row[k], sizeof(float));
      } else if (compute == Compute::kBf16) {
        const uint16_t rounded = to_bf16(row[k]);
        std::memcpy(word, &rounded, sizeof rounded);
      } else if (largest > 0) {
        *word = static_cast<char>(std::lrintf(row[k] / scale[o]));
      }
    }
  }
  return layer;
}

PackedNetwork::PackedNetwork(const Network& network, const KernelTable& kernels, FastNumbers fast)
    : network_(network), kernels_(kernels), compute_(network.compute) {
  const bool pays = fast == FastNumbers::kWhereTheyExist || fast_numbers_pay(compute_);
  if (!Kernels(kernels_).has(compute_) || !pays || network_.mlp.size() < 2) {
    compute_ = Compute::kF32;
  }
  if (!network_.mlp.empty()) pack_mlp();
  if (network_.has_auxiliary) pack_attention();
  pack_dot();
}

void PackedNetwork::pack_mlp() {
  const Network& n = network_;
  const DenseLayer& first = n.mlp[0];
  const auto context = static_cast<uint32_t>(n.groups.size() * n.dim);
  first_context = pack(first.weight, {0, context}, first.bias, Compute::kF32);
  first_target = pack(first.weight, {context, n.dim}, no_tensor<VectorView>(), Compute::kF32);
  for (const DenseLayer& layer : n.mlp) stride = std::max(stride, padded(layer.out()));
  for (size_t i = 1; i < n.mlp.size(); ++i) {
    exact_layers_.push_back(pack(n.mlp[i], Compute::kF32));
    if (compute_ != Compute::kF32) fast_layers_.push_back(pack(n.mlp[i], compute_));
  }
  if (compute_ == Compute::kF32) fast_layers_ = exact_layers_;

  const uint32_t last = padded(n.mlp.back().out());
  const auto mlp = [&](const std::vector<PackedLayer>& layers, const float* head, float bias) {
    return PackedMlp{layers.data(), layers.size(), head, bias, stride};
  };
  const float* main_head = pad(n.main_weight, last);
  exact_main = mlp(exact_layers_, main_head, n.main_bias);
  fast_main = mlp(fast_layers_, main_head, n.main_bias);
  if (n.has_auxiliary) {
    const float* aux_head = pad(n.aux_weight, last);
    exact_aux = mlp(exact_layers_, aux_head, n.aux_bias);
    fast_aux = mlp(fast_layers_, aux_head, n.aux_bias);
  }
}

void PackedNetwork::pack_attention() {
  const auto part = [&](const MatrixView& weight) {
    return pack({weight, no_tensor<VectorView>()}, Compute::kF32);
  };
  attention_user = part(network_.attention_user);
  attention_query = part(network_.attention_query);
  attention_title = part(network_.attention_title);
}

void PackedNetwork::pack_dot() {
  for (const DenseLayer& layer : network_.dot_context) {
    dot_context.push_back(pack(layer, Compute::kF32));
  }
  if (network_.dot_dim > 0) {
    dot_target = pack({network_.dot_target, no_tensor<VectorView>()}, Compute::kF32);
  }
}

}  // namespace barker
