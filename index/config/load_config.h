// Reads the configuration of `barker serve`: flags come before variables, variables before the
// file, and the file before the defaults of service_config.h.
//
// Every key of keys.h can be set in all three ways: `listen` in the table `[server]` of the file,
// the variable BARKER_SERVER_LISTEN, the flag --server-listen. The plugin's own keys are the table
// `[plugin]` of the file; they are passed on as text, and the plugin checks them.
//
// All that is wrong is found at once, also in a value that another one replaces. Paths in the file
// are relative to its directory, all others to the working directory. [any thread]
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "index/config/service_config.h"
#include "models/base/result.h"

namespace barker {

// Texts by the name of what they set: of a variable, or of a key as in keys.h for a flag.
using ConfigTexts = std::map<std::string, std::string, std::less<>>;

struct ConfigProblem {
  std::string where;  // "barker.toml:12", "BARKER_SERVER_LISTEN", "--server-listen"
  std::string text;   // "server.listne: no such key; did you mean server.listen?"
};

struct LoadedConfig {
  ServiceConfig config;
  std::vector<ConfigProblem> problems;  // in the order of the file, then variables, then flags
};

// The variables of this process whose names begin with BARKER_.
ConfigTexts config_variables(const char* const* environment);

// `file` may be empty: there is none. Fails only where the file cannot be read; whatever is wrong
// in it is among the problems.
Result<LoadedConfig> read_config(const std::string& file, const ConfigTexts& variables,
                                 const ConfigTexts& flags);

// The same for callers that need a configuration without problems. The error, kBadConfiguration,
// has all problems.
Result<ServiceConfig> load_config(const std::string& file, const ConfigTexts& variables,
                                  const ConfigTexts& flags);

}  // namespace barker
