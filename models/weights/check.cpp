#include "models/weights/check.h"

#include <algorithm>
#include <cstring>

#include "models/base/number_text.h"
#include "models/text/scheme.h"
#include "models/weights/weights_generated.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {

using namespace check_text;

namespace check_text {

std::string number(uint64_t value) { return std::to_string(value); }

std::string hex(uint64_t value) { return "0x" + hex_text(value); }

Status within(const std::string& where, uint64_t value, uint64_t low, uint64_t high) {
  if (value >= low && value <= high) return {};
  return unexpected(where, number(low) + " to " + number(high), number(value));
}

}  // namespace check_text

namespace {

// The Verifier proves that a vector's length is aligned, to 4 bytes, but not that its elements are.
bool is_aligned(const flatbuffers::Vector<uint64_t>* list) {
  return !list || list->size() == 0 ||  // the builder does not align empty lists
         reinterpret_cast<uintptr_t>(list->Data()) % alignof(uint64_t) == 0;
}

bool is_aligned(const flatbuffers::Vector<flatbuffers::Offset<fbs::Bag>>* bags) {
  return !bags || std::ranges::all_of(
                      *bags, [](const fbs::Bag* bag) { return is_aligned(bag->fingerprints()); });
}

bool is_aligned(const fbs::Weights& weights) {
  return std::ranges::all_of(*weights.tensors(),
                             [](const fbs::Tensor* t) { return is_aligned(t->shape()); }) &&
         std::ranges::all_of(*weights.golden(), [](const fbs::GoldenVector* g) {
           return is_aligned(g->groups()) && is_aligned(g->candidates()) && is_aligned(g->titles());
         });
}

}  // namespace

WeightFileCheck::WeightFileCheck(std::span<const std::byte> bytes, const std::string& path,
                                 const WeightFileOptions& options)
    : bytes_(bytes), path_(path), options_(options), header_{} {
  if (bytes.size() >= sizeof header_) std::memcpy(&header_, bytes.data(), sizeof header_);
}

Status WeightFileCheck::run() {
  struct Step {
    const char* name;
    Status (WeightFileCheck::*run)();
  };
  static constexpr Step kSteps[] = {
      {"signature", &WeightFileCheck::check_signature},
      {"header", &WeightFileCheck::check_header},
      {"checksum.metadata", &WeightFileCheck::check_metadata_checksum},
      {"checksum.tensors", &WeightFileCheck::check_tensors_checksum},
      {"metadata", &WeightFileCheck::check_metadata},
      {"keywords", &WeightFileCheck::check_keywords},
      {"architecture", &WeightFileCheck::check_architecture},
      {"tensors", &WeightFileCheck::check_tensors},
      {"values", &WeightFileCheck::check_values},
      {"vocabulary", &WeightFileCheck::check_vocabulary},
      {"phrases", &WeightFileCheck::check_phrases},
      {"click rates", &WeightFileCheck::check_click_rates},
      {"golden.form", &WeightFileCheck::check_golden},
  };
  for (const Step& step : kSteps) {
    found_.clear();
    const Status status = (this->*step.run)();
    if (options_.report) {
      options_.report(step.name, status.ok(), status.ok() ? found_ : status.message());
    }
    if (!status.ok()) {
      return Status(status.code(), std::string("check ") + step.name + ": " + status.message());
    }
  }
  return {};
}

Status WeightFileCheck::check_signature() {
  if (options_.trusted_keys.empty()) {
    found_ = "not asked for";
    return {};
  }
  const Result<PublicKey> signer = barker::check_signature(bytes_, path_, options_.trusted_keys);
  if (!signer.ok()) return signer.status();
  found_ = "by " + to_text(*signer);
  return {};
}

Status WeightFileCheck::check_header() {
  const WeightFileHeader& h = header_;
  if (bytes_.size() < sizeof h) {
    return unexpected("size", "at least " + number(sizeof h) + " bytes", number(bytes_.size()));
  }
  if (std::memcmp(h.magic, kWeightFileMagic, sizeof h.magic) != 0) {
    return bad_data("magic: this is no barker weight file");
  }
  if (h.endian_mark == __builtin_bswap32(kWeightEndianMark)) {
    return {Code::kUnsupported,
            "endian_mark: the file was written on a machine of the other endianness"};
  }
  if (h.endian_mark != kWeightEndianMark) {
    return unexpected("endian_mark", hex(kWeightEndianMark), hex(h.endian_mark));
  }
  if (h.format_version != kWeightFormatVersion) {
    return {Code::kUnsupported, "format_version: expected " + number(kWeightFormatVersion) +
                                    ", found " + number(h.format_version)};
  }
  const uint64_t hash = XXH3_64bits(&h, offsetof(WeightFileHeader, header_xxh3));
  if (hash != h.header_xxh3) return unexpected("header_xxh3", hex(h.header_xxh3), hex(hash));
  for (const uint8_t byte : h.reserved) {
    if (byte != 0) return unexpected("reserved", "zeros", number(byte));
  }
  if (h.file_size != bytes_.size()) {
    return unexpected("file_size", number(h.file_size) + " bytes",
                      number(bytes_.size()) + (bytes_.size() < h.file_size ? " (truncated)" : ""));
  }
  if (Status s = check_section("metadata", h.metadata_offset, h.metadata_size); !s.ok()) return s;
  if (h.metadata_size > kMaxMetadata) {
    return unexpected("metadata_size", "at most " + number(kMaxMetadata), number(h.metadata_size));
  }
  if (Status s = check_section("tensors", h.tensors_offset, h.tensors_size); !s.ok()) return s;
  if (h.metadata_offset < sizeof h || h.tensors_offset < h.metadata_offset + h.metadata_size) {
    return bad_data("sections overlap");
  }
  found_ = "format " + number(h.format_version);
  return {};
}

Status WeightFileCheck::check_section(const std::string& name, uint64_t offset,
                                      uint64_t size) const {
  if (offset % kTensorAlignment != 0) {
    return unexpected(name + "_offset", "a multiple of " + number(kTensorAlignment),
                      number(offset));
  }
  if (offset > bytes_.size() || size > bytes_.size() - offset) {
    return unexpected(name + "_offset and size", "inside " + number(bytes_.size()) + " bytes",
                      number(offset) + " + " + number(size));
  }
  return {};
}

Status WeightFileCheck::check_metadata_checksum() {
  return check_hash(header_.metadata_offset, header_.metadata_size, header_.metadata_xxh3);
}

Status WeightFileCheck::check_tensors_checksum() {
  return check_hash(header_.tensors_offset, header_.tensors_size, header_.tensors_xxh3);
}

Status WeightFileCheck::check_hash(uint64_t offset, uint64_t size, uint64_t expected) {
  const uint64_t hash = XXH3_64bits(bytes_.data() + offset, size);
  if (hash != expected) return unexpected("xxh3", hex(expected), hex(hash));
  found_ = hex(hash);
  return {};
}

Status WeightFileCheck::check_metadata() {
  constexpr flatbuffers::uoffset_t kMaxDepth = 64, kMaxTables = 4'000'000;
  const auto* begin = reinterpret_cast<const uint8_t*>(bytes_.data() + header_.metadata_offset);
  flatbuffers::Verifier verifier(begin, header_.metadata_size, kMaxDepth, kMaxTables);
  if (!fbs::VerifyWeightsBuffer(verifier)) {
    return bad_data("FlatBuffers: the metadata is not a well-formed Weights buffer");
  }
  metadata_ = fbs::GetWeights(begin);
  if (!is_aligned(*metadata_)) {
    return bad_data("FlatBuffers: a list of 64-bit numbers is not aligned to 8 bytes");
  }
  found_ = number(header_.metadata_size) + " bytes";
  return {};
}

Status WeightFileCheck::check_keywords() {
  const flatbuffers::String* scheme = metadata_->keyword_scheme();
  if (Status s = check_keyword_scheme(scheme ? scheme->string_view() : "",
                                      "train the model again with barker-train train");
      !s.ok()) {
    return s;
  }
  found_ = "split by this program's rules";
  return {};
}

}  // namespace barker
