// The table `[plugin]` of a configuration: the plugin's own keys, which only the plugin knows. [any
// thread]
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "index/config/load_config.h"
#include "models/base/result.h"
#include "models/base/toml_names.h"

namespace barker {

// The table as a TOML text of its own, in which "[plugin.title]" is "title". Each key stands on the
// line on which it stands in the file, so that the plugin's errors name the lines of the file.
std::string plugin_text(const toml::table& plugin);

// The public keys that such a text trusts, as the plugin reads them: where there are any, weights
// must be signed by one of them. Empty where the text is not what a plugin takes.
std::vector<std::string> trusted_keys(const std::string& text);

// All that a plugin finds wrong in such a text. `create` makes a plugin with a text and returns its
// error, which names one line or one key; what it names is taken out before the plugin is asked
// again.
std::vector<ConfigProblem> check_plugin_text(
    const std::string& text, const std::string& file,
    const std::function<Status(const std::string& text)>& create);

}  // namespace barker
