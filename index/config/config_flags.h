// The keys of the configuration as flags of a command.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "index/config/load_config.h"

namespace barker {

// What was given on the command line.
struct ConfigFlags {
  std::string file;  // of --config
  ConfigTexts texts;
};

// Adds --config and a flag for each key, and for some a short name besides, such as --listen.
// `flags` must live until the command line was parsed.
void add_config_flags(CLI::App& command, ConfigFlags& flags);

// The configuration of this process. The file is that of --config, or of the variable
// BARKER_CONFIG.
Result<ServiceConfig> load_config(const ConfigFlags& flags, const char* const* environment);

}  // namespace barker
