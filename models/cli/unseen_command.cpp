// unseen: what weight files say of selling points that were held out of their training.
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/cli/commands.h"
#include "models/cli/interval_output.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/data/merged_log.h"
#include "models/evaluate/number_format.h"
#include "models/evaluate/score.h"
#include "models/evaluate/unseen_words.h"
#include "models/text/text.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

struct UnseenFlags {
  std::vector<std::string> weights, data;
  std::string split = "test", isa;
  HeldOutWords held_out;
  int draws = 200;
  uint64_t seed = 1;
  bool json = false;
  DatasetOptions dataset;
};

struct JudgedWords {
  std::string name;
  UnseenWords words;
  Interval unseen_gain, seen_gain;  // over the first file
};

// The words of a dataset that has seen them all, divided by whether they are of the fold.
std::vector<WordKind> kinds_of(const Dataset& data, const InstanceTable& table,
                               const HeldOutWords& held_out) {
  std::vector<WordKind> kinds;
  for (const uint32_t keyword : table.keyword) {
    const bool is_known = keyword != kUnknownKeyword;
    const bool is_unseen = is_known && held_out.contains(data.keyword(keyword));
    kinds.push_back(!is_known ? WordKind::kOther : is_unseen ? WordKind::kUnseen : WordKind::kSeen);
  }
  return kinds;
}

void print_text(const UnseenFlags& o, const UnseenCounts& counts,
                const std::vector<JudgedWords>& judged) {
  std::cout << "fold " << o.held_out.text() << ", " << o.split << " split: " << counts.unseen
            << " instances of unseen words (" << percent_text(counts.unseen_rate, 1)
            << " clicked), " << counts.seen << " of seen words ("
            << percent_text(counts.seen_rate, 1) << " clicked)\n";
  for (const JudgedWords& j : judged) {
    const UnseenWords& w = j.words;
    std::cout << visible(j.name) << "\n  AUC of unseen words     " << interval_text(w.unseen_auc)
              << "\n  AUC of seen words       " << interval_text(w.seen_auc)
              << "\n  P(unseen > seen)        " << known_number_text(w.unseen_over_seen, 4)
              << "  unseen clicked, seen not clicked\n  P(seen > unseen)        "
              << known_number_text(w.seen_over_unseen, 4)
              << "  seen clicked, unseen not clicked\n  mean probability        "
              << known_number_text(w.unseen_mean, 4) << " of unseen words, "
              << known_number_text(w.seen_mean, 4) << " of seen ones\n";
    if (&j == &judged.front()) continue;
    std::cout << "  over the first: unseen  " << gain_text(j.unseen_gain)
              << "\n  over the first: seen    " << gain_text(j.seen_gain) << "\n";
  }
}

void print_json(const UnseenFlags& o, const UnseenCounts& counts,
                const std::vector<JudgedWords>& judged) {
  Json out = {{"held_out", o.held_out.text()},
              {"split", o.split},
              {"unseen", {{"instances", counts.unseen}, {"click_rate", counts.unseen_rate}}},
              {"seen", {{"instances", counts.seen}, {"click_rate", counts.seen_rate}}},
              {"models", Json::array()}};
  for (const JudgedWords& j : judged) {
    Json model = {{"name", j.name},
                  {"unseen_auc", json_of(j.words.unseen_auc)},
                  {"seen_auc", json_of(j.words.seen_auc)},
                  {"unseen_over_seen", j.words.unseen_over_seen},
                  {"seen_over_unseen", j.words.seen_over_unseen},
                  {"unseen_mean", j.words.unseen_mean},
                  {"seen_mean", j.words.seen_mean}};
    if (&j != &judged.front()) {
      model["unseen_gain"] = json_of(j.unseen_gain);
      model["seen_gain"] = json_of(j.seen_gain);
    }
    out["models"].push_back(std::move(model));
  }
  std::cout << out.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

// What the files' cards say of their training's split ends with the fold. Files that others made
// may say nothing of it, so a file without it is judged.
void warn_of_training(const UnseenFlags& o, const std::string& path, const fbs::ModelCard& card) {
  if (!card.notes()) return;
  for (const fbs::Note* note : *card.notes()) {
    if (note->key()->string_view() != "split") continue;
    const std::string fold = "fold " + o.held_out.text() + " held out of training";
    if (note->value()->string_view().ends_with(fold)) return;
    std::cerr << visible_lines("WARNING: " + path + " may have seen these words in training: its " +
                               "card says of the split \"" + note->value()->str() +
                               "\", and nothing of \"" + fold + "\"\n");
  }
}

Result<int> run(const UnseenFlags& o) {
  const Result<Isa> isa = choose_isa(o.isa);
  if (!isa.ok()) return isa.status();
  const Result<std::shared_ptr<const Dataset>> data = open_data_to_read(o.data, o.dataset);
  if (!data.ok()) return data.status();
  const Split split = split_named(o.split);
  const InstanceTable table = instances_of(**data, split, Task::kMain);
  const std::vector<WordKind> kinds = kinds_of(**data, table, o.held_out);
  const UnseenCounts counts = count_unseen(table, kinds);
  if (counts.unseen == 0 || counts.seen == 0) {
    return bad_data(log_name(o.data) + ": the " + o.split + " split has no SFs of " +
                    (counts.unseen == 0 ? "fold " : "folds other than ") + o.held_out.text() +
                    ". Judge on the log, or on a dataset that was made without --hold-out-words");
  }
  std::vector<JudgedWords> judged;
  std::vector<float> base;
  for (const std::string& path : o.weights) {
    const Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path);
    if (!file.ok()) return file.status();
    warn_of_training(o, path, (*file)->card());
    Result<std::vector<float>> p = score_dataset(**file, kernels_for(*isa), **data, split,
                                                 Task::kMain, training_click_rate(**data));
    if (!p.ok()) return p.status();
    if (base.empty()) base = *p;
    const auto gain = [&](WordKind kind) {
      return unseen_difference(table, kinds, kind, *p, base, o.draws, o.seed);
    };
    judged.push_back({path, judge_unseen(table, kinds, *p, o.draws, o.seed),
                      gain(WordKind::kUnseen), gain(WordKind::kSeen)});
  }
  o.json ? print_json(o, counts, judged) : print_text(o, counts, judged);
  return kExitOk;
}

}  // namespace

Command add_unseen_command(CLI::App& app) {
  const auto o = std::make_shared<UnseenFlags>();
  CLI::App* command = add_subcommand(
      app, "unseen", "Judge weight files on selling points that were held out of their training");
  command
      ->add_option("weights,--weights", o->weights,
                   "Weight files that were trained with the fold held out, `extend`ed or not; the "
                   "others are compared with the first")
      ->required()
      ->type_name(kFile);
  add_data_option(*command, o->data,
                  "made without --hold-out-words, so that it has the words' names; one of its "
                  "splits is judged");
  add_held_out_option(*command, o->held_out, "The fold that their training did not see")
      ->required();
  add_split_option(*command, o->split);
  add_log_options(*command, o->dataset);
  add_isa_option(*command, o->isa);
  add_draws_option(*command, o->draws);
  add_seed_option(*command, o->seed);
  add_json_flag(*command, o->json);
  return [o] { return run(*o); };
}

}  // namespace barker
