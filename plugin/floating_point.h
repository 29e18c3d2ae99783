// The floating-point environment that the plugin calculates in, whatever the host has set: rounding
// to nearest, denormal numbers kept, no traps. The golden vectors were calculated so. While an
// object of this file lives, its thread has that environment; then it has the host's again, flags
// included.
#pragma once

#include <cfenv>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

namespace barker {

// Sets the whole environment that <cfenv> knows.
class StandardEnvironment {
 public:
  StandardEnvironment() noexcept {
    std::fegetenv(&hosts_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~StandardEnvironment() { std::fesetenv(&hosts_); }
  StandardEnvironment(const StandardEnvironment&) = delete;
  StandardEnvironment& operator=(const StandardEnvironment&) = delete;

 private:
  std::fenv_t hosts_;
};

#ifdef __SSE2__

// Sets the environment of the SSE and AVX units alone, which calculate floats and doubles on
// x86-64. Queries use it because it takes a few cycles, where the x87 unit takes a hundred or two.
class VectorEnvironment {
 public:
  VectorEnvironment() noexcept : hosts_(_mm_getcsr()) { _mm_setcsr(kDefault); }
  ~VectorEnvironment() { _mm_setcsr(hosts_); }
  VectorEnvironment(const VectorEnvironment&) = delete;
  VectorEnvironment& operator=(const VectorEnvironment&) = delete;

 private:
  // All exceptions masked and none raised, to nearest, no flush-to-zero, no denormals-are-zero.
  static constexpr unsigned kDefault = 0x1F80;
  unsigned hosts_;
};

// Sets both environments. <cfenv> knows nothing of flush-to-zero, so that the vector units are set
// by themselves.
class WholeEnvironment {
  VectorEnvironment vector_;
  StandardEnvironment standard_;
};

#else

using VectorEnvironment = StandardEnvironment;
using WholeEnvironment = StandardEnvironment;

#endif

}  // namespace barker
