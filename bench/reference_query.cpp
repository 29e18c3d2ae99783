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

// Starts at a page, as large tensors should. BARKER_BENCH_PAGES=small: without huge ones.
template <typename T>
T* allocate(size_t size) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t bytes = (size * sizeof(T) + kHugePage - 1) / kHugePage * kHugePage;
  void* memory = std::aligned_alloc(kHugePage, bytes);
  if (!memory) std::abort();
  const char* pages = std::getenv("BARKER_BENCH_PAGES");
  const bool small = pages && std::string_view(pages) == "small";
  madvise(memory, bytes, small ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
  return static_cast<T*>(memory);
}

}  // namespace

const float* ReferenceModel::tensor(size_t size, float scale) {
  tensors_.emplace_back(allocate<float>(size));
  auto* values = static_cast<float*>(tensors_.back().get());
  std::mt19937 random(static_cast<unsigned>(tensors_.size()));
  for (size_t i = 0; i < size; ++i) {
    values[i] = scale * (static_cast<float>(random()) * 0x1p-31f - 1);
  }
  return values;
}

ReferenceModel::ReferenceModel(const ReferenceShape& shape, size_t queries) : shape_(shape) {
  const uint32_t groups = 2 + shape.group_count, context = groups * shape.dim;
  Network& n = f32_;
  n.dim = shape.dim;
  n.rows = n.keyword_rows = n.folded_rows = shape.rows;
  n.groups.resize(groups);
  const float* embedding = tensor(size_t{shape.rows} * shape.dim, 0.5f);
  n.embedding = {embedding, Element::kF32, shape.dim};
  // W Em(v) of all rows.
  const auto fold = [&](const float* w, size_t stride, uint32_t out) {
    tensors_.emplace_back(allocate<float>(size_t{shape.rows} * out));
    auto* table = static_cast<float*>(tensors_.back().get());
    std::vector<float> transposed(size_t{shape.dim} * out);
    for (uint32_t o = 0; o < out; ++o) {
      for (uint32_t d = 0; d < shape.dim; ++d) transposed[d * out + o] = w[o * stride + d];
    }
    for (uint32_t row = 0; row < shape.rows; ++row) {
      float* to = table + size_t{row} * out;
      std::fill_n(to, out, 0.0f);
      for (uint32_t d = 0; d < shape.dim; ++d) {
        const float e = embedding[size_t{row} * shape.dim + d];
        for (uint32_t o = 0; o < out; ++o) to[o] += e * transposed[d * out + o];
      }
    }
    return Table{table, Element::kF32, out};
  };
  uint32_t in = context + shape.dim;
  for (const uint32_t out : shape.hidden) {
    const float scale = std::sqrt(3.0f / static_cast<float>(in));
    n.mlp.push_back({tensor(size_t{in} * out, scale), tensor(out, 0.1f), in, out});
    in = out;
  }
  if (!shape.hidden.empty()) {
    n.main_weight = tensor(in, 0.3f);
    n.aux_weight = tensor(in, 0.3f);
    n.fold_target = fold(n.mlp[0].weight + context, n.mlp[0].in, n.mlp[0].out);
  }
  n.has_auxiliary = shape.auxiliary;
  if (shape.auxiliary) {
    n.attention_dim = shape.dim;
    n.attention_query_group = 1;
    n.attention_user = tensor(size_t{shape.dim} * shape.dim, 0.2f);
    n.attention_query = tensor(size_t{shape.dim} * shape.dim, 0.2f);
    n.attention_title = tensor(size_t{shape.dim} * shape.dim, 0.2f);
    n.attention_score = tensor(shape.dim, 0.3f);
    n.fold_title = fold(n.attention_title, shape.dim, shape.dim);
  }
  n.dot_dim = shape.dot_dim;
  if (shape.dot_dim > 0) {
    n.dot_context.push_back({tensor(size_t{context} * shape.dot_dim, 0.1f),
                             tensor(shape.dot_dim, 0.1f), context, shape.dot_dim});
    n.dot_target = tensor(size_t{shape.dot_dim} * shape.dim, 0.2f);
    n.dot_target_bias = tensor(shape.rows, 0.1f);
    n.fold_dot = fold(n.dot_target, shape.dim, shape.dot_dim);
  }

  f16_ = f32_;
  const auto halve = [&](Table& table) {
    if (!table.data) return;
    const size_t size = size_t{shape.rows} * table.width;
    tensors_.emplace_back(allocate<Half>(size));
    auto* halves = static_cast<Half*>(tensors_.back().get());
    for (size_t i = 0; i < size; ++i) {
      halves[i] = float_to_half(static_cast<const float*>(table.data)[i]);
    }
    table = {halves, Element::kF16, table.width};
  };
  for (Table* table : {&f16_.embedding, &f16_.fold_target, &f16_.fold_title, &f16_.fold_dot}) {
    halve(*table);
  }

  std::mt19937 random(7);
  const Zipf zipf(shape.rows, 1.05);
  // Frequent keywords are spread over the table, as vocabularies are not sorted by what users do.
  const auto id = [&] {
    return static_cast<uint32_t>(uint64_t{zipf(random)} * 2'654'435'761u % shape.rows);
  };
  const auto bag = [&](size_t size) {
    std::vector<uint32_t> rows(size);
    std::ranges::generate(rows, id);
    return rows;
  };
  queries_.resize(queries);
  for (ReferenceQuery& q : queries_) {
    q.group_rows.push_back(bag(shape.user));
    q.group_rows.push_back(bag(shape.query));
    for (uint32_t g = 0; g < shape.group_count; ++g) q.group_rows.push_back(bag(shape.group));
    for (const auto& rows : q.group_rows) q.groups.push_back({rows.data(), nullptr, rows.size()});
    std::unordered_set<uint32_t> seen;
    while (q.targets.size() < size_t{shape.ads} * shape.selling_points_per_ad) {
      const auto row = static_cast<uint32_t>(random() % shape.selling_points);
      if (seen.insert(row).second) q.targets.push_back(row);
    }
    q.title_rows = bag(size_t{shape.ads} * shape.title);
    for (uint32_t a = 0; a < shape.ads; ++a) {
      q.titles.push_back({q.title_rows.data() + size_t{a} * shape.title, nullptr, shape.title});
    }
  }
}

Network ReferenceModel::network(Element tables, Compute compute) const {
  Network n = tables == Element::kF16 ? f16_ : f32_;
  n.compute = compute;
  n.compute_bound = compute == Compute::kF32 ? 0 : 1;
  return n;
}

void run_query(Forward& forward, const Network& network, const KernelTable& kernels,
               const ReferenceQuery& query, QueryOutputs& out) {
  out.targets.resize(query.targets.size());
  forward.set_context(query.groups);
  forward.score_targets(query.targets, out.targets.data());
  kernels.sigmoid(out.targets.data(), out.targets.size(), network.main_scale, network.main_offset,
                  out.targets.data());
  if (!network.has_auxiliary) return;
  out.titles.resize(query.titles.size());
  forward.score_titles(query.titles, out.titles.data());
  kernels.sigmoid(out.titles.data(), out.titles.size(), network.aux_scale, network.aux_offset,
                  out.titles.data());
}

}  // namespace barker
