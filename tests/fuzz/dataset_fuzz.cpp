// Any bytes as a dataset file: refused with a message, or readable to the last element. Checksums
// are repaired first, because without that an input would get no further than the checksums.
#include "models/data/dataset.h"
#include "tests/fuzz/fuzz.h"
#include "tests/models/data/damaged_dataset.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  std::vector<uint8_t> bytes(data, data + size);
  repair_dataset(bytes);
  const auto dataset = Dataset::open(file_of(bytes.data(), bytes.size()));
  if (dataset.ok()) {
    read_all_of(**dataset);
  } else {
    promise(!dataset.status().message().empty(), "a refusal says why");
  }
  return 0;
}
