#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "models/cli/commands.h"
#include "models/exit_code.h"
#include "models/simulate/marketplace.h"

namespace barker {

Command add_generate_command(CLI::App& app) {
  struct Options {
    MarketplaceOptions marketplace;
    std::string out;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("generate", "Make data with known truth");
  CLI::App* marketplace = command->add_subcommand(
      "marketplace", "The demo's bilingual shop: catalogue, users, click log");
  command->require_subcommand(1);
  marketplace->add_option("--out", options->out, "Directory to write")->required();
  marketplace->add_option("--seed", options->marketplace.seed, "Equal seeds give equal bytes");
  marketplace->add_option("--ads", options->marketplace.ads)->check(CLI::Range(10, 10'000'000));
  marketplace->add_option("--users", options->marketplace.users)->check(CLI::Range(5, 10'000'000));
  marketplace->add_option("--searches", options->marketplace.searches)
      ->check(CLI::Range(1, 100'000'000));
  return [options] {
    const Status status = write_marketplace(options->marketplace, options->out);
    if (!status.ok()) {
      std::cerr << "barker-train generate: " << status.message() << "\n";
      return exit_code(status);
    }
    std::cerr << options->marketplace.ads << " ads, " << options->marketplace.users << " users, "
              << options->marketplace.searches << " searches in " << options->out << "\n";
    return static_cast<int>(kExitOk);
  };
}

}  // namespace barker
