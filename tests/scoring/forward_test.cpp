// Compares the forward pass through files, folds and kernels with the equations in double, on every
// ISA.
#include "scoring/forward.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "models/weights/weight_file.h"
#include "scoring/golden.h"
#include "tests/scoring/allocations.h"
#include "tests/scoring/golden_model.h"

namespace barker {
namespace {

struct Shape {
  const char* name;
  RandomModelOptions options;
  TableElement tables = TableElement::kF32;
  ComputeSpec compute = ComputeSpec::kF32;
};

const Shape kShapes[] = {
    {"Bm", {.auxiliary = false}},
    {"Mtdl", {}},
    {"OneLayer", {.hidden = {9}}},
    {"FourLayers", {.dim = 7, .hidden = {33, 17, 8, 5}}},
    {"PartlyFolded", {.folded = 20}},
    {"DotAlone", {.hidden = {}, .dot_dim = 16}},
    {"MlpAndDot", {.folded = 20, .dot_dim = 13}},
    {"Match", {.auxiliary = false, .history_match = true}},
    {"MatchAndDot", {.folded = 20, .dot_dim = 13, .history_match = true}},
    {"MatchDotAlone", {.hidden = {}, .dot_dim = 16, .history_match = true}},
    {"MatchInt8",
     {.hidden = {64, 48}, .history_match = true},
     TableElement::kF16,
     ComputeSpec::kInt8},
    {"MatchInputs", {.auxiliary = false, .match_inputs = true}},
    {"MatchInputsAndDot",
     {.folded = 20, .dot_dim = 13, .history_match = true, .match_inputs = true},
     TableElement::kF16},
    {"MatchInputsInt8",
     {.hidden = {64, 48}, .match_inputs = true},
     TableElement::kF16,
     ComputeSpec::kInt8},
    {"HalfTables", {.folded = 20, .dot_dim = 13}, TableElement::kF16},
    {"HalfTablesDotAlone", {.hidden = {}, .dot_dim = 32}, TableElement::kF16},
    {"Bf16", {.dim = 20, .hidden = {33, 17, 8}}, TableElement::kF32, ComputeSpec::kBf16},
    {"Int8", {.dim = 20, .hidden = {33, 17, 8}}, TableElement::kF32, ComputeSpec::kInt8},
    {"Int8AndDot", {.hidden = {64, 48}, .dot_dim = 13}, TableElement::kF16, ComputeSpec::kInt8},
};

class ForwardOn : public testing::TestWithParam<std::tuple<Shape, Isa>> {
 protected:
  ForwardOn() {
    const std::string path = temporary_path("forward.barker");
    const Shape& shape = std::get<0>(GetParam());
    ModelSpec model = random_model(5, shape.options);
    model.architecture.tables = shape.tables;
    model.architecture.compute = shape.compute;
    if (shape.compute != ComputeSpec::kF32) model.architecture.compute_bound = 1;
    const Status status = write_weight_file(model, path);
    EXPECT_TRUE(status.ok()) << status.message();
    file_ = WeightFile::open(path).value();
    packed_.emplace(Network::bind(*file_), kernels_for(std::get<1>(GetParam())),
                    FastNumbers::kWhereTheyExist);
    forward_.bind(*packed_);
  }

  // Folds are computed from exact embeddings and then rounded to binary16, so they differ from what
  // the rounded embeddings would give.
  double tolerance() const {
    return std::get<0>(GetParam()).tables == TableElement::kF16 ? 0.02 : 3e-5;
  }
  double fast_tolerance() const {
    switch (packed_->compute()) {
      case Compute::kBf16:
        return 0.15;
      case Compute::kInt8:
        return 0.25;
      default:
        return 0;
    }
  }

  std::vector<uint32_t> rows(size_t count, uint32_t below) {
    std::vector<uint32_t> out(count);
    for (uint32_t& row : out) row = static_cast<uint32_t>(random_() % below);
    return out;
  }

  std::shared_ptr<const WeightFile> file_;
  std::optional<PackedNetwork> packed_;
  const Network& network() const { return packed_->network(); }
  Forward forward_;
  std::mt19937 random_{9};
};

TEST_P(ForwardOn, AgreesWithTheEquations) {
  for (const size_t history : {0, 1, 5, 1000}) {
    const auto hist = rows(history, network().keyword_rows),
               query = rows(history % 7, network().keyword_rows);
    std::vector<uint32_t> profile;
    for (uint32_t row : {52u, 55u}) profile.push_back(row);
    const std::vector<float> weights = {0.5f, 2};
    const std::vector<Bag> groups = {{hist.data(), nullptr, hist.size()},
                                     {query.data(), nullptr, query.size()},
                                     {profile.data(), weights.data(), 2}};
    const auto targets = rows(150, network().keyword_rows);
    std::vector<std::vector<uint32_t>> title_rows;
    for (size_t i = 0; i < 70; ++i) title_rows.push_back(rows(i % 9, network().keyword_rows));
    std::vector<Bag> titles;
    for (const auto& title : title_rows) titles.push_back({title.data(), nullptr, title.size()});
    if (!network().has_auxiliary) titles.clear();

    const ReferenceOutputs expected = reference_forward(network(), groups, targets, titles);
    std::vector<float> main(targets.size()), aux(titles.size()),
        attention(expected.attention.size());
    forward_.set_context(groups);
    forward_.score_targets(targets, main.data(), Exactness::kExact);
    if (network().has_auxiliary) {
      forward_.score_titles(titles, aux.data(), attention.data(), Exactness::kExact);
    }
    for (size_t i = 0; i < main.size(); ++i) {
      EXPECT_NEAR(main[i], expected.main_logits[i], tolerance());
    }
    for (size_t i = 0; i < aux.size(); ++i) {
      EXPECT_NEAR(aux[i], expected.aux_logits[i], tolerance());
    }
    for (size_t i = 0; i < attention.size(); ++i) {
      EXPECT_NEAR(attention[i], expected.attention[i], tolerance());
    }
    std::vector<float> fast(main.size()), fast_aux(aux.size());
    forward_.score_targets(targets, fast.data());
    if (network().has_auxiliary) forward_.score_titles(titles, fast_aux.data());
    for (size_t i = 0; i < main.size(); ++i) EXPECT_NEAR(fast[i], main[i], fast_tolerance());
    for (size_t i = 0; i < aux.size(); ++i) {
      EXPECT_NEAR(fast_aux[i], aux[i], fast_tolerance());
      if (packed_->compute() == Compute::kF32) {
        EXPECT_EQ(fast_aux[i], aux[i]);
      }
    }
  }
}

TEST_P(ForwardOn, GivesTheSameLogitWhateverTheOrderOfABagUnlessItSaysHowLongAgo) {
  const bool says_how_long_ago = is_bound(network().match_inputs);
  auto hist = rows(40, network().keyword_rows);
  const std::vector<uint32_t> target = {says_how_long_ago ? hist[0] : 3};
  float first, second;
  std::vector<Bag> groups(3);
  groups[0] = {hist.data(), nullptr, hist.size()};
  forward_.set_context(groups);
  forward_.score_targets(target, &first);
  if (says_how_long_ago) {
    std::rotate(hist.begin(), hist.begin() + 1, hist.end());  // the newest is the oldest now
  } else {
    std::shuffle(hist.begin(), hist.end(), random_);
  }
  forward_.set_context(groups);
  forward_.score_targets(target, &second);
  if (says_how_long_ago) {
    EXPECT_GT(std::abs(first - second), 1e-5);
  } else {
    EXPECT_NEAR(first, second, 1e-5);
  }
}

TEST_P(ForwardOn, GivesARowTheSameBitsWhateverItIsScoredWith) {
  const auto targets = rows(70, network().keyword_rows);
  const auto hist = rows(9, network().keyword_rows);
  std::vector<Bag> groups(3);
  groups[0] = {hist.data(), nullptr, hist.size()};
  forward_.set_context(groups);
  for (const Exactness exactness : {Exactness::kFast, Exactness::kExact}) {
    std::vector<float> together(targets.size());
    forward_.score_targets(targets, together.data(), exactness);
    // A block with a row that has no fold computes all of its rows in another way, and the last
    // bits may differ.
    const bool folded =
        std::ranges::all_of(targets, [&](uint32_t row) { return row < network().folded_rows; });
    for (size_t i = 0; i < targets.size() && folded; ++i) {
      float alone;
      forward_.score_targets({&targets[i], 1}, &alone, exactness);
      EXPECT_EQ(alone, together[i]) << i;
    }
  }
}

TEST_P(ForwardOn, AllocatesNothingOnceBound) {
  ASSERT_TRUE(allocations_are_counted());
  const auto hist = rows(64, network().keyword_rows), targets = rows(500, network().keyword_rows);
  std::vector<Bag> groups(3);
  groups[0] = {hist.data(), nullptr, hist.size()};
  const std::vector<Bag> titles(50, Bag{hist.data(), nullptr, 12});
  std::vector<float> out(500);
  const long before = allocations();
  forward_.set_context(groups);
  forward_.score_targets(targets, out.data());
  if (network().has_auxiliary) forward_.score_titles(titles, out.data());
  EXPECT_EQ(allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(EveryShapeAndIsa, ForwardOn,
                         testing::Combine(testing::ValuesIn(kShapes),
                                          testing::ValuesIn(supported_isas())),
                         [](const auto& p) {
                           return std::string(std::get<0>(p.param).name) + "_" +
                                  std::string(isa_name(std::get<1>(p.param)));
                         });

Result<GoldenReport> golden_of(const ModelSpec& model) {
  const std::string path = temporary_path("golden.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  const auto file = WeightFile::open(path);
  if (!file.ok()) return file.status();
  return run_golden_vectors(
      **file, PackedNetwork(Network::bind(**file), kernels_for(supported_isas().back())));
}

TEST(GoldenVectors, PassWhenTheyAreWhatTheTrainerComputed) {
  const auto report = golden_of(model_with_golden());
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->logits, 3u);
}

TEST(GoldenVectors, FailWhenALogitOrAWeightDiffersFromTheTrainers) {
  ModelSpec wrong = model_with_golden();
  wrong.golden[0].main_logits[1] += 0.01f;
  EXPECT_NE(golden_of(wrong).status().message().find("golden[0].main_logits[1]"),
            std::string::npos);
  ModelSpec changed = model_with_golden();
  changed.tensors["head.aux.bias"][0] += 0.01f;
  EXPECT_FALSE(golden_of(changed).ok());
  ModelSpec unknown = model_with_golden();
  unknown.golden[0].candidates[0] = 99;
  EXPECT_FALSE(golden_of(unknown).ok());
}

}  // namespace
}  // namespace barker
