// How many processor cores this process may use.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace barker {

// At least 1: the cores of the machine, of which an affinity (`taskset`, a cpuset) leaves some out,
// and no more than the quota of the control groups in which the process is, rounded up (cgroup v2:
// `docker --cpus`, CPUQuota= of systemd). [any thread]
size_t usable_cores();

// The cores of a quota as a file `cpu.max` has it, "QUOTA PERIOD" in microseconds, rounded up.
// Nothing: "max", or no quota at all.
std::optional<size_t> cores_of_quota(std::string_view text);

}  // namespace barker
