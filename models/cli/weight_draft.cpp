#include "models/cli/weight_draft.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "models/base/atomic_file.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "scoring/golden.h"
#include "scoring/isa.h"

namespace barker {

namespace fs = std::filesystem;

Status check_full_precision(const WeightFile& file, const std::string& instead) {
  const fbs::Architecture& a = file.architecture();
  if (a.tables() == fbs::DType_F32 && a.compute() == fbs::Compute_F32) return {};
  return invalid_argument(
      file.path() + ": expected a file in fp32, found one that is rounded already; " + instead);
}

WeightDraft::WeightDraft(const std::string& out)
    : out_(out), path_(out + ".draft." + std::to_string(getpid())) {}

WeightDraft::~WeightDraft() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

Status WeightDraft::write(const ModelSpec& model) { return write_weight_file(model, path_); }

Status WeightDraft::publish() {
  const Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path_);
  if (!file.ok()) return file.status();
  for (const Isa isa : supported_isas()) {
    const PackedNetwork network(Network::bind(**file), kernels_for(isa));
    const Result<GoldenReport> golden = run_golden_vectors(**file, network);
    if (golden.ok()) continue;
    return Status(golden.status().code(),
                  out_ + ": not written, because its golden vectors fail on " +
                      std::string(isa_name(isa)) + ": " + golden.status().message());
  }
  std::error_code error;
  fs::rename(path_, out_, error);
  if (error) return io_error(out_ + ": cannot be written: " + error.message());
  const std::string directory = fs::path(out_).parent_path().string();
  return sync_directory(directory.empty() ? "." : directory);
}

}  // namespace barker
