#include "models/base/cores.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace barker {
namespace {

size_t cores_of_affinity() {
  cpu_set_t set;
  // It fails on machines with more cores than the set holds.
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
  return static_cast<size_t>(CPU_COUNT(&set));
}

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The control group of this process below the mounted hierarchy, "/" for its root. Empty: there is
// no hierarchy of version 2.
std::string control_group() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return {};
}

}  // namespace

std::optional<size_t> cores_of_quota(std::string_view text) {
  size_t quota = 0, period = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, quota);
  if (error != std::errc() || after == end || *after != ' ') return std::nullopt;
  if (std::from_chars(after + 1, end, period).ec != std::errc() || period == 0) return std::nullopt;
  return std::max<size_t>(1, quota / period + (quota % period > 0 ? 1 : 0));
}

size_t usable_cores() {
  size_t cores = std::max<size_t>(1, cores_of_affinity());
  const std::string group = control_group();
  if (group.empty()) return cores;
  const std::filesystem::path mounted = "/sys/fs/cgroup";
  // A group has no more than any group above it.
  for (std::filesystem::path at = std::filesystem::path(group).relative_path();;
       at = at.parent_path()) {
    if (const auto quota = cores_of_quota(first_line(mounted / at / "cpu.max"))) {
      cores = std::min(cores, *quota);
    }
    if (at.empty()) return cores;
  }
}

}  // namespace barker
