#include "plugin/host/plugin_loader.h"

#include <dlfcn.h>

#include <filesystem>

#ifndef BARKER_LIBDIR
#define BARKER_LIBDIR "lib"
#endif

namespace barker {

Result<const barker_api*> load_plugin(const std::string& path) {
  if (!std::filesystem::exists(path)) return not_found("plugin " + path + ": no such file");
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return bad_data("plugin " + path + ": cannot be loaded: " + dlerror());
  const auto* api = static_cast<const barker_api*>(dlsym(library, BARKER_ENTRY_SYMBOL));
  if (!api)
    return bad_data("plugin " + path + ": expected the symbol " BARKER_ENTRY_SYMBOL ", found none");
  const auto version = [](uint32_t major, uint32_t minor) {
    return std::to_string(major) + "." + std::to_string(minor);
  };
  // Minor versions only append: with another one both sides use what both have.
  if (api->abi_major != BARKER_ABI_MAJOR) {
    return Status(Code::kUnsupported, "plugin " + path + ": expected ABI " +
                                          std::to_string(BARKER_ABI_MAJOR) + ".x, found " +
                                          version(api->abi_major, api->abi_minor));
  }
  if (api->struct_size < sizeof(barker_api)) {
    return bad_data("plugin " + path + ": expected a table of " +
                    std::to_string(sizeof(barker_api)) + " bytes, found " +
                    std::to_string(api->struct_size));
  }
  return api;
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
