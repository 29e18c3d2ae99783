// Writes a weight file from a plain description of the model. The fold.* tensors are computed here,
// in double and rounded once, so that no trainer can get them wrong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/result.h"
#include "models/text/fingerprint.h"
#include "models/weights/click_rates.h"
#include "models/weights/groups.h"

namespace barker {

class WeightFile;

struct GroupSpec {
  std::string name;
  bool keywords = false;
  uint32_t max_tokens = 0;
  uint32_t hash_buckets = 0;  // their rows follow the named rows, in the order of the groups
};

enum class TableElement { kF32, kF16 };         // of embedding and fold.*
enum class ComputeSpec { kF32, kBf16, kInt8 };  // of the dense layers behind the first

struct ArchitectureSpec {
  uint32_t dim = 32;
  std::vector<GroupSpec> groups;
  std::vector<uint32_t> hidden;  // empty: no MLP
  bool has_auxiliary = false;
  uint32_t attention_dim = 0;
  std::string attention_user_group = kHistoryGroup;
  std::string attention_query_group = kQueryGroup;
  uint32_t dot_dim = 0;
  std::vector<uint32_t> dot_hidden;
  bool history_match = false, match_inputs = false;  // as in weights.fbs
  float main_scale = 1, main_offset = 0, aux_scale = 1, aux_offset = 0;
  TableElement tables = TableElement::kF32;
  ComputeSpec compute = ComputeSpec::kF32;
  float compute_bound = 0;  // as in weights.fbs; above 0 if compute is not kF32
  bool screen = false;
};

struct MetricSpec {
  std::string name;
  double value = 0, low = 0, high = 0;
};

struct CardSpec {
  std::string name, version, model;
  int64_t created = 0;
  std::string data_digest;
  std::vector<MetricSpec> metrics;
  std::vector<std::pair<std::string, std::string>> notes;
};

struct BagSpec {
  std::vector<Fingerprint> fingerprints;
  std::vector<float> weights;  // empty: 1 each
};

struct GoldenSpec {
  std::vector<BagSpec> groups;
  std::vector<Fingerprint> candidates;
  std::vector<float> main_logits;
  std::vector<BagSpec> titles;
  std::vector<float> aux_logits;
};

struct ModelSpec {
  ArchitectureSpec architecture;
  CardSpec card;
  // Keywords first, then features as "group=token". Row i of the embedding belongs to names[i].
  std::vector<std::string> names;
  uint32_t keyword_rows = 0;
  uint32_t folded_rows = 0;  // 0: all keyword rows
  // The list that the training data were composed with (KeywordSplitter::phrase_list). Without one,
  // the keywords of several words among the names.
  std::optional<std::vector<std::string>> phrases;
  // The trained tensors of weight_file.h by name, without vocabulary.* and fold.*. Row-major.
  std::map<std::string, std::vector<float>> tensors;
  ClickRateTable click_rates;  // empty: the file has none
  std::vector<GoldenSpec> golden;
  float golden_tolerance = 1e-4f;
};

// The description from which a weight file was written, without fold.*. Tables in F16 come back as
// the floats that they stand for.
ModelSpec read_model(const WeightFile& file);

// Checks the description and writes the file, which appears under `path` whole or not at all
// (models/base/atomic_file.h). On failure `path` is as it was.
Status write_weight_file(const ModelSpec& model, const std::string& path);

}  // namespace barker
