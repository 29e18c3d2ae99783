// Compares every kernel on every ISA of this machine with plain double arithmetic, over lengths and
// alignments.
#include "scoring/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "scoring/packed_network.h"
#include "tests/scoring/kernels_on_isa.h"

namespace barker {
namespace {

TEST_P(KernelsOnIsa, TheTableNamesItsIsa) { EXPECT_EQ(k.table().isa, GetParam()); }

TEST_P(KernelsOnIsa, PoolIsTheWeightedMean) {
  for (const size_t dim : {1, 3, 8, 16, 31, 32, 64, 100, 128, 200}) {
    for (const size_t count : {0, 1, 2, 7, 64, 1000}) {
      for (const bool weighted : {false, true}) {
        for (const bool half : {false, true}) {
          const TestTable table = random_table(40, dim, half);
          const auto bag = rows(count, 40);
          std::vector<float> weights(count), out(dim, 7);
          for (float& w : weights) w = static_cast<float>(random() % 5);
          k.pool(table.view, {bag.data(), weighted ? weights.data() : nullptr, count}, out_of(out));
          double total = 0;
          for (size_t i = 0; i < count; ++i) total += weighted ? weights[i] : 1;
          for (size_t d = 0; d < dim; ++d) {
            double sum = 0;
            for (size_t i = 0; i < count; ++i) {
              sum += (weighted ? weights[i] : 1.0) * table.at(bag[i], d);
            }
            EXPECT_NEAR(out[d], total > 0 ? sum / total : 0, 2e-5) << dim << " " << count;
          }
        }
      }
    }
  }
}

DenseLayer layer_of(const std::vector<float>& weight, const std::vector<float>& bias) {
  return {matrix_view(weight.data(), bias.size(), weight.size() / bias.size()), in(bias)};
}

// A network of dense layers without a file around it.
Network network_of(const std::vector<DenseLayer>& mlp, const std::vector<float>& head,
                   Compute compute) {
  Network n;
  n.dim = 1;
  n.mlp = mlp;
  n.main_weight = in(head);
  n.main_bias = 0.25f;
  n.compute = compute;
  return n;
}

TEST_P(KernelsOnIsa, DenseIsTheMatrixProductForEveryShape) {
  for (const uint32_t in_size : {1, 4, 15, 16, 17, 64, 96}) {
    for (const uint32_t out_size : {1, 3, 16, 33, 64, 100, 200}) {
      const auto first = numbers(in_size), first_bias = numbers(in_size),
                 w = numbers(out_size * in_size), b = numbers(out_size), head = numbers(out_size);
      // The second layer is the one under test; the first one only gives it its inputs' shape.
      const PackedNetwork packed(
          network_of({layer_of(first, first_bias), layer_of(w, b)}, head, Compute::kF32),
          k.table());
      for (const size_t batch : {0, 1, 2, 3, 4, 5, 6, 7, 64}) {
        for (const bool relu : {false, true}) {
          const auto x = numbers(batch * in_size, 1);
          const size_t stride = out_size + 3;
          std::vector<float> out(batch * stride, 99);
          k.dense(packed.exact_main.layers[0], matrix_view(x.data() + 1, batch, in_size),
                  relu ? Activation::kRelu : Activation::kNone,
                  matrix_view(out.data(), batch, stride));
          for (size_t m = 0; m < batch; ++m) {
            for (size_t o = 0; o < out_size; ++o) {
              double sum = b[o];
              for (size_t i = 0; i < in_size; ++i) {
                sum += double{x[1 + m * in_size + i]} * w[o * in_size + i];
              }
              EXPECT_NEAR(out[m * stride + o], relu ? std::max(0.0, sum) : sum, 1e-4);
            }
            for (size_t o = out_size; o < stride; ++o) EXPECT_EQ(out[m * stride + o], 99);
          }
        }
      }
    }
  }
}

// An activation or a weight, rounded as a layer of this format rounds it.
double rounded(double value, Compute compute, double scale) {
  if (compute == Compute::kInt8) return scale > 0 ? std::nearbyint(value / scale) * scale : 0;
  if (compute == Compute::kF32) return value;
  const int exponent = std::ilogb(value == 0 ? 1 : value);
  return std::ldexp(std::nearbyint(std::ldexp(value, 7 - exponent)), exponent - 7);
}

TEST_P(KernelsOnIsa, ScoreRowsRunsTheLayersInTheirNumberFormat) {
  for (const Compute compute : {Compute::kF32, Compute::kBf16, Compute::kInt8}) {
    if (!k.has(compute)) continue;
    for (const std::vector<uint32_t>& sizes :
         std::vector<std::vector<uint32_t>>{{16}, {9, 5}, {128, 64}, {40, 33, 17}, {64, 200, 3}}) {
      for (const bool half : {false, true}) {
        std::vector<std::vector<float>> weights, biases;
        std::vector<DenseLayer> mlp;
        uint32_t width = 1;
        for (const uint32_t out : sizes) {
          weights.push_back(numbers(size_t{width} * out));
          biases.push_back(numbers(out));
          width = out;
        }
        for (size_t l = 0; l < sizes.size(); ++l) mlp.push_back(layer_of(weights[l], biases[l]));
        const auto head = numbers(width), base = numbers(sizes[0]);
        const PackedNetwork packed(network_of(mlp, head, compute), k.table(),
                                   FastNumbers::kWhereTheyExist);
        const TestTable table = random_table(50, sizes[0], half);
        Scratch scratch(scratch_size(packed.stride));
        for (const size_t count : {0, 1, 4, 5, 6, 7, 50}) {
          const auto picked = rows(count, 50);
          std::vector<float> logits(count, 1.5f);
          k.score_rows(table.view, picked, in(base), packed.fast_main, scratch.view(),
                       out_of(logits));
          for (size_t i = 0; i < count; ++i) {
            std::vector<double> h(sizes[0]);
            for (size_t d = 0; d < h.size(); ++d) {
              h[d] = std::max(0.0f, base[d] + static_cast<float>(table.at(picked[i], d)));
            }
            for (size_t l = 1; l < mlp.size(); ++l) {
              const double x_scale = *std::ranges::max_element(h) / 127;
              std::vector<double> next(mlp[l].out());
              for (uint32_t o = 0; o < mlp[l].out(); ++o) {
                double largest = 0;
                for (uint32_t d = 0; d < mlp[l].in(); ++d) {
                  largest = std::max(largest, std::abs(double{mlp[l].weight(o, d)}));
                }
                double sum = mlp[l].bias(o);
                for (uint32_t d = 0; d < mlp[l].in(); ++d) {
                  sum += rounded(h[d], compute, x_scale) *
                         rounded(mlp[l].weight(o, d), compute, largest / 127);
                }
                next[o] = std::max(0.0, sum);
              }
              h = next;
            }
            double logit = 1.5 + 0.25;
            for (size_t d = 0; d < h.size(); ++d) logit += h[d] * head[d];
            // A rounding error in float may tip an activation to the next int8 or bfloat16.
            const double tolerance = compute == Compute::kF32 ? 5e-4 : 0.05;
            EXPECT_NEAR(logits[i], logit, tolerance * std::max(1.0, std::abs(logit)))
                << static_cast<int>(compute) << " " << sizes.size() << " " << i;
          }
        }
      }
    }
  }
}

// A NaN must reach the logit, where the plugin finds it. Where one operand of a maximum is NaN, the
// vector units give the second one, whichever it is.
TEST_P(KernelsOnIsa, NoActivationHidesANaN) {
  for (const uint32_t width : {1, 16, 33}) {
    const std::vector<float> ones(width, 1), weight(width * width, 1);
    const PackedNetwork packed(
        network_of({layer_of(ones, ones), layer_of(weight, ones)}, ones, Compute::kF32), k.table());
    std::vector<float> x(width, 1), out(width, 0), logit(1, 0);
    x[width / 2] = std::numeric_limits<float>::quiet_NaN();
    k.dense(packed.exact_main.layers[0], matrix_view<const float>(x.data(), 1, width),
            Activation::kRelu, matrix_view(out.data(), 1, width));
    for (const float y : out) EXPECT_TRUE(std::isnan(y)) << width;
    Scratch scratch(scratch_size(packed.stride));
    const uint32_t row = 0;
    k.score_rows(Table(matrix_view<const float>(x.data(), 1, width)), {&row, 1}, in(ones),
                 packed.exact_main, scratch.view(), vector_view(logit.data(), 1));
    EXPECT_TRUE(std::isnan(logit[0])) << width;
  }
}

TEST_P(KernelsOnIsa, DotRowsAddsTheInnerProductAndTheBias) {
  for (const size_t width : {1, 3, 16, 31, 64, 100}) {
    for (const bool half : {false, true}) {
      const TestTable table = random_table(30, width, half);
      const auto x = numbers(width), bias = numbers(30);
      const auto picked = rows(25, 30);
      for (const bool biased : {false, true}) {
        std::vector<float> logits(25, 2);
        k.dot_rows(table.view, picked, in(x), biased ? in(bias) : no_tensor<VectorView>(),
                   out_of(logits));
        for (size_t i = 0; i < 25; ++i) {
          double sum = 2 + (biased ? bias[picked[i]] : 0);
          for (size_t d = 0; d < width; ++d) sum += x[d] * table.at(picked[i], d);
          EXPECT_NEAR(logits[i], sum, 1e-4);
        }
      }
    }
  }
}

TEST_P(KernelsOnIsa, CosineIsTheCosine) {
  for (const size_t width : {1, 7, 16, 64, 70}) {
    const TestTable table = random_table(3, width, true);
    double xy = 0, xx = 0, yy = 0;
    for (size_t d = 0; d < width; ++d) {
      xy += table.at(0, d) * table.at(2, d);
      xx += table.at(0, d) * table.at(0, d);
      yy += table.at(2, d) * table.at(2, d);
    }
    EXPECT_NEAR(k.cosine(table.view, 0, 2), xy / std::sqrt(xx * yy), 1e-5);
  }
  const std::vector<float> zero(8, 0.0f);
  EXPECT_EQ(k.cosine(Table(matrix_view(zero.data(), 2, 4)), 0, 1), 0);
}

TEST_P(KernelsOnIsa, SoftmaxSumsToOneAndSurvivesLargeNumbers) {
  std::vector<float> values = {1000, 999, -1000};
  k.softmax(out_of(values));
  EXPECT_NEAR(values[0] + values[1] + values[2], 1, 1e-6);
  EXPECT_NEAR(values[0] / values[1], std::exp(1.0), 1e-4);
  k.softmax(no_tensor<VectorOut>());
}

TEST_P(KernelsOnIsa, SigmoidSaturatesWithoutNan) {
  std::vector<float> values = {-1000, 0, 1000};
  k.sigmoid(in(values), 1, 0, out_of(values));
  EXPECT_EQ(values, (std::vector<float>{0, 0.5f, 1}));
}

INSTANTIATE_TEST_SUITE_P(AllOfThisMachine, KernelsOnIsa, testing::ValuesIn(supported_isas()),
                         [](const auto& p) { return std::string(isa_name(p.param)); });

TEST(ChooseIsa, TakesTheFastestOrTheNamedOneAndRefusesUnknownNames) {
  EXPECT_EQ(*choose_isa(""), supported_isas().back());
  EXPECT_EQ(*choose_isa("baseline"), Isa::kBaseline);
  EXPECT_EQ(choose_isa("sse9").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace barker
