// A small program with every kind of option, for the tests of the frame.
#pragma once

#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <utility>

#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/command/program.h"

namespace barker {

struct CopyOptions {
  std::string from, out, precision = "fp16", report;
  std::vector<std::string> set;
  int draws = 200;
  double share = 0.5, timeout = 1, least = 1, days = 1;
  bool json = false;
};

// copy prints its options, or fails in the way that its operand names.
inline Command add_copy_command(CLI::App& app) {
  const auto o = std::make_shared<CopyOptions>();
  CLI::App* command = add_subcommand(app, "copy", "Copy a file");
  command->alias("duplicate");
  command->add_option("file,--data", o->from, "File to copy")->required()->type_name(kFile);
  command->add_option("--out,--to", o->out, "Directory to copy to")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  one_of(command->add_option("--precision", o->precision, "Numbers"), {"fp16", "int8"})
      ->group(kModel);
  command->add_option("--set", o->set, "Settings")->group(kModel);
  command->add_option("--draws", o->draws, "Samples")->check(CLI::Range(10, 1000))->group(kJudging);
  command->add_option("--share", o->share, "Share")->check(CLI::Range(0.0, 1.0))->type_name("X");
  command->add_option("--least", o->least, "Least")->check(CLI::Range(1e-9, 1.0));
  command->add_option("--days", o->days, "Days")->check(CLI::PositiveNumber)->type_name("DAYS");
  command->add_option("--timeout", o->timeout, "Time")->check(CLI::NonNegativeNumber);
  command->add_flag("--json", o->json, "Print JSON")->group(kOutput);
  command->add_flag("--report{-}", o->report, "Print or write a report")->group(kOutput);
  return [o]() -> Result<int> {
    if (o->from == "bad data") return bad_data("line 1\x1b[2J of \xe2\x80\xae file");
    if (o->from == "exception") throw std::runtime_error("thrown");
    if (o->from == "no memory") throw std::bad_alloc();
    std::cout << o->from << " " << o->out << " " << o->precision << " " << o->draws;
    for (const std::string& setting : o->set) std::cout << " " << setting;
    if (o->json) std::cout << " JSON";
    if (!o->report.empty()) std::cout << " report to " << o->report;
    std::cout << "\n";
    return kExitOk;
  };
}

inline Command add_make_command(CLI::App& app) {
  CLI::App* command = add_subcommand(app, "make", "Make 'things'");
  command->require_subcommand(1);
  CLI::App* shop = add_subcommand(*command, "shop", "A shop: [small]");
  const auto out = std::make_shared<std::string>();
  shop->add_option("--out", *out, "File to write")->type_name(kFile)->group(kOutput);
  CLI::App* link = add_subcommand(*command, "link", "Two operands");
  const auto operands = std::make_shared<std::pair<std::string, std::string>>();
  link->add_option("from", operands->first, "File to link")->type_name(kFile);
  link->add_option("to", operands->second, "Directory of the link")->type_name(kDirectory);
  return [] { return static_cast<int>(kExitGateFailed); };
}

inline const Program& small_program() {
  static const Program program = {
      "small-program", "1.2.3", "A small program", {add_copy_command, add_make_command}};
  return program;
}

}  // namespace barker
