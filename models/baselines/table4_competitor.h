// What the four competitors of the paper's Table 4 share. Their sources predict the power of solar
// cells, polluted air and the quality of water, or look for patterns in DNA; none ranks anything,
// and none was run on clicks by its authors. Each file says what its algorithm keeps of its source
// and what is our reading. All learn from the twelve inputs (twelve_inputs.h), scaled to [0, 1] as
// their sources scale theirs.
//
// fit() counts the first 70% of the training searches and learns from the rest, so that no input
// contains the click that it explains. Constants are chosen on the validation split. At the end the
// inputs count all of the training split; what read_window() made of the first 70% stays as it was
// (RF-FFGM's subgraphs, LSTM-PSO's vectors). It fails with bad_data where the later searches of the
// training split, or the validation split, have not both clicks and impressions without a click.
// Equal seeds and thread counts give equal predictions; libtorch's own random numbers are seeded on
// the way.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/baselines/baseline.h"
#include "models/baselines/twelve_inputs.h"

namespace barker {

// SFs of some searches: what a competitor may read of them, without their labels.
struct ShownSfs {
  std::vector<uint32_t> searches;
  FeatureMatrix rows;  // scaled, one a SF, in the order of the searches
};

struct LabelledSfs {
  ShownSfs shown;
  std::vector<uint8_t> clicked;
};

class Table4Competitor : public Baseline {
 public:
  Status fit(const Dataset& data) final;
  Result<std::vector<float>> predict(Split split) const final;

 protected:
  // `name` begins the messages of errors.
  Table4Competitor(std::string name, uint64_t seed) : name_(std::move(name)), seed_(seed) {}

  // Is called first, while inputs() has what is counted before the border. May do nothing.
  virtual void read_window(int64_t /*border*/) {}
  // Both have both classes. inputs() has all of the training split from here on.
  virtual void learn(const LabelledSfs& lesson, const LabelledSfs& validation) = 0;
  // In (0, 1), one a row.
  virtual std::vector<float> probabilities(const ShownSfs& shown) const = 0;

  // Searches at even distances, so that about `rows` rows are left, or all where there are fewer:
  // what constants are searched with. They may have one class only.
  LabelledSfs thinned(const LabelledSfs& sfs, size_t rows) const;

  const Dataset& data() const { return *data_; }
  const TwelveInputs& inputs() const { return *inputs_; }
  uint64_t seed() const { return seed_; }

 private:
  ShownSfs shown(std::span<const uint32_t> searches) const;

  std::string name_;
  uint64_t seed_;
  const Dataset* data_ = nullptr;
  std::optional<TwelveInputs> inputs_;
  MinMaxScale scale_;
};

}  // namespace barker
