#include "scoring/user_state.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "models/text/fingerprint.h"

namespace barker {
namespace {

static_assert(std::endian::native == std::endian::little, "states are written as they lie");

constexpr size_t kHeaderSize = user_state_size(0);
constexpr size_t kHashedFrom = 8;  // behind the hash
constexpr char kMagic[4] = {'B', 'S', 1, 0};

// Folded rows of the embedding that are part of the tower's version. Words that a file is extended
// by get rows behind all that were folded before (models/weights/add_keywords.h).
constexpr size_t kHashedRows = 16;

struct Header {
  char magic[4];
  uint32_t hash;
  uint64_t tower_version;
  uint32_t impressions;
  uint32_t dim;
};
static_assert(sizeof(Header) == kHeaderSize);

// Of the numbers and not of the text: XXH3 of the bytes.
uint32_t hash_of(std::string_view bytes) noexcept {
  return static_cast<uint32_t>(fingerprint(bytes.substr(kHashedFrom)));
}

bool is_mean(float value) { return std::abs(value) <= UserState::kLargestMean; }  // no NaN
bool is_precision(float value) { return value > 0 && value <= UserState::kLargestPrecision; }

void append(std::string& bytes, const void* data, size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}
void append(std::string& bytes, const VectorView& view) {
  append(bytes, view.data(), view.size() * sizeof(float));
}
void append(std::string& bytes, const MatrixView& view) {
  append(bytes, view.data(), view.size() * sizeof(float));
}

// Checks all but the numbers.
UserStateUse read_header(std::string_view bytes, uint64_t tower_version, size_t dim,
                         Header& header) noexcept {
  if (bytes.empty()) return UserStateUse::kNone;
  if (bytes.size() < kHeaderSize) return UserStateUse::kDamaged;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 ||
      bytes.size() != user_state_size(header.dim) || hash_of(bytes) != header.hash) {
    return UserStateUse::kDamaged;
  }
  return header.tower_version == tower_version && header.dim == dim ? UserStateUse::kUsed
                                                                    : UserStateUse::kOtherTower;
}

float number_at(std::string_view bytes, size_t index) noexcept {
  float value;
  std::memcpy(&value, bytes.data() + kHeaderSize + index * sizeof value, sizeof value);
  return value;
}

bool has_good_numbers(std::string_view bytes, size_t dim) noexcept {
  for (size_t i = 0; i < dim; ++i) {
    if (!is_mean(number_at(bytes, i)) || !is_precision(number_at(bytes, dim + i))) return false;
  }
  return true;
}

}  // namespace

uint64_t tower_version(const Network& network) {
  if (network.dot_dim == 0) return 0;
  std::string bytes;
  append(bytes, network.dot_target);
  for (const DenseLayer& layer : network.dot_context) {
    append(bytes, layer.weight);
    append(bytes, layer.bias);
  }
  const size_t rows = std::min<size_t>(network.folded_rows, kHashedRows);
  append(bytes, network.embedding.raw().data, rows * network.embedding.row_size());
  return fingerprint(bytes);
}

void UserState::reset(uint64_t version, size_t dim, double prior_variance) {
  tower_version = version;
  impressions = 0;
  mean.assign(dim, 0.0f);
  precision.assign(dim, static_cast<float>(1 / prior_variance));
}

void UserState::update(std::span<const float> features, double scale, double probability,
                       bool clicked) noexcept {
  if (!(probability >= 0 && probability <= 1)) return;
  const double w = probability * (1 - probability);
  double h = 0;
  for (size_t d = 0; d < mean.size(); ++d) {
    const double g = scale * double{features[d]};
    h += g * g / double{precision[d]};
  }
  const double step = ((clicked ? 1 : 0) - probability) / (1 + w * h);
  if (!std::isfinite(step) || !std::isfinite(h)) return;
  for (size_t d = 0; d < mean.size(); ++d) {
    const double g = scale * double{features[d]};
    const double moved = double{mean[d]} + g * step / double{precision[d]};
    const double sharper = double{precision[d]} + w * g * g;
    mean[d] = static_cast<float>(std::clamp(moved, -double{kLargestMean}, double{kLargestMean}));
    precision[d] = static_cast<float>(std::min(sharper, double{kLargestPrecision}));
  }
  impressions += impressions < UINT32_MAX;
}

void UserLearner::learn(Forward& forward, const Network& network, std::span<const uint32_t> rows,
                        std::span<const uint8_t> clicked, UserState& state) {
  logits_.resize(rows.size());
  features_.resize(network.dot_dim);
  forward.score_targets(rows, logits_.data(), Exactness::kExact);
  const double scale = double{network.main_scale};
  for (size_t i = 0; i < rows.size(); ++i) {
    forward.keyword_vector(rows[i], features_);
    double logit = double{logits_[i]};
    for (size_t d = 0; d < features_.size(); ++d) {
      logit += double{state.mean[d]} * double{features_[d]};
    }
    const double probability = 1 / (1 + std::exp(-(scale * logit + double{network.main_offset})));
    state.update(features_, scale, probability, clicked[i] != 0);
  }
}

UserStateUse read_user_mean(std::string_view bytes, uint64_t tower_version,
                            std::span<float> mean) noexcept {
  Header header;
  const UserStateUse use = read_header(bytes, tower_version, mean.size(), header);
  if (use != UserStateUse::kUsed) return use;
  if (!has_good_numbers(bytes, mean.size())) return UserStateUse::kDamaged;
  for (size_t i = 0; i < mean.size(); ++i) mean[i] = number_at(bytes, i);
  return use;
}

UserStateUse read_user_state(std::string_view bytes, uint64_t tower_version, size_t dim,
                             UserState& state) {
  std::vector<float> mean(dim);
  const UserStateUse use = read_user_mean(bytes, tower_version, mean);
  if (use != UserStateUse::kUsed) return use;
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  state.tower_version = header.tower_version;
  state.impressions = header.impressions;
  state.mean = std::move(mean);
  state.precision.resize(dim);
  for (size_t i = 0; i < dim; ++i) state.precision[i] = number_at(bytes, dim + i);
  return use;
}

UserStateUse read_user_state_head(std::string_view bytes, uint64_t tower_version, size_t dim,
                                  UserStateHead& head) noexcept {
  Header header;
  const UserStateUse use = read_header(bytes, tower_version, dim, header);
  if (use == UserStateUse::kNone || use == UserStateUse::kDamaged) return use;
  if (!has_good_numbers(bytes, header.dim)) return UserStateUse::kDamaged;
  head = {header.tower_version, header.impressions};
  return use;
}

void write_user_state(const UserState& state, std::span<char> bytes) noexcept {
  const size_t dim = state.mean.size();
  Header header{{}, 0, state.tower_version, state.impressions, static_cast<uint32_t>(dim)};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  std::memcpy(bytes.data(), &header, sizeof header);
  char* const numbers = bytes.data() + kHeaderSize;
  std::memcpy(numbers, state.mean.data(), dim * sizeof(float));
  std::memcpy(numbers + dim * sizeof(float), state.precision.data(), dim * sizeof(float));
  header.hash = hash_of({bytes.data(), bytes.size()});
  std::memcpy(bytes.data(), &header, sizeof header);
}

}  // namespace barker
