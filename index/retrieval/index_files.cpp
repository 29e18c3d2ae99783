#include "index/retrieval/index_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

namespace barker {
namespace {

namespace fs = std::filesystem;

// Every index and every older version has some of these. Lucene++ alone writes into the
// directories; "lucene" is the one of the first versions.
constexpr std::array<std::string_view, 6> kFiles = {"ads.store",     "ads.jsonl",   "bids.book",
                                                    "matching.toml", "changes.log", "manifest"};
constexpr std::array<std::string_view, 3> kDirectories = {"bids", "titles", "lucene"};

// The extensions of the files of a segment of Lucene++ 3.0 (IndexFileNames.cpp).
constexpr std::array<std::string_view, 14> kSegmentExtensions = {"cfs", "cfx", "del", "fdt", "fdx",
                                                                 "fnm", "frq", "nrm", "prx", "tii",
                                                                 "tis", "tvd", "tvf", "tvx"};

// A number in base 36, as Lucene++ counts segments and generations.
bool is_base36(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  });
}

bool is_decimal(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Norms are "s" or "f" and the number of their field.
bool is_segment_extension(std::string_view text) {
  if (std::ranges::find(kSegmentExtensions, text) != kSegmentExtensions.end()) return true;
  return (text.starts_with('s') || text.starts_with('f')) && is_decimal(text.substr(1));
}

// "segments.gen", "segments_2", "write.lock", "_0.cfs", "_0_1.del".
bool is_lucene_file(std::string_view name) {
  if (name == "segments" || name == "segments.gen" || name == "write.lock") return true;
  if (name.starts_with("segments_")) return is_base36(name.substr(9));
  const size_t dot = name.find('.');
  if (!name.starts_with('_') || dot == std::string_view::npos) return false;
  const std::string_view stem = name.substr(1, dot - 1);
  const size_t generation = stem.find('_');
  return is_base36(stem.substr(0, generation)) &&
         (generation == std::string_view::npos || is_base36(stem.substr(generation + 1))) &&
         is_segment_extension(name.substr(dot + 1));
}

// With what a killed writer left of one: NAME.tmp.SOMETHING (models/base/atomic_file.h).
bool is_own_file(std::string_view name) {
  name = name.substr(0, name.find(".tmp."));
  return std::ranges::find(kFiles, name) != kFiles.end();
}

// What stands in an index directory.
struct Contents {
  std::vector<fs::path> files, directories;  // of the index
  std::vector<fs::path> foreign;
};

Status list(const fs::path& directory, const std::function<void(const fs::directory_entry&)>& use) {
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) use(*entry);
  return error ? io_error(directory.string() + ": " + error.message()) : Status();
}

// A symbolic link is no part of an index whatever its name is, because no build makes one.
Status look_through(const fs::path& directory, Contents& contents) {
  Status status = list(directory, [&](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    const fs::file_type type = entry.symlink_status().type();
    if (type == fs::file_type::regular && is_own_file(name)) {
      contents.files.push_back(entry.path());
    } else if (type == fs::file_type::directory &&
               std::ranges::find(kDirectories, name) != kDirectories.end()) {
      contents.directories.push_back(entry.path());
    } else {
      contents.foreign.push_back(entry.path());
    }
  });
  for (const fs::path& part : contents.directories) {
    if (!status.ok()) break;
    status = list(part, [&](const fs::directory_entry& entry) {
      const bool is_own = entry.symlink_status().type() == fs::file_type::regular &&
                          is_lucene_file(entry.path().filename().string());
      (is_own ? contents.files : contents.foreign).push_back(entry.path());
    });
  }
  std::ranges::sort(contents.foreign);
  return status;
}

}  // namespace

Status check_only_index_files(const std::string& directory) {
  Contents contents;
  if (Status s = look_through(directory, contents); !s.ok()) return s;
  if (contents.foreign.empty()) return {};
  return invalid_argument(contents.foreign.front().string() +
                          ": is no part of an index, and a new index that takes the place of " +
                          directory + " would remove it; move it to another directory");
}

Status remove_index(const std::string& directory) {
  Contents contents;
  if (Status s = look_through(directory, contents); !s.ok()) return s;
  std::error_code error, first;
  const auto remove = [&](const fs::path& path) {
    fs::remove(path, error);
    if (error && !first) first = error;
  };
  for (const fs::path& file : contents.files) remove(file);
  for (const fs::path& part : contents.directories) remove(part);
  // A file that came in between keeps the directory: only an empty one is removed.
  remove(directory);
  if (!first) return {};
  if (contents.foreign.empty()) return io_error(directory + ": is left: " + first.message());
  return io_error(contents.foreign.front().string() +
                  ": is no part of an index and is left there; move it, and remove " + directory);
}

}  // namespace barker
