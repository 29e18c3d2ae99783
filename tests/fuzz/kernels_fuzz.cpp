// Differential fuzzing: compares the kernels of every ISA with plain double arithmetic, on shapes,
// tables, rows and numbers that the input decides. How large a difference may be follows from the
// rounding of the terms.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <vector>

#include "models/base/half.h"
#include "scoring/kernels.h"
#include "scoring/packed_network.h"
#include "scoring/scratch.h"
#include "tests/fuzz/fuzz.h"

namespace barker {
namespace {

class Source {
 public:
  Source(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint32_t below(uint32_t limit) { return limit ? byte() % limit : 0; }
  // A number of any sign and magnitude that a network may hold; zero, tiny and equal ones occur.
  float number() {
    const uint8_t kind = byte();
    const float fraction = 1 + static_cast<float>(byte()) / 256;
    if (kind < 32) return 0;
    const int exponent = kind % 24 - 16;  // 2^-16 to 2^7
    return std::ldexp(kind & 0x80 ? -fraction : fraction, exponent);
  }
  std::vector<float> numbers(size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = number();
    return values;
  }

 private:
  // Behind the input's end a pseudo-random sequence goes on, seeded by the input.
  uint8_t byte() {
    if (at_ < size_) return mixed_ = static_cast<uint8_t>(mixed_ * 31 + data_[at_]), data_[at_++];
    state_ = state_ * 6364136223846793005u + mixed_ + 1442695040888963407u;
    return static_cast<uint8_t>(state_ >> 56);
  }
  const uint8_t* data_;
  size_t size_, at_ = 0;
  uint8_t mixed_ = 0;
  uint64_t state_ = 0;
};

// A sum in double, and how large the error of the same sum in float may be.
struct Sum {
  double value = 0, magnitude = 0;
  int terms = 1;
  void add(double term) {
    value += term;
    magnitude += std::abs(term);
    ++terms;
  }
  double bound() const { return (terms + 4) * double{FLT_EPSILON} * magnitude + 1e-12; }
};

void near(double found, double expected, double bound, const char* what) {
  if (std::abs(found - expected) <= bound) return;
  std::fprintf(stderr, "%s: expected %.9g within %.3g, found %.9g\n", what, expected, bound, found);
  std::abort();
}

VectorView in(const std::vector<float>& values) {
  return vector_view(values.data(), values.size());
}
VectorOut out_of(std::vector<float>& values) { return vector_view(values.data(), values.size()); }

struct Problem {
  explicit Problem(Source& source)
      : width(1 + source.below(140)),
        row_count(1 + source.below(20)),
        picked(source.below(24)),
        is_half(source.below(2)),
        floats(source.numbers(size_t{width} * row_count)) {
    for (float& value : floats) {
      halves.push_back(float_to_half(value));
      if (is_half) value = half_to_float(halves.back());
    }
    for (uint32_t& row : picked) row = source.below(row_count);
    table = is_half ? Table(matrix_view<const Half>(halves.data(), row_count, width))
                    : Table(matrix_view<const float>(floats.data(), row_count, width));
    x = source.numbers(width);
    z = source.numbers(width);
    bias = source.numbers(row_count);
    weights = source.numbers(picked.size());
    for (float& weight : weights) weight = std::abs(weight);
  }
  double at(uint32_t row, uint32_t column) const { return floats[row * width + column]; }

  uint32_t width, row_count;
  std::vector<uint32_t> picked;
  bool is_half;
  std::vector<float> floats;
  std::vector<Half> halves;
  Table table;
  std::vector<float> x, z, bias, weights;
};

void check_pool(const Kernels& k, const Problem& p, bool weighted) {
  std::vector<float> out(p.width, NAN);
  k.pool(p.table, {p.picked.data(), weighted ? p.weights.data() : nullptr, p.picked.size()},
         out_of(out));
  double total = 0;
  for (size_t i = 0; i < p.picked.size(); ++i) total += weighted ? p.weights[i] : 1;
  for (uint32_t d = 0; d < p.width; ++d) {
    Sum sum;
    for (size_t i = 0; i < p.picked.size(); ++i) {
      sum.add((weighted ? p.weights[i] : 1.0) * p.at(p.picked[i], d));
    }
    // The kernel also rounds the sum of the weights and the division.
    const double scale = total > 0 ? 1 / total : 0;
    near(out[d], sum.value * scale, 2 * sum.bound() * scale, "pool");
  }
}

void check_rows(const Kernels& k, const Problem& p, bool biased) {
  const size_t count = p.picked.size();
  std::vector<float> logits(count, 1), attention(count, NAN);
  k.dot_rows(p.table, p.picked, in(p.x), biased ? in(p.bias) : no_tensor<VectorView>(),
             out_of(logits));
  k.attention_scores(p.table, p.picked, in(p.x), in(p.z), out_of(attention));
  for (size_t i = 0; i < count; ++i) {
    Sum dot, score;
    dot.add(1);
    if (biased) dot.add(p.bias[p.picked[i]]);
    double tanh_error = 0;
    for (uint32_t d = 0; d < p.width; ++d) {
      dot.add(double{p.x[d]} * p.at(p.picked[i], d));
      // The kernel takes the tanh of this sum in float, so the sum is rounded here, too.
      const float sum = p.x[d] + static_cast<float>(p.at(p.picked[i], d));
      score.add(p.z[d] * std::tanh(double{sum}));
      tanh_error += std::abs(p.z[d]) * 5e-7;
    }
    near(logits[i], dot.value, dot.bound(), "dot_rows");
    near(attention[i], score.value, score.bound() + tanh_error, "attention_scores");
  }
}

// The scores are checked above; here follows what is made of them.
void check_attend(const Kernels& k, const Problem& p) {
  const size_t count = p.picked.size();
  std::vector<float> scores(count), out(p.width, NAN);
  k.attention_scores(p.table, p.picked, in(p.x), in(p.z), out_of(scores));
  ScratchTensor<1> weights;
  weights.resize({padded_count(count)});
  const Bag title = {p.picked.data(), nullptr, count};
  k.attend(p.table, p.table, title, title, in(p.x), in(p.z), Tanh::kExact, weights.out(),
           out_of(out));
  double largest = -INFINITY, total = 0;
  for (const float score : scores) largest = std::max(largest, double{score});
  for (const float score : scores) total += std::exp(score - largest);
  for (uint32_t d = 0; d < p.width; ++d) {
    Sum sum;
    for (size_t j = 0; j < count; ++j) {
      sum.add(std::exp(scores[j] - largest) / total * p.at(p.picked[j], d));
    }
    near(out[d], sum.value, sum.bound() + 3e-6 * sum.magnitude, "attend");
  }
}

void check_small(const Kernels& k, const Problem& p) {
  std::vector<float> softmax = p.x, sigmoid(p.width, NAN);
  k.softmax(out_of(softmax));
  k.sigmoid(in(p.x), p.z[0], p.z[p.width - 1], out_of(sigmoid));
  const double largest = *std::ranges::max_element(p.x);
  double total = 0;
  for (const float value : p.x) total += std::exp(value - largest);
  for (uint32_t d = 0; d < p.width; ++d) {
    near(softmax[d], std::exp(p.x[d] - largest) / total, 3e-6, "softmax");
    const float logit = std::fma(p.z[0], p.x[d], p.z[p.width - 1]);
    const double slack = std::abs(double{p.z[0]} * p.x[d]) * 2e-7 + 1e-6;
    near(sigmoid[d], 1 / (1 + std::exp(-double{logit})), slack, "sigmoid");
  }
  const uint32_t a = 0, b = p.row_count - 1;
  Sum ab, aa, bb;
  for (uint32_t d = 0; d < p.width; ++d) {
    ab.add(p.at(a, d) * p.at(b, d));
    aa.add(p.at(a, d) * p.at(a, d));
    bb.add(p.at(b, d) * p.at(b, d));
  }
  const double norm = std::sqrt(aa.value) * std::sqrt(bb.value);
  const double found = k.cosine(p.table, a, b);
  // Squares of the tiniest numbers vanish in float; then the kernel takes the row for zero.
  if (aa.value < 1e-30 || bb.value < 1e-30) return;
  near(found, ab.value / norm, (ab.bound() + 1e-6 * norm) / norm * 4, "cosine");
}

void check_layers(const Kernels& k, Source& source, const Problem& p) {
  const uint32_t hidden = 1 + source.below(70);
  const auto w = source.numbers(size_t{hidden} * p.width), b = source.numbers(hidden),
             head = source.numbers(hidden);
  const std::vector<float> first(p.width, 1), first_bias(p.width, 0);
  Network n;
  n.dim = 1;
  n.mlp = {{matrix_view(first.data(), p.width, 1), in(first_bias)},
           {matrix_view(w.data(), hidden, p.width), in(b)}};
  n.main_weight = in(head);
  n.main_bias = 0.5f;
  const PackedNetwork packed(n, k.table());
  const size_t batch = p.row_count;
  std::vector<float> out(batch * hidden, NAN);
  k.dense(packed.exact_main.layers[0], matrix_view(p.floats.data(), batch, p.width),
          Activation::kRelu, matrix_view(out.data(), batch, hidden));
  std::vector<float> logits(p.picked.size(), 0);
  ScratchTensor<1> scratch;
  scratch.resize({scratch_size(packed.stride)});
  k.score_rows(p.table, p.picked, in(p.x), packed.exact_main, scratch.out(), out_of(logits));
  const auto layer = [&](auto input, Sum& logit, float* found) {
    double error = 0;
    logit.add(n.main_bias);
    for (uint32_t o = 0; o < hidden; ++o) {
      Sum sum;
      sum.add(b[o]);
      for (uint32_t d = 0; d < p.width; ++d) sum.add(double{w[o * p.width + d]} * input(d));
      if (found) near(found[o], std::max(0.0, sum.value), sum.bound(), "dense");
      logit.add(head[o] * std::max(0.0, sum.value));
      error += std::abs(head[o]) * sum.bound();
    }
    return error + logit.bound();
  };
  for (size_t m = 0; m < batch; ++m) {
    Sum unused;
    layer([&](uint32_t d) { return p.at(static_cast<uint32_t>(m), d); }, unused, &out[m * hidden]);
  }
  for (size_t i = 0; i < p.picked.size(); ++i) {
    Sum logit;
    const double bound = layer(
        [&](uint32_t d) {
          return double{std::max(0.0f, p.x[d] + static_cast<float>(p.at(p.picked[i], d)))};
        },
        logit, nullptr);
    near(logits[i], logit.value, bound, "score_rows");
  }
}

}  // namespace
}  // namespace barker

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  for (const Isa isa : supported_isas()) {
    const Kernels k = kernels_for(isa);
    Source source(data, size);
    const Problem problem(source);
    check_pool(k, problem, false);
    check_pool(k, problem, true);
    check_rows(k, problem, false);
    check_rows(k, problem, true);
    check_attend(k, problem);
    check_small(k, problem);
    check_layers(k, source, problem);
  }
  return 0;
}
