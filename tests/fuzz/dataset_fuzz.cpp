// Any bytes as a dataset: a cache of this machine, but a damaged one must be refused, not crash.
#include "models/data/dataset.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const auto dataset = Dataset::open(file_of(data, size));
  promise(dataset.ok() || !dataset.status().message().empty(), "a refusal says why");
  return 0;
}
