// train-titles: learns from tests of titles which of two earns more clicks.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/cli/title_options.h"
#include "models/cli/training_options.h"
#include "models/cli/weight_draft.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/train/title_trainer.h"

namespace barker {
namespace {

struct TrainTitles {
  TitleTestFiles files;
  TrainingWords training;
  TitleOptions titles = default_title_options();
  CardOptions card{.name = "titles"};
  std::string out, loss = "log-rate";
  int64_t validation_from = 0, test_from = INT64_MAX;
  bool no_refit = false, no_linear_start = false, quiet = false;
};

void print_epoch(const TitleEpoch& e) {
  std::fprintf(stderr, "epoch %3u ", e.number);
  if (std::isfinite(e.training_loss)) std::fprintf(stderr, " loss %.5f", e.training_loss);
  std::fprintf(stderr, "  validation loss %.5f, %.4f of pairs in order%s\n", e.validation_loss,
               e.validation_hits, e.best ? "  best" : "");
}

std::string counts_text(const std::vector<TitlePair>& pairs) {
  const uint32_t tests = pairs.empty() ? 0 : std::ranges::max(pairs, {}, &TitlePair::test).test + 1;
  return std::to_string(pairs.size()) + " pairs of " + std::to_string(tests) + " tests";
}

Status write_titles(const TrainTitles& o, const std::string& counts, TrainedTitles& trained) {
  CardSpec& card = trained.model.card;
  o.card.write_to(card);
  card.model = o.titles.train.model.name;
  card.notes = {
      {"options", options_to_toml(o.titles.train)},
      {"trained on", counts},
      {"loss", o.loss},
      {"linear start", trained.penalty > 0 ? "penalty " + number_text(trained.penalty) : "no"},
      {"epochs", std::to_string(trained.best_epoch)}};
  const char* const hits =
      o.titles.refit ? "validation pairs in order, before the refit" : "validation pairs in order";
  card.metrics = {
      {hits, trained.validation_hits, trained.validation_hits, trained.validation_hits}};
  WeightDraft draft(o.out);
  if (Status s = draft.write(trained.model); !s.ok()) return s;
  return draft.publish();
}

Result<int> run_train(TrainTitles& o) {
  ignore_broken_pipes();
  Result<TrainOptions> options = read_training_options(o.training, o.titles.train);
  if (!options.ok()) return options.status();
  o.titles.train = std::move(*options);
  o.titles.loss = o.loss == "logistic" ? TitleLoss::kLogistic : TitleLoss::kLogRate;
  o.titles.refit = !o.no_refit;
  o.titles.start_linear = !o.no_linear_start;
  if (o.validation_from >= o.test_from) {
    return invalid_argument("--validation-from: expected a time before --test-from, found " +
                            std::to_string(o.validation_from));
  }
  std::vector<InputPath> inputs = input_paths("--tests", o.files.paths);
  inputs.push_back({"--config", o.training.config});
  if (Status s = check_outputs(inputs, {{"--out", o.out}}); !s.ok()) return s;
  const Result<std::vector<TestedTitle>> titles = read_titles(o.files);
  if (!titles.ok()) return titles.status();
  PairRule rule = o.files.rule;
  rule.before = o.validation_from;
  const std::vector<TitlePair> training = pairs_of(*titles, rule);
  rule.from = o.validation_from;
  rule.before = o.test_from;
  const std::vector<TitlePair> validation = pairs_of(*titles, rule);
  const std::string counts = counts_text(training) + ", validation " + counts_text(validation);
  std::fprintf(stderr, "training %s\n", counts.c_str());
  Result<TrainedTitles> trained =
      train_titles(*titles, training, validation, o.titles,
                   o.quiet ? std::function<void(const TitleEpoch&)>() : print_epoch);
  if (!trained.ok()) return trained.status();
  if (Status s = write_titles(o, counts, *trained); !s.ok()) return s;
  std::printf("%s: %u words of %u titles, %s, %u epochs; %.4f of the validation pairs in order%s\n",
              visible(o.out).c_str(), trained->words, trained->titles,
              trained->penalty > 0 ? ("penalty " + number_text(trained->penalty)).c_str()
                                   : "no linear start",
              trained->best_epoch, trained->validation_hits,
              o.titles.refit ? ", which were then learned from, too" : "");
  forget_output_errors();  // the result is the file
  return kExitOk;
}

void add_model_options(CLI::App& command, TrainTitles& o) {
  one_of(command.add_option("--loss", o.loss, "What is learned of a pair"),
         {"log-rate", "logistic"})
      ->group(kModel);
  TitleOptions& t = o.titles;
  command.add_option("--penalty", t.penalty, "Of the linear start; 0: chosen on validation")
      ->check(CLI::Range(0.0, 1e9))
      ->group(kModel);
  command.add_option("--word-dropout", t.word_dropout, "Share of words that each step leaves out")
      ->check(CLI::Range(0.0, 0.95))
      ->group(kModel);
  command
      .add_option("--unexplained-variance", t.unexplained_variance,
                  "Variance of log click rates that no word explains")
      ->check(CLI::Range(1e-6, 10.0))
      ->group(kModel);
  command.add_option("--least-titles", t.least_titles, "A word in fewer titles gets no row")
      ->check(CLI::Range(1, 1000000))
      ->group(kModel);
  command.add_option("--batch-tests", t.batch_tests, "Tests of a step")
      ->check(CLI::Range(1, 1000000))
      ->group(kModel);
  command.add_flag("--no-linear-start", o.no_linear_start, "Start from train.init alone")
      ->group(kModel);
  command.add_flag("--no-refit", o.no_refit, "Do not train again with the validation tests")
      ->group(kModel);
  add_training_options(command, o.training);
  add_training_seed_option(command, o.training);
  add_card_options(command, o.card);
}

}  // namespace

Command add_train_titles_command(CLI::App& app) {
  const auto o = std::make_shared<TrainTitles>();
  CLI::App* command = add_subcommand(app, "train-titles",
                                     "Learn from tests of titles which of two earns more clicks");
  add_title_test_options(*command, o->files);
  command
      ->add_option(
          "--validation-from", o->validation_from,
          "Tests from this time on choose how long is trained and how strong the penalty is")
      ->required()
      ->type_name("TIME")
      ->group(kInput);
  command->add_option("--test-from", o->test_from, "Tests from this time on take no part")
      ->type_name("TIME")
      ->default_str("none")
      ->group(kInput);
  add_model_options(*command, *o);
  command->add_flag("--quiet", o->quiet, "Print no progress")->group(kRun);
  add_out_option(*command, "--out", o->out, "Weight file to write");
  return [o] { return run_train(*o); };
}

}  // namespace barker
