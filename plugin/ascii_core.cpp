#include "plugin/ascii_core.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace barker {
namespace {

constexpr char kNotInCore = '\0';

// Of ASCII letters and digits, these in lower case.
constexpr auto kCoreOf = [] {
  std::array<char, 0x100> core{};
  for (char c = '0'; c <= '9'; ++c) core[static_cast<size_t>(c)] = c;
  for (char c = 'a'; c <= 'z'; ++c) {
    core[static_cast<size_t>(c)] = core[static_cast<size_t>(c - 'a' + 'A')] = c;
  }
  return core;
}();

}  // namespace

void AsciiCore::assign(std::string_view text) {
  text_.resize(text.size());
  char* const core = text_.data();
  size_t size = 0;
  unsigned bits = 0;
  for (const char c : text) {  // without a branch, of which a title would mispredict many
    bits |= static_cast<unsigned char>(c);
    const char kept = kCoreOf[static_cast<unsigned char>(c)];
    core[size] = kept;
    size += kept != kNotInCore;
  }
  is_known_ = bits < 0x80;
  text_.resize(size);
}

bool AsciiCore::may_contain(const AsciiCore& other) const noexcept {
  return !is_known_ || !other.is_known_ ||
         memmem(text_.data(), text_.size(), other.text_.data(), other.text_.size()) != nullptr;
}

bool AsciiCore::may_equal(const AsciiCore& other) const noexcept {
  return !is_known_ || !other.is_known_ || text_ == other.text_;
}

}  // namespace barker
