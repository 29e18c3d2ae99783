#include "models/simulate/marketplace_command.h"

#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/simulate/marketplace.h"
#include "models/text/text.h"

namespace barker {

Command add_marketplace_command(CLI::App& generate) {
  struct Options {
    MarketplaceOptions marketplace;
    std::string out;
  };
  const auto o = std::make_shared<Options>();
  CLI::App* command = add_subcommand(
      generate, "marketplace", "Write a bilingual shop: catalogue, users, queries and a click log");
  command->add_option("--out", o->out, "Directory to write; it is created if it does not exist")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  const auto count = [&](const char* names, uint32_t& value, const char* text, uint32_t least,
                         uint32_t most) {
    command->add_option(names, value, text)->check(CLI::Range(least, most))->group(kSize);
  };
  count("--ad-count,--ads", o->marketplace.ads, "Number of ads", 10, 10'000'000);
  count("--user-count,--users", o->marketplace.users, "Number of users", 5, 10'000'000);
  count("--search-count,--searches", o->marketplace.searches, "Number of searches in the log", 1,
        100'000'000);
  command
      ->add_flag("--rich", o->marketplace.is_rich,
                 "Merchants bid on long tails of invented words, too; for measurements")
      ->group(kSize);
  command->add_option("--seed", o->marketplace.seed, "Equal seeds give equal files")->group(kRun);
  return [o]() -> Result<int> {
    if (Status s = write_marketplace(o->marketplace, o->out); !s.ok()) return s;
    std::cerr << o->marketplace.ads << " ads, " << o->marketplace.users << " users and "
              << o->marketplace.searches << " searches are in " << visible(o->out) << "\n";
    return kExitOk;
  };
}

}  // namespace barker
