// extend: the next version of a weight file, with rows for words of a catalogue that training never
// saw.
#include <cstdio>
#include <iostream>
#include <memory>

#include "index/catalogue/catalogue.h"
#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/cli/weight_draft.h"
#include "models/command/options.h"
#include "models/evaluate/reference_golden.h"
#include "models/text/text.h"
#include "models/train/extend.h"
#include "models/weights/weight_file.h"

namespace barker {
namespace {

struct ExtendFlags {
  std::string weights, out, version, rows = "titles";
  std::vector<std::string> ads;
  int64_t created = -1;
  bool strict = false;
  ExtendOptions extend;
};

// The texts of all ads. What cannot be used is printed on standard error.
Result<std::vector<AdTexts>> read_ads(const ExtendFlags& o) {
  std::vector<AdTexts> ads;
  uint64_t lost = 0;
  for (const std::string& path : o.ads) {
    BadLines bad;
    const Result<CatalogueCounts> counts = for_each_ad(path, bad, [&](CatalogueAd ad) -> Status {
      ads.push_back({std::move(ad.title), std::move(ad.category), std::move(ad.selling_points)});
      return {};
    });
    std::cerr << visible_lines(bad.report(path));
    if (!counts.ok()) return counts.status();
    std::cerr << visible_lines(counts->notes.report(path));
    if (counts->ads == 0) return bad_data(path + ": no line of it is an ad");
    lost += bad.count();
  }
  if (o.strict && lost > 0) {
    return bad_data(std::to_string(lost) + " lines are no ads, and --strict takes none of these");
  }
  return ads;
}

std::string words_text(const WordCount& count) {
  return std::to_string(count.words) + " words, " + std::to_string(count.selling_points) +
         " of them selling points";
}

void print(const ExtendFlags& o, size_t ads, const Extension& e) {
  const auto line = [](const char* what, const WordCount& count, const std::string& more) {
    std::printf("%-9s %s%s\n", what, words_text(count).c_str(), more.c_str());
  };
  std::printf("%zu ads\n", ads);
  line("known", e.known, "");
  line("added", e.placed,
       e.phrases > 0 ? "; " + std::to_string(e.phrases) + " phrases" : std::string());
  line("left out", e.rare, ": they stand in fewer than " + std::to_string(kLeastAds) + " ads");
  line("left out", e.alone, ": they stand with no known word more often than by chance");
  if (e.added.empty()) {
    std::cerr << visible_lines("notice: nothing is new, so that " + o.out + " answers as " +
                               o.weights + " does\n");
  } else if (!o.extend.zero_rows) {
    std::printf(
        "of the rows of known words that were left out in turn, titles explain %s (ridge %s)\n",
        percent_text(e.explained, 1).c_str(), number_text(e.ridge).c_str());
  }
}

// What the new version was made from: its card keeps all that the old one says.
void record(const ExtendFlags& o, size_t ads, const Extension& e, CardSpec& card) {
  if (!o.version.empty()) card.version = o.version;
  card.created = created_or_now(o.created);
  card.notes.emplace_back("extended from", o.weights);
  card.notes.emplace_back(
      "extended by", words_text(e.placed) + ", from the titles of " + std::to_string(ads) + " ads");
  if (o.extend.zero_rows) card.notes.emplace_back("rows of new words", "zeros");
}

Result<int> run(ExtendFlags& o) {
  o.extend.zero_rows = o.rows == "zero";
  std::vector<InputPath> inputs = input_paths("--ads", o.ads);
  inputs.push_back({"--weights", o.weights});
  if (Status s = check_outputs(inputs, {{"--out", o.out}}); !s.ok()) return s;
  const Result<std::shared_ptr<const WeightFile>> original = WeightFile::open(o.weights);
  if (!original.ok()) return original.status();
  const char* const instead =
      "extend the file in fp32, and then `barker-train quantize` the result";
  if (Status s = check_full_precision(**original, instead); !s.ok()) return s;
  const Result<std::vector<AdTexts>> ads = read_ads(o);
  if (!ads.ok()) return ads.status();

  ModelSpec model = read_model(**original);
  Result<Extension> extension = extend_model(*ads, o.extend, model);
  if (!extension.ok()) {
    return Status(extension.status().code(),
                  join(o.ads, ' ') + ": " + extension.status().message());
  }
  record(o, ads->size(), *extension, model.card);
  WeightDraft draft(o.out);
  if (Status s = draft.write(model); !s.ok()) return s;
  if (!extension->golden.empty()) {
    const Result<std::shared_ptr<const WeightFile>> extended = WeightFile::open(draft.path());
    if (!extended.ok()) return extended.status();
    if (Status s = fill_in_golden(**extended, extension->golden); !s.ok()) return s;
    model.golden.insert(model.golden.end(), extension->golden.begin(), extension->golden.end());
    if (Status s = draft.write(model); !s.ok()) return s;
  }
  if (Status s = draft.publish(); !s.ok()) return s;
  print(o, ads->size(), *extension);
  std::printf("%s: %zu names, %zu golden vectors\n", visible(o.out).c_str(), model.names.size(),
              model.golden.size());
  return kExitOk;
}

}  // namespace

Command add_extend_command(CLI::App& app) {
  const auto o = std::make_shared<ExtendFlags>();
  CLI::App* command = add_subcommand(
      app, "extend",
      "Write the next version of a weight file, with rows for a catalogue's new words");
  command->add_option("weights,--weights", o->weights, "Weight file in fp32, as `train` writes it")
      ->required()
      ->type_name(kFile);
  command
      ->add_option("--ads", o->ads,
                   "Catalogue of ads (JSON Lines); repeatable. The known words must be in it, too: "
                   "give the whole catalogue and not only what is new")
      ->required()
      ->allow_extra_args(false)
      ->type_name(kFile)
      ->group(kInput);
  command->add_flag("--strict", o->strict, "Fail if a line of a catalogue is no ad")->group(kInput);
  one_of(command->add_option("--rows", o->rows,
                             "Where new rows come from: the titles, or zero as a control"),
         {"titles", "zero"})
      ->group(kModel);
  command
      ->add_option("--context-dim", o->extend.context_dim,
                   "Numbers that say where a word stands in the catalogue")
      ->check(CLI::Range(1, 1024))
      ->group(kModel);
  command->add_option("--seed", o->extend.seed, "Seed of the factorisation")->group(kModel);
  command->add_option("--model-version", o->version, "Version in the model card")
      ->default_str("that of WEIGHTS")
      ->group(kModel);
  add_created_option(*command, o->created);
  add_out_option(*command, "--out", o->out, "Weight file to write");
  return [o] { return run(*o); };
}

}  // namespace barker
