#include "plugin/generation.h"

#include "models/weights/trusted_path.h"
#include "models/weights/weight_path.h"
#include "scoring/golden.h"
#include "scoring/user_state.h"

namespace barker {
namespace {

// The weight file that the host's path leads to, and that nobody else may replace.
Result<std::string> find_file(const std::string& path, const LoadPolicy& policy) {
  if (policy.shared_directory) return resolve_weights_path(path);
  Result<std::string> file = resolve_closed_weights_path(path);
  if (!file.ok()) return file;
  if (Status s = check_path_is_closed(*file); !s.ok()) return s;
  return file;
}

}  // namespace

Result<std::shared_ptr<const Generation>> Generation::load(const std::string& path, uint64_t id,
                                                           const KernelTable& kernels,
                                                           const LoadPolicy& policy) {
  const Result<std::string> found = find_file(path, policy);
  if (!found.ok()) return found.status();
  Result<std::shared_ptr<const WeightFile>> file =
      WeightFile::open(*found, {.storage = policy.storage, .trusted_keys = policy.trusted_keys});
  if (!file.ok()) return file.status();
  const Network network = Network::bind(**file);
  std::shared_ptr<const Generation> generation(
      new Generation{id, *file, PackedNetwork(network, kernels),
                     KeywordSplitter((*file)->phrases()), barker::tower_version(network)});
  Result<GoldenReport> golden = run_golden_vectors(**file, generation->packed);
  if (!golden.ok()) {
    return Status(golden.status().code(), *found + ": check golden vectors on " +
                                              std::string(isa_name(kernels.isa)) + ": " +
                                              golden.status().message());
  }
  return generation;
}

}  // namespace barker
