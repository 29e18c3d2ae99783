#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "models/base/atomic_file.h"
#include "models/base/output_paths.h"
#include "models/weights/delta.h"
#include "models/weights/delta_file.h"
#include "models/weights/format.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"

namespace barker {
namespace {

using Bytes = std::span<const std::byte>;

constexpr uint64_t kBlock = kTensorAlignment;

// Bytes of the new file, and where in the old file their like may stand.
struct Region {
  uint64_t begin = 0, size = 0, old_begin = 0;
};

// Writes records, joining what follows each other.
class Recorder {
 public:
  Recorder(Bytes target, AtomicFile& file) : target_(target), file_(file) {}

  Status write(const void* data, size_t size) {
    digest_.add(data, size);
    sizes_.delta += size;
    return file_.write(data, size);
  }

  Status add_equal(uint64_t old_at, uint64_t size) {
    const bool follows = record_.literal == 0 && record_.old_offset + record_.copied == old_at;
    if (!follows) {
      if (Status s = flush(); !s.ok()) return s;
      record_.old_offset = old_at;
    }
    record_.copied += size;
    return {};
  }

  void add_changed(uint64_t at, uint64_t size) {
    if (record_.literal == 0) literal_begin_ = at;
    record_.literal += size;
    sizes_.changed += size;
  }

  Status finish() {
    if (Status s = flush(); !s.ok()) return s;
    const FileDigest digest = digest_.digest();
    return write(&digest, sizeof digest);
  }

  const DeltaSizes& sizes() const { return sizes_; }

 private:
  Status flush() {
    if (record_.copied == 0 && record_.literal == 0) return {};
    if (Status s = write(&record_, sizeof record_); !s.ok()) return s;
    if (Status s = write(target_.data() + literal_begin_, record_.literal); !s.ok()) return s;
    record_ = {};
    return {};
  }

  Bytes target_;
  AtomicFile& file_;
  DigestStream digest_;
  DeltaRecord record_{};
  uint64_t literal_begin_ = 0;
  DeltaSizes sizes_;
};

// The new file from its first byte to its last: its tensors, each beside the old one of its name,
// and what lies between them, beside the same place of the old file.
std::vector<Region> regions_of(const WeightFile& before, const WeightFile& after) {
  std::vector<Region> tensors;
  for (const fbs::Tensor* tensor : *after.metadata().tensors()) {
    const fbs::Tensor* old = before.metadata().tensors()->LookupByKey(tensor->name()->c_str());
    const uint64_t begin = after.header().tensors_offset + tensor->offset();
    tensors.push_back(
        {begin, tensor->size(), old ? before.header().tensors_offset + old->offset() : begin});
  }
  std::ranges::sort(tensors, {}, &Region::begin);
  std::vector<Region> all;
  uint64_t end = 0;
  for (const Region& tensor : tensors) {
    all.push_back({end, tensor.begin - end, end});
    all.push_back(tensor);
    end = tensor.begin + tensor.size;
  }
  all.push_back({end, after.bytes().size() - end, end});
  return all;
}

Status compare(const Region& region, Bytes before, Bytes after, Recorder& recorder) {
  for (uint64_t done = 0; done < region.size;) {
    const uint64_t size = std::min(kBlock, region.size - done);
    const uint64_t at = region.begin + done, old_at = region.old_begin + done;
    if (old_at + size <= before.size() &&
        std::memcmp(after.data() + at, before.data() + old_at, size) == 0) {
      if (Status s = recorder.add_equal(old_at, size); !s.ok()) return s;
    } else {
      recorder.add_changed(at, size);
    }
    done += size;
  }
  return {};
}

FileDigest digest_of(Bytes bytes) {
  DigestStream stream;
  stream.add(bytes.data(), bytes.size());
  return stream.digest();
}

}  // namespace

Result<DeltaSizes> write_delta(const std::string& old_path, const std::string& new_path,
                               const std::string& out) {
  if (Status s = check_outputs({{"OLD", old_path}, {"NEW", new_path}}, {{"--out", out}}); !s.ok())
    return s;
  const auto before = WeightFile::open(old_path, {.storage = Storage::kMapped});
  if (!before.ok()) return before.status();
  const auto after = WeightFile::open(new_path, {.storage = Storage::kMapped});
  if (!after.ok()) return after.status();
  const Bytes old_bytes = (*before)->bytes(), new_bytes = (*after)->bytes();
  Result<AtomicFile> file = AtomicFile::create(out);
  if (!file.ok()) return file.status();

  DeltaHeader header{};
  std::memcpy(header.magic, kDeltaMagic, sizeof header.magic);
  header.endian_mark = kWeightEndianMark;
  header.format_version = kDeltaVersion;
  header.old_size = old_bytes.size();
  header.new_size = new_bytes.size();
  header.old_digest = digest_of(old_bytes);
  header.new_digest = digest_of(new_bytes);
  Recorder recorder(new_bytes, *file);
  if (Status s = recorder.write(&header, sizeof header); !s.ok()) return s;
  for (const Region& region : regions_of(**before, **after)) {
    if (Status s = compare(region, old_bytes, new_bytes, recorder); !s.ok()) return s;
  }
  if (Status s = recorder.finish(); !s.ok()) return s;
  if (Status s = file->commit(); !s.ok()) return s;
  DeltaSizes sizes = recorder.sizes();
  sizes.file = new_bytes.size();
  return sizes;
}

}  // namespace barker
