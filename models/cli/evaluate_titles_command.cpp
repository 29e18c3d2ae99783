// evaluate-titles: which of two tested titles earned more clicks, by weight files and by simpler
// rules.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/utf8.h"
#include "models/baselines/linear_titles.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/cli/title_options.h"
#include "models/command/options.h"
#include "models/evaluate/number_format.h"
#include "models/evaluate/score_titles.h"
#include "models/experiment/title_pairs.h"
#include "models/text/keywords.h"
#include "models/text/text.h"
#include "models/weights/weight_file.h"
#include "scoring/isa.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

struct EvaluateTitles {
  TitleTestFiles files;
  std::vector<std::string> weights;
  std::string baselines, isa;
  int64_t from = INT64_MIN, before = INT64_MAX, validation_from = INT64_MAX;
  double significant = 1.96;
  bool json = false;
};

struct JudgedTitles {
  std::string name;
  std::vector<double> hits;
  std::string note;
};

class TitleJudge {
 public:
  TitleJudge(const EvaluateTitles& o, const std::vector<TestedTitle>& titles)
      : o_(o), titles_(titles) {
    PairRule rule = o.files.rule;
    rule.from = o.from;
    rule.before = o.before;
    pairs_ = pairs_of(titles, rule);
    z_ = pair_z(titles, pairs_);
  }

  const std::vector<TitlePair>& pairs() const { return pairs_; }
  const std::vector<JudgedTitles>& judged() const { return judged_; }

  Status add_weights(const std::string& path, const KernelTable& kernels) {
    const Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path);
    if (!file.ok()) return file.status();
    std::vector<std::string> texts;
    for (const TestedTitle& title : titles_) texts.push_back(title.title);
    const Result<std::vector<double>> scores = barker::score_titles(**file, kernels, texts);
    if (!scores.ok()) return scores.status();
    add(path, *scores, "");
    return {};
  }

  Status add_baseline(const std::string& name) {
    std::vector<double> scores;
    std::string note;
    if (name == "linear") {
      const Result<double> penalty = choose_linear();
      if (!penalty.ok()) return penalty.status();
      note = "penalty " + number_text(*penalty);
      scores = linear(o_.from, *penalty).scores(titles_);
    } else {
      const KeywordSplitter splitter;
      for (const TestedTitle& title : titles_) {
        const size_t size =
            name == "length" ? count_code_points(title.title) : splitter.split(title.title).size();
        scores.push_back(static_cast<double>(size));
      }
    }
    add(name, scores, note);
    return {};
  }

  PairMean mean(const std::vector<double>& values, double least_z) const {
    return mean_by_test(pairs_, z_, values, least_z);
  }
  PairMean gain(const JudgedTitles& judged, double least_z) const {
    std::vector<double> difference;
    for (size_t i = 0; i < pairs_.size(); ++i) {
      difference.push_back(judged.hits[i] - judged_.front().hits[i]);
    }
    return mean(difference, least_z);
  }

 private:
  void add(const std::string& name, const std::vector<double>& scores, const std::string& note) {
    judged_.push_back({name, pair_hits(pairs_, z_, scores), note});
  }

  LinearTitles linear(int64_t before, double penalty) const {
    PairRule rule = o_.files.rule;
    rule.before = before;
    const std::vector<TitlePair> pairs = pairs_of(titles_, rule);
    return {titles_, pairs, pair_z(titles_, pairs), penalty};
  }

  // The penalty of the linear model with the most pairs in order between --validation-from and
  // --from, when it has learned from what was before; of all pairs, by |z|.
  Result<double> choose_linear() const {
    constexpr double kPenalties[] = {100, 30, 10, 3, 1, .3};
    PairRule rule = o_.files.rule;
    rule.from = o_.validation_from;
    rule.before = o_.from;
    const std::vector<TitlePair> pairs = pairs_of(titles_, rule);
    const std::vector<double> z = pair_z(titles_, pairs);
    PairRule learned = o_.files.rule;
    learned.before = o_.validation_from;
    if (pairs.empty() || pairs_of(titles_, learned).empty()) {
      return bad_data(
          "the baseline \"linear\" learns from tests before --validation-from, and chooses its "
          "penalty by those from then to --from: there are none of one or the other");
    }
    double best = 0, most = -1;
    for (const double penalty : kPenalties) {
      const std::vector<double> hits =
          pair_hits(pairs, z, linear(o_.validation_from, penalty).scores(titles_));
      double sum = 0;
      for (size_t i = 0; i < hits.size(); ++i) {
        if (!std::isnan(hits[i])) sum += hits[i] * std::fabs(z[i]);
      }
      if (sum <= most) continue;
      most = sum;
      best = penalty;
    }
    return best;
  }

  const EvaluateTitles& o_;
  const std::vector<TestedTitle>& titles_;
  std::vector<TitlePair> pairs_;
  std::vector<double> z_;
  std::vector<JudgedTitles> judged_;
};

std::string text_of(const Effect& e, bool is_signed) {
  const auto number = [&](double value) {
    return (is_signed && value >= 0 ? "+" : "") + known_number_text(value, 3);
  };
  return number(e.value) + " [" + number(e.low) + ", " + number(e.high) + "]";
}

void print_text(const EvaluateTitles& o, const TitleJudge& judge) {
  const std::vector<double> ones(judge.pairs().size(), 1);
  const std::vector<double> kinds =
      o.significant > 0 ? std::vector{o.significant, 0.0} : std::vector{0.0};
  for (const double least_z : kinds) {
    const PairMean counted = judge.mean(judge.judged().front().hits, least_z);
    std::printf("%s: %u pairs of %u tests; share in the right order, by test\n",
                least_z > 0 ? ("|z| > " + number_text(least_z)).c_str() : "all that differ",
                counted.pairs, counted.tests);
    for (const JudgedTitles& j : judge.judged()) {
      std::string line = text_of(judge.mean(j.hits, least_z).mean, false);
      if (&j != &judge.judged().front()) {
        line += "  over the first " + text_of(judge.gain(j, least_z).mean, true);
      }
      std::printf("  %-24s %s%s\n", visible(j.name).c_str(), line.c_str(),
                  j.note.empty() ? "" : (" (" + j.note + ")").c_str());
    }
  }
}

Json json_of(const PairMean& m) {
  return {{"value", m.mean.value},
          {"low", m.mean.low},
          {"high", m.mean.high},
          {"pairs", m.pairs},
          {"tests", m.tests}};
}

void print_json(const EvaluateTitles& o, const TitleJudge& judge) {
  Json out = {{"significant_z", o.significant}, {"models", Json::array()}};
  for (const JudgedTitles& j : judge.judged()) {
    Json model = {{"name", j.name},
                  {"significant", json_of(judge.mean(j.hits, o.significant))},
                  {"all", json_of(judge.mean(j.hits, 0))}};
    if (&j != &judge.judged().front()) {
      model["over_first"] = {{"significant", json_of(judge.gain(j, o.significant))},
                             {"all", json_of(judge.gain(j, 0))}};
    }
    out["models"].push_back(std::move(model));
  }
  std::cout << out.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

Result<int> run_evaluate(const EvaluateTitles& o) {
  const std::vector<std::string> baselines = CLI::detail::split(o.baselines, ',');
  if (o.validation_from != INT64_MAX && std::ranges::count(baselines, "linear") == 0) {
    return invalid_argument("--validation-from: only the baseline \"linear\" chooses by it");
  }
  const Result<Isa> isa = choose_isa(o.isa);
  if (!isa.ok()) return isa.status();
  const Result<std::vector<TestedTitle>> titles = read_titles(o.files);
  if (!titles.ok()) return titles.status();
  TitleJudge judge(o, *titles);
  if (judge.pairs().empty()) {
    return bad_data(join(o.files.paths, ' ') +
                    ": no pair of different titles of one test and group has the impressions and "
                    "the time");
  }
  for (const std::string& path : o.weights) {
    if (Status s = judge.add_weights(path, kernels_for(*isa)); !s.ok()) return s;
  }
  for (const std::string& name : baselines) {
    if (name.empty()) continue;
    if (Status s = judge.add_baseline(name); !s.ok()) return s;
  }
  o.json ? print_json(o, judge) : print_text(o, judge);
  return kExitOk;
}

}  // namespace

Command add_evaluate_titles_command(CLI::App& app) {
  const auto o = std::make_shared<EvaluateTitles>();
  CLI::App* command =
      add_subcommand(app, "evaluate-titles",
                     "Judge weight files by tests of titles: which of two earned more clicks");
  command
      ->add_option("weights,--weights", o->weights,
                   "Weight files with an auxiliary task; the others are compared with the first")
      ->required()
      ->type_name(kFile);
  add_title_test_options(*command, o->files);
  command->add_option("--from", o->from, "Tests from this time on are judged")
      ->type_name("TIME")
      ->default_str("all")
      ->group(kInput);
  command->add_option("--before", o->before, "Tests before this time are judged")
      ->type_name("TIME")
      ->default_str("all")
      ->group(kInput);
  command
      ->add_option("--validation-from", o->validation_from,
                   "The baseline \"linear\" chooses its penalty by tests from this time to --from")
      ->type_name("TIME")
      ->default_str("none")
      ->group(kJudging);
  command
      ->add_option("--baseline", o->baselines,
                   "Also judges these, with commas: length (characters), words (their number), "
                   "linear (words and word pairs, learned from the tests before --from)")
      ->type_name("NAMES")
      ->check([](const std::string& names) -> std::string {
        for (const std::string& name : CLI::detail::split(names, ',')) {
          if (name != "length" && name != "words" && name != "linear") {
            return "expected length, words or linear, found \"" + name + "\"";
          }
        }
        return {};
      })
      ->group(kJudging);
  command->add_option("--significant", o->significant, "|z| above which a pair counts as sure")
      ->check(CLI::Range(0.0, 100.0))
      ->group(kJudging);
  add_isa_option(*command, o->isa);
  add_json_flag(*command, o->json);
  return [o] { return run_evaluate(*o); };
}

}  // namespace barker
