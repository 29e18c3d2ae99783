#include "models/baselines/boosted_trees.h"

#include <optional>
#include <utility>

#include "models/baselines/statistics.h"
#include "models/baselines/tree_features.h"

namespace barker {
namespace {

// What trees learn from.
struct Lesson {
  FeatureMatrix rows;
  std::vector<uint8_t> clicked;
};

class BoostedTrees : public Baseline {
 public:
  Status fit(const Dataset& data) override {
    data_ = &data;
    features_.emplace(data);
    const std::vector<Lesson> lessons = {lesson(0.7), lesson(0.5)};
    features_->count(std::nullopt);
    return learn(lessons);
  }

  Result<std::vector<float>> predict(Split split) const override {
    return trees_->predict(features_->rows(data_->searches_of(split, Task::kMain)));
  }

 private:
  Lesson lesson(double share) {
    const StatisticsWindow window = statistics_window(*data_, share);
    features_->count(window.border);
    return {features_->rows(window.learned), clicks_of(*data_, window.learned)};
  }

  // Networks have their constants from the validation split, so these have them from there, too. At
  // the end all of the training searches are counted, as networks learn from all of them.
  Status learn(const std::vector<Lesson>& lessons) {
    const FeatureMatrix judged =
        features_->rows(data_->searches_of(Split::kValidation, Task::kMain));
    const std::vector<uint8_t> clicked = clicks_of(*data_, Split::kValidation);
    for (const Lesson& lesson : lessons) {
      for (const uint32_t depth : {4, 6, 3}) {
        for (const double least_weight : {20.0, 100.0}) {
          BoostingOptions options;
          options.depth = depth;
          options.least_weight = least_weight;
          Result<GradientBoosting> found =
              GradientBoosting::fit(lesson.rows, lesson.clicked, judged, clicked, options);
          if (!found.ok()) {
            return {found.status().code(), "boosted-trees: the later SFs of the training split: " +
                                               found.status().message()};
          }
          // Of equally good ones the first is taken, also where the split says nothing.
          if (trees_ && !(found->validation_auc() > trees_->validation_auc())) continue;
          trees_.emplace(std::move(*found));
        }
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
