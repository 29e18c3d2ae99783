#include <gtest/gtest.h>

#include "models/base/random.h"
#include "models/baselines/mars_torch.h"

namespace barker {
namespace {

// Inputs in [0, 1], of which the answer needs the first two only.
struct World {
  torch::Tensor x, y;

  World(uint64_t seed, int64_t rows) {
    Random random(seed, 1);
    std::vector<float> inputs, answers;
    for (int64_t r = 0; r < rows; ++r) {
      const double a = random.uniform(), b = random.uniform(), c = random.uniform();
      for (const double input : {a, b, c}) inputs.push_back(static_cast<float>(input));
      answers.push_back(
          static_cast<float>(std::max(0.0, a - 0.5) * b * 4 + 0.01 * random.normal()));
    }
    x = torch::tensor(inputs).view({rows, 3});
    y = torch::tensor(answers);
  }
};

double explained(const Mars& mars, const World& world) {
  const torch::Tensor left = world.y - mars.predict(world.x);
  return 1 - (left.square().mean() / world.y.var(false)).item<double>();
}

TEST(Mars, FindsAProductOfTwoInputsWithEveryKernel) {
  const World train(1, 500), test(2, 500);
  for (int kernel = 0; kernel < kMarsKernels; ++kernel) {
    Mars::Options options;
    options.kernel = static_cast<MarsKernel>(kernel);
    const Mars mars = Mars::fit(train.x, train.y, options);
    EXPECT_GT(explained(mars, test), 0.9) << kernel;
    EXPECT_LE(mars.functions(), 16u);
  }
}

TEST(Mars, DropsWhatExplainsNothing) {
  const World train(1, 500);
  Random random(3, 1);
  std::vector<float> noise;
  for (int i = 0; i < 500; ++i) noise.push_back(static_cast<float>(random.normal()));
  EXPECT_LE(Mars::fit(train.x, torch::tensor(noise), {}).functions(), 5u);
  EXPECT_GT(Mars::fit(train.x, train.y, {}).functions(), 2u);
}

}  // namespace
}  // namespace barker
