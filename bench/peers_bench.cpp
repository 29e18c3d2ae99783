// The reference query in barker and in what one would use otherwise, in one run on one core:
//
//   Barker/PRECISION/ISA   the kernels
//   Torch/plain            libtorch as the equations are written: 500 rows of 448 through the MLP
//   Torch/split            user, query and groups once a query, candidates through their own
//                          columns
//   Torch/folded           libtorch over the same folded tables as barker's
//   Onnx/folded            ONNX Runtime over the folded tables, where ONNXRUNTIME names its library
//   Dense/...              the second layer alone, 500 x 128 -> 64: barker, oneDNN, Eigen, libtorch
//
// Before anything is measured, all of them must give the same probabilities. The repetitions of all
// cases are interleaved, and printed are ratios of times to the best ISA's fp16 (Dense: to its
// dense kernel): read them as "so many times slower".

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "bench/onnx_peer.h"
#include "bench/paired_reporter.h"
#include "bench/reference_query.h"
#include "scoring/isa.h"

namespace barker {
namespace {

const ReferenceModel& model() {
  static const ReferenceModel made;
  return made;
}

// The same numbers as a torch tensor, without a copy.
torch::Tensor matrix(const MatrixView& view) {
  return torch::from_blob(const_cast<float*>(view.data()), {static_cast<int64_t>(view.shape(0)),
                                                            static_cast<int64_t>(view.shape(1))});
}
torch::Tensor vector(const VectorView& view) {
  return torch::from_blob(const_cast<float*>(view.data()), {static_cast<int64_t>(view.size())});
}

// A query's ids as tensors: what a torch program would hold.
struct TorchQuery {
  std::vector<torch::Tensor> groups;
  torch::Tensor targets, titles;  // [500], [50, 12]

  explicit TorchQuery(const ReferenceQuery& q) {
    for (const auto& rows : q.group_rows) groups.push_back(ids(rows));
    targets = ids(q.targets);
    titles = ids(q.title_rows).view({static_cast<int64_t>(q.titles.size()), -1});
  }
  static torch::Tensor ids(const std::vector<uint32_t>& rows) {
    return torch::tensor(std::vector<int64_t>(rows.begin(), rows.end()));
  }
};

class TorchPeer {
 public:
  TorchPeer() {
    const Network n = model().network(Element::kF32, Compute::kF32);
    const int64_t context = static_cast<int64_t>(n.groups.size()) * n.dim;
    embedding_ = matrix(n.embedding.floats());
    fold_target_ = matrix(n.fold_target.floats());
    fold_title_ = matrix(n.fold_title.floats());
    w1_ = matrix(n.mlp[0].weight);
    w1_context_ = w1_.slice(1, 0, context).contiguous();
    w1_target_ = w1_.slice(1, context).contiguous();
    b1_ = vector(n.mlp[0].bias);
    w2_ = matrix(n.mlp[1].weight);
    b2_ = vector(n.mlp[1].bias);
    main_ = vector(n.main_weight);
    aux_ = vector(n.aux_weight);
    user_ = matrix(n.attention_user);
    query_ = matrix(n.attention_query);
    title_ = matrix(n.attention_title);
    score_ = vector(n.attention_score);
  }

  std::pair<torch::Tensor, torch::Tensor> plain(const TorchQuery& q) const {
    const auto pooled = pool(q);
    const torch::Tensor context = torch::cat(pooled);
    const auto mlp = [&](const torch::Tensor& targets, const torch::Tensor& head) {
      const torch::Tensor x = torch::cat({context.expand({targets.size(0), -1}), targets}, 1);
      return tail(torch::relu(torch::linear(x, w1_, b1_)), head);
    };
    const torch::Tensor words = embedding_.index_select(0, q.titles.view(-1));
    const torch::Tensor alpha = attention(
        torch::mv(user_, pooled[0]) + torch::mv(query_, pooled[1]) + torch::mm(words, title_.t()),
        q.titles.sizes());
    const torch::Tensor ads =
        torch::bmm(alpha.unsqueeze(1), words.view({q.titles.size(0), -1, embedding_.size(1)}));
    return {mlp(embedding_.index_select(0, q.targets), main_), mlp(ads.squeeze(1), aux_)};
  }

  std::pair<torch::Tensor, torch::Tensor> split(const TorchQuery& q) const {
    const auto pooled = pool(q);
    const torch::Tensor base = torch::mv(w1_context_, torch::cat(pooled)) + b1_;
    const auto mlp = [&](const torch::Tensor& targets, const torch::Tensor& head) {
      return tail(torch::relu(torch::linear(targets, w1_target_, base)), head);
    };
    const torch::Tensor words = embedding_.index_select(0, q.titles.view(-1));
    const torch::Tensor alpha = attention(
        torch::mv(user_, pooled[0]) + torch::mv(query_, pooled[1]) + torch::mm(words, title_.t()),
        q.titles.sizes());
    const torch::Tensor ads =
        torch::bmm(alpha.unsqueeze(1), words.view({q.titles.size(0), -1, embedding_.size(1)}));
    return {mlp(embedding_.index_select(0, q.targets), main_), mlp(ads.squeeze(1), aux_)};
  }

  std::pair<torch::Tensor, torch::Tensor> folded(const TorchQuery& q) const {
    const auto pooled = pool(q);
    const torch::Tensor base = torch::mv(w1_context_, torch::cat(pooled)) + b1_;
    const torch::Tensor ids = q.titles.view(-1);
    const torch::Tensor alpha =
        attention(torch::mv(user_, pooled[0]) + torch::mv(query_, pooled[1]) +
                      fold_title_.index_select(0, ids),
                  q.titles.sizes());
    const torch::Tensor ads = torch::bmm(
        alpha.unsqueeze(1),
        fold_target_.index_select(0, ids).view({q.titles.size(0), -1, fold_target_.size(1)}));
    return {tail(fold_target_.index_select(0, q.targets).add_(base).relu_(), main_),
            tail(ads.squeeze(1).add_(base).relu_(), aux_)};
  }

  torch::Tensor dense(const torch::Tensor& x) const { return torch::linear(x, w2_, b2_).relu_(); }

 private:
  std::vector<torch::Tensor> pool(const TorchQuery& q) const {
    std::vector<torch::Tensor> out;
    for (const torch::Tensor& ids : q.groups)
      out.push_back(embedding_.index_select(0, ids).mean(0));
    return out;
  }
  torch::Tensor tail(const torch::Tensor& h, const torch::Tensor& head) const {
    return torch::sigmoid(torch::mv(dense(h), head));
  }
  torch::Tensor attention(const torch::Tensor& sums, at::IntArrayRef shape) const {
    return torch::softmax(torch::mv(torch::tanh(sums), score_).view(shape), 1);
  }

  torch::Tensor embedding_, fold_target_, fold_title_, w1_, w1_context_, w1_target_, b1_, w2_, b2_,
      main_, aux_, user_, query_, title_, score_;
};

const TorchPeer& torch_peer() {
  static const TorchPeer made;
  return made;
}

const std::vector<TorchQuery>& torch_queries() {
  static const std::vector<TorchQuery> made(model().queries().begin(), model().queries().end());
  return made;
}

using TorchWay = std::pair<torch::Tensor, torch::Tensor> (TorchPeer::*)(const TorchQuery&) const;

void torch_query(benchmark::State& state, TorchWay way) {
  const torch::NoGradGuard no_grad;
  size_t at = 0;
  for (auto _ : state) {
    const auto out = (torch_peer().*way)(torch_queries()[at++ % torch_queries().size()]);
    benchmark::DoNotOptimize(out.first.data_ptr());
  }
}

void barker_query(benchmark::State& state, Element tables, Compute compute, const KernelTable& k) {
  const PackedNetwork packed(model().network(tables, compute), k, FastNumbers::kWhereTheyExist);
  Forward forward;
  forward.bind(packed);
  QueryOutputs out;
  size_t at = 0;
  for (auto _ : state) {
    run_query(forward, packed.network(), k, model().queries()[at++ % model().queries().size()],
              out);
    benchmark::DoNotOptimize(out.targets.data());
    benchmark::ClobberMemory();
  }
}

// ---- the second layer alone

constexpr int64_t kBatch = 500;

void dense_barker(benchmark::State& state, const KernelTable& k) {
  const PackedNetwork packed(model().network(Element::kF32, Compute::kF32), k);
  const PackedLayer& layer = packed.exact_main.layers[0];
  const std::vector<float> x(kBatch * layer.in, 0.5f);
  std::vector<float> out(kBatch * layer.out);
  const MatrixView in = matrix_view(x.data(), kBatch, layer.in);
  const MatrixOut y = matrix_view(out.data(), kBatch, layer.out);
  for (auto _ : state) {
    Kernels(k).dense(layer, in, Activation::kRelu, y);
    benchmark::ClobberMemory();
  }
}

void dense_onednn(benchmark::State& state) {
  const Network n = model().network(Element::kF32, Compute::kF32);
  const DenseLayer& layer = n.mlp[1];
  const int64_t in = layer.in(), out = layer.out();
  using namespace dnnl;
  using Tag = memory::format_tag;
  engine cpu(engine::kind::cpu, 0);
  stream run(cpu);
  const memory::desc x({kBatch, in}, memory::data_type::f32, Tag::ab);
  const memory::desc w({out, in}, memory::data_type::f32, Tag::any);
  const memory::desc b({out}, memory::data_type::f32, Tag::a);
  const memory::desc y({kBatch, out}, memory::data_type::f32, Tag::ab);
  primitive_attr relu;
  post_ops ops;
  ops.append_eltwise(1.0f, algorithm::eltwise_relu, 0, 0);
  relu.set_post_ops(ops);
  const inner_product_forward::primitive_desc plan(
      inner_product_forward::desc(prop_kind::forward_inference, x, w, b, y), relu, cpu);
  memory plain({{out, in}, memory::data_type::f32, Tag::ab}, cpu,
               const_cast<float*>(layer.weight.data()));
  memory packed(plan.weights_desc(), cpu);  // in oneDNN's own layout, made once
  reorder(plain, packed).execute(run, plain, packed);
  std::vector<float> input(static_cast<size_t>(kBatch * in), 0.5f),
      output(static_cast<size_t>(kBatch * out));
  memory source(x, cpu, input.data()), bias(b, cpu, const_cast<float*>(layer.bias.data())),
      destination(y, cpu, output.data());
  inner_product_forward product(plan);
  const std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, source},
                                                     {DNNL_ARG_WEIGHTS, packed},
                                                     {DNNL_ARG_BIAS, bias},
                                                     {DNNL_ARG_DST, destination}};
  for (auto _ : state) {
    product.execute(run, arguments);
    run.wait();
    benchmark::ClobberMemory();
  }
}

void dense_eigen(benchmark::State& state) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Network n = model().network(Element::kF32, Compute::kF32);
  const DenseLayer& layer = n.mlp[1];
  const int64_t in = layer.in(), out = layer.out();
  const Matrix x = Matrix::Constant(kBatch, in, 0.5f);
  const Matrix w = Eigen::Map<const Matrix>(layer.weight.data(), out, in);
  const Eigen::RowVectorXf b = Eigen::Map<const Eigen::RowVectorXf>(layer.bias.data(), out);
  Matrix y(kBatch, out);
  for (auto _ : state) {
    y.noalias() = x * w.transpose();
    y = (y.rowwise() + b).cwiseMax(0.0f);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
}

void dense_torch(benchmark::State& state) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = torch::full({kBatch, 128}, 0.5f);
  for (auto _ : state) benchmark::DoNotOptimize(torch_peer().dense(x).data_ptr());
}

// ---- the same probabilities

bool agree(const char* name, const std::vector<float>& expected, const float* found) {
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(double{expected[i]} - double{found[i]}));
  }
  if (largest <= 1e-5) return true;
  std::fprintf(stderr, "peers_bench: %s: a probability is %g from barker's\n", name, largest);
  return false;
}

bool all_agree(OnnxPeer* onnx) {
  const torch::NoGradGuard no_grad;
  const KernelTable& k = kernels_for(supported_isas().back());
  const PackedNetwork packed(model().network(Element::kF32, Compute::kF32), k);
  Forward forward;
  forward.bind(packed);
  bool ok = true;
  for (size_t i = 0; i < 8; ++i) {
    QueryOutputs ours;
    run_query(forward, packed.network(), k, model().queries()[i], ours);
    const auto check = [&](const char* name, const std::pair<torch::Tensor, torch::Tensor>& out) {
      ok &= agree(name, ours.targets, out.first.contiguous().data_ptr<float>());
      ok &= agree(name, ours.titles, out.second.contiguous().data_ptr<float>());
    };
    check("Torch/plain", torch_peer().plain(torch_queries()[i]));
    check("Torch/split", torch_peer().split(torch_queries()[i]));
    check("Torch/folded", torch_peer().folded(torch_queries()[i]));
    if (onnx) {
      QueryOutputs theirs;
      onnx->run(model().queries()[i], theirs);
      ok &= agree("Onnx/folded", ours.targets, theirs.targets.data());
      ok &= agree("Onnx/folded", ours.titles, theirs.titles.data());
    }
  }
  return ok;
}

}  // namespace
}  // namespace barker

int main(int argc, char** argv) {
  using namespace barker;
  // What the caller says comes later and therefore wins.
  char interleaved[] = "--benchmark_enable_random_interleaving=true";
  char repeated[] = "--benchmark_repetitions=9";
  std::vector<char*> arguments(argv, argv + argc);
  arguments.insert(arguments.begin() + std::min(argc, 1), {interleaved, repeated});
  argc = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  argv = arguments.data();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 64;
  at::set_num_threads(1);
  const std::unique_ptr<OnnxPeer> onnx = OnnxPeer::open(model());
  if (!onnx) std::fprintf(stderr, "peers_bench: ONNXRUNTIME is not set: it is not compared\n");
  if (!all_agree(onnx.get())) return 1;
  const auto add = [](const std::string& name, std::function<void(benchmark::State&)> run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->MinTime(0.1);
  };
  for (const Isa isa : supported_isas()) {
    const KernelTable& k = kernels_for(isa);
    const std::string on = "/" + std::string(isa_name(isa));
    const auto barker = [&](const char* name, Element tables, Compute compute) {
      add(std::string("Barker/") + name + on,
          [=, &k](benchmark::State& s) { barker_query(s, tables, compute, k); });
    };
    barker("fp32", Element::kF32, Compute::kF32);
    barker("fp16", Element::kF16, Compute::kF32);
    if (k.has_bf16) barker("bf16", Element::kF16, Compute::kBf16);
    if (k.has_int8) barker("int8", Element::kF16, Compute::kInt8);
    add("Dense/barker" + on, [&](benchmark::State& s) { dense_barker(s, k); });
  }
  add("Torch/plain", [](benchmark::State& s) { torch_query(s, &TorchPeer::plain); });
  add("Torch/split", [](benchmark::State& s) { torch_query(s, &TorchPeer::split); });
  add("Torch/folded", [](benchmark::State& s) { torch_query(s, &TorchPeer::folded); });
  if (onnx) {
    add("Onnx/folded", [&](benchmark::State& state) {
      QueryOutputs out;
      size_t at = 0;
      for (auto _ : state) {
        onnx->run(model().queries()[at++ % model().queries().size()], out);
        benchmark::ClobberMemory();
      }
    });
  }
  add("Dense/onednn", dense_onednn);
  add("Dense/eigen", dense_eigen);
  add("Dense/torch", dense_torch);
  const std::string best(isa_name(supported_isas().back()));
  PairedReporter reporter([&](const std::string& name) {
    return (name.starts_with("Dense/") ? "Dense/barker/" : "Barker/fp16/") + best;
  });
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}
