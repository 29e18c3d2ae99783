// The workload that figures are given for. Its shape is fixed.
//
// One query: 1,000,000 keyword rows of 64, all folded; user bag of 64 ids, query bag of 6, four
// groups of 3, ids by Zipf's law with exponent 1.05; 50 ads x 10 candidate selling points = 500
// distinct ones out of 20,000; MLP 448 -> 128 -> 64 -> 1; auxiliary head over 12 title keywords an
// ad, attention width 64. The weights are random numbers. The queries differ, so that their rows
// come from as far in memory as in service, and not from the nearest cache.
//
// A ReferenceModel owns its weights and queries; networks and bags are views of them. Immutable
// once made: any thread.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "scoring/forward.h"

namespace barker {

struct ReferenceShape {
  uint32_t rows = 1'000'000, dim = 64, selling_points = 20'000;
  uint32_t user = 64, query = 6, group_count = 4, group = 3;
  uint32_t ads = 50, selling_points_per_ad = 10, title = 12;
  std::vector<uint32_t> hidden = {128, 64};
  uint32_t dot_dim = 0;  // above 0 and without hidden layers: the dot-product head alone
  bool auxiliary = true;
};

struct ReferenceQuery {
  std::vector<std::vector<uint32_t>> group_rows;
  std::vector<Bag> groups;
  std::vector<uint32_t> targets;     // ads * selling_points_per_ad, distinct
  std::vector<uint32_t> title_rows;  // ads * title
  std::vector<Bag> titles;
};

// The weights, in float and in binary16, and the queries.
class ReferenceModel {
 public:
  explicit ReferenceModel(const ReferenceShape& shape = {}, size_t queries = 256);

  const ReferenceShape& shape() const { return shape_; }
  const std::vector<ReferenceQuery>& queries() const { return queries_; }
  // A view of the model, which must outlive it.
  Network network(Element tables, Compute compute) const;

 private:
  template <typename T>
  T* allocate(size_t size);
  float* random_numbers(size_t size, float scale);
  VectorView vector(size_t size, float scale);
  MatrixView matrix(size_t rows, size_t columns, float scale);
  Table fold(const MatrixView& weight, size_t first_column);
  void make_network();
  void make_queries(size_t count);

  ReferenceShape shape_;
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  std::vector<std::unique_ptr<void, Free>> tensors_;
  Network f32_, f16_;
  std::vector<ReferenceQuery> queries_;
};

// What a query computes: the probability of every candidate and of every title.
struct QueryOutputs {
  std::vector<float> targets, titles;
};
void run_query(Forward& forward, const Network& network, const KernelTable& kernels,
               const ReferenceQuery& query, QueryOutputs& out);

}  // namespace barker
