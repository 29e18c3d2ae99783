#include "bench/reference_query.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string_view>
#include <unordered_set>

#include "models/base/half.h"

namespace barker {
namespace {

// Ranks 0 .. n-1 with P(rank) ~ 1 / (rank + 1)^s.
class Zipf {
 public:
  Zipf(uint32_t n, double s) {
    cumulative_.reserve(n);
    double total = 0;
    for (uint32_t i = 0; i < n; ++i) cumulative_.push_back(total += std::pow(i + 1.0, -s));
  }
  template <typename Random>
  uint32_t operator()(Random& random) const {
    std::uniform_real_distribution<double> uniform(0, cumulative_.back());
    const auto at = std::ranges::upper_bound(cumulative_, uniform(random));
    return static_cast<uint32_t>(std::min<ptrdiff_t>(
        at - cumulative_.begin(), static_cast<ptrdiff_t>(cumulative_.size()) - 1));
  }

 private:
  std::vector<double> cumulative_;
};

}  // namespace

// The memory starts at a huge page, as large tensors should. BARKER_BENCH_PAGES=small forbids huge
// pages, to see what they are worth.
template <typename T>
T* ReferenceModel::allocate(size_t size) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t bytes = (size * sizeof(T) + kHugePage - 1) / kHugePage * kHugePage;
  void* memory = std::aligned_alloc(kHugePage, bytes);
  if (!memory) std::abort();
  tensors_.emplace_back(memory);
  const char* pages = std::getenv("BARKER_BENCH_PAGES");
  const bool small = pages && std::string_view(pages) == "small";
  madvise(memory, bytes, small ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
  return static_cast<T*>(memory);
}

float* ReferenceModel::random_numbers(size_t size, float scale) {
  auto* values = allocate<float>(size);
  std::mt19937 random(static_cast<unsigned>(tensors_.size()));
  for (size_t i = 0; i < size; ++i) {
    values[i] = scale * (static_cast<float>(random()) * 0x1p-31f - 1);
  }
  return values;
}

VectorView ReferenceModel::vector(size_t size, float scale) {
  return vector_view<const float>(random_numbers(size, scale), size);
}

MatrixView ReferenceModel::matrix(size_t rows, size_t columns, float scale) {
  return matrix_view<const float>(random_numbers(rows * columns, scale), rows, columns);
}

// W Em(row) of every row, where W is `dim` columns of a weight.
Table ReferenceModel::fold(const MatrixView& weight, size_t first_column) {
  const size_t dim = shape_.dim, rows = shape_.rows, out = weight.shape(0);
  const MatrixView embedding = f32_.embedding.floats();
  auto* table = allocate<float>(rows * out);
  std::vector<float> transposed(dim * out);
  for (size_t o = 0; o < out; ++o) {
    for (size_t d = 0; d < dim; ++d) transposed[d * out + o] = weight(o, first_column + d);
  }
  for (size_t row = 0; row < rows; ++row) {
    float* to = table + row * out;
    std::fill_n(to, out, 0.0f);
    for (size_t d = 0; d < dim; ++d) {
      const float e = embedding(row, d);
      for (size_t o = 0; o < out; ++o) to[o] += e * transposed[d * out + o];
    }
  }
  return Table(table, Element::kF32, rows, out);
}

ReferenceModel::ReferenceModel(const ReferenceShape& shape, size_t queries) : shape_(shape) {
  make_network();
  f16_ = f32_;
  for (Table* table : {&f16_.embedding, &f16_.fold_target, &f16_.fold_title, &f16_.fold_dot}) {
    if (!table->is_bound()) continue;
    const MatrixView floats = table->floats();
    auto* halves = allocate<Half>(floats.size());
    std::transform(floats.data(), floats.data() + floats.size(), halves, float_to_half);
    *table = Table(halves, Element::kF16, table->rows(), table->width());
  }
  make_queries(queries);
}

void ReferenceModel::make_network() {
  const ReferenceShape& s = shape_;
  const uint32_t groups = 2 + s.group_count, context = groups * s.dim;
  Network& n = f32_;
  n.dim = s.dim;
  n.rows = n.keyword_rows = n.folded_rows = s.rows;
  n.groups.resize(groups);
  n.embedding = Table(matrix(s.rows, s.dim, 0.5f));
  uint32_t in = context + s.dim;
  for (const uint32_t out : s.hidden) {
    const float scale = std::sqrt(3.0f / static_cast<float>(in));
    // Each allocation seeds its own numbers by its place. A braced list is evaluated in order.
    n.mlp.push_back({matrix(out, in, scale), vector(out, 0.1f)});
    in = out;
  }
  if (!s.hidden.empty()) {
    n.main_weight = vector(in, 0.3f);
    n.aux_weight = vector(in, 0.3f);
    n.fold_target = fold(n.mlp[0].weight, context);
  }
  n.has_auxiliary = s.auxiliary;
  if (s.auxiliary) {
    n.attention_dim = s.dim;
    n.attention_query_group = 1;
    n.attention_user = matrix(s.dim, s.dim, 0.2f);
    n.attention_query = matrix(s.dim, s.dim, 0.2f);
    n.attention_title = matrix(s.dim, s.dim, 0.2f);
    n.attention_score = vector(s.dim, 0.3f);
    n.fold_title = fold(n.attention_title, 0);
  }
  n.dot_dim = s.dot_dim;
  if (s.dot_dim > 0) {
    n.dot_context.push_back({matrix(s.dot_dim, context, 0.1f), vector(s.dot_dim, 0.1f)});
    n.dot_target = matrix(s.dot_dim, s.dim, 0.2f);
    n.dot_target_bias = vector(s.rows, 0.1f);
    n.fold_dot = fold(n.dot_target, 0);
  }
}

void ReferenceModel::make_queries(size_t count) {
  const ReferenceShape& s = shape_;
  std::mt19937 random(7);
  const Zipf zipf(s.rows, 1.05);
  // Frequent keywords are spread over the table: a vocabulary is not sorted by what users search.
  const auto id = [&] {
    return static_cast<uint32_t>(uint64_t{zipf(random)} * 2'654'435'761u % s.rows);
  };
  const auto bag = [&](size_t size) {
    std::vector<uint32_t> rows(size);
    std::ranges::generate(rows, id);
    return rows;
  };
  queries_.resize(count);
  for (ReferenceQuery& q : queries_) {
    q.group_rows.push_back(bag(s.user));
    q.group_rows.push_back(bag(s.query));
    for (uint32_t g = 0; g < s.group_count; ++g) q.group_rows.push_back(bag(s.group));
    for (const auto& rows : q.group_rows) q.groups.push_back({rows.data(), nullptr, rows.size()});
    std::unordered_set<uint32_t> seen;
    while (q.targets.size() < size_t{s.ads} * s.selling_points_per_ad) {
      const auto row = static_cast<uint32_t>(random() % s.selling_points);
      if (seen.insert(row).second) q.targets.push_back(row);
    }
    q.title_rows = bag(size_t{s.ads} * s.title);
    for (uint32_t a = 0; a < s.ads; ++a) {
      q.titles.push_back({q.title_rows.data() + size_t{a} * s.title, nullptr, s.title});
    }
  }
}

Network ReferenceModel::network(Element tables, Compute compute) const {
  Network n = tables == Element::kF16 ? f16_ : f32_;
  n.compute = compute;
  n.compute_bound = compute == Compute::kF32 ? 0 : 1;
  return n;
}

namespace {

void to_probabilities(const Kernels& kernels, float scale, float offset,
                      std::vector<float>& logits) {
  const VectorOut view = vector_view(logits.data(), logits.size());
  kernels.sigmoid(read(view), scale, offset, view);
}

}  // namespace

void run_query(Forward& forward, const Network& network, const KernelTable& kernels,
               const ReferenceQuery& query, QueryOutputs& out) {
  out.targets.resize(query.targets.size());
  forward.set_context(query.groups);
  forward.score_targets(query.targets, out.targets.data());
  to_probabilities(kernels, network.main_scale, network.main_offset, out.targets);
  if (!network.has_auxiliary) return;
  out.titles.resize(query.titles.size());
  forward.score_titles(query.titles, out.titles.data());
  to_probabilities(kernels, network.aux_scale, network.aux_offset, out.titles);
}

}  // namespace barker
