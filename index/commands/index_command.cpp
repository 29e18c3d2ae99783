#include <iostream>
#include <memory>

#include "index/catalogue/mine_selling_points.h"
#include "index/commands/commands.h"
#include "index/matching/stems.h"
#include "index/retrieval/index_writer.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"

namespace barker {
namespace {

struct Options {
  std::string ads, out;
  MatchingRules rules;
  bool mine = false, strict = false;
};

Result<int> run(const Options& options) {
  BadLines bad;
  Result<Catalogue> catalogue = read_catalogue(options.ads, bad);
  if (!catalogue.ok()) return catalogue.status();
  std::cerr << visible_lines(bad.report(options.ads) + catalogue->notes.report(options.ads));
  if (catalogue->ads.empty()) {
    return bad_data(options.ads + ": no usable ad in " + std::to_string(catalogue->lines) +
                    " lines");
  }
  if (options.mine) {
    for (const MinedPhrase& m : mine_selling_points(catalogue->ads)) {
      std::cout << visible(m.category) << '\t' << visible(m.phrase) << '\t' << m.ads << '\n';
    }
  }
  std::cerr << "indexing " << catalogue->ads.size() << " ads ...\n";
  if (Status s = write_index(catalogue->ads, options.out, options.rules); !s.ok()) return s;
  std::cerr << catalogue->lines << " lines read = " << catalogue->ads.size() << " ads indexed + "
            << bad.count() << " lines reported; " << catalogue->notes.values_dropped
            << " values and " << catalogue->notes.tags_dropped << " HTML tags dropped, "
            << catalogue->notes.invalid_utf8 << " invalid UTF-8 sequences replaced; "
            << visible(options.out) << " is ready\n";
  return options.strict && bad.count() > 0 ? kExitBadData : kExitOk;
}

}  // namespace

Command add_index_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("index", "Build an index from a catalogue (index/catalogue/CATALOGUE.md)");
  command
      ->add_option("--ads", options->ads,
                   "Catalogue as JSON Lines, plain or gzip; - reads standard input")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  command->add_flag("--strict", options->strict, "Exit with 65 when a line could not be used")
      ->group(kInput);
  command
      ->add_flag("--mine-selling-points", options->mine,
                 "Give ads without selling points those mined from their category, and print them")
      ->group(kInput);
  command
      ->add_option("--language", options->rules.languages,
                   "Languages whose words match in all their endings, such as en,de")
      ->delimiter(',')
      ->check(CLI::IsMember(stemmed_languages()))
      ->capture_default_str()
      ->group(kInput);
  command->add_option("--out", options->out, "Directory of the index to write")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  return [options] { return run(*options); };
}

}  // namespace barker
