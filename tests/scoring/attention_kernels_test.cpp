// Compares the kernels of attention on every ISA of this machine with plain double arithmetic.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "scoring/isa.h"
#include "scoring/kernels.h"
#include "tests/scoring/kernels_on_isa.h"

namespace barker {
namespace {

class AttentionOnIsa : public KernelsOnIsa {
 protected:
  void expect_pooled_by_softmax(size_t width, size_t count, Tanh tanh);
  float tanh_of(float x, size_t width);
};

TEST_P(AttentionOnIsa, AttentionScoresFollowTanhClosely) {
  for (const size_t width : {1, 5, 8, 16, 19, 64}) {
    for (const bool half : {false, true}) {
      const TestTable table = random_table(30, width, half);
      const auto base = numbers(width), z = numbers(width);
      const auto picked = rows(14, 30);
      std::vector<float> out(14);
      k.attention_scores(table.view, picked, in(base), in(z), out_of(out));
      for (size_t j = 0; j < 14; ++j) {
        double sum = 0;
        for (size_t d = 0; d < width; ++d) {
          sum += z[d] * std::tanh(double{base[d]} + table.at(picked[j], d));
        }
        EXPECT_NEAR(out[j], sum, 1e-5 * static_cast<double>(width + 1));
      }
    }
  }
}

void AttentionOnIsa::expect_pooled_by_softmax(size_t width, size_t count, Tanh tanh) {
  const bool half = count % 2 == 0;
  const TestTable keys = random_table(30, width, half), values = random_table(30, 37, half);
  const auto base = numbers(width), z = numbers(width);
  const auto title = rows(count, 30), next = rows(20, 30);
  Scratch weights(padded_count(count));
  std::vector<float> out(37, NAN);
  k.attend(keys.view, values.view, {title.data(), nullptr, count},
           {next.data(), nullptr, next.size()}, in(base), in(z), tanh, weights.view(), out_of(out));
  std::vector<double> expected(count);
  double total = 0;
  for (size_t j = 0; j < count; ++j) {
    double score = 0;
    for (size_t d = 0; d < width; ++d) {
      score += z[d] * std::tanh(double{base[d]} + keys.at(title[j], d));
    }
    total += expected[j] = std::exp(score);
  }
  // What the rough tanh may add to each score, and so to twice that share of each weight.
  double wrong = 0;
  for (const float factor : z) wrong += tanh == Tanh::kRough ? 2 * 1.2e-4 * std::abs(factor) : 0;
  std::vector<double> pooled(37, 0.0);
  for (size_t j = 0; j < count; ++j) {
    EXPECT_NEAR(weights.view()(j), expected[j] / total, 1e-4 + wrong) << width << " " << count;
    for (size_t d = 0; d < 37; ++d) pooled[d] += expected[j] / total * values.at(title[j], d);
  }
  for (size_t d = 0; d < 37; ++d)
    EXPECT_NEAR(out[d], pooled[d], 2e-4 + 10 * wrong) << width << " " << count;
}

TEST_P(AttentionOnIsa, AttendPoolsATitleByTheSoftmaxOfItsScores) {
  for (const size_t width : {1, 5, 16, 19, 64}) {
    for (const size_t count : {0, 1, 3, 8, 12, 16, 17, 40}) {
      for (const Tanh tanh : {Tanh::kExact, Tanh::kRough}) {
        expect_pooled_by_softmax(width, count, tanh);
      }
    }
  }
}

TEST_P(AttentionOnIsa, AttendHidesNoNaNAmongTheScores) {
  const std::vector<float> numbers = {1, 2}, base = {std::numeric_limits<float>::quiet_NaN()},
                           z = {1};
  const std::vector<uint32_t> title = {0, 1, 0};
  const Table table(matrix_view<const float>(numbers.data(), 2, 1));
  Scratch weights(padded_count(3));
  std::vector<float> out(1, 0);
  for (const Tanh tanh : {Tanh::kExact, Tanh::kRough}) {
    out[0] = 0;
    k.attend(table, table, {title.data(), nullptr, 3}, {}, in(base), in(z), tanh, weights.view(),
             out_of(out));
    EXPECT_TRUE(std::isnan(out[0]));
  }
}

// Where a row stands in a vector of scores must not change the order in which it is added up.
TEST_P(AttentionOnIsa, TheScoreOfARowIsTheSameAmongWhateverRows) {
  const TestTable table = random_table(30, 70, true);
  const auto base = numbers(70), z = numbers(70);
  const auto picked = rows(37, 30);
  std::vector<float> together(37);
  k.attention_scores(table.view, picked, in(base), in(z), out_of(together));
  for (size_t j = 0; j < picked.size(); ++j) {
    float alone = NAN;
    k.attention_scores(table.view, {&picked[j], 1}, in(base), in(z), vector_view(&alone, 1));
    EXPECT_EQ(together[j], alone) << j;
  }
}

// Of a row of that width, which a kernel takes 64 numbers, one vector, or less than that at a time.
float AttentionOnIsa::tanh_of(float x, size_t width) {
  const std::vector<float> row(width, x), base(width, 0.0f);
  std::vector<float> z(width, 0.0f);
  z.back() = 1;
  const uint32_t first = 0;
  float score = 0;
  k.attention_scores(Table(matrix_view(row.data(), 1, width)), {&first, 1}, in(base), in(z),
                     vector_view(&score, 1));
  return score;
}

TEST_P(AttentionOnIsa, TanhIsWithinHalfAMillionthEverywhere) {
  for (double at = -30; at < 30; at += 0.0037) {
    const float x = static_cast<float>(at), found = tanh_of(x, 64);
    EXPECT_NEAR(found, std::tanh(double{x}), 5e-7) << x;
    EXPECT_LE(std::abs(found), 1.0f) << x;
    EXPECT_EQ(found, -tanh_of(-x, 64)) << x;
    EXPECT_EQ(found, tanh_of(x, 16)) << x;
    EXPECT_EQ(found, tanh_of(x, 3)) << x;
  }
}

TEST_P(AttentionOnIsa, TanhOfNoFiniteNumberIsWhatItShouldBe) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const size_t width : {3, 16, 64}) {
    EXPECT_NEAR(tanh_of(kInfinity, width), 1, 5e-7);
    EXPECT_EQ(tanh_of(-kInfinity, width), -tanh_of(kInfinity, width));
    EXPECT_EQ(tanh_of(std::numeric_limits<float>::max(), width), tanh_of(kInfinity, width));
    EXPECT_TRUE(std::isnan(tanh_of(std::numeric_limits<float>::quiet_NaN(), width)));
  }
}

TEST_P(AttentionOnIsa, RoughTanhIsWithinItsBoundEverywhere) {
  const std::vector<uint32_t> title = {0, 1};
  Scratch weights(padded_count(2));
  for (double x = -30; x < 30; x += 0.0037) {
    // The logarithm of the ratio of two weights is the difference of their scores: tanh(x) - 0.
    std::vector<float> keys(2 * 16, 0.0f), z(16, 0.0f), base(16, 0.0f), out(16);
    keys[7] = static_cast<float>(x);
    z[7] = 1;
    const Table table(matrix_view(std::as_const(keys).data(), 2, 16));
    k.attend(table, table, {title.data(), nullptr, 2}, {}, in(base), in(z), Tanh::kRough,
             weights.view(), out_of(out));
    const double score = std::log(double{weights.view()(0)} / weights.view()(1));
    EXPECT_NEAR(score, std::tanh(double{keys[7]}), 1.2e-4) << x;
  }
}

INSTANTIATE_TEST_SUITE_P(AllOfThisMachine, AttentionOnIsa, testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(isa_name(p.param)); });

}  // namespace
}  // namespace barker
