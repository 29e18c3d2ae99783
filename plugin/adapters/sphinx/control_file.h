// The control file of the Sphinx adapter: which plugin and which weights a searchd serves with.
//
// It is TOML. Relative paths are relative to the directory of the file. A wrong or unknown key is
// an error, so that a mistyped one is not taken for a missing one.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker::sphinx {

struct ControlFile {
  std::string weights;      // weight file or weights directory; required
  std::string library;      // libbarker.so
  std::string plugin;       // file with the plugin's configuration; empty: the defaults
  std::string rules;        // as in barker::Watched
  std::string experiments;  // as in barker::Watched
  std::string admin;        // path of the administrator's Unix socket; empty: none
  std::string log;          // file that messages are appended to; empty: the server's log
  bool shared_directory = false;
  double probation_seconds = 30;
};

// `library` is libbarker.so beside this library unless the file names another.
Result<ControlFile> read_control_file(const std::string& path, const std::string& library);

// The control file of this process: what BARKER_SPHINX_CONFIG names, or barker_sphinx.toml in the
// directory from which `library` was loaded, which is the plugin_dir of the server.
std::string control_file_path(const std::string& library);

}  // namespace barker::sphinx
