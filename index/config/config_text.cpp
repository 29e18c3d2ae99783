#include "index/config/config_text.h"

#include <sstream>

#include "index/config/keys.h"
#include "index/config/values.h"

namespace barker {
namespace {

constexpr size_t kWidth = 100;

// The words of a text in lines that begin with "# ".
void comment(const std::string& text, std::string& out) {
  std::istringstream words(text);
  std::string line = "#";
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  out += line + "\n";
}

}  // namespace

std::string commented_config() {
  const ServiceConfig defaults;
  std::string out;
  comment(
      "The configuration of barker serve. Each key stands here with its default: take the # away "
      "before it to set it. Every key but those of the plugin is also a variable, "
      "BARKER_SERVER_LISTEN, and a flag, --server-listen, except the token, which is no flag. A "
      "flag comes before a variable, and a variable before this file. Relative paths are relative "
      "to the directory of this file. "
      "barker config check says all that is wrong in it.",
      out);
  for (const ConfigTable& table : config_tables()) {
    out += "\n";
    comment(std::string(table.about), out);
    out += "[" + std::string(table.name) + "]\n";
    for (const Key& key : config_keys()) {
      if (key.table() != table.name) continue;
      out += "\n";
      comment(std::string(key.about) + " Takes " + expected_value(key) + ".", out);
      out += "# " + std::string(key.leaf()) + " = " + value_text(key, defaults) + "\n";
    }
  }
  out += "\n";
  comment(
      "The plugin's own keys, such as window = 50, and count = 2 in the table "
      "[plugin.selling_points]. The page of the plugin lists them.",
      out);
  out += "[plugin]\n";
  return out;
}

}  // namespace barker
