#include "scoring/forward.h"

#include <algorithm>
#include <vector>

namespace barker {
namespace {

// Candidates that go through the network together: enough for the kernels' tiles, few enough that
// the activations of a block stay in the L1 cache.
constexpr size_t kBlock = 64;

}  // namespace

struct Forward::Impl {
  const Network* network = nullptr;
  const KernelTable* kernels = nullptr;

  std::vector<float> context;         // [G * D] pooled groups (Eq. 5 without the target)
  std::vector<float> first_layer;     // [H1] b1 + W1_context context
  std::vector<float> attention_base;  // [A] W_u e_u + W_q e_q (Eq. 11)
  std::vector<float> dot_context;     // [R] c(context)
  std::vector<float> dot_scratch;     // [2, widest layer of c]
  std::vector<float> activations;     // [2, kBlock, widest layer]
  std::vector<float> pooled;          // [kBlock, H1] W1_target e_a of titles
  std::vector<float> live;            // [max(D, A)] what has no folded row
  std::vector<float> alpha;           // attention weights of one title
  std::vector<uint32_t> block_rows;   // 0, 1, ... kBlock - 1
  size_t widest = 0;

  float* activation(size_t which) { return activations.data() + which * kBlock * widest; }

  const float* target_weight() const {  // columns of W1 that see the target
    return network->mlp[0].weight + network->groups.size() * network->dim;
  }

  // logits[i] += head . f(... f(W2 f(h1_i))) for a block of first-layer activations in
  // activation(0).
  void finish_mlp(size_t count, const float* head, float bias, float* logits) {
    size_t in = 0;
    for (size_t layer = 1; layer < network->mlp.size(); ++layer) {
      const DenseLayer& l = network->mlp[layer];
      kernels->dense(activation(in), l.in, l.weight, l.in, l.bias, count, l.in, l.out, 1,
                     activation(1 - in), l.out);
      in = 1 - in;
    }
    const size_t width = network->mlp.back().out;
    for (size_t i = 0; i < count; ++i) {
      logits[i] += kernels->dot(activation(in) + i * width, head, width) + bias;
    }
  }

  bool all_folded(const uint32_t* rows, size_t count) const {
    return std::all_of(rows, rows + count,
                       [&](uint32_t row) { return row < network->folded_rows; });
  }

  // W1_target e_v of a row without fold, to `out` [H1].
  void live_target(const float* embedding, float* out) {
    const DenseLayer& first = network->mlp[0];
    kernels->dense(embedding, network->dim, target_weight(), first.in, nullptr, 1, network->dim,
                   first.out, 0, out, first.out);
  }

  void first_layer_of_targets(const uint32_t* rows, size_t count) {
    const size_t width = network->mlp[0].out;
    if (all_folded(rows, count)) {
      kernels->folded_first_layer(network->fold_target, width, rows, count, first_layer.data(),
                                  activation(0));
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      if (rows[i] < network->folded_rows) {
        std::copy_n(network->fold_target + size_t{rows[i]} * width, width,
                    pooled.data() + i * width);
      } else {
        live_target(network->embedding + size_t{rows[i]} * network->dim, pooled.data() + i * width);
      }
    }
    kernels->folded_first_layer(pooled.data(), width, block_rows.data(), count, first_layer.data(),
                                activation(0));
  }

  float dot_target(uint32_t row) {
    const Network& n = *network;
    const float bias = n.dot_target_bias[row];
    if (row < n.folded_rows) {
      return kernels->dot(dot_context.data(), n.fold_dot + size_t{row} * n.dot_dim, n.dot_dim) +
             bias;
    }
    return dot_of_embedding(n.embedding + size_t{row} * n.dim) + bias;
  }

  // c . (P e) = sum_r c_r (P_r . e)
  float dot_of_embedding(const float* embedding) {
    const Network& n = *network;
    float total = 0;
    for (size_t r = 0; r < n.dot_dim; ++r) {
      total += dot_context[r] * kernels->dot(n.dot_target + r * n.dim, embedding, n.dim);
    }
    return total;
  }

  // Eq. 11-12: weights of one title's keywords, to `alpha`.
  void attend(const Bag& title) {
    const Network& n = *network;
    if (alpha.size() < title.count) alpha.resize(title.count);
    if (all_folded(title.rows, title.count)) {
      kernels->attention_scores(n.fold_title, n.attention_dim, title.rows, title.count,
                                attention_base.data(), n.attention_score, alpha.data());
    } else {
      const uint32_t first = 0;
      for (size_t j = 0; j < title.count; ++j) {
        kernels->dense(n.embedding + size_t{title.rows[j]} * n.dim, n.dim, n.attention_title, n.dim,
                       nullptr, 1, n.dim, n.attention_dim, 0, live.data(), n.attention_dim);
        kernels->attention_scores(live.data(), n.attention_dim, &first, 1, attention_base.data(),
                                  n.attention_score, &alpha[j]);
      }
    }
    kernels->softmax(alpha.data(), title.count);
  }

  // W1_target e_a to `out`: by linearity the alpha-weighted sum of folded rows (Eq. 13).
  void pool_title(const Bag& title, float* out) {
    const Network& n = *network;
    const size_t width = n.mlp[0].out;
    if (all_folded(title.rows, title.count)) {
      kernels->pool(n.fold_target, width, title.rows, alpha.data(), title.count, out);
      return;
    }
    kernels->pool(n.embedding, n.dim, title.rows, alpha.data(), title.count, live.data());
    live_target(live.data(), out);
  }

  float dot_title(const Bag& title) {
    const Network& n = *network;
    float total = 0;
    for (size_t j = 0; j < title.count; ++j) {
      // Without b_v: a title is no candidate SP, and its words' popularity is not its own.
      total += alpha[j] * (dot_target(title.rows[j]) - n.dot_target_bias[title.rows[j]]);
    }
    return total;
  }
};

Forward::Forward() : impl_(std::make_unique<Impl>()) {}
Forward::~Forward() = default;
Forward::Forward(Forward&&) noexcept = default;
Forward& Forward::operator=(Forward&&) noexcept = default;

void Forward::bind(const Network& network, const KernelTable& kernels) {
  Impl& i = *impl_;
  i.network = &network;
  i.kernels = &kernels;
  size_t widest = 1;
  for (const DenseLayer& layer : network.mlp) widest = std::max<size_t>(widest, layer.out);
  i.widest = widest;
  const size_t h1 = network.mlp.empty() ? 0 : network.mlp[0].out;
  size_t dot_widest = 0;
  for (const DenseLayer& layer : network.dot_context)
    dot_widest = std::max<size_t>(dot_widest, layer.out);
  i.context.resize(network.groups.size() * network.dim);
  i.first_layer.resize(h1);
  i.attention_base.resize(network.attention_dim);
  i.dot_context.resize(network.dot_dim);
  i.dot_scratch.resize(2 * dot_widest);
  i.activations.resize(2 * kBlock * widest);
  i.pooled.resize(kBlock * h1);
  i.live.resize(std::max(network.dim, network.attention_dim));
  i.alpha.resize(std::max<size_t>(i.alpha.size(), 256));
  i.block_rows.resize(kBlock);
  for (uint32_t row = 0; row < kBlock; ++row) i.block_rows[row] = row;
}

void Forward::set_context(std::span<const Bag> groups) noexcept {
  Impl& i = *impl_;
  const Network& n = *i.network;
  const KernelTable& k = *i.kernels;
  for (size_t g = 0; g < n.groups.size(); ++g) {
    k.pool(n.embedding, n.dim, groups[g].rows, groups[g].weights, groups[g].count,
           i.context.data() + g * n.dim);
  }
  const size_t width = i.context.size();
  if (!n.mlp.empty()) {
    const DenseLayer& first = n.mlp[0];
    k.dense(i.context.data(), width, first.weight, first.in, first.bias, 1, width, first.out, 0,
            i.first_layer.data(), first.out);
  }
  if (n.has_auxiliary) {
    const float* user = i.context.data() + n.attention_user_group * n.dim;
    const float* query = i.context.data() + n.attention_query_group * n.dim;
    k.dense(user, n.dim, n.attention_user, n.dim, nullptr, 1, n.dim, n.attention_dim, 0,
            i.attention_base.data(), n.attention_dim);
    // The second product takes the first as its bias.
    k.dense(query, n.dim, n.attention_query, n.dim, i.attention_base.data(), 1, n.dim,
            n.attention_dim, 0, i.attention_base.data(), n.attention_dim);
  }
  const float* in = i.context.data();
  for (size_t layer = 0; layer < n.dot_context.size(); ++layer) {
    const DenseLayer& l = n.dot_context[layer];
    const bool last = layer + 1 == n.dot_context.size();
    float* out = last ? i.dot_context.data()
                      : i.dot_scratch.data() + (layer % 2) * (i.dot_scratch.size() / 2);
    k.dense(in, l.in, l.weight, l.in, l.bias, 1, l.in, l.out, !last, out, l.out);
    in = out;
  }
}

void Forward::score_targets(std::span<const uint32_t> rows, float* logits) noexcept {
  Impl& i = *impl_;
  const Network& n = *i.network;
  for (size_t begin = 0; begin < rows.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, rows.size() - begin);
    const uint32_t* block = rows.data() + begin;
    float* out = logits + begin;
    std::fill_n(out, count, 0.0f);
    if (!n.mlp.empty()) {
      i.first_layer_of_targets(block, count);
      i.finish_mlp(count, n.main_weight, n.main_bias, out);
    }
    if (n.dot_dim > 0) {
      for (size_t c = 0; c < count; ++c) out[c] += i.dot_target(block[c]);
    }
  }
}

void Forward::score_titles(std::span<const Bag> titles, float* logits, float* attention) noexcept {
  Impl& i = *impl_;
  const Network& n = *i.network;
  for (size_t begin = 0; begin < titles.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, titles.size() - begin);
    float* out = logits + begin;
    for (size_t t = 0; t < count; ++t) {
      const Bag& title = titles[begin + t];
      i.attend(title);
      if (attention) attention = std::copy_n(i.alpha.data(), title.count, attention);
      if (!n.mlp.empty()) i.pool_title(title, i.pooled.data() + t * n.mlp[0].out);
      out[t] = n.dot_dim > 0 ? i.dot_title(title) : 0.0f;
      if (n.mlp.empty()) out[t] += n.aux_bias;
    }
    if (n.mlp.empty()) continue;
    i.kernels->folded_first_layer(i.pooled.data(), n.mlp[0].out, i.block_rows.data(), count,
                                  i.first_layer.data(), i.activation(0));
    i.finish_mlp(count, n.aux_weight, n.aux_bias, out);
  }
}

}  // namespace barker
