#include "plugin/generation.h"

#include "scoring/golden.h"

namespace barker {

Result<std::shared_ptr<const Generation>> Generation::load(const std::string& path, uint64_t id,
                                                           const KernelTable& kernels,
                                                           Storage storage) {
  Result<std::string> file_path = resolve_weights_path(path);
  if (!file_path.ok()) return file_path.status();
  Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(*file_path, {}, storage);
  if (!file.ok()) return file.status();
  std::shared_ptr<const Generation> generation(
      new Generation{id, *file, PackedNetwork(Network::bind(**file), kernels),
                     KeywordSplitter((*file)->phrases())});
  Result<GoldenReport> golden = run_golden_vectors(**file, generation->packed);
  if (!golden.ok()) {
    return Status(golden.status().code(), *file_path + ": check golden vectors on " +
                                              std::string(isa_name(kernels.isa)) + ": " +
                                              golden.status().message());
  }
  return generation;
}

}  // namespace barker
