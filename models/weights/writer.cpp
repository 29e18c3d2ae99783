#include "models/weights/writer.h"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "models/base/atomic_file.h"
#include "models/base/half.h"
#include "models/base/number_text.h"
#include "models/text/keywords.h"
#include "models/text/scheme.h"
#include "models/weights/layout.h"
#include "models/weights/vocabulary.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

struct Blob {
  TensorShape shape;
  const void* data;
  uint64_t size;
  uint64_t offset;
};

uint64_t align(uint64_t offset) {
  return (offset + kTensorAlignment - 1) & ~(kTensorAlignment - 1);
}

uint64_t product(const std::vector<uint64_t>& shape) {
  uint64_t result = 1;
  for (const uint64_t extent : shape) result *= extent;
  return result;
}

class Writer {
 public:
  explicit Writer(const ModelSpec& model) : model_(model), architecture_(model.architecture) {}

  Status write(const std::string& path) {
    if (Status s = check_sizes(); !s.ok()) return s;
    if (Status s = make_vocabulary(); !s.ok()) return s;
    if (Status s = check_tensors(); !s.ok()) return s;
    fold();
    if (Status s = halve_tables(); !s.ok()) return s;
    collect_blobs();
    make_metadata();
    return save(path);
  }

 private:
  Status check_sizes() {
    const auto& a = architecture_;
    const auto limit = [](const char* field, uint64_t value, uint64_t low,
                          uint64_t high) -> Status {
      if (value >= low && value <= high) return {};
      return invalid_argument(std::string("model: ") + field + ": expected " + std::to_string(low) +
                              " to " + std::to_string(high) + ", found " + std::to_string(value));
    };
    if (Status s = limit("dim", a.dim, 1, kMaxDim); !s.ok()) return s;
    if (Status s = limit("groups", a.groups.size(), 1, kMaxGroups); !s.ok()) return s;
    if (Status s = limit("hidden layers", a.hidden.size(), a.dot_dim ? 0 : 1, kMaxLayers);
        !s.ok()) {
      return s;
    }
    if (Status s = limit("keyword_rows", model_.keyword_rows, 1, model_.names.size()); !s.ok())
      return s;
    if (Status s = limit("folded_rows", model_.folded_rows, 0, model_.keyword_rows); !s.ok())
      return s;
    sizes_ = layout_sizes_of(model_);
    auto first_row = static_cast<uint32_t>(sizes_.named_rows);
    for (const GroupSpec& group : a.groups) {
      first_bucket_.push_back(first_row);
      first_row += group.hash_buckets;
    }
    if (Status s = limit("embedding rows", sizes_.rows, 1, kMaxRows); !s.ok()) return s;
    if (a.match_inputs && a.hidden.empty()) {
      return invalid_argument("model: match_inputs: expected hidden layers, found none");
    }
    if (a.history_match || a.match_inputs) {
      const auto is_history = [](const GroupSpec& g) { return g.name == kHistoryGroup; };
      const auto history = std::ranges::find_if(a.groups, is_history);
      if (history == a.groups.end() || !history->keywords || history->max_tokens == 0) {
        return invalid_argument(
            "model: history_match, match_inputs: expected a group \"hist\" of keywords with "
            "max_tokens above 0");
      }
      if (Status s = limit("max_tokens of hist", history->max_tokens, 1, kMaxMatchedHistory);
          !s.ok()) {
        return s;
      }
    }
    if ((a.compute == ComputeSpec::kF32) != (a.compute_bound == 0)) {
      return invalid_argument(
          "model: compute_bound: expected 0 where compute is F32, and above 0 elsewhere");
    }
    if (a.has_auxiliary) {
      if (Status s = limit("attention_dim", a.attention_dim, 1, kMaxLayerSize); !s.ok()) return s;
      if (Status s = find_group(a.attention_user_group, user_group_); !s.ok()) return s;
      if (Status s = find_group(a.attention_query_group, query_group_); !s.ok()) return s;
    }
    return {};
  }

  Status find_group(const std::string& name, uint32_t& index) const {
    for (size_t i = 0; i < architecture_.groups.size(); ++i) {
      if (architecture_.groups[i].name == name) {
        index = static_cast<uint32_t>(i);
        return {};
      }
    }
    return invalid_argument("model: the attention uses a group \"" + name +
                            "\", which the model does not have");
  }

  Status make_vocabulary() {
    text_offsets_.push_back(0);
    for (const std::string& name : model_.names) {
      fingerprints_.push_back(fingerprint(name));
      text_ += name;
      text_offsets_.push_back(text_.size());
    }
    Result<std::vector<uint32_t>> slots = build_vocabulary_slots(fingerprints_);
    if (!slots.ok()) return slots.status();
    slots_ = std::move(slots).value();
    return {};
  }

  Status check_tensors() const {
    size_t expected = 0;
    for (const TensorShape& tensor : tensor_layout(sizes_)) {
      if (!is_trained(tensor.name)) continue;
      ++expected;
      const auto found = model_.tensors.find(tensor.name);
      if (found == model_.tensors.end()) return invalid_argument("model: no tensor " + tensor.name);
      const uint64_t size = product(tensor.shape);
      if (found->second.size() != size) {
        return invalid_argument("model: tensor " + tensor.name + ": expected " +
                                std::to_string(size) + " values, found " +
                                std::to_string(found->second.size()));
      }
      for (size_t i = 0; i < size; ++i) {
        if (!std::isfinite(found->second[i])) {
          return invalid_argument("model: tensor " + tensor.name + ": value " + std::to_string(i) +
                                  " is not finite");
        }
      }
    }
    if (model_.tensors.size() != expected) {
      return invalid_argument("model: expected " + std::to_string(expected) + " tensors, found " +
                              std::to_string(model_.tensors.size()));
    }
    return {};
  }

  // table[r] = W[:, first_column...] Em(r), accumulated in double and rounded once.
  std::vector<float> fold_through(const std::vector<float>& w, uint64_t columns,
                                  uint64_t first_column) {
    const std::vector<float>& embedding = model_.tensors.at("embedding");
    const uint64_t out = w.size() / columns, dim = sizes_.dim;
    std::vector<float> table(sizes_.folded_rows * out);
    for (uint64_t row = 0; row < sizes_.folded_rows; ++row) {
      const float* e = embedding.data() + row * dim;
      for (uint64_t o = 0; o < out; ++o) {
        const float* weight = w.data() + o * columns + first_column;
        double sum = 0;
        for (uint64_t d = 0; d < dim; ++d) sum += double{weight[d]} * double{e[d]};
        table[row * out + o] = static_cast<float>(sum);
      }
    }
    return table;
  }

  void fold() {
    const uint64_t dim = sizes_.dim;
    if (!sizes_.hidden.empty()) {
      folded_["fold.target"] = fold_through(model_.tensors.at("mlp.0.weight"),
                                            (sizes_.groups + 1) * dim, sizes_.groups * dim);
    }
    if (sizes_.has_auxiliary) {
      folded_["fold.title"] = fold_through(model_.tensors.at("attention.title"), dim, 0);
    }
    if (sizes_.dot_dim > 0) {
      folded_["fold.dot"] = fold_through(model_.tensors.at("dot.target.weight"), dim, 0);
    }
  }

  // Rounds each number of the tables to the nearest binary16.
  Status halve_tables() {
    if (sizes_.tables != fbs::DType_F16) return {};
    const auto halve = [&](const std::string& name, const std::vector<float>& from) -> Status {
      std::vector<Half>& to = halves_[name];
      to.reserve(from.size());
      for (const float value : from) {
        if (!(std::abs(value) <= kMaxHalf)) {
          return invalid_argument("model: tensor " + name + ": " + number_text(value) +
                                  " does not fit into 16 bits");
        }
        to.push_back(float_to_half(value));
      }
      return {};
    };
    if (Status s = halve("embedding", model_.tensors.at("embedding")); !s.ok()) return s;
    for (const auto& [name, table] : folded_) {
      if (Status s = halve(name, table); !s.ok()) return s;
    }
    return {};
  }

  // Where a tensor of click rates is. False: it is another one.
  bool find_rates(const std::string& name, TensorShape& shape, const void*& data) const {
    const ClickRateTable& r = model_.click_rates;
    const auto is = [&](const char* tensor, const auto& values) {
      if (name != tensor) return false;
      data = values.data();
      shape.shape = {values.size()};
      return true;
    };
    return is("rates.queries", r.queries) || is("rates.begins", r.begins) ||
           is("rates.rows", r.rows) || is("rates.values", r.values) || is("rates.prior", r.prior) ||
           is("rates.evidence", r.evidence);
  }

  void collect_blobs() {
    for (TensorShape& shape : tensor_layout(sizes_)) {
      const std::string name = shape.name;
      const void* data = nullptr;
      if (name == "vocabulary.fingerprints") {
        data = fingerprints_.data();
      } else if (name == "vocabulary.slots") {
        data = slots_.data();
        shape.shape = {slots_.size()};
      } else if (name == "vocabulary.text_offsets") {
        data = text_offsets_.data();
      } else if (name == "vocabulary.text") {
        data = text_.data();
        shape.shape = {text_.size()};
      } else if (shape.dtype == fbs::DType_F16) {
        data = halves_.at(name).data();
      } else if (!find_rates(name, shape, data)) {
        const auto& tensors = name.starts_with("fold.") ? folded_ : model_.tensors;
        data = tensors.at(name).data();
      }
      const uint64_t size = product(shape.shape) * size_of(shape.dtype);
      blobs_.push_back({std::move(shape), data, size, tensors_size_});
      tensors_size_ = align(tensors_size_ + size);
    }
  }

  void make_metadata();
  Status save(const std::string& path);

  const ModelSpec& model_;
  const ArchitectureSpec& architecture_;
  LayoutSizes sizes_;
  std::vector<uint32_t> first_bucket_;
  uint32_t user_group_ = 0, query_group_ = 0;
  std::vector<Fingerprint> fingerprints_;
  std::vector<uint32_t> slots_;
  std::vector<uint64_t> text_offsets_;
  std::string text_;
  std::map<std::string, std::vector<float>> folded_;
  std::map<std::string, std::vector<Half>> halves_;
  std::vector<Blob> blobs_;
  uint64_t tensors_size_ = 0;
  flatbuffers::FlatBufferBuilder builder_;
};

flatbuffers::Offset<fbs::Bag> make_bag(flatbuffers::FlatBufferBuilder& b, const BagSpec& bag) {
  const auto fingerprints = b.CreateVector(bag.fingerprints);
  const auto weights = bag.weights.empty() ? flatbuffers::Offset<flatbuffers::Vector<float>>()
                                           : b.CreateVector(bag.weights);
  return fbs::CreateBag(b, fingerprints, weights);
}

flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<fbs::Bag>>> make_bags(
    flatbuffers::FlatBufferBuilder& b, const std::vector<BagSpec>& bags) {
  std::vector<flatbuffers::Offset<fbs::Bag>> offsets;
  for (const BagSpec& bag : bags) offsets.push_back(make_bag(b, bag));
  return b.CreateVector(offsets);
}

std::vector<std::string> phrase_list(const ModelSpec& model) {
  if (model.phrases) return KeywordSplitter(*model.phrases).phrase_list();
  return KeywordSplitter({model.names.begin(), model.names.begin() + model.keyword_rows})
      .phrase_list();
}

flatbuffers::Offset<fbs::ModelCard> make_card(flatbuffers::FlatBufferBuilder& b,
                                              const CardSpec& card) {
  std::vector<flatbuffers::Offset<fbs::Metric>> metrics;
  for (const MetricSpec& m : card.metrics) {
    metrics.push_back(fbs::CreateMetric(b, b.CreateString(m.name), m.value, m.low, m.high));
  }
  std::vector<flatbuffers::Offset<fbs::Note>> notes;
  for (const auto& [key, value] : card.notes) {
    notes.push_back(fbs::CreateNote(b, b.CreateString(key), b.CreateString(value)));
  }
  const auto name = b.CreateString(card.name), version = b.CreateString(card.version);
  const auto model = b.CreateString(card.model), digest = b.CreateString(card.data_digest);
  const auto all_metrics = b.CreateVector(metrics);
  const auto all_notes = b.CreateVector(notes);
  return fbs::CreateModelCard(b, name, version, model, card.created, digest, all_metrics,
                              all_notes);
}

void Writer::make_metadata() {
  flatbuffers::FlatBufferBuilder& b = builder_;
  std::vector<flatbuffers::Offset<fbs::Tensor>> tensors;
  for (const Blob& blob : blobs_) {
    const auto name = b.CreateString(blob.shape.name);
    const auto shape = b.CreateVector(blob.shape.shape);
    tensors.push_back(fbs::CreateTensor(b, name, blob.shape.dtype, shape, blob.offset, blob.size));
  }
  std::vector<flatbuffers::Offset<fbs::Group>> groups;
  for (size_t i = 0; i < architecture_.groups.size(); ++i) {
    const GroupSpec& group = architecture_.groups[i];
    groups.push_back(fbs::CreateGroup(b, b.CreateString(group.name), group.keywords,
                                      group.max_tokens, group.hash_buckets, first_bucket_[i]));
  }
  const auto all_groups = b.CreateVector(groups);
  const auto hidden = b.CreateVector(architecture_.hidden);
  const auto dot_hidden = b.CreateVector(architecture_.dot_hidden);
  const auto architecture = fbs::CreateArchitecture(
      b, architecture_.dim, all_groups, hidden, fbs::Activation_Relu,
      static_cast<uint32_t>(sizes_.folded_rows), sizes_.has_auxiliary,
      static_cast<uint32_t>(sizes_.attention_dim), user_group_, query_group_, architecture_.dot_dim,
      dot_hidden, architecture_.main_scale, architecture_.main_offset, architecture_.aux_scale,
      architecture_.aux_offset, sizes_.tables, static_cast<fbs::Compute>(architecture_.compute),
      architecture_.compute_bound, architecture_.screen, architecture_.history_match,
      architecture_.match_inputs);
  std::vector<flatbuffers::Offset<fbs::GoldenVector>> golden;
  for (const GoldenSpec& g : model_.golden) {
    const auto bags = make_bags(b, g.groups);
    const auto candidates = b.CreateVector(g.candidates);
    const auto main_logits = b.CreateVector(g.main_logits);
    const auto titles = make_bags(b, g.titles);
    const auto aux_logits = b.CreateVector(g.aux_logits);
    golden.push_back(fbs::CreateGoldenVector(b, bags, candidates, main_logits, titles, aux_logits));
  }
  const auto all_tensors = b.CreateVectorOfSortedTables(&tensors);
  const auto card = make_card(b, model_.card);
  const auto all_golden = b.CreateVector(golden);
  const auto phrases = b.CreateVectorOfStrings(phrase_list(model_));
  const auto scheme = b.CreateString(keyword_scheme_record());
  fbs::FinishWeightsBuffer(
      b, fbs::CreateWeights(b, architecture, all_tensors, model_.keyword_rows,
                            static_cast<uint32_t>(sizes_.named_rows), card, all_golden,
                            model_.golden_tolerance, phrases, scheme));
}

Status Writer::save(const std::string& path) {
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  static constexpr char kZeros[kTensorAlignment] = {};
  for (const Blob& blob : blobs_) {
    XXH3_64bits_update(&hash, blob.data, blob.size);
    XXH3_64bits_update(&hash, kZeros, align(blob.size) - blob.size);
  }
  WeightFileHeader header{};
  std::memcpy(header.magic, kWeightFileMagic, sizeof header.magic);
  header.endian_mark = kWeightEndianMark;
  header.format_version = kWeightFormatVersion;
  header.metadata_offset = align(sizeof header);
  header.metadata_size = builder_.GetSize();
  header.metadata_xxh3 = XXH3_64bits(builder_.GetBufferPointer(), builder_.GetSize());
  header.tensors_offset = align(header.metadata_offset + header.metadata_size);
  header.tensors_size = tensors_size_;
  header.tensors_xxh3 = XXH3_64bits_digest(&hash);
  header.file_size = header.tensors_offset + header.tensors_size;
  header.header_xxh3 = XXH3_64bits(&header, offsetof(WeightFileHeader, header_xxh3));

  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  Status s = file->write(&header, sizeof header);
  if (s.ok()) s = file->write(builder_.GetBufferPointer(), builder_.GetSize());
  if (s.ok()) {
    s = file->write(kZeros, header.tensors_offset - header.metadata_offset - header.metadata_size);
  }
  for (const Blob& blob : blobs_) {
    if (s.ok()) s = file->write(blob.data, blob.size);
    if (s.ok()) s = file->write(kZeros, align(blob.size) - blob.size);
  }
  return s.ok() ? file->commit() : s;
}

}  // namespace

Status write_weight_file(const ModelSpec& model, const std::string& path) {
  return Writer(model).write(path);
}

}  // namespace barker
