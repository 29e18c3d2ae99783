#include "models/train/torch_network.h"

#include <gtest/gtest.h>

#include <set>

#include "models/base/random.h"
#include "models/evaluate/score.h"
#include "models/train/click_loss_torch.h"
#include "models/train/freeze_torch.h"
#include "models/train/judge_torch.h"
#include "scoring/isa.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

struct Architecture {
  const char* name;
  const char* model;
  bool user_id;
  DotHead dot;
  bool exact_match = false, match_inputs = false;
};

const Architecture kArchitectures[] = {
    {"Bm", "BM", false, DotHead::kNone},
    {"Mtdl", "MTDL", false, DotHead::kNone},
    {"Amtdl", "AMTDL", false, DotHead::kNone},
    {"Abm", "ABM", false, DotHead::kNone},
    {"AmtdlUserId", "AMTDL", true, DotHead::kNone},
    {"BmDotAdded", "BM", false, DotHead::kAdded},
    {"AmtdlUserIdDotAdded", "AMTDL", true, DotHead::kAdded},
    {"AmtdlUserIdDotAlone", "AMTDL", true, DotHead::kAlone},
    {"BmMatch", "BM", false, DotHead::kNone, true},
    {"AmtdlDotAddedMatch", "AMTDL", false, DotHead::kAdded, true},
    {"MtdlDotAloneMatch", "MTDL", false, DotHead::kAlone, true},
    {"BmInputs", "BM", false, DotHead::kNone, false, true},
    {"AmtdlDotAddedMatchAndInputs", "AMTDL", false, DotHead::kAdded, true, true},
};

// Random searches with everything that is rare: empty bags, unknown users and keywords, titles of
// one word, histories of 1,000 keywords, weights.
std::shared_ptr<const Dataset> odd_searches() {
  Random random(11, 1);
  const std::string path = temporary_path("odd.data");
  auto builder = DatasetBuilder::create(path, {}, {});
  EXPECT_TRUE(builder.ok());
  const auto word = [&](bool known) {
    return (known ? "w" : "new") + std::to_string(random.below(300));
  };
  for (int i = 0; i < 2600; ++i) {
    const bool train = i < 1200;
    SearchEvent event;
    event.time = i;
    event.split = train ? Split::kTrain : Split::kTest;
    event.user = "u" + std::to_string(random.below(train ? 50 : 200));
    event.query_keywords.emplace();
    for (uint64_t n = random.below(4); n > 0; --n)
      event.query_keywords->push_back(word(train || random.chance(0.7)));
    event.user_keywords.emplace();
    const uint64_t length = random.chance(0.3) ? 0 : random.chance(0.05) ? 1000 : random.below(30);
    for (uint64_t n = 0; n < length; ++n)
      event.user_keywords->push_back(word(train || random.chance(0.8)));
    FeatureGroup tags{"tags", {}}, profile{"profile", {}};
    for (uint64_t n = random.below(3); n > 0; --n) {
      tags.tokens.push_back(std::to_string(random.below(20)));
      tags.weights.push_back(static_cast<float>(random.uniform() * 3));
    }
    if (random.chance(0.8)) profile.tokens.push_back("age=" + std::to_string(random.below(5)));
    event.groups = {tags, profile};
    for (int s = 0; s < 4; ++s) {
      event.sfs.push_back({"w" + std::to_string(random.below(300)), random.chance(0.3)});
    }
    for (int a = 0; a < 4; ++a) {
      AdImpression ad;
      for (uint64_t n = random.chance(0.2) ? 1 : random.below(12); n > 0; --n)
        ad.keywords.push_back(word(train || random.chance(0.8)));
      ad.clicked = random.chance(0.3);
      event.ads.push_back(std::move(ad));
    }
    EXPECT_TRUE(builder->add(event).ok());
  }
  EXPECT_TRUE(builder->finish("odd").ok());
  const auto data = Dataset::open(path);
  std::remove(path.c_str());
  return *data;
}

class EveryArchitecture : public ::testing::TestWithParam<Architecture> {
 protected:
  static TrainOptions options() {
    TrainOptions o = quick_options(GetParam().model);
    o.model.user_id = GetParam().user_id;
    o.model.dot = GetParam().dot;
    o.model.exact_match = GetParam().exact_match;
    o.model.match_inputs = GetParam().match_inputs;
    o.model.history_length = 1000;
    o.calibrate = false;  // raw outputs are compared
    return o;
  }
};

// 5,600 SFs and 5,600 ads are scored by libtorch and by the serving kernels of every ISA.
TEST_P(EveryArchitecture, ScoresTheSameInTheKernelsAsInLibtorch) {
  static const std::shared_ptr<const Dataset> data = odd_searches();
  const TrainOptions o = options();
  const ModelPlan plan = make_plan(*data, o.model).value();
  const TorchNetwork network(plan, o);
  if (o.model.exact_match) {  // it starts at zero, which would hide a difference
    const torch::NoGradGuard no_grad;
    torch::Tensor match = network.at("match.weight");
    match.copy_(torch::tensor({0.7f, -3.0f}));
  }
  torch::manual_seed(4);
  torch::Tensor table = torch::randn({plan.rows(), static_cast<int64_t>(o.model.dim)});
  table[plan.unknown_row()].zero_();
  ModelSpec model = freeze(*data, plan, o, network, table);
  // Buckets that no user of the training split falls into are zero in the file, so they must be
  // zero here.
  table.slice(0, 0, plan.unknown_row())
      .copy_(torch::tensor(model.tensors.at("embedding")).view({plan.unknown_row(), -1}));
  const std::string path = temporary_path("parity.barker");
  model.card.name = "parity";
  const Status written = write_weight_file(model, path);
  ASSERT_TRUE(written.ok()) << written.message();
  const auto file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  std::remove(path.c_str());
  BatchMaker batches(*data, plan, o);
  uint64_t compared = 0;
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    if (task == Task::kAuxiliary && !o.model.auxiliary()) continue;
    const std::vector<float> logits =
        predict_logits(network, table, batches, task, data->searches_of(Split::kTest, task));
    for (const Isa isa : supported_isas()) {
      const auto served = score_dataset(**file, kernels_for(isa), *data, Split::kTest, task, -1);
      ASSERT_TRUE(served.ok());
      ASSERT_EQ(served->size(), logits.size());
      for (size_t i = 0; i < logits.size(); ++i) {
        if ((*served)[i] == -1) continue;  // unknown to the model
        const double p = 1 / (1 + std::exp(-double{logits[i]}));
        ASSERT_NEAR((*served)[i], p, 1e-6) << isa_name(isa) << " instance " << i;
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 5000u);
}

TEST_P(EveryArchitecture, MovesOnlyTheParametersOfTheTask) {
  const auto data = small_world();
  const TrainOptions o = options();
  const ModelPlan plan = make_plan(*data, o.model).value();
  const TorchNetwork network(plan, o);
  BatchMaker batches(*data, plan, o);
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    if (task == Task::kAuxiliary && !o.model.auxiliary()) continue;
    const Batch batch =
        batches.make(task, data->searches_of(Split::kTrain, task).first(20), std::nullopt);
    torch::Tensor table =
        torch::randn({static_cast<int64_t>(batch.rows.size()), static_cast<int64_t>(o.model.dim)});
    table.set_requires_grad(true);
    std::vector<torch::Tensor> inputs = {table};
    for (const Parameter& p : network.parameters()) inputs.push_back(p.value);
    const auto gradients = torch::autograd::grad({network.logits(batch, table).sum()}, inputs, {},
                                                 c10::nullopt, false, true);
    std::set<std::string> moved;
    for (size_t i = 1; i < gradients.size(); ++i) {
      if (gradients[i].defined()) moved.insert(network.parameters()[i - 1].name);
    }
    const bool main = task == Task::kMain;
    for (const char* name : {"head.aux.weight", "head.aux.bias", "attention.user",
                             "attention.query", "attention.title", "attention.score"}) {
      EXPECT_FALSE(main && moved.contains(name)) << name;
    }
    for (const char* name : {"head.main.weight", "head.main.bias", "dot.target.popularity",
                             "match.weight", "match.inputs"}) {
      EXPECT_FALSE(!main && moved.contains(name)) << name;
    }
    EXPECT_TRUE(gradients[0].defined()) << "embeddings are shared";
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryArchitecture, ::testing::ValuesIn(kArchitectures),
                         [](const ::testing::TestParamInfo<Architecture>& about) {
                           return std::string(about.param.name);
                         });

TEST(TorchNetwork, CountsThePlaceInTheBarInTrainingAlone) {
  const auto data = small_world();
  TrainOptions o = quick_options("AMTDL");
  o.position_correction = true;
  const ModelPlan plan = make_plan(*data, o.model).value();
  const TorchNetwork network(plan, o);
  BatchMaker batches(*data, plan, o);
  const Batch batch = batches.make(
      Task::kMain, data->searches_of(Split::kTrain, Task::kMain).first(30), std::nullopt);
  const torch::Tensor table =
      torch::randn({static_cast<int64_t>(batch.rows.size()), static_cast<int64_t>(o.model.dim)});
  const torch::NoGradGuard no_grad;
  torch::Tensor position = network.at("position");
  position.fill_(1);
  EXPECT_TRUE(torch::allclose(network.training_logits(batch, table).instances,
                              network.logits(batch, table) + 1, 1e-4, 1e-4));
}

// Compares autograd with central differences, for Eq. 11-13 and all the rest.
TEST(TorchNetwork, HasTheGradientOfItsOutput) {
  const auto data = small_world();
  TrainOptions o = quick_options("AMTDL");
  o.model.dot = DotHead::kAdded;
  const ModelPlan plan = make_plan(*data, o.model).value();
  const TorchNetwork network(plan, o);
  BatchMaker batches(*data, plan, o);
  const Batch batch = batches.make(
      Task::kAuxiliary, data->searches_of(Split::kTrain, Task::kAuxiliary).first(6), std::nullopt);
  torch::manual_seed(1);
  torch::Tensor table =
      torch::randn({static_cast<int64_t>(batch.rows.size()), static_cast<int64_t>(o.model.dim)});
  table.set_requires_grad(true);
  for (const char* name : {"attention.user", "attention.title", "attention.score", "table"}) {
    const bool is_table = std::string(name) == "table";
    torch::Tensor value = is_table ? table : network.at(name);
    const torch::Tensor gradient =
        torch::autograd::grad({torch::sigmoid(network.logits(batch, table)).sum()}, {value})[0];
    const torch::NoGradGuard no_grad;
    for (int64_t i = 0; i < value.numel(); i += value.numel() / 7 + 1) {
      float* entry = value.data_ptr<float>() + i;
      const float kept = *entry, step = 1e-2f;
      const auto output = [&](float at) {
        *entry = at;
        return torch::sigmoid(network.logits(batch, table)).sum().item<double>();
      };
      const double numeric = (output(kept + step) - output(kept - step)) / (2 * step);
      *entry = kept;
      EXPECT_NEAR(gradient.view(-1)[i].item<double>(), numeric, 2e-3 + 0.02 * std::abs(numeric))
          << name << " entry " << i;
    }
  }
}

// The title and two selling points are the possible causes of a click on the first ad; the second
// one has no selling points and was not clicked.
TEST(ClickLoss, DividesAClickByTheResponsibilityOfEachCause) {
  Batch batch;
  batch.task = Task::kAuxiliary;
  batch.clicked = {1, 0};
  batch.points.instance = {0, 0};
  const torch::Tensor titles = torch::tensor({-1.0f, -2.0f}).set_requires_grad(true);
  const torch::Tensor points = torch::tensor({0.5f, -3.0f}).set_requires_grad(true);
  const torch::Tensor loss = click_loss(batch, {titles, points, {}});
  const auto gradient = torch::autograd::grad({loss}, {titles, points});
  const auto sigma = [](double z) { return 1 / (1 + std::exp(-z)); };
  const double click = 1 - (1 - sigma(-1)) * (1 - sigma(0.5)) * (1 - sigma(-3));
  EXPECT_NEAR(loss.item<double>(), -std::log(click) - std::log(1 - sigma(-2)), 1e-5);
  for (const auto& [found, z] :
       {std::pair(gradient[0][0], -1.0), {gradient[1][0], 0.5}, {gradient[1][1], -3.0}}) {
    EXPECT_NEAR(found.item<double>(), sigma(z) - sigma(z) / click, 1e-5);
  }
  EXPECT_NEAR(gradient[0][1].item<double>(), sigma(-2), 1e-5);
}

TEST(ClickLoss, ExplainsAMissingClickByAPlaceThatNobodyLookedAt) {
  Batch batch;
  batch.task = Task::kAuxiliary;
  batch.clicked = {1, 0, 0};
  batch.weight = {1, 2, 1};
  // The last one would be infinite if its place were not known to be looked at seldom.
  const torch::Tensor titles = torch::tensor({0.0f, 0.0f, 200.0f});
  const torch::Tensor examined = torch::tensor({0.25f, 0.25f, 0.5f});
  const double loss = click_loss(batch, {titles, {}, torch::log(examined)}).item<double>();
  EXPECT_NEAR(loss, -std::log(0.125) - 2 * std::log(1 - 0.125) - std::log(0.5), 1e-5);
}

}  // namespace
}  // namespace barker
