#include "scoring/packed_network.h"

#include <algorithm>
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

// To the nearest bfloat16, ties to even. Finite numbers only.
uint16_t to_bf16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

// Intel's cores (Sapphire Rapids) do half as many multiply-adds a second with the dot product of
// bfloat16 as with float's fused multiply-add, AMD's (Zen 4) twice as many; bench/RESULTS.md.
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

const float* PackedNetwork::pad(const float* values, size_t size, size_t padded_size) {
  float* out = allocate<float>(padded_size);
  if (values) std::copy_n(values, size, out);
  return out;
}

PackedLayer PackedNetwork::pack(const float* weight, size_t row_stride, const float* bias,
                                uint32_t in, uint32_t out, Compute compute) {
  PackedLayer layer;
  layer.in = in;
  layer.out = out;
  layer.padded_out = padded(out);
  layer.compute = compute;
  const uint32_t per_word = values_per_word(compute);
  layer.steps = (in + per_word - 1) / per_word;
  layer.bias = pad(bias, out, layer.padded_out);
  float* scale = allocate<float>(layer.padded_out);
  layer.scale = scale;
  uint32_t* words = allocate<uint32_t>(size_t{layer.steps} * layer.padded_out);
  layer.words = words;
  for (uint32_t o = 0; o < out; ++o) {
    const float* row = weight + o * row_stride;
    float largest = 0;
    for (uint32_t k = 0; k < in; ++k) largest = std::max(largest, std::abs(row[k]));
    scale[o] = largest / 127;
    for (uint32_t k = 0; k < in; ++k) {
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
  const Network& n = network_;
  const bool has = compute_ == Compute::kBf16   ? kernels.has_bf16
                   : compute_ == Compute::kInt8 ? kernels.has_int8
                                                : true;
  const bool pays = fast == FastNumbers::kWhereTheyExist || fast_numbers_pay(compute_);
  if (!has || !pays || n.mlp.size() < 2) compute_ = Compute::kF32;

  const auto context = static_cast<uint32_t>(n.groups.size() * n.dim);
  if (!n.mlp.empty()) {
    const DenseLayer& first = n.mlp[0];
    first_context = pack(first.weight, first.in, first.bias, context, first.out, Compute::kF32);
    first_target = pack(first.weight + context, first.in, nullptr, n.dim, first.out, Compute::kF32);
    for (const DenseLayer& layer : n.mlp) stride = std::max(stride, padded(layer.out));
    for (size_t i = 1; i < n.mlp.size(); ++i) {
      const DenseLayer& l = n.mlp[i];
      exact_layers_.push_back(pack(l.weight, l.in, l.bias, l.in, l.out, Compute::kF32));
      if (compute_ == Compute::kF32) continue;
      fast_layers_.push_back(pack(l.weight, l.in, l.bias, l.in, l.out, compute_));
    }
    if (compute_ == Compute::kF32) fast_layers_ = exact_layers_;
    const uint32_t last = n.mlp.back().out;
    const auto mlp = [&](const std::vector<PackedLayer>& layers, const float* head, float bias) {
      return PackedMlp{layers.data(), layers.size(), head, bias, stride};
    };
    const float* main_head = pad(n.main_weight, last, padded(last));
    exact_main = mlp(exact_layers_, main_head, n.main_bias);
    fast_main = mlp(fast_layers_, main_head, n.main_bias);
    if (n.has_auxiliary) {
      const float* aux_head = pad(n.aux_weight, last, padded(last));
      exact_aux = mlp(exact_layers_, aux_head, n.aux_bias);
      fast_aux = mlp(fast_layers_, aux_head, n.aux_bias);
    }
  }
  if (n.has_auxiliary) {
    const auto part = [&](const float* weight) {
      return pack(weight, n.dim, nullptr, n.dim, n.attention_dim, Compute::kF32);
    };
    attention_user = part(n.attention_user);
    attention_query = part(n.attention_query);
    attention_title = part(n.attention_title);
  }
  for (const DenseLayer& l : n.dot_context) {
    dot_context.push_back(pack(l.weight, l.in, l.bias, l.in, l.out, Compute::kF32));
  }
  if (n.dot_dim > 0) {
    dot_target = pack(n.dot_target, n.dim, nullptr, n.dim, n.dot_dim, Compute::kF32);
  }
}

}  // namespace barker
