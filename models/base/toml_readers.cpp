#include "models/base/toml_readers.h"

#include "models/base/number_text.h"

namespace barker {

Status wrong(const toml::node& node, const std::string& expected) {
  return invalid_argument(
      "expected " + expected + ", found " +
      std::string(toml::impl::node_type_friendly_names[static_cast<size_t>(node.type())]));
}

Reader boolean(bool& out) {
  return [&out](const toml::node& node) -> Status {
    if (!node.is_boolean()) return wrong(node, "true or false");
    out = *node.value<bool>();
    return {};
  };
}

Reader text(std::string& out) {
  return [&out](const toml::node& node) -> Status {
    if (!node.is_string()) return wrong(node, "a string");
    out = *node.value<std::string>();
    return {};
  };
}

Reader integer(uint64_t low, uint64_t high, std::function<void(uint64_t)> set) {
  return [=](const toml::node& node) -> Status {
    const std::string range =
        "an integer from " + std::to_string(low) + " to " + std::to_string(high);
    if (!node.is_integer()) return wrong(node, range);
    const int64_t value = *node.value<int64_t>();
    if (value < 0 || static_cast<uint64_t>(value) < low || static_cast<uint64_t>(value) > high) {
      return invalid_argument("expected " + range + ", found " + std::to_string(value));
    }
    set(static_cast<uint64_t>(value));
    return {};
  };
}

Reader number(double low, double high, std::function<void(double)> set) {
  return [=](const toml::node& node) -> Status {
    if (!node.is_number()) return wrong(node, "a number");
    const double value = *node.value<double>();
    if (!(value >= low && value <= high)) {
      return invalid_argument("expected a number from " + number_text(low) + " to " +
                              number_text(high) + ", found " + number_text(value));
    }
    set(value);
    return {};
  };
}

std::string place_of(const toml::node& node, const std::string& name) {
  return "line " + std::to_string(node.source().begin.line) + ": " + name + ": ";
}

Status wrong(const toml::node& node, const std::string& name, const std::string& expected) {
  return invalid_argument(place_of(node, name) + "expected " + expected);
}

Status read_table(const toml::table& table, const std::string& prefix, const Readers& readers) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const std::string where = place_of(node, name);
    if (const auto reader = readers.tables.find(name); reader != readers.tables.end()) {
      const toml::table* const named = node.as_table();
      if (!named) return invalid_argument(where + wrong(node, "a table").message());
      if (Status s = reader->second(*named, name + "."); !s.ok()) return s;
      continue;
    }
    if (node.is_table() && !readers.keys.contains(name)) {
      bool known = false;
      for (const auto& [reader, unused] : readers.keys) known |= reader.starts_with(name + ".");
      if (!known) return invalid_argument(where + "no such table");
      if (Status s = read_table(*node.as_table(), name + ".", readers); !s.ok()) return s;
      continue;
    }
    const auto reader = readers.keys.find(name);
    if (reader == readers.keys.end()) return invalid_argument(where + "no such key");
    if (Status s = reader->second(node); !s.ok()) return invalid_argument(where + s.message());
  }
  return {};
}

}  // namespace barker
