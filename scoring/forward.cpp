#include "scoring/forward.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <numeric>

namespace barker {
namespace {

// Rows that are gathered before they go through the network together.
constexpr size_t kBlock = 64;

// Grows only, starts at a cache line, keeps nothing.
class Scratch {
 public:
  float* reserve(size_t count) {
    if (count > size_) {
      size_ = 0;  // what is there goes first, and perhaps nothing comes
      data_.reset(
          static_cast<float*>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64)));
      if (!data_) throw std::bad_alloc();
      size_ = count;
    }
    return data_.get();
  }
  float* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float[], Free> data_;
  size_t size_ = 0;
};

}  // namespace

struct Forward::Impl {
  const PackedNetwork* packed = nullptr;
  const Network* network = nullptr;
  const KernelTable* kernels = nullptr;

  Scratch context;         // [G * D] pooled groups (Eq. 5 without the target)
  Scratch first_layer;     // [H1] b1 + W1_context context
  Scratch attention_base;  // [A] W_u e_u + W_q e_q (Eq. 11)
  Scratch attention_part;  // [A] one of the two
  Scratch dot_context;     // [R] c(context)
  Scratch dot_scratch;     // [2, widest layer of c]
  Scratch activations;     // of score_rows
  Scratch gathered;        // [kBlock, max(H1, R)] first-layer or dot parts of rows or titles
  Scratch embedding;       // [D] of a row without fold, or of a title
  Scratch title_part;      // [A] W_a Em(d) of a row without fold
  Scratch alpha;           // attention weights of one title
  uint32_t block_rows[kBlock];

  bool all_folded(const uint32_t* rows, size_t count) const {
    return std::all_of(rows, rows + count,
                       [&](uint32_t row) { return row < network->folded_rows; });
  }

  Table gathered_table(uint32_t width) const { return {gathered.data(), Element::kF32, width}; }

  // A row of `folded` as floats, or layer . Em(row) where there is none.
  void gather_row(const Table& folded, const PackedLayer& layer, uint32_t row, float* out) {
    if (row < network->folded_rows) return kernels->pool(folded, &row, nullptr, 1, out);
    kernels->pool(network->embedding, &row, nullptr, 1, embedding.data());
    kernels->dense(layer, embedding.data(), network->dim, 1, false, out, layer.out);
  }

  void score_block(const uint32_t* rows, size_t count, const PackedMlp& mlp, float* logits) {
    const Network& n = *network;
    const bool folded = all_folded(rows, count);
    if (!n.mlp.empty()) {
      const uint32_t width = n.mlp[0].out;
      for (size_t i = 0; i < count && !folded; ++i) {
        gather_row(n.fold_target, packed->first_target, rows[i], gathered.data() + i * width);
      }
      kernels->score_rows(folded ? n.fold_target : gathered_table(width),
                          folded ? rows : block_rows, count, first_layer.data(), mlp,
                          activations.data(), logits);
    }
    if (n.dot_dim == 0) return;
    if (folded) {
      kernels->dot_rows(n.fold_dot, rows, count, dot_context.data(), n.dot_target_bias, logits);
      return;
    }
    for (size_t i = 0; i < count; ++i) {
      gather_row(n.fold_dot, packed->dot_target, rows[i], gathered.data() + i * n.dot_dim);
      logits[i] += n.dot_target_bias[rows[i]];
    }
    kernels->dot_rows(gathered_table(n.dot_dim), block_rows, count, dot_context.data(), nullptr,
                      logits);
  }

  // Eq. 11-12: weights of one title's keywords, to `alpha`.
  void attend(const Bag& title) {
    const Network& n = *network;
    float* const weights = alpha.reserve(title.count);
    const float* base = attention_base.data();
    if (all_folded(title.rows, title.count)) {
      kernels->attention_scores(n.fold_title, title.rows, title.count, base, n.attention_score,
                                weights);
    } else {
      const Table one{title_part.data(), Element::kF32, n.attention_dim};
      for (size_t j = 0; j < title.count; ++j) {
        gather_row(n.fold_title, packed->attention_title, title.rows[j], title_part.data());
        kernels->attention_scores(one, block_rows, 1, base, n.attention_score, weights + j);
      }
    }
    kernels->softmax(weights, title.count);
  }

  // layer . e_a to `out`: by linearity the alpha-weighted sum of folded rows (Eq. 13).
  void pool_title(const Bag& title, const Table& folded, const PackedLayer& layer, float* out) {
    if (all_folded(title.rows, title.count)) {
      return kernels->pool(folded, title.rows, alpha.data(), title.count, out);
    }
    kernels->pool(network->embedding, title.rows, alpha.data(), title.count, embedding.data());
    kernels->dense(layer, embedding.data(), network->dim, 1, false, out, layer.out);
  }

  // c . (P e_a). Without b_v: a title is no candidate SP, and its words' popularity is not its own.
  float dot_title(const Bag& title) {
    const Network& n = *network;
    float total = 0;
    pool_title(title, n.fold_dot, packed->dot_target, dot_scratch.data());
    kernels->dot_rows({dot_scratch.data(), Element::kF32, n.dot_dim}, block_rows, 1,
                      dot_context.data(), nullptr, &total);
    return total;
  }

  // The caches take a while to fetch a row: ask for the next title's while this one is computed.
  void prefetch_title(const Bag& title) const {
    const Network& n = *network;
    const auto fetch = [](const Table& table, uint32_t row) {
      const size_t bytes = table.width * (table.element == Element::kF16 ? 2u : 4u);
      const char* data = static_cast<const char*>(table.data) + row * bytes;
      for (size_t at = 0; at < bytes; at += 64) __builtin_prefetch(data + at);
    };
    for (size_t j = 0; j < title.count; ++j) {
      const uint32_t row = title.rows[j];
      if (row >= n.folded_rows) continue;
      fetch(n.fold_title, row);
      if (!n.mlp.empty()) fetch(n.fold_target, row);
      if (n.dot_dim > 0) fetch(n.fold_dot, row);
    }
  }
};

Forward::Forward() : impl_(std::make_unique<Impl>()) {
  std::iota(impl_->block_rows, impl_->block_rows + kBlock, 0u);
}
Forward::~Forward() = default;
Forward::Forward(Forward&&) noexcept = default;
Forward& Forward::operator=(Forward&&) noexcept = default;

void Forward::bind(const PackedNetwork& packed) {
  Impl& i = *impl_;
  const Network& n = packed.network();
  i.packed = &packed;
  i.network = &n;
  i.kernels = &packed.kernels();
  const size_t h1 = n.mlp.empty() ? 0 : n.mlp[0].out;
  size_t dot_widest = n.dot_dim;
  for (const PackedLayer& layer : packed.dot_context) {
    dot_widest = std::max<size_t>(dot_widest, layer.out);
  }
  i.context.reserve(n.groups.size() * n.dim);
  i.first_layer.reserve(h1);
  i.attention_base.reserve(n.attention_dim);
  i.attention_part.reserve(n.attention_dim);
  i.dot_context.reserve(n.dot_dim);
  i.dot_scratch.reserve(2 * dot_widest);
  i.activations.reserve(scratch_size(packed.stride));
  i.gathered.reserve(kBlock * std::max<size_t>(h1, n.dot_dim));
  i.embedding.reserve(n.dim);
  i.title_part.reserve(n.attention_dim);
  i.alpha.reserve(256);
}

void Forward::set_context(std::span<const Bag> groups) noexcept {
  Impl& i = *impl_;
  const Network& n = *i.network;
  const PackedNetwork& p = *i.packed;
  const KernelTable& k = *i.kernels;
  float* const context = i.context.data();
  for (size_t g = 0; g < n.groups.size(); ++g) {
    k.pool(n.embedding, groups[g].rows, groups[g].weights, groups[g].count, context + g * n.dim);
  }
  const size_t width = n.groups.size() * n.dim;
  if (!n.mlp.empty()) {
    k.dense(p.first_context, context, width, 1, false, i.first_layer.data(), n.mlp[0].out);
  }
  if (n.has_auxiliary) {
    float* const base = i.attention_base.data();
    const float* const part = i.attention_part.data();
    k.dense(p.attention_user, context + n.attention_user_group * n.dim, n.dim, 1, false, base,
            n.attention_dim);
    k.dense(p.attention_query, context + n.attention_query_group * n.dim, n.dim, 1, false,
            i.attention_part.data(), n.attention_dim);
    for (size_t d = 0; d < n.attention_dim; ++d) base[d] += part[d];
  }
  const float* in = context;
  for (size_t l = 0; l < p.dot_context.size(); ++l) {
    const PackedLayer& layer = p.dot_context[l];
    const bool last = l + 1 == p.dot_context.size();
    float* out =
        last ? i.dot_context.data() : i.dot_scratch.data() + (l % 2) * (i.dot_scratch.size() / 2);
    k.dense(layer, in, layer.in, 1, !last, out, layer.out);
    in = out;
  }
}

void Forward::score_targets(std::span<const uint32_t> rows, float* logits,
                            Exactness exactness) noexcept {
  Impl& i = *impl_;
  const PackedMlp& mlp =
      exactness == Exactness::kExact ? i.packed->exact_main : i.packed->fast_main;
  std::fill_n(logits, rows.size(), 0.0f);
  for (size_t begin = 0; begin < rows.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, rows.size() - begin);
    i.score_block(rows.data() + begin, count, mlp, logits + begin);
  }
}

void Forward::score_titles(std::span<const Bag> titles, float* logits, float* attention,
                           Exactness exactness) {
  Impl& i = *impl_;
  const Network& n = *i.network;
  const PackedMlp& mlp = exactness == Exactness::kExact ? i.packed->exact_aux : i.packed->fast_aux;
  const uint32_t width = n.mlp.empty() ? 0 : n.mlp[0].out;
  if (!titles.empty()) i.prefetch_title(titles[0]);
  for (size_t begin = 0; begin < titles.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, titles.size() - begin);
    float* out = logits + begin;
    for (size_t t = 0; t < count; ++t) {
      if (begin + t + 1 < titles.size()) i.prefetch_title(titles[begin + t + 1]);
      const Bag& title = titles[begin + t];
      i.attend(title);
      if (attention) attention = std::copy_n(i.alpha.data(), title.count, attention);
      if (width > 0) {
        i.pool_title(title, n.fold_target, i.packed->first_target, i.gathered.data() + t * width);
      }
      out[t] = n.dot_dim > 0 ? i.dot_title(title) : 0.0f;
      if (width == 0) out[t] += n.aux_bias;
    }
    if (width == 0) continue;
    i.kernels->score_rows(i.gathered_table(width), i.block_rows, count, i.first_layer.data(), mlp,
                          i.activations.data(), out);
  }
}

}  // namespace barker
