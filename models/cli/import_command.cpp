#include <cstdio>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/command/options.h"
#include "models/data/import/import.h"
#include "models/text/text.h"

namespace barker {

Command add_import_command(CLI::App& app) {
  struct Options {
    std::string layout, from, out, clock = "position";
    uint64_t seed = 1;
  };
  const auto o = std::make_shared<Options>();
  CLI::App* command = add_subcommand(
      app, "import", "Turn a public data set into a catalogue, an event log, users and queries");
  one_of(command->add_option("layout", o->layout, "Which data set it is")->required(),
         {"amazon-reviews", "online-retail", "trivago", "bestbuy", "tmall"});
  command->add_option("--data,--from", o->from, "Directory of the data set")
      ->required()
      ->type_name(kDirectory)
      ->group(kInput);
  command->add_option("--out", o->out, "Directory to write; it is created if it does not exist")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  one_of(command
             ->add_option("--clock", o->clock,
                          "Times of amazon-reviews: the position among a user's purchases, whose "
                          "last one is test, or a guess at when the newest product was listed, "
                          "whose last 15% are test")
             ->group(kRun),
         {"position", "listing"});
  command->add_option("--seed", o->seed, "Seed of the drawn negatives (not bestbuy, tmall)")
      ->group(kRun);
  return [o]() -> Result<int> {
    if (Status s = check_output_directory(o->from, o->out); !s.ok()) return s;
    if (o->clock != "position" && o->layout != "amazon-reviews") {
      return invalid_argument("--clock " + o->clock +
                              ": expected the layout amazon-reviews, found " + o->layout);
    }
    BadLines bad;
    const auto import = [&] {
      if (o->layout == "online-retail") return import_online_retail(o->from, o->out, o->seed, bad);
      if (o->layout == "trivago") return import_trivago(o->from, o->out, o->seed, bad);
      if (o->layout == "bestbuy") return import_bestbuy(o->from, o->out, bad);
      if (o->layout == "tmall") return import_tmall(o->from, o->out, bad);
      return import_amazon_reviews(
          o->from, o->out, o->seed,
          o->clock == "listing" ? AmazonClock::kListing : AmazonClock::kPosition, bad);
    };
    const Result<ImportSummary> summary = import();
    if (!summary.ok()) return summary.status();
    const auto n = [](uint64_t value) { return static_cast<unsigned long long>(value); };
    std::cerr << visible_lines(bad.report(o->from));
    if (bad.count() > 0 && bad.count() >= summary->records) {
      return bad_data(o->from + ": none of its " + std::to_string(summary->records) +
                      " records can be used");
    }
    std::fprintf(
        stderr,
        "%llu records read, %llu reported: %llu ads, %llu events, %llu users, %llu queries in %s\n",
        n(summary->records), n(bad.count()), n(summary->ads), n(summary->events), n(summary->users),
        n(summary->queries), visible(o->out).c_str());
    return kExitOk;
  };
}

}  // namespace barker
