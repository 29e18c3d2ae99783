// What is learned of one user beyond the frozen weights, click by click, without training: a vector
// r that is added to the context of late interaction. The logit of a keyword v becomes
//
//   l(v) = scale (l_0(v) + r . f(v)) + offset,      f(v) = P Em(v)  [R],  P(click) = sigma(l(v))
//
// where l_0 is what the network says and scale and offset are its calibration. This is the random
// effect of a member in GLMix (Zhang et al., KDD 2016), in the space of the network's own keyword
// vectors. A priori r ~ N(0, variance I). Afterwards it is N(mean, diag(1 / precision)), which one
// Bayesian step updates with each selling point that was shown:
//
//   g = scale f(v), p = sigma(l(v)), w = p (1 - p), h = g' diag(1 / precision) g
//   mean_d      += g_d (y - p) / (precision_d (1 + w h))      y: 1 clicked, 0 not
//   precision_d += w g_d^2
//
// It is the Newton step of the logistic likelihood from the prior, whose exact posterior precision
// diag(precision) + w g g' is inverted by Sherman-Morrison and then cut to its diagonal.
//
// A state holds for one tower version: another training makes other f(v), to which r means nothing.
// Pure functions and plain data: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/forward.h"
#include "scoring/network.h"

namespace barker {

// Prior variances that can be asked for. Validation chose .003 and .03 on two real logs and .3 on a
// generated one (models/LEARNING.md); the default is cautious, because one that is too large harms.
inline constexpr double kLeastPriorVariance = 1e-6, kLargestPriorVariance = 10;
inline constexpr double kDefaultPriorVariance = 0.01;

// A number that names the space of f(v); 0 where the network has no late interaction. It is a hash
// of P, of the layers of c(context) and of the first rows of the embedding: every training and
// every change of the tables' numbers gives another one, and `barker-train extend` keeps it.
uint64_t tower_version(const Network& network);

struct UserState {
  uint64_t tower_version = 0;
  uint32_t impressions = 0;      // that it learned from; stays at the largest number
  std::vector<float> mean;       // [R] within +-kLargestMean
  std::vector<float> precision;  // [R] 1 / variance, above 0 and at most kLargestPrecision

  static constexpr float kLargestMean = 1e3f;
  static constexpr float kLargestPrecision = 1e12f;

  // Becomes the state of somebody of whom nothing is known. The prior variance is between the
  // limits above. Allocates where the vectors must grow.
  void reset(uint64_t tower_version, size_t dim, double prior_variance);

  // One Bayesian step: a keyword with the vector `features` = f(v) was shown and was clicked or
  // not, and `probability` = sigma(l(v)) is what this very state said of it. features.size() is the
  // state's dim. A step that is not a number changes nothing; whatever the input, the state stays
  // within its limits.
  void update(std::span<const float> features, double scale, double probability,
              bool clicked) noexcept;
};

// Takes the steps for what one user was shown at once, one after the other. Its buffers grow to the
// largest such list; after that nothing allocates. One thread at a time.
class UserLearner {
 public:
  // The context of `forward` is that of the search, without a state, and `network` is what it is
  // bound to. clicked[i] says whether keyword row rows[i] was clicked: 1 or 0. Throws
  // std::bad_alloc, before the state changes.
  void learn(Forward& forward, const Network& network, std::span<const uint32_t> rows,
             std::span<const uint8_t> clicked, UserState& state);

 private:
  std::vector<float> logits_, features_;
};

// ---- as bytes, which hosts keep
//
// A state is little-endian and has no padding:
//   u8 'B', u8 'S', u8 format version 1, u8 zero
//   u32 the low half of XXH3 of everything behind it
//   u64 tower version   u32 impressions   u32 R   f32 mean [R]   f32 precision [R]

inline constexpr size_t user_state_size(size_t dim) { return 24 + 8 * dim; }

enum class UserStateUse : uint8_t {
  kNone,        // there are no bytes: nothing is known of the user
  kUsed,        // it is of this tower
  kOtherTower,  // it is of another tower version
  kDamaged,     // it is no state, or not whole, or its numbers cannot be
};

// Writes the mean of a state to `mean` [R] where the answer is kUsed, and leaves it alone
// otherwise. The bytes need no alignment. Allocates nothing.
UserStateUse read_user_mean(std::string_view bytes, uint64_t tower_version,
                            std::span<float> mean) noexcept;

// The whole state. Where the answer is not kUsed, `state` is left alone.
UserStateUse read_user_state(std::string_view bytes, uint64_t tower_version, size_t dim,
                             UserState& state);

// What a state says of itself, whether it is used or not.
struct UserStateHead {
  uint64_t tower_version = 0;
  uint32_t impressions = 0;
};

// Where the answer is kNone or kDamaged, `head` is left alone.
UserStateUse read_user_state_head(std::string_view bytes, uint64_t tower_version, size_t dim,
                                  UserStateHead& head) noexcept;

// `bytes` [user_state_size(state.mean.size())].
void write_user_state(const UserState& state, std::span<char> bytes) noexcept;

}  // namespace barker
