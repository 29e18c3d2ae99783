// Each step names its equation. Weights are frozen, so products of a layer and an embedding row are
// computed ahead of queries and looked up: W1's target columns times Em, W_a times Em, P times Em.
// These tables are called folds. A row without a fold goes through its embedding and the layer.
#include "scoring/forward.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <xtensor/xnoalias.hpp>

#include "scoring/prefetch.h"
#include "scoring/scratch.h"

namespace barker {
namespace {

// Rows or titles that are gathered before they go through the layers together.
constexpr size_t kBlock = 64;

// Titles up to this length need no allocation; a longer one grows the buffer once.
constexpr size_t kLongTitle = 256;

}  // namespace

struct Forward::Impl {
  const PackedNetwork* packed = nullptr;
  const Network* network = nullptr;
  const KernelTable* table = nullptr;

  // What set_context computes.
  ScratchTensor<2> context;         // [G, D] the pooled groups (Eq. 4-5 without the target)
  ScratchTensor<1> first_layer;     // [H1] b1 + W1_context context (Eq. 6)
  ScratchTensor<1> attention_base;  // [A] W_u e_u + W_q e_q (Eq. 11)
  ScratchTensor<1> dot_context;     // [R] c(context)
  HistoryMatch history;             // shares of the keywords of the history

  // Intermediate results, valid within one call.
  ScratchTensor<1> attention_part;  // [A] W_q e_q
  ScratchTensor<2> dot_layers;      // [2, widest layer of c] by turns the input and the output
  ScratchTensor<1> activations;     // [scratch_size] of score_rows
  ScratchTensor<2> gathered_first;  // [kBlock, H1] W1_target Em of rows, or of titles
  ScratchTensor<2> gathered_dot;    // [kBlock, R] P Em of rows, or of a title
  ScratchTensor<1> embedding;       // [D] Em of a row without a fold, or of a title
  ScratchTensor<2> title_part;      // [1, A] W_a Em of a row without a fold
  ScratchTensor<1> alpha;           // [keywords of the longest title] Eq. 12
  uint32_t block_rows[kBlock];      // 0, 1, 2, ...: the rows of the gathered tables

  Kernels kernels() const { return *table; }
  bool has_mlp() const { return !network->mlp.empty(); }
  bool has_dot() const { return network->dot_dim > 0; }
  bool has_match() const { return network->matches_history(); }
  // Whether one of the rows has match inputs that are not all 0.
  bool any_inputs(std::span<const uint32_t> rows) const {
    return is_bound(network->match_inputs) && history.has_any(rows);
  }

  bool all_folded(std::span<const uint32_t> rows) const {
    return std::ranges::all_of(rows, [&](uint32_t row) { return row < network->folded_rows; });
  }

  // out = layer Em(row), from the fold where the row has one.
  void layer_of_row(const Table& fold, const PackedLayer& layer, uint32_t row, VectorOut out) {
    const Bag one = {&row, nullptr, 1};
    if (row < network->folded_rows) return kernels().pool(fold, one, out);
    kernels().pool(network->embedding, one, embedding.out());
    kernels().dense(layer, embedding.in(), Activation::kNone, out);
  }

  void set_attention_base();
  void set_dot_context();
  void add_mlp(std::span<const uint32_t> rows, const PackedMlp& mlp, VectorOut logits);
  void add_mlp_with_inputs(std::span<const uint32_t> rows, const PackedMlp& mlp, VectorOut logits);
  void add_dot(std::span<const uint32_t> rows, VectorOut logits);
  void add_match(std::span<const uint32_t> rows, VectorOut logits) const;
  void add_inputs(uint32_t row, VectorOut first) const;

  void prefetch(const Bag& title) const;
  // `is_folded`, `is_next_folded`: all_folded() of these titles.
  VectorView add_title(const Bag& title, bool is_folded, const Bag& next, bool is_next_folded,
                       Tanh tanh, VectorOut first, float& logit);
  void attend(const Bag& title);
  void pool_title(const Bag& title, const VectorView& weights, const Table& fold,
                  const PackedLayer& layer, VectorOut out);
  float dot_of_title();
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
  i.table = &packed.kernels();
  const size_t h1 = n.mlp.empty() ? 0 : n.mlp[0].out();
  size_t widest = n.dot_dim;
  for (const DenseLayer& layer : n.dot_context) widest = std::max<size_t>(widest, layer.out());
  if (i.has_match()) i.history.reserve(n.groups[n.match_group].max_tokens);
  i.context.resize({n.groups.size(), n.dim});
  i.first_layer.resize({h1});
  i.attention_base.resize({n.attention_dim});
  i.attention_part.resize({n.attention_dim});
  i.dot_context.resize({n.dot_dim});
  i.dot_layers.resize({2, widest});
  i.activations.resize({scratch_size(packed.stride)});
  i.gathered_first.resize({kBlock, h1});
  i.gathered_dot.resize({kBlock, n.dot_dim});
  i.embedding.resize({n.dim});
  i.title_part.resize({1, n.attention_dim});
  i.alpha.resize({kLongTitle});
}

// ---- the context: once per query

void Forward::set_context(std::span<const Bag> groups) noexcept {
  assert(groups.size() == impl_->network->groups.size());
  for (size_t g = 0; g < groups.size(); ++g) pool_group(g, groups[g]);
  finish_context();
}

// Eq. 4. The groups stand next to each other, which is their concatenation (Eq. 5).
void Forward::pool_group(size_t index, const Bag& group) noexcept {
  impl_->kernels().pool(impl_->network->embedding, group, row_of(impl_->context.out(), index));
  if (impl_->has_match() && index == impl_->network->match_group) impl_->history.set(group);
}

void Forward::finish_context() noexcept {
  Impl& i = *impl_;
  if (i.has_mlp()) {  // Eq. 6, the columns of the context
    i.kernels().dense(i.packed->first_context, flat(i.context.in()), Activation::kNone,
                      i.first_layer.out());
  }
  if (i.network->has_auxiliary) i.set_attention_base();
  if (i.has_dot()) i.set_dot_context();
}

// Eq. 11, what is the same for every title: W_u e_u + W_q e_q.
void Forward::Impl::set_attention_base() {
  const VectorView user = row_of(context.in(), network->attention_user_group);
  const VectorView query = row_of(context.in(), network->attention_query_group);
  kernels().dense(packed->attention_user, user, Activation::kNone, attention_base.out());
  kernels().dense(packed->attention_query, query, Activation::kNone, attention_part.out());
  xt::noalias(attention_base.out()) += attention_part.out();  // without a temporary
}

// Late interaction: c(context), layers with ReLU between them and none after the last.
void Forward::Impl::set_dot_context() {
  VectorView in = flat(context.in());
  for (size_t l = 0; l < packed->dot_context.size(); ++l) {
    const PackedLayer& layer = packed->dot_context[l];
    if (l + 1 == packed->dot_context.size()) {
      kernels().dense(layer, in, Activation::kNone, dot_context.out());
    } else {
      const VectorOut out = vector_view(row_of(dot_layers.out(), l % 2).data(), layer.out);
      kernels().dense(layer, in, Activation::kRelu, out);
      in = read(out);
    }
  }
}

void Forward::add_user_state(std::span<const float> mean) noexcept {
  VectorOut& context = impl_->dot_context.out();
  assert(mean.size() == context.size());
  for (size_t d = 0; d < mean.size(); ++d) context(d) += mean[d];
}

// ---- the main task: SP candidates

void Forward::score_targets(std::span<const uint32_t> rows, float* logits,
                            Exactness exactness) noexcept {
  Impl& i = *impl_;
  const PackedMlp& mlp =
      exactness == Exactness::kExact ? i.packed->exact_main : i.packed->fast_main;
  std::fill_n(logits, rows.size(), 0.0f);
  for (size_t begin = 0; begin < rows.size(); begin += kBlock) {
    const auto block = rows.subspan(begin, std::min(kBlock, rows.size() - begin));
    const VectorOut out = vector_view(logits + begin, block.size());
    if (i.any_inputs(block)) {
      i.add_mlp_with_inputs(block, mlp, out);
    } else if (i.has_mlp()) {
      i.add_mlp(block, mlp, out);
    }
    if (i.has_dot()) i.add_dot(block, out);
    if (is_bound(i.network->match_weight)) i.add_match(block, out);
  }
}

// Eq. 6-8 for a block of rows: first layer by the fold, further layers, head.
void Forward::Impl::add_mlp(std::span<const uint32_t> rows, const PackedMlp& mlp,
                            VectorOut logits) {
  Table first(network->fold_target);
  if (!all_folded(rows)) {
    for (size_t r = 0; r < rows.size(); ++r) {
      layer_of_row(network->fold_target, packed->first_target, rows[r],
                   row_of(gathered_first.out(), r));
    }
    first = Table(gathered_first.in());
    rows = {block_rows, rows.size()};
  }
  kernels().score_rows(first, rows, first_layer.in(), mlp, activations.out(), logits);
}

// The same for a block in which some rows have match inputs: their first layers are gathered, which
// changes no bit of a folded row's, and the other rows go by themselves.
void Forward::Impl::add_mlp_with_inputs(std::span<const uint32_t> rows, const PackedMlp& mlp,
                                        VectorOut logits) {
  size_t places[kBlock], others = 0;  // in `rows`: the others from the front, those from the back
  uint32_t other_rows[kBlock];
  float other_logits[kBlock], logits_of_inputs[kBlock];
  size_t count = 0;
  for (size_t r = 0; r < rows.size(); ++r) {
    if (history.entry(rows[r])) {
      const VectorOut out = row_of(gathered_first.out(), count++);
      layer_of_row(network->fold_target, packed->first_target, rows[r], out);
      add_inputs(rows[r], out);
      places[kBlock - count] = r;
    } else {
      other_rows[others] = rows[r];
      places[others++] = r;
    }
  }
  std::fill_n(logits_of_inputs, count, 0.0f);
  kernels().score_rows(Table(gathered_first.in()), {block_rows, count}, first_layer.in(), mlp,
                       activations.out(), vector_view(logits_of_inputs, count));
  for (size_t i = 0; i < count; ++i) logits(places[kBlock - 1 - i]) += logits_of_inputs[i];
  if (others == 0) return;
  std::fill_n(other_logits, others, 0.0f);
  add_mlp({other_rows, others}, mlp, vector_view(other_logits, others));
  for (size_t i = 0; i < others; ++i) logits(places[i]) += other_logits[i];
}

// Late interaction for a block of rows: c(context) . (P Em(v)) + b_v.
void Forward::Impl::add_dot(std::span<const uint32_t> rows, VectorOut logits) {
  if (all_folded(rows)) {
    return kernels().dot_rows(network->fold_dot, rows, dot_context.in(), network->dot_target_bias,
                              logits);
  }
  for (size_t r = 0; r < rows.size(); ++r) {
    layer_of_row(network->fold_dot, packed->dot_target, rows[r], row_of(gathered_dot.out(), r));
    logits(r) += network->dot_target_bias(rows[r]);
  }
  kernels().dot_rows(Table(gathered_dot.in()), {block_rows, rows.size()}, dot_context.in(),
                     no_tensor<VectorView>(), logits);
}

// Exact match: w_0 [v in h] + w_1 share_h(v).
void Forward::Impl::add_match(std::span<const uint32_t> rows, VectorOut logits) const {
  const VectorView& w = network->match_weight;
  for (size_t r = 0; r < rows.size(); ++r) {
    const HistoryMatch::Entry* const entry = history.entry(rows[r]);
    if (entry) logits(r) += w(0) + w(1) * entry->share;
  }
}

// Match inputs: the first layer gets [1; share; last; faded] W for a keyword of the history.
void Forward::Impl::add_inputs(uint32_t row, VectorOut first) const {
  const HistoryMatch::Entry* const entry = history.entry(row);
  if (!entry) return;
  const MatrixView& w = network->match_inputs;
  for (size_t h = 0; h < first.size(); ++h) {
    first(h) += w(0, h) + w(1, h) * entry->share + w(2, h) * entry->last + w(3, h) * entry->faded;
  }
}

HistoryMatch::Entry Forward::match_of(uint32_t row) const noexcept {
  const HistoryMatch::Entry* const entry = impl_->history.entry(row);
  return entry ? *entry : HistoryMatch::Entry();
}

void Forward::keyword_vector(uint32_t row, std::span<float> out) noexcept {
  Impl& i = *impl_;
  i.layer_of_row(i.network->fold_dot, i.packed->dot_target, row,
                 vector_view(out.data(), out.size()));
}

// ---- the auxiliary task: titles

// Asks the caches for the first title's folded rows; those of the others are asked for while the
// title before them is computed.
[[gnu::always_inline]] inline void Forward::Impl::prefetch(const Bag& title) const {
  const Network& n = *network;
  prefetch_rows(n.fold_title, title.ids(), n.folded_rows);
  if (has_mlp()) prefetch_rows(n.fold_target, title.ids(), n.folded_rows);
  if (has_dot()) prefetch_rows(n.fold_dot, title.ids(), n.folded_rows);
}

void Forward::score_titles(std::span<const Bag> titles, float* logits, float* attention,
                           Exactness exactness) {
  Impl& i = *impl_;
  const PackedMlp& mlp = exactness == Exactness::kExact ? i.packed->exact_aux : i.packed->fast_aux;
  // Fast numbers are far less exact than the rough tanh.
  const bool is_rough = exactness == Exactness::kFast && i.packed->compute() != Compute::kF32;
  const Tanh tanh = is_rough ? Tanh::kRough : Tanh::kExact;
  if (!titles.empty()) i.prefetch(titles[0]);
  bool is_folded = !titles.empty() && i.all_folded(titles[0].ids());
  for (size_t begin = 0; begin < titles.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, titles.size() - begin);
    const VectorOut out = vector_view(logits + begin, count);
    for (size_t t = 0; t < count; ++t) {
      const bool is_last = begin + t + 1 == titles.size();
      const Bag& title = titles[begin + t];
      const Bag next = is_last ? Bag() : titles[begin + t + 1];
      const bool is_next_folded = i.all_folded(next.ids());
      const VectorView weights = i.add_title(title, is_folded, next, is_next_folded, tanh,
                                             row_of(i.gathered_first.out(), t), logits[begin + t]);
      is_folded = is_next_folded;
      if (attention) attention = std::copy_n(weights.data(), weights.size(), attention);
    }
    if (!i.has_mlp()) continue;
    // The auxiliary head: Eq. 6-8 with the title in the target's place.
    i.kernels().score_rows(Table(i.gathered_first.in()), {i.block_rows, count}, i.first_layer.in(),
                           mlp, i.activations.out(), out);
  }
}

// Eq. 11-13 for one title: its part of the first layer to `first`, and all of its logit that does
// not go through the layers to `logit`. Returns the weights of Eq. 12, valid until the next title.
VectorView Forward::Impl::add_title(const Bag& title, bool is_folded, const Bag& next,
                                    bool is_next_folded, Tanh tanh, VectorOut first, float& logit) {
  const Network& n = *network;
  // Room for whole vectors, of which `attend` writes all.
  if (title.count > alpha.out().size()) alpha.resize({padded_count(title.count)});
  const VectorView weights = vector_view<const float>(alpha.out().data(), title.count);
  logit = has_mlp() ? 0.0f : n.aux_bias;
  // The kernel asks for the next title's rows only where all of both titles are folded.
  if (!is_folded || !is_next_folded) prefetch(next);
  const Bag asked_for = is_next_folded ? next : Bag();
  if (!is_folded) {
    attend(title);
    if (has_mlp()) pool_title(title, weights, n.fold_target, packed->first_target, first);
  } else if (has_mlp()) {
    kernels().attend(n.fold_title, n.fold_target, title, asked_for, attention_base.in(),
                     n.attention_score, tanh, alpha.out(), first);
    if (has_dot()) prefetch_rows(n.fold_dot, asked_for.ids(), n.folded_rows);
  } else {
    kernels().attend(n.fold_title, n.fold_dot, title, asked_for, attention_base.in(),
                     n.attention_score, tanh, alpha.out(), row_of(gathered_dot.out(), 0));
  }
  if (has_dot()) {
    if (has_mlp() || !is_folded) {
      pool_title(title, weights, n.fold_dot, packed->dot_target, row_of(gathered_dot.out(), 0));
    }
    logit += dot_of_title();
  }
  return weights;
}

// Eq. 11-12 keyword by keyword, where not each has a fold.
void Forward::Impl::attend(const Bag& title) {
  for (size_t j = 0; j < title.count; ++j) {
    layer_of_row(network->fold_title, packed->attention_title, title.rows[j],
                 row_of(title_part.out(), 0));
    kernels().attention_scores(Table(title_part.in()), {block_rows, 1}, attention_base.in(),
                               network->attention_score, vector_view(alpha.out().data() + j, 1));
  }
  kernels().softmax(vector_view(alpha.out().data(), title.count));
}

// out = layer e_a with e_a of Eq. 13. The layer is linear, so this is also the weighted sum of
// folded rows.
void Forward::Impl::pool_title(const Bag& title, const VectorView& weights, const Table& fold,
                               const PackedLayer& layer, VectorOut out) {
  const Bag weighted = {title.rows, weights.data(), title.count};
  if (all_folded(title.ids())) return kernels().pool(fold, weighted, out);
  kernels().pool(network->embedding, weighted, embedding.out());
  kernels().dense(layer, embedding.in(), Activation::kNone, out);
}

// Late interaction with the title in gathered_dot: c(context) . (P e_a). Without b_v: that is the
// popularity of a candidate SP, which a title is not.
float Forward::Impl::dot_of_title() {
  float logit = 0;
  kernels().dot_rows(Table(gathered_dot.in()), {block_rows, 1}, dot_context.in(),
                     no_tensor<VectorView>(), vector_view(&logit, 1));
  return logit;
}

}  // namespace barker
