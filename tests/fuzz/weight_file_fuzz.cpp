// Any bytes as a weight file: refused with a message, or usable to the last row. Checksums are
// repaired first, because without that an input would get no further than the checksums.
#include <vector>

#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "scoring/forward.h"
#include "scoring/golden.h"
#include "tests/fuzz/fuzz.h"
#include "tests/models/weights/damaged_weights.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  std::vector<uint8_t> bytes(data, data + size);
  repair_checksums(bytes);
  const auto file = WeightFile::open(file_of(bytes.data(), bytes.size()));
  if (!file.ok()) {
    promise(!file.status().message().empty(), "a refusal says why");
    return 0;
  }
  const KernelTable& kernels = kernels_for(Isa::kBaseline);
  const PackedNetwork packed(Network::bind(**file), kernels);
  const auto golden = run_golden_vectors(**file, packed);
  promise(golden.ok() || !golden.status().message().empty(), "a refusal says why");
  // A file that was accepted is read to its last row.
  const Network& network = packed.network();
  Forward forward;
  forward.bind(packed);
  std::vector<uint32_t> rows = {0, network.keyword_rows - 1};
  if (network.keyword_rows == 0) rows.clear();
  const std::vector<Bag> groups(network.groups.size(), Bag{rows.data(), nullptr, rows.size()});
  forward.set_context(groups);
  std::vector<float> logits(rows.size());
  forward.score_targets(rows, logits.data());
  if (network.has_auxiliary) {
    const std::vector<Bag> titles = {{rows.data(), nullptr, rows.size()}, {}};
    logits.resize(2);
    forward.score_titles(titles, logits.data());
  }
  for (uint32_t row = 0; row < (*file)->vocabulary().size(); ++row) (*file)->vocabulary().text(row);
  return 0;
}
