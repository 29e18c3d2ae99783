#include "scoring/isa.h"

#include <string>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace barker {
namespace {

#if defined(__x86_64__)
// __builtin_cpu_supports of clang 14 does not know "f16c". CPUID alone suffices here: F16C uses the
// registers of AVX, and the question for AVX2 includes whether the operating system saves them.
bool has_f16c() {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}

// clang 14 does not know "avxvnni" either, nor its bit.
bool has_avx_vnni() {
  constexpr unsigned kAvxVnniBit = 1u << 4;
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvxVnniBit) != 0;
}
#endif

bool machine_has(Isa isa) {
#if defined(__x86_64__)
  // __builtin_cpu_supports also asks whether the operating system saves the registers.
  switch (isa) {
    case Isa::kBaseline:
      return true;
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    case Isa::kAvxVnni:
      return machine_has(Isa::kAvx2) && has_avx_vnni();
    case Isa::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case Isa::kAvx512Dot:
      return machine_has(Isa::kAvx512) && __builtin_cpu_supports("avx512vnni") &&
             __builtin_cpu_supports("avx512bf16");
    case Isa::kNeonDot:
      return false;
  }
  return false;
#elif defined(__aarch64__)
  if (isa == Isa::kNeonDot) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
  return isa == Isa::kBaseline;
#else
  return isa == Isa::kBaseline;
#endif
}

constexpr Isa kAll[] = {Isa::kBaseline, Isa::kAvx2,      Isa::kAvxVnni,
                        Isa::kAvx512,   Isa::kAvx512Dot, Isa::kNeonDot};

}  // namespace

std::string_view isa_name(Isa isa) noexcept {
  switch (isa) {
    case Isa::kBaseline:
      return "baseline";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvxVnni:
      return "avxvnni";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Dot:
      return "avx512dot";
    case Isa::kNeonDot:
      return "neondot";
  }
  return "?";
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> found;
  for (const Isa isa : kAll) {
    if (machine_has(isa)) found.push_back(isa);
  }
  return found;
}

Result<Isa> choose_isa(std::string_view name) {
  if (name.empty()) return supported_isas().back();
  for (const Isa isa : kAll) {
    if (isa_name(isa) != name) continue;
    if (machine_has(isa)) return isa;
    return Status(Code::kUnsupported, "isa \"" + std::string(name) + "\": this machine lacks it");
  }
  return invalid_argument(
      "isa \"" + std::string(name) +
      "\": expected baseline, avx2, avxvnni, avx512, avx512dot, neondot or nothing");
}

}  // namespace barker
