// The check of a weight file that `verify` prints and `publish` insists on.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"

namespace CLI {
class App;
}

namespace barker {

struct VerifyOptions {
  std::string file;
  std::string plugin;                     // "" takes the library beside this command
  std::string isa;                        // "" checks every instruction set of this machine
  std::vector<std::string> trusted_keys;  // if there are any, one of them must have signed the file
};

// Runs every check, golden vectors included, in the plugin itself: a file that passes here is one
// that an engine loads. With `print` every check goes to standard output.
Status verify_weights(const VerifyOptions& options, bool print);

// Publishes the file (models/weights/directory.h) if its copy in the directory passes
// verify_weights(), because the file or its signature may change while they are copied. Returns the
// version's name.
Result<std::string> publish_verified(const VerifyOptions& options, const std::string& directory,
                                     const std::string& label);

// --plugin and --trusted-key, for `verify` and `publish`.
void add_plugin_options(CLI::App& command, VerifyOptions& options);

}  // namespace barker
