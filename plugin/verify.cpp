#include "plugin/verify.h"

#include "models/base/number_text.h"
#include "models/weights/weight_file.h"
#include "models/weights/weight_path.h"
#include "scoring/golden.h"

namespace barker {

Status verify(const std::string& path, const std::string& isa,
              std::span<const PublicKey> trusted_keys, barker_check_callback callback,
              void* context) {
  const auto tell = [&](std::string_view check, bool passed, std::string_view detail) {
    if (callback) {
      callback(context, {check.data(), check.size()}, passed ? 1 : 0,
               {detail.data(), detail.size()});
    }
  };
  std::vector<Isa> isas = supported_isas();
  if (!isa.empty()) {
    const Result<Isa> chosen = choose_isa(isa);
    if (!chosen.ok()) return chosen.status();
    isas = {*chosen};
  }
  const Result<std::string> file_path = resolve_weights_path(path);
  if (!file_path.ok()) return file_path.status();
  const auto file = WeightFile::open(*file_path, {.report = tell, .trusted_keys = trusted_keys});
  if (!file.ok()) return file.status();
  Status result;
  for (const Isa each : isas) {
    const std::string check = "golden." + std::string(isa_name(each));
    const PackedNetwork network(Network::bind(**file), kernels_for(each));
    const Result<GoldenReport> golden = run_golden_vectors(**file, network);
    if (!golden.ok()) {
      tell(check, false, golden.status().message());
      if (result.ok()) {
        result = Status(golden.status().code(),
                        *file_path + ": check " + check + ": " + golden.status().message());
      }
      continue;
    }
    constexpr int kDigits = 2;
    std::string detail = std::to_string(golden->vectors) + " vectors, " +
                         std::to_string(golden->logits) + " logits, largest difference " +
                         rounded_number_text(golden->largest_difference, kDigits);
    if (network.compute() != Compute::kF32) {
      detail += "; in fast numbers " +
                rounded_number_text(golden->largest_fast_difference, kDigits) + " more";
    }
    tell(check, true, detail);
  }
  return result;
}

}  // namespace barker
