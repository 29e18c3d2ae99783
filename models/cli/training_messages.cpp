#include "models/cli/training_messages.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "models/base/number_text.h"
#include "models/data/period.h"
#include "models/data/time_check.h"
#include "models/text/text.h"
#include "models/train/half_life.h"
#include "models/train/instance_weights.h"

namespace barker {
namespace {

unsigned long long count_of(const Dataset& data, Split split, Task task) {
  return static_cast<unsigned long long>(data.instances_of(split, task));
}

void print_examination(const Trained& trained) {
  constexpr size_t kShown = 10;  // places
  for (size_t k = 0; k < std::min(kShown, trained.examination.size()); ++k) {
    std::fprintf(stderr, "%s %.3f", k == 0 ? "looked at, by place:" : ",", trained.examination[k]);
  }
  if (!trained.examination.empty()) std::fputc('\n', stderr);
}

}  // namespace

void print_training_epoch(const EpochReport& e) {
  std::fprintf(stderr, "\r%-9s %3u ", e.phase, e.number);
  if (!std::isnan(e.main_loss)) std::fprintf(stderr, " loss %.4f", e.main_loss);
  if (!std::isnan(e.aux_loss)) std::fprintf(stderr, " ad loss %.4f", e.aux_loss);
  std::fprintf(stderr, "  validation AUC %.4f%s  %.0f instances/s\n", e.validation_auc,
               e.best ? " best" : "     ", e.instances_per_second);
}

void print_training_step(const StepReport& s) {
  std::fprintf(stderr, "\r%-9s %3u  %5.1f%%  %.0f instances/s  %.0f s left   ", s.phase, s.epoch,
               100.0 * static_cast<double>(s.step) / static_cast<double>(s.steps),
               s.instances_per_second, s.seconds_left);
}

void print_data(const Dataset& data, const BadLines& bad) {
  const auto main = [&](Split split) { return count_of(data, split, Task::kMain); };
  const auto ads = [&](Split split) { return count_of(data, split, Task::kAuxiliary); };
  std::fprintf(stderr,
               "%llu events used, %llu lines reported, %u users, %u keywords, %u features\n"
               "SF impressions: %llu train, %llu validation, %llu test; ads: %llu, %llu, %llu\n",
               static_cast<unsigned long long>(data.events()),
               static_cast<unsigned long long>(bad.count()), data.users(), data.keywords(),
               data.features(), main(Split::kTrain), main(Split::kValidation), main(Split::kTest),
               ads(Split::kTrain), ads(Split::kValidation), ads(Split::kTest));
  std::fprintf(stderr, "%s\n", period_text(data).c_str());
}

void print_corrections(const Dataset& data, const TrainOptions& options,
                       const std::optional<Increment>& increment) {
  std::fputs(InstanceWeights(data, options, increment).text().c_str(), stderr);
  std::fputs(recency_warning(data, options).c_str(), stderr);
  if (!options.attribution) return;
  unsigned long long with_points = 0;
  for (const uint32_t search : data.searches_of(Split::kTrain, Task::kAuxiliary)) {
    for (size_t ad = 0; ad < data.search(search).ads.size(); ++ad) {
      with_points += !data.points(search, ad).empty();
    }
  }
  std::fprintf(stderr, "attribution: %llu of %llu ads had selling points before their titles\n",
               with_points, count_of(data, Split::kTrain, Task::kAuxiliary));
}

void print_increment(const std::string& start, const Dataset& data, const TrainOptions& train_with,
                     const Increment& increment) {
  const auto share = [&](Task task, const char* what) {
    const LearnedSearches searches = divide(data, task, increment);
    return std::to_string(searches.fresh.size()) + " of " +
           std::to_string(searches.fresh.size() + searches.past.size()) + what;
  };
  std::string text = share(Task::kMain, " SF bars");
  if (train_with.model.auxiliary()) text += " and " + share(Task::kAuxiliary, " pages of ads");
  std::fprintf(stderr,
               "%s learned until %s: %s are new, and with each of them %s of before are repeated\n"
               "The table [increment] says how many epochs and at which rate; what [train] says of "
               "both is for whole trainings, such as with --relearn\n",
               visible(start).c_str(), time_text(increment.after).c_str(), text.c_str(),
               rounded_number_text(train_with.increment.past, 4).c_str());
}

void print_trained(const Trained& trained, const std::string& start) {
  print_examination(trained);
  if (const std::string trend = trained.trend.text(); !trend.empty()) {
    std::fprintf(stderr, "%s\n", trend.c_str());
  }
  if (!start.empty()) {
    std::fprintf(stderr, "started from %s: %u rows taken, %u begun", visible(start).c_str(),
                 trained.rows_taken, trained.rows_begun);
    if (trained.rows_kept > 0) {
      std::fprintf(stderr, ", and %u kept of words that the log does not have", trained.rows_kept);
    }
    std::fputc('\n', stderr);
  }
  if (!trained.lost_cool_down.empty()) {
    std::fprintf(stderr, "%s; the weights before the cool-down are kept\n",
                 visible(trained.lost_cool_down).c_str());
  }
}

}  // namespace barker
