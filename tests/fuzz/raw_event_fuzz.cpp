// Any line as a raw event: a reason, or an event that survives being written and read again.
#include "models/base/utf8.h"
#include "models/data/raw_event.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const auto write = [](const auto& event) { return to_line(event); };
  const auto event = parse_raw_event({reinterpret_cast<const char*>(data), size});
  if (!event.ok()) {
    promise(!event.status().message().empty(), "a bad line has a reason");
    return 0;
  }
  const std::string once = std::visit(write, *event);
  promise(once.size() <= kMaxRawLine, "a line is bounded");
  promise(once.find('\n') == once.size() - 1, "an event is one line");
  promise(is_valid_utf8(once), "a line is valid UTF-8");
  const auto again = parse_raw_event(once);
  promise(again.ok(), "what was written can be read");
  // Names that are cut may become equal, and JSON has one member of a name. So the line is stable
  // from the second time on.
  const std::string twice = std::visit(write, *again);
  const auto third = parse_raw_event(twice);
  promise(third.ok() && std::visit(write, *third) == twice, "writing round-trips");
  return 0;
}
