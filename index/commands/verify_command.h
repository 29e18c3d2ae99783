// The check of a weight file that `verify` prints and `publish` insists on.
#pragma once

#include <string>
#include <vector>

namespace barker {

struct VerifyOptions {
  std::string file, plugin, isa;  // plugin: "" for the one beside this command; isa: "" for all
  std::vector<std::string> trusted_keys;  // where there are any, one must have signed the file
};

// Every check, golden vectors included, by the plugin itself: what passes here is what an engine
// loads. Returns an exit code; errors go to stderr, with `print` every check to stdout.
int verify_weights(const VerifyOptions& options, bool print);

}  // namespace barker
