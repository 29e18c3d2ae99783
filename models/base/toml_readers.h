// Reads the keys of a TOML table into variables. Each key has a reader, which checks type and
// range; a key without one is an error. Errors name the line, the key, what was expected and what
// was found. Pure functions: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "models/base/result.h"
#include "models/base/toml_text.h"

namespace barker {

using Reader = std::function<Status(const toml::node&)>;

// The error of a value of the wrong type.
Status wrong(const toml::node& node, const std::string& expected);

Reader boolean(bool& out);
Reader text(std::string& out);
// Both ends of a range belong to it.
Reader integer(uint64_t low, uint64_t high, std::function<void(uint64_t)> set);
Reader number(double low, double high, std::function<void(double)> set);

// The choice that a word stands for. The list of choices must have static storage.
template <typename T>
Reader word(std::initializer_list<std::pair<const char*, T>> choices, T& out) {
  return [choices, &out](const toml::node& node) -> Status {
    if (!node.is_string()) return wrong(node, "a word in quotes");
    const std::string found = *node.value<std::string>();
    std::string known;
    for (const auto& [choice, value] : choices) {
      if (found == choice) {
        out = value;
        return {};
      }
      known += (known.empty() ? "" : ", ") + std::string(choice);
    }
    return invalid_argument("expected one of " + known + ", found \"" + found + "\"");
  };
}

// Reads a table, whose keys have the prefix before their names in messages.
using TableReader = std::function<Status(const toml::table&, const std::string& prefix)>;

struct Readers {
  std::map<std::string, Reader> keys;
  std::map<std::string, TableReader> tables =
      {};  // those whose keys are names of the user's choice
};

// What a message says of the place of a value: "line 3: title.width: ".
std::string place_of(const toml::node& node, const std::string& name);

// The error of a value that no Reader reads: its place and what was expected there.
Status wrong(const toml::node& node, const std::string& name, const std::string& expected);

// A table whose keys are those of `readers`, with `prefix` before them ("title." for
// "title.width"). Of the outermost table, whose prefix is empty, "a.b" reads the key b of the table
// a.
Status read_table(const toml::table& table, const std::string& prefix, const Readers& readers);

}  // namespace barker
