// Loads a rescoring plugin: a shared library that exports `barker_entry`. Never unloaded: new code
// is a new process, new weights are a call.
#pragma once

#include <string>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

// The plugin's table, its version checked before anything is called. Static.
Result<const barker_api*> load_plugin(const std::string& path);

// Where libbarker.so is beside this executable: ../lib as built or installed.
std::string default_plugin_path();

}  // namespace barker
