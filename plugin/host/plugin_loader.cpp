#include "plugin/host/plugin_loader.h"

#include <dlfcn.h>

#include <cstddef>
#include <deque>
#include <filesystem>
#include <mutex>

#include "plugin/host/extension.h"

#ifndef BARKER_LIBDIR
#define BARKER_LIBDIR "lib"
#endif

namespace barker {
namespace {

// What every version since 1.0 has. barker.h only ever appends.
constexpr uint64_t kSmallestTable = offsetof(barker_api, text_bound);

std::string version(uint32_t major, uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

// Completed copies of shorter tables. They are kept until the process ends, as the library is; a
// deque does not move them.
const barker_api* keep_complete(const barker_api& table) {
  static std::mutex mutex;
  static std::deque<barker_api> kept;
  const std::lock_guard<std::mutex> lock(mutex);
  return &kept.emplace_back(complete_table<barker_api>(&table));
}

}  // namespace

Result<const barker_api*> load_plugin(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return not_found("plugin " + path + ": no such file");
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return bad_data("plugin " + path + ": cannot be loaded: " + dlerror());
  const auto* api = static_cast<const barker_api*>(dlsym(library, BARKER_ENTRY_SYMBOL));
  if (!api) {
    return bad_data("plugin " + path + ": expected the symbol " BARKER_ENTRY_SYMBOL ", found none");
  }
  if (api->abi_major != BARKER_ABI_MAJOR) {
    return Status(Code::kUnsupported, "plugin " + path + ": expected ABI " +
                                          std::to_string(BARKER_ABI_MAJOR) + ".x, found " +
                                          version(api->abi_major, api->abi_minor));
  }
  if (api->struct_size < kSmallestTable) {
    return bad_data("plugin " + path + ": expected a table of " + std::to_string(kSmallestTable) +
                    " bytes or more, found " + std::to_string(api->struct_size));
  }
  return api->struct_size >= sizeof(barker_api) ? api : keep_complete(*api);
}

std::string default_plugin_path() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path prefix = self.parent_path().parent_path();
  for (const char* directory : {"lib", BARKER_LIBDIR}) {
    const fs::path candidate = prefix / directory / "libbarker.so";
    if (fs::exists(candidate, error)) return candidate.string();
  }
  return (prefix / "lib" / "libbarker.so").string();
}

}  // namespace barker
