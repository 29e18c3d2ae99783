// The user's own state: its Bayesian step against numbers that were found in another way, its
// place in the forward pass, and its bytes.
#include "scoring/user_state.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "models/text/fingerprint.h"
#include "models/weights/add_keywords.h"
#include "scoring/forward.h"
#include "scoring/isa.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using Vector = std::array<double, 2>;

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t d = 0; d < a.size(); ++d) sum += double{a[d]} * double{b[d]};
  return sum;
}

// ---- the step

// A user of whom one selling point is asked again and again, at the logit `base` without a state.
class Taste {
 public:
  Taste(std::vector<float> features, double base, double variance, double scale = 1)
      : features_(std::move(features)), base_(base), scale_(scale) {
    state.reset(1, features_.size(), variance);
  }
  double probability() const { return sigma(scale_ * (base_ + dot(state.mean, features_))); }
  void show(bool clicked) { state.update(features_, scale_, probability(), clicked); }

  UserState state;

 private:
  const std::vector<float> features_;
  const double base_, scale_;
};

// Log posterior of r after one more impression, but for a constant.
double log_posterior(const UserState& prior, const Vector& r, std::span<const float> features,
                     double base, double scale, bool clicked) {
  const double logit = scale * (base + r[0] * double{features[0]} + r[1] * double{features[1]});
  double sum = -std::log1p(std::exp(clicked ? -logit : logit));
  for (size_t d = 0; d < 2; ++d) {
    const double from = r[d] - double{prior.mean[d]};
    sum -= 0.5 * double{prior.precision[d]} * from * from;
  }
  return sum;
}

TEST(UserStateStep, IsTheNewtonStepOfTheLogPosterior) {
  const std::vector<float> features = {0.7f, -1.3f};
  const double base = -0.8, scale = 1.4, step = 1e-4;
  for (const bool clicked : {false, true}) {
    UserState state;
    state.reset(1, 2, 0.5);
    state.mean = {0.2f, 0.1f};
    state.precision = {2.0f, 3.5f};
    const auto at = [&](double x, double y) {
      return log_posterior(state,
                           {double{state.mean[0]} + x * step, double{state.mean[1]} + y * step},
                           features, base, scale, clicked);
    };
    // Derivatives by central differences.
    const Vector gradient = {(at(1, 0) - at(-1, 0)) / (2 * step),
                             (at(0, 1) - at(0, -1)) / (2 * step)};
    const double middle = at(0, 0), square = step * step;
    const double xx = (at(1, 0) - 2 * middle + at(-1, 0)) / square;
    const double yy = (at(0, 1) - 2 * middle + at(0, -1)) / square;
    const double xy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * square);
    const double determinant = xx * yy - xy * xy;
    const Vector newton = {-(yy * gradient[0] - xy * gradient[1]) / determinant,
                           -(xx * gradient[1] - xy * gradient[0]) / determinant};
    UserState after = state;
    after.update(features, scale, sigma(scale * (base + dot(state.mean, features))), clicked);
    for (size_t d = 0; d < 2; ++d) {
      EXPECT_NEAR(double{after.mean[d]} - double{state.mean[d]}, newton[d], 1e-5) << d;
    }
    EXPECT_NEAR(double{after.precision[0]}, -xx, 1e-4);
    EXPECT_NEAR(double{after.precision[1]}, -yy, 1e-4);
  }
}

TEST(UserStateStep, RaisesTheProbabilityOfWhatWasClickedAndLowersThatOfWhatWasNot) {
  for (const double variance : {1e-3, 1e-2, 1.0, 10.0}) {
    for (const bool clicked : {false, true}) {
      Taste taste({0.5f, -2.0f, 3.0f}, 0.3, variance);
      double before = taste.probability();
      for (int i = 0; i < 50; ++i) {
        taste.show(clicked);
        const double after = taste.probability();
        EXPECT_GT(clicked ? after : before, clicked ? before : after) << variance << " " << i;
        before = after;
      }
    }
  }
}

TEST(UserStateStep, MovesLessTheSmallerThePriorVarianceIs) {
  double before = 0;
  for (const double variance : {1e-4, 1e-3, 1e-2, 0.1, 1.0}) {
    Taste taste({0.5f, -2.0f, 3.0f}, -1, variance);
    taste.show(true);
    EXPECT_GT(taste.probability(), before);
    before = taste.probability();
  }
}

TEST(UserStateStep, MakesTheStateSurerInEveryDirectionThatTheKeywordHas) {
  Taste taste({0.5f, 0.0f, -3.0f}, -1, 0.01);
  const std::vector<float> before = taste.state.precision;
  taste.show(false);
  EXPECT_GT(taste.state.precision[0], before[0]);
  EXPECT_EQ(taste.state.precision[1], before[1]);
  EXPECT_GT(taste.state.precision[2], before[2]);
  EXPECT_EQ(taste.state.impressions, 1u);
}

// Taste against popularity: what the user clicked at a rate of its own is found by many steps.
TEST(UserStateStep, LearnsTheClickRateThatAUserHas) {
  Taste taste({1.0f}, 2.0, 1.0);
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) taste.show(random() % 10 < 3);
  EXPECT_NEAR(taste.probability(), 0.3, 0.03);
}

TEST(UserStateStep, StaysWithinItsLimitsWhateverTheInput) {
  std::mt19937 random(4);
  const float numbers[] = {0.0f, 1.0f, -1e-30f, 1e10f, -3e38f, 3e38f};
  const double probabilities[] = {0, 1e-300, 0.5, 1, std::nan(""), 2};
  const double scales[] = {1, -1, 1e30, std::numeric_limits<double>::infinity()};
  UserState state;
  state.reset(1, 3, kLargestPriorVariance);
  for (int i = 0; i < 3000; ++i) {
    std::vector<float> features(3);
    for (float& f : features) f = numbers[random() % std::size(numbers)];
    state.update(features, scales[random() % std::size(scales)],
                 probabilities[random() % std::size(probabilities)], random() % 2 == 0);
    for (size_t d = 0; d < 3; ++d) {
      ASSERT_LE(std::abs(state.mean[d]), UserState::kLargestMean);
      ASSERT_GT(state.precision[d], 0.0f);
      ASSERT_LE(state.precision[d], UserState::kLargestPrecision);
    }
  }
  EXPECT_GT(state.impressions, 0u);
}

// ---- in the forward pass

class UserStateOn : public testing::TestWithParam<std::tuple<RandomModelOptions, Isa>> {
 protected:
  UserStateOn() {
    const std::string path = temporary_path("state.barker");
    EXPECT_TRUE(write_weight_file(random_model(5, std::get<0>(GetParam())), path).ok());
    file_ = WeightFile::open(path).value();
    packed_ = std::make_unique<PackedNetwork>(Network::bind(*file_),
                                              kernels_for(std::get<1>(GetParam())));
    forward_.bind(*packed_);
    for (uint32_t row = 0; row < packed_->network().keyword_rows; ++row) rows_.push_back(row);
  }
  std::vector<float> logits(std::span<const float> mean) {
    const std::vector<uint32_t> history = {1, 4}, query = {3};
    const std::vector<Bag> groups = {{history.data(), nullptr, 2}, {query.data(), nullptr, 1}, {}};
    std::vector<float> out(rows_.size());
    forward_.set_context(groups);
    if (!mean.empty()) forward_.add_user_state(mean);
    forward_.score_targets(rows_, out.data());
    return out;
  }
  size_t dim() const { return packed_->network().dot_dim; }

  std::shared_ptr<const WeightFile> file_;
  std::unique_ptr<PackedNetwork> packed_;
  Forward forward_;
  std::vector<uint32_t> rows_;
};

TEST_P(UserStateOn, AStateOfZerosChangesNoBitOfAScore) {
  EXPECT_EQ(logits(std::vector<float>(dim(), 0.0f)), logits({}));
}

TEST_P(UserStateOn, AddsItsProductWithTheKeywordsVectorToTheLogit) {
  std::vector<float> mean(dim()), features(dim());
  for (size_t d = 0; d < dim(); ++d) mean[d] = 0.1f * static_cast<float>(d) - 0.5f;
  const std::vector<float> without = logits({}), with = logits(mean);
  for (const uint32_t row : rows_) {
    forward_.keyword_vector(row, features);
    EXPECT_NEAR(with[row], without[row] + static_cast<float>(dot(mean, features)), 1e-4) << row;
  }
}

TEST_P(UserStateOn, IsGoneWithTheNextContext) {
  const std::vector<float> before = logits({});
  logits(std::vector<float>(dim(), 1.0f));
  EXPECT_EQ(logits({}), before);
}

INSTANTIATE_TEST_SUITE_P(
    EveryShapeAndIsa, UserStateOn,
    testing::Combine(testing::Values(RandomModelOptions{.dot_dim = 13},
                                     RandomModelOptions{.folded = 20, .dot_dim = 16},
                                     RandomModelOptions{.hidden = {}, .dot_dim = 32}),
                     testing::ValuesIn(supported_isas())));

// ---- the tower's version

uint64_t version_of(const ModelSpec& model) {
  const std::string path = temporary_path("tower.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  return tower_version(Network::bind(*WeightFile::open(path).value()));
}

TEST(TowerVersion, IsThatOfTheDotProductAlone) {
  const RandomModelOptions options = {.folded = 30, .dot_dim = 8};
  const uint64_t version = version_of(random_model(1, options));
  EXPECT_NE(version, 0u);
  EXPECT_EQ(version_of(random_model(1, options)), version);
  EXPECT_NE(version_of(random_model(2, options)), version);
  EXPECT_EQ(version_of(random_model(1, {})), 0u) << "there is no dot product";
  ModelSpec other = random_model(1, options);
  other.tensors["head.main.bias"][0] += 1;
  EXPECT_EQ(version_of(other), version);
  other.tensors["dot.target.weight"][0] += 1;
  EXPECT_NE(version_of(other), version);
}

TEST(TowerVersion, StaysWhenAFileGetsRowsForNewWords) {
  ModelSpec model = random_model(1, {.folded = 30, .dot_dim = 8});
  const uint64_t version = version_of(model);
  NewKeywords words = {{"new"}, std::vector<float>(model.architecture.dim, 0.5f), {0.1f}};
  ASSERT_TRUE(add_keywords(words, model).ok());
  EXPECT_EQ(version_of(model), version);
}

// ---- the bytes

UserState learned() {
  Taste taste({0.5f, -2.0f, 3.0f}, -1, 0.01);
  taste.show(true);
  taste.show(false);
  taste.state.tower_version = 77;
  return taste.state;
}

std::string bytes_of(const UserState& state) {
  std::string bytes(user_state_size(state.mean.size()), '\0');
  write_user_state(state, bytes);
  return bytes;
}

UserStateUse use_of(std::string_view bytes, uint64_t tower = 77, size_t dim = 3) {
  std::vector<float> mean(dim, 5.0f);
  const UserStateUse use = read_user_mean(bytes, tower, mean);
  if (use != UserStateUse::kUsed) {
    EXPECT_EQ(mean, std::vector<float>(dim, 5.0f));
  }
  return use;
}

TEST(UserStateBytes, AreReadAsTheyWereWritten) {
  const UserState state = learned();
  const std::string bytes = "x" + bytes_of(state);  // at an odd address
  UserState read;
  ASSERT_EQ(read_user_state(std::string_view(bytes).substr(1), 77, 3, read), UserStateUse::kUsed);
  EXPECT_EQ(read.tower_version, 77u);
  EXPECT_EQ(read.impressions, 2u);
  EXPECT_EQ(read.mean, state.mean);
  EXPECT_EQ(read.precision, state.precision);
}

TEST(UserStateBytes, OfAnotherTowerOrWidthAreNotUsed) {
  const std::string bytes = bytes_of(learned());
  EXPECT_EQ(use_of(bytes), UserStateUse::kUsed);
  EXPECT_EQ(use_of(bytes, 78), UserStateUse::kOtherTower);
  EXPECT_EQ(use_of(bytes, 77, 4), UserStateUse::kOtherTower);
  EXPECT_EQ(use_of(""), UserStateUse::kNone);
}

TEST(UserStateBytes, AreDamagedWhereAnyBitDiffersOrAByteIsMissing) {
  const std::string bytes = bytes_of(learned());
  for (size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_EQ(use_of(bytes.substr(0, size)), UserStateUse::kDamaged) << size;
  }
  EXPECT_EQ(use_of(bytes + "x"), UserStateUse::kDamaged);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(use_of(damaged), UserStateUse::kDamaged) << bit;
  }
}

// Whoever writes the bytes can also write their hash.
TEST(UserStateBytes, AreDamagedWhereANumberCannotBe) {
  for (const float wrong : {NAN, INFINITY, -INFINITY, 2e3f}) {
    UserState state = learned();
    state.mean[1] = wrong;
    EXPECT_EQ(use_of(bytes_of(state)), UserStateUse::kDamaged) << wrong;
  }
  for (const float wrong : {NAN, INFINITY, 0.0f, -1.0f, 2e12f}) {
    UserState state = learned();
    state.precision[2] = wrong;
    EXPECT_EQ(use_of(bytes_of(state)), UserStateUse::kDamaged) << wrong;
  }
}

}  // namespace
}  // namespace barker
