#include "models/train/course.h"

#include <cmath>

#include "models/base/number_text.h"

namespace barker {
namespace {

std::vector<Phase> phases_of(const TrainOptions& options, bool is_increment) {
  const Phase last = last_phase(options);
  // Weights that have both tasks need no phase in which one of them waits, and an increment cools
  // down all the way.
  if (is_increment) return {last == Phase::kFinetune ? Phase::kAlternate : last};
  std::vector<Phase> phases;
  if (last == Phase::kFinetune) phases.push_back(Phase::kPretrain);
  phases.push_back(last);
  if (options.cool_down.epochs > 0) phases.push_back(Phase::kCoolDown);
  return phases;
}

}  // namespace

Course::Course(const TrainOptions& options, bool is_increment)
    : options_(options), is_increment_(is_increment), phases_(phases_of(options, is_increment)) {}

std::optional<Course::Fall> Course::fall(Phase phase) const {
  if (is_increment_) {
    return Fall{options_.increment.epochs, options_.increment.learning_rate,
                "increment.learning_rate", "increment.epochs"};
  }
  if (phase != Phase::kCoolDown) return std::nullopt;
  return Fall{options_.cool_down.epochs, options_.cool_down.rate * options_.learning_rate,
              "cool_down.rate", "cool_down.epochs"};
}

double Course::rate(Phase phase, uint64_t step, uint64_t steps) const {
  if (const std::optional<Fall> falls = fall(phase)) {
    const auto all = static_cast<double>(steps * falls->epochs);
    return falls->rate * (1 - static_cast<double>(step) / all);
  }
  const auto epoch = static_cast<double>(step / steps);
  return options_.learning_rate * std::pow(options_.decay, epoch) *
         (phase == Phase::kFinetune ? options_.finetune_rate : 1);
}

bool Course::is_over(Phase phase, uint32_t epoch, uint32_t best) const {
  if (const std::optional<Fall> falls = fall(phase)) return epoch >= falls->epochs;
  return epoch >= options_.max_epochs || (epoch > 0 && epoch - best >= options_.patience);
}

bool Course::is_kept(double auc, double best_auc) const {
  return is_increment_ ? std::isfinite(auc) : auc > best_auc;
}

std::string Course::advice(Phase phase, uint32_t best, double best_auc) const {
  const std::optional<Fall> falls = fall(phase);
  std::string text = std::string("lower ") + (falls ? falls->rate_key : "train.learning_rate");
  if (best > 0) {
    text += ", or end after the best epoch of this phase, " + std::to_string(best) +
            " (validation AUC " + number_text(best_auc, 4) + "), with " +
            (falls ? falls->epochs_key : "train.max_epochs");
  }
  return text;
}

}  // namespace barker
