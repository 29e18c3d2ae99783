// A frozen model on disk, opened read-only: header (format.h), metadata (weights.fbs), tensors.
//
// Tensors by name, rows first (row-major). V = rows of the embedding, N = named_rows, F =
// folded_rows, D = dim, G = number of groups, H1.. = hidden sizes, A = attention_dim, R = dot_dim:
//   vocabulary.fingerprints u64 [N]      vocabulary.slots u32 [2^k] (models/weights/vocabulary.h)
//   vocabulary.text_offsets u64 [N+1]    vocabulary.text  u8  [bytes]
//   embedding          f32 or f16 [V, D]
//   mlp.0.weight       f32 [H1, (G+1)*D]   columns: groups in order, then the target       (Eq. 6)
//   mlp.i.weight       f32 [H_i+1, H_i]    mlp.i.bias f32 [H_i+1]                          (Eq. 7)
//   head.main.weight   f32 [H_last]        head.main.bias f32 [1]                          (Eq. 8)
//   head.aux.weight    f32 [H_last]        head.aux.bias  f32 [1]
//   attention.user, attention.query, attention.title f32 [A, D]; attention.score f32 [A]   (Eq. 11)
//   dot.context.i.weight, .bias            like mlp, input G*D, last output R, no activation
//                                          after it
//   dot.target.weight  f32 [R, D]
//   dot.target.bias    f32 [N]             b_v; 0 where never a candidate
//   match.weight       f32 [2] exact match (history_match in weights.fbs): the main logit gets w_0
//                                          [v in h] + w_1 share_h(v), where share_h(v) is the
//                                          weight of v in the mean of the group "hist" (Eq. 4)
//   match.inputs       f32 [4, H1] match inputs (match_inputs in weights.fbs): the first layer of
//                                          the main logit gets [v in h; share_h(v); last_h(v);
//                                          faded_h(v)] times it, where last_h(v) is 1 / (1 + the
//                                          keywords of h that are newer than the newest v), and
//                                          faded_h(v) the sum over each v of exp(-those / 20)
//   fold.target        f32 or f16 [F, H1]  W1_target Em(v)
//   fold.title         f32 or f16 [F, A]   W_a Em(d)
//   fold.dot           f32 or f16 [F, R]   P Em(v)
//   rates.*            click rates (models/weights/click_rates.h); a file has all of them or none
//
// A WeightFile owns its memory, and every view of it lives as long as the WeightFile. It never
// changes, so that any thread may read it. Its bytes are a copy unless the caller asks for a
// mapping (models/base/file_bytes.h says what that risks).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/file_bytes.h"
#include "models/base/result.h"
#include "models/weights/click_rates.h"
#include "models/weights/format.h"
#include "models/weights/signature.h"
#include "models/weights/vocabulary.h"

namespace barker::fbs {
struct Weights;
struct Architecture;
struct ModelCard;
}  // namespace barker::fbs

namespace barker {

// Notes of the model card that say when what the model learned from happened, in seconds since 1970
// as decimal text. A card need not have them.
inline constexpr char kTrainedFromNote[] = "trained from";
inline constexpr char kTrainedToNote[] = "trained to";

// Called once for each check, in the order in which they run: "header", "checksum.metadata", ...
// `detail` says what was found, and on failure what was expected.
using CheckReport =
    std::function<void(std::string_view check, bool passed, std::string_view detail)>;

struct WeightFileOptions {
  CheckReport report = {};
  Storage storage = Storage::kAuto;
  // If there are any, the file must be signed by one of them (models/weights/signature.h).
  std::span<const PublicKey> trusted_keys = {};
};

class WeightFile {
 public:
  // Copies or maps the file, then checks those very bytes (check.h). Only the golden vectors are
  // left to the caller, because they need kernels (scoring/golden.h). The error names the file, the
  // check, the place in the file, what was expected there and what was found.
  static Result<std::shared_ptr<const WeightFile>> open(const std::string& path,
                                                        const WeightFileOptions& options = {});
  WeightFile(const WeightFile&) = delete;
  WeightFile& operator=(const WeightFile&) = delete;

  const std::string& path() const { return path_; }
  bool is_copied() const { return bytes_.is_copied(); }
  std::span<const std::byte> bytes() const { return bytes_.bytes(); }
  const WeightFileHeader& header() const { return header_; }
  // The hashes of metadata and tensors as hexadecimal text: of equal files equal. It is what hosts,
  // raw logs and reports call the digest of the weights.
  void write_digest(char (&digest)[40]) const;
  const fbs::Weights& metadata() const { return *metadata_; }
  const fbs::Architecture& architecture() const;
  const fbs::ModelCard& card() const;
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const ClickRates& click_rates() const { return click_rates_; }  // are_there(): if it has them

  // A float tensor by name; empty if the file has none of that name. Its shape was checked by open.
  std::span<const float> floats(std::string_view name) const;

  // The embedding or a fold.* table, whose elements are of architecture().tables. Null if the file
  // has none of that name.
  const void* table(std::string_view name) const;

  // Keywords of several words with which the training data were composed, for KeywordSplitter.
  std::vector<std::string> phrases() const;

 private:
  WeightFile() = default;
  Status load(const WeightFileOptions& options);

  std::string path_;
  FileBytes bytes_;
  WeightFileHeader header_{};  // read from the file once: what is used is what was checked
  const fbs::Weights* metadata_ = nullptr;
  Vocabulary vocabulary_;
  ClickRates click_rates_;
};

}  // namespace barker
