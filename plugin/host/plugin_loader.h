// Loads a rescoring plugin: a shared library that exports `barker_entry`.
//
// A plugin is never unloaded: new weights are a call, and new code is a new process. The versions
// are checked before anything is called. The major version must be equal; every minor version will
// do, because each side reads only what struct_size covers. [any thread]
#pragma once

#include <string>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

// The plugin's table, which lives as long as the process. Functions that the plugin does not have,
// because its minor version is older than this header's, are null: test those that are marked
// "since" in barker.h before calling them.
//
// Errors: kNotFound where there is no file, kBadData where it is no plugin, kUnsupported where its
// major version is another.
Result<const barker_api*> load_plugin(const std::string& path);

// Where libbarker.so lies as seen from this executable: in ../lib, as built or as installed.
std::string default_plugin_path();

}  // namespace barker
