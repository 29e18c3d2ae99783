#include "models/train/course.h"

#include <cmath>

#include "models/base/number_text.h"

namespace barker {
namespace {

std::vector<Phase> phases_of(const TrainOptions& options, bool is_increment) {
  if (!options.model.auxiliary()) return {Phase::kMain};
  // Weights that have both tasks need no phase in which one of them waits.
  if (is_increment && options.schedule == Schedule::kPretrain) return {Phase::kAlternate};
  switch (options.schedule) {
    case Schedule::kPretrain:
      return {Phase::kPretrain, Phase::kFinetune};
    case Schedule::kJoint:
      return {Phase::kJoint};
    case Schedule::kAlternate:
      break;
  }
  return {Phase::kAlternate};
}

}  // namespace

Course::Course(const TrainOptions& options, bool is_increment)
    : options_(options), is_increment_(is_increment), phases_(phases_of(options, is_increment)) {}

double Course::rate(Phase phase, uint64_t step, uint64_t steps) const {
  if (is_increment_) {
    const auto all = static_cast<double>(steps * options_.increment.epochs);
    return options_.increment.learning_rate * (1 - static_cast<double>(step) / all);
  }
  const auto epoch = static_cast<double>(step / steps);
  return options_.learning_rate * std::pow(options_.decay, epoch) *
         (phase == Phase::kFinetune ? options_.finetune_rate : 1);
}

bool Course::is_over(uint32_t epoch, uint32_t best) const {
  if (is_increment_) return epoch >= options_.increment.epochs;
  return epoch >= options_.max_epochs || (epoch > 0 && epoch - best >= options_.patience);
}

bool Course::is_kept(double auc, double best_auc) const {
  return is_increment_ ? std::isfinite(auc) : auc > best_auc;
}

std::string Course::advice(uint32_t best, double best_auc) const {
  const std::string table = is_increment_ ? "increment" : "train";
  std::string text = "lower " + table + ".learning_rate";
  if (best > 0) {
    text += ", or end after the best epoch of this phase, " + std::to_string(best) +
            " (validation AUC " + number_text(best_auc, 4) + "), with " +
            (is_increment_ ? "increment.epochs" : "train.max_epochs");
  }
  return text;
}

}  // namespace barker
