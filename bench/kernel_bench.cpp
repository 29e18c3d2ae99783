// Measures every kernel on every ISA and precision of this machine, on the shapes of the reference
// query, beside the machine's own limits in the same run.
//
//   Peak/COMPUTE/ISA       multiply-adds between registers
//   Gather/BYTES/ahead:N   reads the user bag's rows of so many bytes; row i + N is prefetched
//   Pool/ELEMENT/ISA       pools the user bag
//   Context/...            pools all groups and computes the layers that see them once per query
//   Dense/ISA              500 x 128 -> 64 with ReLU
//   Candidates/...         500 candidates from rows to logits: gather, bias, ReLU, layer, head
//   Titles/...             50 titles of 12 keywords: attention, pooling, layers
//   Dot/ELEMENT/ISA        500 candidates of the dot-product head alone
//   Query/...              the whole reference query
//   Choose/MODEL/ISA       pooling, candidates, and the choice of each ad's best two
//
// Counters: gflops counts the multiplications and additions of the mathematics; rows_per_s stands
// alone where a kernel mostly waits for memory.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "bench/peak.h"
#include "bench/reference_query.h"
#include "scoring/choose.h"
#include "scoring/isa.h"

namespace barker {
namespace {

// BARKER_BENCH_ROWS sets the size of the vocabulary; a small one makes for a quick look.
uint32_t rows() {
  const char* given = std::getenv("BARKER_BENCH_ROWS");
  return given ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10)) : ReferenceShape{}.rows;
}

// With BARKER_BENCH_SLOW dense layers are computed four times, to show that the guard notices.
const KernelTable& kernels_of(Isa isa) {
  if (!std::getenv("BARKER_BENCH_SLOW")) return kernels_for(isa);
  static std::map<Isa, KernelTable> slowed;
  KernelTable& slow = slowed.try_emplace(isa, kernels_for(isa)).first->second;
  slow.dense = [](const PackedLayer& layer, const float* x, size_t x_stride, size_t batch,
                  bool relu, float* out, size_t out_stride) {
    for (int i = 0; i < 4; ++i) {
      kernels_for(supported_isas().back()).dense(layer, x, x_stride, batch, relu, out, out_stride);
    }
  };
  return slow;
}

const ReferenceModel& model() {
  static const ReferenceModel made({.rows = rows()});
  return made;
}

const ReferenceModel& dot_model() {
  static const ReferenceModel made(
      {.rows = rows(), .hidden = {}, .dot_dim = 64, .auxiliary = false});
  return made;
}

const char* name_of(Compute compute) {
  return compute == Compute::kF32 ? "fp32" : compute == Compute::kBf16 ? "bf16" : "int8";
}

struct Precision {
  const char* name;
  Element tables;
  Compute compute;
};
constexpr Precision kPrecisions[] = {{"fp32", Element::kF32, Compute::kF32},
                                     {"fp16", Element::kF16, Compute::kF32},
                                     {"bf16", Element::kF16, Compute::kBf16},
                                     {"int8", Element::kF16, Compute::kInt8}};

void count_flops(benchmark::State& state, double flops_per_iteration) {
  state.counters["gflops"] =
      benchmark::Counter(flops_per_iteration * static_cast<double>(state.iterations()) / 1e9,
                         benchmark::Counter::kIsRate);
}

void count_rows(benchmark::State& state, double rows_per_iteration) {
  state.counters["rows_per_s"] = benchmark::Counter(
      rows_per_iteration * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// A Forward bound to a network of the model, and the model's queries in turn.
class Bound {
 public:
  Bound(const ReferenceModel& from, const Precision& precision, const KernelTable& kernels)
      : model_(from),
        packed(from.network(precision.tables, precision.compute), kernels,
               FastNumbers::kWhereTheyExist) {
    forward.bind(packed);
  }
  const ReferenceQuery& next() { return model_.queries()[at_++ % model_.queries().size()]; }

 private:
  const ReferenceModel& model_;
  size_t at_ = 0;

 public:
  PackedNetwork packed;
  Forward forward;
  QueryOutputs out;
};

void peak(benchmark::State& state, Isa isa, Compute compute) {
  double flops = 0;
  for (auto _ : state) flops = static_cast<double>(run_multiply_adds(isa, compute));
  count_flops(state, flops);
}

void raw_gather(benchmark::State& state, Element element, size_t ahead) {
  const RawTable table = model().network(element, Compute::kF32).embedding.raw();
  const size_t bytes = table.width * (element == Element::kF16 ? 2 : 4);
  size_t at = 0, rows = 0;
  for (auto _ : state) {
    const Bag& bag = model().queries()[at++ % model().queries().size()].groups[0];
    benchmark::DoNotOptimize(gather(table.data, bytes, bag.rows, bag.count, ahead));
    rows = bag.count;
  }
  count_rows(state, static_cast<double>(rows));
}

void pool(benchmark::State& state, Element element, const KernelTable& k) {
  const Table table = model().network(element, Compute::kF32).embedding;
  std::vector<float> numbers(table.width());
  const VectorOut out = vector_view(numbers.data(), numbers.size());
  size_t at = 0, rows = 0;
  for (auto _ : state) {
    const Bag& bag = model().queries()[at++ % model().queries().size()].groups[0];
    Kernels(k).pool(table, bag, out);
    benchmark::DoNotOptimize(numbers.data());
    benchmark::ClobberMemory();
    rows = bag.count;
  }
  count_rows(state, static_cast<double>(rows));
}

void dense(benchmark::State& state, const KernelTable& k) {
  Bound b(model(), kPrecisions[0], k);
  const PackedLayer& layer = b.packed.exact_main.layers[0];
  constexpr size_t kBatch = 500;
  const std::vector<float> x(kBatch * layer.in, 0.5f);
  std::vector<float> out(kBatch * layer.out);
  const MatrixView in = matrix_view(x.data(), kBatch, layer.in);
  const MatrixOut y = matrix_view(out.data(), kBatch, layer.out);
  for (auto _ : state) {
    Kernels(k).dense(layer, in, Activation::kRelu, y);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  count_flops(state, 2.0 * kBatch * layer.in * layer.out);
  count_rows(state, kBatch);
}

void context(benchmark::State& state, const Precision& precision, const KernelTable& k) {
  Bound b(model(), precision, k);
  for (auto _ : state) {
    b.forward.set_context(b.next().groups);
    benchmark::ClobberMemory();
  }
}

// Measures the candidates alone: the context is computed before.
void candidates(benchmark::State& state, const Precision& precision, const KernelTable& k) {
  Bound b(model(), precision, k);
  b.forward.set_context(b.next().groups);
  std::vector<float> logits(b.next().targets.size());
  const ReferenceShape& s = model().shape();
  for (auto _ : state) {
    b.forward.score_targets(b.next().targets, logits.data());
    benchmark::DoNotOptimize(logits.data());
    benchmark::ClobberMemory();
  }
  const double width = s.hidden[0], last = s.hidden[1];
  count_flops(state,
              static_cast<double>(logits.size()) * (2 * width + 2 * width * last + 2 * last));
  count_rows(state, static_cast<double>(logits.size()));
}

void titles(benchmark::State& state, const Precision& precision, const KernelTable& k) {
  Bound b(model(), precision, k);
  b.forward.set_context(b.next().groups);
  std::vector<float> logits(b.next().titles.size());
  for (auto _ : state) {
    b.forward.score_titles(b.next().titles, logits.data());
    benchmark::DoNotOptimize(logits.data());
    benchmark::ClobberMemory();
  }
  count_rows(state, static_cast<double>(logits.size()) * model().shape().title);
}

void dot_candidates(benchmark::State& state, const Precision& precision, const KernelTable& k) {
  Bound b(dot_model(), precision, k);
  b.forward.set_context(b.next().groups);
  std::vector<float> logits(b.next().targets.size());
  for (auto _ : state) {
    b.forward.score_targets(b.next().targets, logits.data());
    benchmark::DoNotOptimize(logits.data());
    benchmark::ClobberMemory();
  }
  count_rows(state, static_cast<double>(logits.size()));
}

void raw_gather_targets(benchmark::State& state, size_t ahead) {
  const RawTable table = dot_model().network(Element::kF16, Compute::kF32).fold_dot.raw();
  size_t at = 0, rows = 0;
  for (auto _ : state) {
    const auto& targets = dot_model().queries()[at++ % dot_model().queries().size()].targets;
    benchmark::DoNotOptimize(
        gather(table.data, table.width * 2, targets.data(), targets.size(), ahead));
    rows = targets.size();
  }
  count_rows(state, static_cast<double>(rows));
}

// Chooses the best two of each ad's candidates by the logits in b.out.
void choose_of(Bound& b, const ReferenceQuery& query, const ReferenceShape& s,
               std::vector<Candidate>& candidates, uint32_t* chosen) {
  const Network& n = b.packed.network();
  candidates.resize(query.targets.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    candidates[i] = {query.targets[i] + 1, query.targets[i], b.out.targets[i], false};
  }
  const Embeddings embeddings{b.packed.kernels(), n.embedding};
  for (size_t a = 0; a < s.ads; ++a) {
    choose_selling_points(
        std::span(candidates).subspan(a * s.selling_points_per_ad, s.selling_points_per_ad), {},
        embeddings, chosen, nullptr);
  }
}

void pool_and_choose(benchmark::State& state, const ReferenceModel& from,
                     const Precision& precision, const KernelTable& k) {
  Bound b(from, precision, k);
  std::vector<Candidate> candidates;
  uint32_t chosen[3];
  for (auto _ : state) {
    const ReferenceQuery& query = b.next();
    b.out.targets.resize(query.targets.size());
    b.forward.set_context(query.groups);
    b.forward.score_targets(query.targets, b.out.targets.data());
    choose_of(b, query, from.shape(), candidates, chosen);
    benchmark::DoNotOptimize(chosen);
    benchmark::ClobberMemory();
  }
}

void query(benchmark::State& state, const Precision& precision, const KernelTable& k) {
  Bound b(model(), precision, k);
  for (auto _ : state) {
    run_query(b.forward, b.packed.network(), k, b.next(), b.out);
    benchmark::DoNotOptimize(b.out.targets.data());
    benchmark::ClobberMemory();
  }
}

void register_all() {
  const auto add = [](const std::string& name, std::function<void(benchmark::State&)> run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->MinTime(0.1);
  };
  for (const Element e : {Element::kF32, Element::kF16}) {
    for (const size_t ahead : {0, 4, 8, 12, 16, 24}) {
      add(std::string("Gather/") + (e == Element::kF16 ? "128" : "256") +
              "/ahead:" + std::to_string(ahead),
          [=](benchmark::State& s) { raw_gather(s, e, ahead); });
    }
  }
  for (const size_t ahead : {0, 8, 12, 16, 24}) {
    add("GatherTargets/128/ahead:" + std::to_string(ahead),
        [=](benchmark::State& s) { raw_gather_targets(s, ahead); });
  }
  for (const Isa isa : supported_isas()) {
    const std::string on = "/" + std::string(isa_name(isa));
    const KernelTable& k = kernels_of(isa);
    for (const Compute c : {Compute::kF32, Compute::kBf16, Compute::kInt8}) {
      if (Kernels(k).has(c) && run_multiply_adds(isa, c) > 0) {
        add(std::string("Peak/") + name_of(c) + on, [=](benchmark::State& s) { peak(s, isa, c); });
      }
    }
    add("Dense" + on, [&](benchmark::State& s) { dense(s, k); });
    for (const Precision& p : kPrecisions) {
      if (!Kernels(k).has(p.compute)) continue;
      const std::string with = "/" + std::string(p.name) + on;
      if (p.compute == Compute::kF32) {
        add("Pool" + with, [&](benchmark::State& s) { pool(s, p.tables, k); });
        add("Dot" + with, [&](benchmark::State& s) { dot_candidates(s, p, k); });
      }
      add("Context" + with, [&](benchmark::State& s) { context(s, p, k); });
      add("Candidates" + with, [&](benchmark::State& s) { candidates(s, p, k); });
      add("Titles" + with, [&](benchmark::State& s) { titles(s, p, k); });
      add("Query" + with, [&](benchmark::State& s) { query(s, p, k); });
    }
    add("Choose/mlp-fp16" + on,
        [&](benchmark::State& s) { pool_and_choose(s, model(), kPrecisions[1], k); });
    add("Choose/dot-fp16" + on,
        [&](benchmark::State& s) { pool_and_choose(s, dot_model(), kPrecisions[1], k); });
  }
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  barker::register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
