// Every kernel on every ISA of this machine against plain double arithmetic, over lengths and
// offsets.
#include "scoring/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace barker {
namespace {

class KernelsOnIsa : public testing::TestWithParam<Isa> {
 protected:
  const KernelTable& k = kernels_for(GetParam());
  std::mt19937 random{42};

  // `offset` shifts the data off alignment.
  std::vector<float> numbers(size_t size, size_t offset = 0) {
    std::normal_distribution<float> normal(0, 1);
    std::vector<float> values(size + offset);
    for (float& value : values) value = normal(random);
    return values;
  }
  std::vector<uint32_t> rows(size_t count, uint32_t below) {
    std::vector<uint32_t> out(count);
    for (uint32_t& row : out) row = static_cast<uint32_t>(random() % below);
    return out;
  }
};

TEST_P(KernelsOnIsa, TheTableNamesItsIsa) { EXPECT_EQ(k.isa, GetParam()); }

TEST_P(KernelsOnIsa, PoolIsTheWeightedMean) {
  for (const size_t dim : {1, 3, 8, 16, 31, 32, 64, 100}) {
    for (const size_t count : {0, 1, 2, 7, 64, 1000}) {
      for (const bool weighted : {false, true}) {
        const auto table = numbers(40 * dim);
        const auto bag = rows(count, 40);
        std::vector<float> weights(count), out(dim, 7);
        for (float& w : weights) w = static_cast<float>(random() % 5);
        k.pool(table.data(), dim, bag.data(), weighted ? weights.data() : nullptr, count,
               out.data());
        double total = 0;
        for (size_t i = 0; i < count; ++i) total += weighted ? weights[i] : 1;
        for (size_t d = 0; d < dim; ++d) {
          double sum = 0;
          for (size_t i = 0; i < count; ++i)
            sum += (weighted ? weights[i] : 1.0) * table[bag[i] * dim + d];
          EXPECT_NEAR(out[d], total > 0 ? sum / total : 0, 2e-5) << dim << " " << count;
        }
      }
    }
  }
}

TEST_P(KernelsOnIsa, DenseIsTheProductOfEveryShapeAndOffset) {
  for (const size_t batch : {0, 1, 2, 3, 5, 7, 64}) {
    for (const size_t in : {1, 4, 15, 16, 17, 64, 96}) {
      for (const size_t out_size : {1, 3, 4, 5, 33}) {
        for (const size_t offset : {0, 1, 3}) {
          const int relu = static_cast<int>(random() % 2);
          const size_t w_stride = in + 5;
          const auto x = numbers(batch * in, offset), w = numbers(out_size * w_stride, offset),
                     b = numbers(out_size);
          std::vector<float> out(batch * out_size);
          k.dense(x.data() + offset, in, w.data() + offset, w_stride, b.data(), batch, in, out_size,
                  relu, out.data(), out_size);
          for (size_t m = 0; m < batch; ++m) {
            for (size_t o = 0; o < out_size; ++o) {
              double sum = b[o];
              for (size_t i = 0; i < in; ++i)
                sum += double{x[offset + m * in + i]} * w[offset + o * w_stride + i];
              EXPECT_NEAR(out[m * out_size + o], relu ? std::max(0.0, sum) : sum, 1e-4);
            }
          }
        }
      }
    }
  }
}

TEST_P(KernelsOnIsa, DotIsTheInnerProduct) {
  for (size_t size = 0; size < 150; ++size) {
    const auto x = numbers(size, 1), y = numbers(size, 2);
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += double{x[i + 1]} * y[i + 2];
    EXPECT_NEAR(k.dot(x.data() + 1, y.data() + 2, size), sum, 1e-4);
  }
}

TEST_P(KernelsOnIsa, FoldedFirstLayerAddsAndClamps) {
  for (const size_t width : {1, 7, 16, 40, 128}) {
    const auto table = numbers(30 * width), base = numbers(width);
    const auto picked = rows(25, 30);
    std::vector<float> h(25 * width);
    k.folded_first_layer(table.data(), width, picked.data(), 25, base.data(), h.data());
    for (size_t i = 0; i < 25; ++i) {
      for (size_t d = 0; d < width; ++d) {
        EXPECT_FLOAT_EQ(h[i * width + d], std::max(0.0f, base[d] + table[picked[i] * width + d]));
      }
    }
  }
}

TEST_P(KernelsOnIsa, AttentionScoresFollowTanhClosely) {
  for (const size_t width : {1, 5, 8, 16, 19, 64}) {
    const auto table = numbers(30 * width), base = numbers(width), z = numbers(width);
    const auto picked = rows(12, 30);
    std::vector<float> out(12);
    k.attention_scores(table.data(), width, picked.data(), 12, base.data(), z.data(), out.data());
    for (size_t j = 0; j < 12; ++j) {
      double sum = 0;
      for (size_t d = 0; d < width; ++d)
        sum += z[d] * std::tanh(double{base[d]} + table[picked[j] * width + d]);
      EXPECT_NEAR(out[j], sum, 1e-5 * static_cast<double>(width + 1));
    }
  }
}

TEST_P(KernelsOnIsa, TanhIsWithinHalfAMillionthEverywhere) {
  const uint32_t row = 0;
  const float base = 0, z = 1;
  for (double x = -30; x < 30; x += 0.0037) {
    const float value = static_cast<float>(x);
    float out;
    k.attention_scores(&value, 1, &row, 1, &base, &z, &out);
    EXPECT_NEAR(out, std::tanh(double{value}), 5e-7) << x;
  }
}

TEST_P(KernelsOnIsa, SoftmaxSumsToOneAndSurvivesLargeNumbers) {
  std::vector<float> values = {1000, 999, -1000};
  k.softmax(values.data(), values.size());
  EXPECT_NEAR(values[0] + values[1] + values[2], 1, 1e-6);
  EXPECT_NEAR(values[0] / values[1], std::exp(1.0), 1e-4);
  k.softmax(nullptr, 0);
}

TEST_P(KernelsOnIsa, SigmoidSaturatesWithoutNan) {
  std::vector<float> values = {-1000, 0, 1000};
  k.sigmoid(values.data(), 3, 1, 0, values.data());
  EXPECT_EQ(values, (std::vector<float>{0, 0.5f, 1}));
}

INSTANTIATE_TEST_SUITE_P(AllOfThisMachine, KernelsOnIsa, testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(isa_name(p.param)); });

TEST(ChooseIsa, TakesTheBestOrTheNamedOneAndRefusesOthers) {
  EXPECT_EQ(*choose_isa(""), supported_isas().back());
  EXPECT_EQ(*choose_isa("baseline"), Isa::kBaseline);
  EXPECT_EQ(choose_isa("sse9").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace barker
