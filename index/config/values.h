// Values of keys: read from texts and TOML, checked, and written. [any thread]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "index/config/keys.h"
#include "models/base/result.h"
#include "models/base/toml_names.h"

namespace barker {

// What a key takes, for messages and comments: "a duration from 1ms to 1m, such as "30s"".
std::string expected_value(const Key& key);

// Sets a key from the text of a variable or flag. `directory` is what a relative path is relative
// to; empty: the working directory. The error says what was expected and, unless it is a secret,
// found.
Status set_value(const Key& key, std::string_view text, const std::string& directory,
                 ServiceConfig& config);

// The same from a value of a file, whose type must be that of the key.
Status set_value(const Key& key, const toml::node& value, const std::string& directory,
                 ServiceConfig& config);

// The items of a list with commas between them, without the white space around them and without
// empty ones: "a, b" has "a" and "b". No item has a comma.
std::vector<std::string> items_of(std::string_view list);

// The files that a value names: of a path, of lmdb:PATH, and of the Unix sockets of addresses.
std::vector<std::string> paths_of(const Key& key, const ServiceConfig& config);

// The error with the name of a key before it. What is a wrong argument to the room that refused it
// is a wrong value of the configuration.
Status with_key(std::string_view key, const Status& error);

// The same with the key whose path the message begins with, or that of a file in it or beside it,
// such as PATH.lock; of several the longest path counts. The error as it is where it begins with
// none.
Status with_key_of_path(const ServiceConfig& config, const Status& error);

// The value of a key as it stands in a file: "\"127.0.0.1:8080\"", "\"30s\"", "256".
std::string value_text(const Key& key, const ServiceConfig& config);

}  // namespace barker
