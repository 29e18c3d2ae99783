#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "index/catalogue/mine_selling_points.h"
#include "index/commands/commands.h"
#include "index/commands/fail.h"
#include "index/retrieval/index_writer.h"
#include "models/base/exit_code.h"
#include "models/text/text.h"

namespace barker {
namespace {

struct Options {
  std::string ads, out;
  bool mine = false, strict = false;
};

int run(const Options& options) {
  BadLines bad;
  Result<Catalogue> catalogue = read_catalogue(options.ads, bad);
  if (!catalogue.ok()) return fail("index", catalogue.status());
  std::cerr << bad.report(options.ads);
  if (catalogue->ads.empty()) {
    std::cerr << "barker index: " << options.ads << ": no usable ad in " << catalogue->lines
              << " lines\n";
    return kExitBadData;
  }
  if (options.mine) {
    for (const MinedPhrase& m : mine_selling_points(catalogue->ads)) {
      std::cout << visible(m.category) << '\t' << visible(m.phrase) << '\t' << m.ads << '\n';
    }
  }
  std::cerr << "indexing " << catalogue->ads.size() << " ads ...\n";
  if (const Status s = write_index(catalogue->ads, options.out); !s.ok()) {
    return fail("index", s);
  }
  std::cerr << catalogue->lines << " lines read = " << catalogue->ads.size() << " ads indexed + "
            << bad.count() << " lines reported; " << catalogue->invalid_utf8
            << " invalid UTF-8 sequences replaced; " << options.out << " is ready\n";
  return options.strict && bad.count() > 0 ? kExitBadData : kExitOk;
}

}  // namespace

Command add_index_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("index", "Build an index from a catalogue (index/catalogue/CATALOGUE.md)");
  command
      ->add_option("--ads", options->ads,
                   "Catalogue, JSON Lines, plain or gzip; - for standard input")
      ->required();
  command->add_option("--out", options->out, "Directory to write")->required();
  command->add_flag("--mine-selling-points", options->mine,
                    "Give ads without selling points those mined from their category; prints them");
  command->add_flag("--strict", options->strict, "Exit with 65 when a line could not be used");
  return [options] { return run(*options); };
}

}  // namespace barker
