// How fast the trainer passes over instances, from 10^5 to 10^7 of them, and beside it the same
// network as one would write it down: libtorch modules, torch::optim::Adam, batches from arrays in
// memory. Counters: instances per second, and the process's own memory (RssAnon) at the end. And
// what a second thread gains.
#include <benchmark/benchmark.h>
#include <torch/torch.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <random>

#include "models/simulate/click_world.h"
#include "models/train/batch.h"
#include "models/train/trainer.h"

namespace barker {
namespace {

// A click world with about `instances` training SFs; a bar and one ad in every search.
std::shared_ptr<const Dataset> world(int64_t instances) {
  static std::map<int64_t, std::shared_ptr<const Dataset>> made;
  if (auto& known = made[instances]; known) return known;
  ClickWorldOptions options;
  options.users = static_cast<uint32_t>(static_cast<double>(instances) / (13 * 4 * 0.8));
  options.bar_share = 1e6;  // every search
  options.ads_per_search = 1;
  const std::string path = "/tmp/barker-train-bench." + std::to_string(getpid());
  auto builder = DatasetBuilder::create(path, {}, {});
  const ClickWorld click_world(options);
  if (!builder.ok() ||
      !click_world.generate([&](const SearchEvent& e) { return builder->add(e); }).ok() ||
      !builder->finish("bench").ok()) {
    std::abort();
  }
  made[instances] = Dataset::open(path).value();
  std::remove(path.c_str());
  return made[instances];
}

double own_memory_mib() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(8)) / 1024;
  }
  return 0;
}

TrainOptions options_of(const std::string& model) {
  TrainOptions options;
  options.model.name = model;
  options.model.dot = DotHead::kNone;
  options.max_epochs = 1;
  options.cool_down.epochs = 0;
  options.init = Initialisation::kNoise;
  options.calibrate = false;
  return options;
}

void report(benchmark::State& state, double instances, double seconds) {
  state.counters["instances/s"] = instances / seconds;
  state.counters["own_MiB"] = own_memory_mib();
  state.SetIterationTime(seconds);
}

double instances_per_second(const Dataset& data, const TrainOptions& options) {
  double rate = 0;
  RunOptions run;
  run.on_epoch = [&](const EpochReport& e) { rate = e.instances_per_second; };
  if (!train(data, options, run).ok()) std::abort();
  return rate;
}

void BM_Trainer(benchmark::State& state, const char* model) {
  const auto data = world(state.range(0));
  const TrainOptions options = options_of(model);
  for (auto _ : state) {
    const double rate = instances_per_second(*data, options);
    auto instances = static_cast<double>(data->instances_of(Split::kTrain, Task::kMain));
    if (options.model.auxiliary()) {
      instances += static_cast<double>(data->instances_of(Split::kTrain, Task::kAuxiliary));
    }
    report(state, instances, instances / rate);
  }
}

// One thread and two in turn: the median ratio of their speeds, and the speed of one.
void BM_TwoThreads(benchmark::State& state) {
  constexpr size_t kPairs = 7;
  const auto data = world(300'000);
  TrainOptions options = options_of("AMTDL");
  options.model.dot = DotHead::kAdded;
  options.batch_searches = static_cast<uint32_t>(state.range(0));
  for (auto _ : state) {
    std::vector<double> ratios, alone;
    for (size_t pair = 0; pair < kPairs; ++pair) {
      options.threads = 1;
      alone.push_back(instances_per_second(*data, options));
      options.threads = 2;
      ratios.push_back(instances_per_second(*data, options) / alone.back());
    }
    std::ranges::sort(ratios);
    std::ranges::sort(alone);
    state.counters["ratio"] = ratios[kPairs / 2];
    state.counters["least"] = ratios.front();
    state.counters["most"] = ratios.back();
    state.counters["instances/s of one"] = alone[kPairs / 2];
  }
}

// BM as its equations say it, one row an instance.
struct PlainNetwork : torch::nn::Module {
  PlainNetwork(int64_t rows, const ModelOptions& o) {
    embedding = register_parameter("embedding", torch::randn({rows, o.dim}) * 0.3);
    first = register_module("first", torch::nn::Linear(3 * o.dim, o.hidden[0]));
    second = register_module("second", torch::nn::Linear(o.hidden[0], o.hidden[1]));
    head = register_module("head", torch::nn::Linear(o.hidden[1], 1));
  }
  torch::Tensor pooled(const Bags& bags, const torch::Tensor& rows) {
    const torch::Tensor values = rows.index_select(0, torch::tensor(bags.values));
    return std::get<0>(
        torch::embedding_bag(embedding, values, torch::tensor(bags.offsets), false, 1));
  }
  torch::Tensor forward(const Batch& b) {
    const torch::Tensor rows = torch::tensor(b.rows);
    const torch::Tensor context =
        torch::cat({pooled(b.groups[0], rows), pooled(b.groups[1], rows)}, 1);
    const torch::Tensor target =
        torch::embedding(embedding, rows.index_select(0, torch::tensor(b.target)));
    torch::Tensor x = torch::cat({context.index_select(0, torch::tensor(b.search)), target}, 1);
    x = torch::dropout(x, 0.1, true);
    return head->forward(torch::relu(second->forward(torch::relu(first->forward(x))))).squeeze(1);
  }
  torch::Tensor embedding;
  torch::nn::Linear first{nullptr}, second{nullptr}, head{nullptr};
};

void BM_PlainLibtorch(benchmark::State& state) {
  const auto data = world(state.range(0));
  TrainOptions options = options_of("BM");
  const ModelPlan plan = make_plan(*data, options.model).value();
  at::set_num_threads(1);
  for (auto _ : state) {
    // Batches lie ready: what is timed is the network.
    std::vector<Batch> batches;
    BatchMaker maker(*data, plan, options);
    const auto all = data->searches_of(Split::kTrain, Task::kMain);
    std::vector<uint32_t> order(all.begin(), all.end());
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    for (size_t i = 0; i < order.size(); i += options.batch_searches) {
      const size_t count = std::min<size_t>(options.batch_searches, order.size() - i);
      batches.push_back(maker.make(Task::kMain, {order.data() + i, count}, std::nullopt));
    }
    PlainNetwork network(plan.rows(), options.model);
    torch::optim::Adam adam(network.parameters(), 2e-3);
    const auto began = std::chrono::steady_clock::now();
    for (const Batch& batch : batches) {
      adam.zero_grad();
      torch::binary_cross_entropy_with_logits(network.forward(batch), torch::tensor(batch.clicked))
          .backward();
      adam.step();
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    report(state, static_cast<double>(data->instances_of(Split::kTrain, Task::kMain)), seconds);
  }
}

BENCHMARK_CAPTURE(BM_Trainer, BM, "BM")
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(BM_Trainer, MTDL, "MTDL")
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);
BENCHMARK(BM_TwoThreads)->Arg(256)->Arg(1024)->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(BM_PlainLibtorch)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace barker
