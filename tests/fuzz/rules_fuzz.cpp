// Any text as rules: refused with a message, or usable.
#include "plugin/rules.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = Rules::parse(text);
  if (!rules.ok()) {
    promise(!rules.status().message().empty(), "a refusal says why");
    return 0;
  }
  rules->is_merchant_off(text);
  promise(rules->of_category(text) != 0, "rules by name apply to all");
  return 0;
}
