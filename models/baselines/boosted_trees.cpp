#include "models/baselines/boosted_trees.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "models/baselines/statistics.h"
#include "models/baselines/tree_features.h"

namespace barker {
namespace {

class BoostedTrees : public Baseline {
 public:
  // The counts come from about the first 70% of the training searches and the trees from the rest,
  // so that no count contains the click that it explains. Searches at the border's time are all on
  // its later side. Then all of the training searches are counted.
  Status fit(const Dataset& data) override {
    data_ = &data;
    features_.emplace(data);
    FeatureMatrix rows;
    std::vector<uint8_t> labels;
    const std::vector<uint32_t> searches = training_searches_by_time(data);
    if (!searches.empty()) {
      const int64_t border = data.search(searches[searches.size() * 7 / 10]).time;
      const auto first = std::ranges::lower_bound(searches, border, {},
                                                  [&](uint32_t s) { return data.search(s).time; });
      const std::span<const uint32_t> learned(first, searches.end());
      features_->count(border);
      rows = features_->rows(learned);
      labels = clicks_of(data, learned);
    }
    features_->count(std::nullopt);
    return learn(rows, labels);
  }

  Result<std::vector<float>> predict(Split split) const override {
    return trees_->predict(features_->rows(data_->searches_of(split, Task::kMain)));
  }

 private:
  // Networks have their constants from the validation split, so these have them from there, too.
  Status learn(const FeatureMatrix& rows, const std::vector<uint8_t>& labels) {
    const FeatureMatrix judged =
        features_->rows(data_->searches_of(Split::kValidation, Task::kMain));
    const std::vector<uint8_t> clicked = clicks_of(*data_, Split::kValidation);
    for (const uint32_t depth : {4, 6, 3}) {
      for (const double least_weight : {20.0, 100.0}) {
        BoostingOptions options;
        options.depth = depth;
        options.least_weight = least_weight;
        Result<GradientBoosting> found =
            GradientBoosting::fit(rows, labels, judged, clicked, options);
        if (!found.ok()) return found.status();
        // Of equally good ones the first is taken, also where the split says nothing.
        if (trees_ && !(found->validation_auc() > trees_->validation_auc())) continue;
        trees_.emplace(std::move(*found));
      }
    }
    return {};
  }

  const Dataset* data_ = nullptr;
  std::optional<TreeFeatures> features_;
  std::optional<GradientBoosting> trees_;
};

}  // namespace

std::unique_ptr<Baseline> make_boosted_trees() { return std::make_unique<BoostedTrees>(); }

}  // namespace barker
