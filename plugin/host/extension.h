// Tables of functions of another minor version, made safe to read.
//
// A plugin of an older minor version has shorter tables than this header declares, and reading past
// their end would read whatever lies there. These functions return a table of this header's size in
// which every function that the plugin does not have is null. Callers test for null and never look
// at struct_size themselves. [any thread]
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "plugin/barker.h"

namespace barker {

// `table` opens with its struct_size, as every struct of the ABI does. The copy keeps that size.
template <typename Table>
Table complete_table(const void* table) {
  uint64_t size = 0;
  std::memcpy(&size, table, sizeof size);
  Table complete{};
  std::memcpy(&complete, table, std::min<uint64_t>(size, sizeof complete));
  return complete;
}

// The table of an extension such as BARKER_EXT_EXPLAIN, or nothing where the plugin lacks it.
template <typename Table>
std::optional<Table> find_extension(const barker_api& api, const char* id) {
  const void* const table = api.get_extension(id);
  if (!table) return std::nullopt;
  return complete_table<Table>(table);
}

}  // namespace barker
