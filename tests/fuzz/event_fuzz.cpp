// Any line as an event: a reason, or an event that survives being written and read again.
#include "models/data/events.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const auto event = parse_event({reinterpret_cast<const char*>(data), size});
  if (!event.ok()) {
    promise(!event.status().message().empty(), "a bad line has a reason");
    return 0;
  }
  std::string once, twice;
  append_event(*event, once);
  promise(once.find('\n') == once.size() - 1, "an event is one line");
  const auto again = parse_event(once);
  promise(again.ok(), "what was written can be read");
  append_event(*again, twice);
  promise(once == twice, "writing round-trips");
  return 0;
}
