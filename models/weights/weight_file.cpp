#include "models/weights/weight_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "models/base/half.h"
#include "models/weights/layout.h"
#include "models/weights/weights_generated.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

std::string number(uint64_t value) { return std::to_string(value); }

std::string hex(uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(value));
  return text;
}

// "expected X, found Y"
Status unexpected(const std::string& where, const std::string& expected, const std::string& found) {
  return bad_data(where + ": expected " + expected + ", found " + found);
}

Status within(const std::string& where, uint64_t value, uint64_t low, uint64_t high) {
  if (value >= low && value <= high) return {};
  return unexpected(where, number(low) + " to " + number(high), number(value));
}

std::string shape_text(const std::vector<uint64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i ? ", " : "") + (shape[i] == kAnyExtent ? std::string("any") : number(shape[i]));
  }
  return text + "]";
}

constexpr uint64_t kNone = ~uint64_t{0};

// The first number that has all the bits of `exponent`, which is to say an infinity or no number;
// or kNone. In blocks without an early end, so that it runs in vectors: files have gigabytes.
template <typename Bits>
uint64_t first_with_all_of(std::span<const Bits> numbers, Bits exponent) {
  constexpr size_t kBlock = 4096;
  for (size_t begin = 0; begin < numbers.size(); begin += kBlock) {
    const auto block = numbers.subspan(begin, std::min(kBlock, numbers.size() - begin));
    Bits any = 0;
    for (const Bits bits : block) any |= static_cast<Bits>((bits & exponent) == exponent);
    if (any == 0) continue;
    const auto at =
        std::ranges::find_if(block, [&](Bits bits) { return (bits & exponent) == exponent; });
    return begin + static_cast<uint64_t>(at - block.begin());
  }
  return kNone;
}

}  // namespace

// Runs the checks of an open in order. A check sees only what the ones before it have proven.
class WeightFileOpener {
 public:
  WeightFileOpener(std::string path, const WeightFileOptions& options) : options_(options) {
    file_.reset(new WeightFile);
    file_->path_ = std::move(path);
  }

  Result<std::shared_ptr<const WeightFile>> open() {
    struct Step {
      const char* name;
      Status (WeightFileOpener::*run)();
    };
    static constexpr Step kSteps[] = {
        {"map", &WeightFileOpener::map},
        {"signature", &WeightFileOpener::check_signature},
        {"header", &WeightFileOpener::check_header},
        {"checksum.metadata", &WeightFileOpener::check_metadata_checksum},
        {"checksum.tensors", &WeightFileOpener::check_tensors_checksum},
        {"metadata", &WeightFileOpener::check_metadata},
        {"architecture", &WeightFileOpener::check_architecture},
        {"tensors", &WeightFileOpener::check_tensors},
        {"values", &WeightFileOpener::check_values},
        {"vocabulary", &WeightFileOpener::check_vocabulary},
        {"golden.form", &WeightFileOpener::check_golden_form},
    };
    for (const Step& step : kSteps) {
      found_.clear();
      const Status status = (this->*step.run)();
      if (options_.report) {
        options_.report(step.name, status.ok(), status.ok() ? found_ : status.message());
      }
      if (!status.ok()) {
        return Status(status.code(),
                      file_->path_ + ": check " + step.name + ": " + status.message());
      }
    }
    return std::shared_ptr<const WeightFile>(std::move(file_));
  }

 private:
  Status map() {
    Result<FileBytes> bytes = FileBytes::open(file_->path_, options_.storage);
    if (!bytes.ok()) return bytes.status();
    file_->bytes_ = std::move(*bytes);
    if (all().size() < sizeof(WeightFileHeader)) {
      return unexpected("size", "at least " + number(sizeof(WeightFileHeader)) + " bytes",
                        number(all().size()));
    }
    file_->header_ = reinterpret_cast<const WeightFileHeader*>(all().data());
    found_ = number(all().size()) + (file_->is_copied() ? " bytes, copied" : " bytes, mapped");
    return {};
  }

  Status check_signature() {
    if (options_.trusted_keys.empty()) {
      found_ = "not asked for";
      return {};
    }
    const Result<PublicKey> signer =
        barker::check_signature(file_->bytes(), file_->path_, options_.trusted_keys);
    if (!signer.ok()) return signer.status();
    found_ = "by " + to_text(*signer);
    return {};
  }

  Status check_header() {
    const WeightFileHeader& h = *file_->header_;
    if (std::memcmp(h.magic, "BARKERW\n", sizeof h.magic) != 0) {
      return bad_data("magic: this is no barker weight file");
    }
    if (h.endian_mark == 0x04030201) {
      return {Code::kUnsupported,
              "endian_mark: the file was written on a machine of the other endianness"};
    }
    if (h.endian_mark != 0x01020304)
      return unexpected("endian_mark", "0x01020304", hex(h.endian_mark));
    if (h.format_version != kWeightFormatVersion) {
      return {Code::kUnsupported, "format_version: expected " + number(kWeightFormatVersion) +
                                      ", found " + number(h.format_version)};
    }
    const uint64_t hash = XXH3_64bits(&h, offsetof(WeightFileHeader, header_xxh3));
    if (hash != h.header_xxh3) return unexpected("header_xxh3", hex(h.header_xxh3), hex(hash));
    for (const uint8_t byte : h.reserved) {
      if (byte != 0) return unexpected("reserved", "zeros", number(byte));
    }
    if (h.file_size != all().size()) {
      return unexpected("file_size", number(h.file_size) + " bytes",
                        number(all().size()) + (all().size() < h.file_size ? " (truncated)" : ""));
    }
    if (Status s = check_section("metadata", h.metadata_offset, h.metadata_size); !s.ok()) return s;
    if (h.metadata_size > kMaxMetadata) {
      return unexpected("metadata_size", "at most " + number(kMaxMetadata),
                        number(h.metadata_size));
    }
    if (Status s = check_section("tensors", h.tensors_offset, h.tensors_size); !s.ok()) return s;
    if (h.metadata_offset < sizeof h || h.tensors_offset < h.metadata_offset + h.metadata_size) {
      return bad_data("sections overlap");
    }
    found_ = "format " + number(h.format_version);
    return {};
  }

  Status check_section(const std::string& name, uint64_t offset, uint64_t size) const {
    if (offset % kTensorAlignment != 0) {
      return unexpected(name + "_offset", "a multiple of " + number(kTensorAlignment),
                        number(offset));
    }
    if (offset > all().size() || size > all().size() - offset) {
      return unexpected(name + "_offset and size", "inside " + number(all().size()) + " bytes",
                        number(offset) + " + " + number(size));
    }
    return {};
  }

  Status check_metadata_checksum() {
    return check_hash(header().metadata_offset, header().metadata_size, header().metadata_xxh3);
  }
  Status check_tensors_checksum() {
    return check_hash(header().tensors_offset, header().tensors_size, header().tensors_xxh3);
  }

  Status check_hash(uint64_t offset, uint64_t size, uint64_t expected) {
    const uint64_t hash = XXH3_64bits(all().data() + offset, size);
    if (hash != expected) return unexpected("xxh3", hex(expected), hex(hash));
    found_ = hex(hash);
    return {};
  }

  Status check_metadata() {
    const auto* bytes = reinterpret_cast<const uint8_t*>(all().data() + header().metadata_offset);
    flatbuffers::Verifier verifier(bytes, header().metadata_size, 64, 4'000'000);
    if (!fbs::VerifyWeightsBuffer(verifier)) {
      return bad_data("FlatBuffers: the metadata is not a well-formed Weights buffer");
    }
    file_->metadata_ = fbs::GetWeights(bytes);
    if (!is_aligned(*file_->metadata_)) {
      return bad_data("FlatBuffers: a list of 64-bit numbers is not aligned to 8 bytes");
    }
    found_ = number(header().metadata_size) + " bytes";
    return {};
  }

  // The Verifier aligns a vector's length (4 bytes), not its elements.
  static bool is_aligned(const fbs::Weights& w) {
    const auto aligned = [](const flatbuffers::Vector<uint64_t>* v) {
      return !v || v->size() == 0 ||  // the builder does not align lists of nothing
             reinterpret_cast<uintptr_t>(v->Data()) % alignof(uint64_t) == 0;
    };
    const auto bags_aligned = [&](const auto* bags) {
      return !bags || std::ranges::all_of(
                          *bags, [&](const fbs::Bag* bag) { return aligned(bag->fingerprints()); });
    };
    return std::ranges::all_of(*w.tensors(),
                               [&](const fbs::Tensor* t) { return aligned(t->shape()); }) &&
           std::ranges::all_of(*w.golden(), [&](const fbs::GoldenVector* g) {
             return bags_aligned(g->groups()) && aligned(g->candidates()) &&
                    bags_aligned(g->titles());
           });
  }

  static uint64_t length(const flatbuffers::Vector<uint32_t>* v) { return v ? v->size() : 0; }

  Status check_chain(const std::string& field, const flatbuffers::Vector<uint32_t>* sizes,
                     uint64_t at_least, std::vector<uint32_t>& out) const {
    if (Status s = within(field, length(sizes), at_least, kMaxLayers); !s.ok()) return s;
    for (uint64_t i = 0; i < length(sizes); ++i) {
      const auto index = static_cast<flatbuffers::uoffset_t>(i);
      if (Status s = within(field + "[" + number(i) + "]", sizes->Get(index), 1, kMaxLayerSize);
          !s.ok()) {
        return s;
      }
      out.push_back(sizes->Get(index));
    }
    return {};
  }

  Status check_architecture() {
    const fbs::Weights& w = *file_->metadata_;
    const fbs::Architecture& a = *w.architecture();
    if (Status s = within("dim", a.dim(), 1, kMaxDim); !s.ok()) return s;
    if (Status s = within("groups", a.groups()->size(), 1, kMaxGroups); !s.ok()) return s;
    if (Status s = within("dot_dim", a.dot_dim(), 0, kMaxLayerSize); !s.ok()) return s;
    if (Status s = check_chain("hidden", a.hidden(), a.dot_dim() ? 0 : 1, sizes_.hidden); !s.ok())
      return s;
    if (Status s = check_chain("dot_hidden", a.dot_hidden(), 0, sizes_.dot_hidden); !s.ok())
      return s;
    if (a.activation() > fbs::Activation_MAX)
      return unexpected("activation", "0 (Relu)", number(static_cast<uint64_t>(a.activation())));
    if (Status s = within("named_rows", w.named_rows(), 1, kMaxRows); !s.ok()) return s;
    if (Status s = within("keyword_rows", w.keyword_rows(), 1, w.named_rows()); !s.ok()) return s;
    if (Status s = within("folded_rows", a.folded_rows(), 0, w.keyword_rows()); !s.ok()) return s;
    uint64_t rows = w.named_rows();
    for (const fbs::Group* group : *a.groups()) {
      const std::string name = "group \"" + group->name()->str() + "\"";
      if (group->hash_buckets() == 0) continue;
      if (Status s = within(name + " first_bucket_row", group->first_bucket_row(), rows, rows);
          !s.ok())
        return s;
      rows += group->hash_buckets();
    }
    if (Status s = within("embedding rows", rows, 1, kMaxRows); !s.ok()) return s;
    if (a.has_auxiliary()) {
      if (Status s = within("attention_dim", a.attention_dim(), 1, kMaxLayerSize); !s.ok())
        return s;
      const uint64_t last = a.groups()->size() - 1;
      if (Status s = within("attention_user_group", a.attention_user_group(), 0, last); !s.ok())
        return s;
      if (Status s = within("attention_query_group", a.attention_query_group(), 0, last); !s.ok())
        return s;
    }
    for (const float value : {a.main_scale(), a.main_offset(), a.aux_scale(), a.aux_offset()}) {
      if (!std::isfinite(value))
        return unexpected("calibration", "finite numbers", std::to_string(value));
    }
    if (Status s = check_numbers(a); !s.ok()) return s;
    sizes_.rows = rows;
    sizes_.named_rows = w.named_rows();
    sizes_.folded_rows = a.folded_rows();
    sizes_.dim = a.dim();
    sizes_.groups = a.groups()->size();
    sizes_.has_auxiliary = a.has_auxiliary();
    sizes_.attention_dim = a.attention_dim();
    sizes_.dot_dim = a.dot_dim();
    sizes_.tables = a.tables();
    found_ =
        number(rows) + " rows of " + number(a.dim()) + ", " + number(sizes_.groups) + " groups";
    return {};
  }

  Status check_numbers(const fbs::Architecture& a) const {
    if (a.tables() != fbs::DType_F32 && a.tables() != fbs::DType_F16) {
      return unexpected("tables", "F32 or F16", number(a.tables()));
    }
    if (a.compute() > fbs::Compute_MAX) {
      return unexpected("compute", "F32, BF16 or I8", number(a.compute()));
    }
    const bool exact = a.compute() == fbs::Compute_F32;
    if (exact ? a.compute_bound() != 0
              : !(a.compute_bound() > 0 && a.compute_bound() <= kMaxComputeBound)) {
      return unexpected("compute_bound",
                        exact ? "0" : "above 0, at most " + std::to_string(kMaxComputeBound),
                        std::to_string(a.compute_bound()));
    }
    if (a.screen() && exact) return bad_data("screen: there is nothing to screen with in F32");
    return {};
  }

  Status check_tensors() {
    const auto& tensors = *file_->metadata_->tensors();
    const std::vector<TensorShape> layout = tensor_layout(sizes_);
    if (tensors.size() != layout.size()) {
      return unexpected("count", number(layout.size()), number(tensors.size()));
    }
    for (size_t i = 1; i < layout.size();
         ++i) {  // LookupByKey relies on the order; equal names hide one
      const auto at = static_cast<flatbuffers::uoffset_t>(i);
      if (!(tensors.Get(at - 1)->name()->str() < tensors.Get(at)->name()->str())) {
        return bad_data("tensors are not sorted by name at " + tensors.Get(at)->name()->str());
      }
    }
    for (const TensorShape& expected : layout) {
      const fbs::Tensor* tensor = tensors.LookupByKey(expected.name.c_str());
      if (!tensor) return bad_data("tensor " + expected.name + " is missing");
      if (Status s = check_tensor(*tensor, expected); !s.ok()) return s;
    }
    if (Status s = check_disjoint(); !s.ok()) return s;
    found_ = number(tensors.size()) + " tensors";
    return {};
  }

  Status check_disjoint() const {
    std::vector<const fbs::Tensor*> by_offset(file_->metadata_->tensors()->begin(),
                                              file_->metadata_->tensors()->end());
    std::ranges::sort(by_offset, {}, &fbs::Tensor::offset);
    for (size_t i = 1; i < by_offset.size(); ++i) {
      if (by_offset[i - 1]->offset() + by_offset[i - 1]->size() > by_offset[i]->offset()) {
        return bad_data("tensors " + by_offset[i - 1]->name()->str() + " and " +
                        by_offset[i]->name()->str() + " overlap");
      }
    }
    return {};
  }

  Status check_tensor(const fbs::Tensor& tensor, const TensorShape& expected) const {
    const std::string where = "tensor " + expected.name;
    if (tensor.dtype() != expected.dtype) {
      return unexpected(where + " dtype", fbs::EnumNameDType(expected.dtype),
                        number(tensor.dtype()));
    }
    const std::vector<uint64_t> shape(tensor.shape()->begin(), tensor.shape()->end());
    bool fits = shape.size() == expected.shape.size();
    uint64_t bytes = size_of(expected.dtype);
    for (size_t i = 0; fits && i < shape.size(); ++i) {
      fits = expected.shape[i] == kAnyExtent ? shape[i] <= header().tensors_size
                                             : shape[i] == expected.shape[i];
      if (__builtin_mul_overflow(bytes, shape[i], &bytes)) fits = false;
    }
    if (!fits) return unexpected(where + " shape", shape_text(expected.shape), shape_text(shape));
    if (tensor.size() != bytes)
      return unexpected(where + " size", number(bytes), number(tensor.size()));
    if (tensor.offset() % kTensorAlignment != 0) {
      return unexpected(where + " offset", "a multiple of " + number(kTensorAlignment),
                        number(tensor.offset()));
    }
    if (tensor.offset() > header().tensors_size ||
        bytes > header().tensors_size - tensor.offset()) {
      return unexpected(where, "inside " + number(header().tensors_size) + " bytes",
                        number(tensor.offset()) + " + " + number(bytes));
    }
    return {};
  }

  Status check_values() {
    uint64_t values = 0;
    for (const fbs::Tensor* tensor : *file_->metadata_->tensors()) {
      const std::string name = tensor->name()->str();
      uint64_t wrong = kNone;
      if (tensor->dtype() == fbs::DType_F32) {
        const auto bits = span<uint32_t>(name);
        values += bits.size();
        wrong = first_with_all_of(bits, uint32_t{0x7F800000});
      } else if (tensor->dtype() == fbs::DType_F16) {
        const auto bits = span<Half>(name);
        values += bits.size();
        wrong = first_with_all_of(bits, Half{0x7C00});
      }
      if (wrong != kNone) {
        return unexpected("tensor " + name + " value " + number(wrong), "a finite number",
                          "another");
      }
    }
    found_ = number(values) + " finite";
    return {};
  }

  Status check_vocabulary() {
    file_->vocabulary_ =
        Vocabulary(span<Fingerprint>("vocabulary.fingerprints"), span<uint32_t>("vocabulary.slots"),
                   span<uint64_t>("vocabulary.text_offsets"), span<char>("vocabulary.text"));
    if (Status s = file_->vocabulary_.check(); !s.ok()) return s;
    const Vocabulary& vocabulary = file_->vocabulary_;
    for (uint32_t row = 0; row < vocabulary.size(); ++row) {
      if (fingerprint(vocabulary.text(row)) != vocabulary.fingerprint_of(row)) {
        return bad_data("row " + number(row) + ": text and fingerprint do not belong together");
      }
    }
    found_ = number(vocabulary.size()) + " names";
    return {};
  }

  Status check_golden_form() {
    const fbs::Weights& w = *file_->metadata_;
    if (!(w.golden_tolerance() >= 0 && w.golden_tolerance() <= kMaxGoldenTolerance)) {
      return unexpected("golden_tolerance", "0 to " + std::to_string(kMaxGoldenTolerance),
                        std::to_string(w.golden_tolerance()));
    }
    if (Status s = within("golden", w.golden()->size(), 0, kMaxGoldenVectors); !s.ok()) return s;
    const auto count = [](const auto* vector) -> uint64_t { return vector ? vector->size() : 0; };
    for (flatbuffers::uoffset_t i = 0; i < w.golden()->size(); ++i) {
      const fbs::GoldenVector& golden = *w.golden()->Get(i);
      const std::string where = "golden[" + number(i) + "]";
      for (const uint64_t size : {count(golden.candidates()), count(golden.titles())}) {
        if (Status s = within(where + " sizes", size, 0, kMaxGoldenList); !s.ok()) return s;
      }
      if (golden.groups()->size() != sizes_.groups) {
        return unexpected(where + ".groups", number(sizes_.groups),
                          number(golden.groups()->size()));
      }
      if (count(golden.candidates()) != count(golden.main_logits())) {
        return unexpected(where + ".main_logits", number(count(golden.candidates())),
                          number(count(golden.main_logits())));
      }
      if (count(golden.titles()) != count(golden.aux_logits())) {
        return unexpected(where + ".aux_logits", number(count(golden.titles())),
                          number(count(golden.aux_logits())));
      }
      if (count(golden.titles()) > 0 && !sizes_.has_auxiliary) {
        return bad_data(where + ".titles: the model has no auxiliary head");
      }
      for (const auto* logits : {golden.main_logits(), golden.aux_logits()}) {
        for (flatbuffers::uoffset_t k = 0; k < count(logits); ++k) {
          if (!std::isfinite(logits->Get(k))) return bad_data(where + ": a logit is not finite");
        }
      }
      for (const auto* bags : {golden.groups(), golden.titles()}) {
        if (!bags) continue;
        for (const fbs::Bag* bag : *bags) {
          const uint64_t size = count(bag->fingerprints());
          if (Status s = within(where + " size of a bag", size, 0, kMaxGoldenList); !s.ok()) {
            return s;
          }
          if (bag->weights() && count(bag->weights()) != count(bag->fingerprints())) {
            return unexpected(where + " weights of a bag", number(count(bag->fingerprints())),
                              number(count(bag->weights())));
          }
        }
      }
    }
    found_ = number(w.golden()->size()) + " vectors";
    return {};
  }

  const WeightFileHeader& header() const { return *file_->header_; }
  std::span<const std::byte> all() const { return file_->bytes(); }

  template <typename T>
  std::span<const T> span(const std::string& name) const {
    const fbs::Tensor* tensor = file_->metadata_->tensors()->LookupByKey(name.c_str());
    const std::byte* data = all().data() + header().tensors_offset + tensor->offset();
    return {reinterpret_cast<const T*>(data), tensor->size() / sizeof(T)};
  }

  const WeightFileOptions& options_;
  std::shared_ptr<WeightFile> file_;
  LayoutSizes sizes_;
  std::string found_;  // what the running check wants to tell when it passes
};

Result<std::shared_ptr<const WeightFile>> WeightFile::open(const std::string& path,
                                                           const WeightFileOptions& options) {
  return WeightFileOpener(path, options).open();
}

const fbs::Architecture& WeightFile::architecture() const { return *metadata_->architecture(); }
const fbs::ModelCard& WeightFile::card() const { return *metadata_->card(); }

std::span<const float> WeightFile::floats(std::string_view name) const {
  const fbs::Tensor* tensor = metadata_->tensors()->LookupByKey(std::string(name).c_str());
  if (!tensor || tensor->dtype() != fbs::DType_F32) return {};
  const std::byte* data = bytes().data() + header_->tensors_offset + tensor->offset();
  return {reinterpret_cast<const float*>(data), tensor->size() / sizeof(float)};
}

const void* WeightFile::table(std::string_view name) const {
  const fbs::Tensor* tensor = metadata_->tensors()->LookupByKey(std::string(name).c_str());
  return tensor ? bytes().data() + header_->tensors_offset + tensor->offset() : nullptr;
}

std::vector<std::string> WeightFile::phrases() const {
  std::vector<std::string> phrases;
  for (uint32_t row = 0; row < metadata_->keyword_rows(); ++row) {
    const std::string_view text = vocabulary_.text(row);
    // The splitter passes over single words; not showing it the plain ones saves most of the time.
    const bool plain = std::ranges::all_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
    if (!plain) phrases.emplace_back(text);
  }
  return phrases;
}

}  // namespace barker
