#include <algorithm>
#include <cstring>
#include <vector>

#include "models/base/atomic_file.h"
#include "models/base/output_paths.h"
#include "models/weights/delta.h"
#include "models/weights/delta_file.h"
#include "models/weights/format.h"

namespace barker {
namespace {

// The delta is whole, and this machine can read it.
Result<DeltaHeader> read_header(const PiecewiseFile& delta) {
  DeltaHeader header;
  FileDigest expected;
  if (delta.size() < sizeof header + sizeof expected) {
    return unexpected(delta.path(), "a delta of at least 80 bytes",
                      std::to_string(delta.size()) + " bytes");
  }
  if (Status s = delta.read(0, &header, sizeof header); !s.ok()) return s;
  if (std::memcmp(header.magic, kDeltaMagic, sizeof header.magic) != 0) {
    return unexpected(delta.path(), "a delta of `barker delta`", "a file of another kind");
  }
  if (header.endian_mark != kWeightEndianMark || header.format_version != kDeltaVersion) {
    return Status(Code::kUnsupported,
                  delta.path() + ": is a delta of another version or byte order");
  }
  const uint64_t end = delta.size() - sizeof expected;
  if (Status s = delta.read(end, &expected, sizeof expected); !s.ok()) return s;
  const Result<FileDigest> found = delta.digest(end);
  if (!found.ok()) return found.status();
  if (*found != expected) {
    return unexpected(delta.path() + ": digest", to_text(expected),
                      to_text(*found) + ": it is damaged or was not sent whole");
  }
  return header;
}

Status check_old_file(const PiecewiseFile& old, const DeltaHeader& header,
                      const std::string& delta) {
  const std::string what = old.path() + ": is not the file that " + delta + " was made from: ";
  if (old.size() != header.old_size) {
    return unexpected(what + "size", std::to_string(header.old_size), std::to_string(old.size()));
  }
  const Result<FileDigest> found = old.digest(old.size());
  if (!found.ok()) return found.status();
  if (*found == header.old_digest) return {};
  return unexpected(what + "digest", to_text(header.old_digest), to_text(*found));
}

// Writes the new file, piece by piece.
class Applier {
 public:
  Applier(const PiecewiseFile& old, const PiecewiseFile& delta, const DeltaHeader& header,
          AtomicFile& out)
      : old_(old), delta_(delta), header_(header), out_(out), piece_(kDeltaPiece) {}

  Status run() {
    const uint64_t end = delta_.size() - sizeof(FileDigest);
    for (uint64_t at = sizeof(DeltaHeader); at < end;) {
      DeltaRecord record;
      if (end - at < sizeof record) return damaged(at, "a record", "the end");
      if (Status s = delta_.read(at, &record, sizeof record); !s.ok()) return s;
      if (Status s = check(record, at, end); !s.ok()) return s;
      at += sizeof record;
      if (Status s = copy(old_, record.old_offset, record.copied); !s.ok()) return s;
      if (Status s = copy(delta_, at, record.literal); !s.ok()) return s;
      at += record.literal;
      changed_ += record.literal;
    }
    if (written_ != header_.new_size) {
      return damaged(end, std::to_string(header_.new_size) + " bytes", std::to_string(written_));
    }
    const FileDigest digest = digest_.digest();
    if (digest == header_.new_digest) return {};
    return unexpected(delta_.path() + ": digest of the new file", to_text(header_.new_digest),
                      to_text(digest) + ": the old file changed meanwhile, or the delta is wrong");
  }

  DeltaSizes sizes() const { return {written_, changed_, delta_.size()}; }

 private:
  // Sizes are compared by subtraction, because sums of a forged record could wrap around.
  Status check(const DeltaRecord& record, uint64_t at, uint64_t end) const {
    if (record.old_offset > old_.size() || record.copied > old_.size() - record.old_offset) {
      return damaged(at, "bytes of the old file", "a place beyond its end");
    }
    if (record.literal > end - at - sizeof record) {
      return damaged(at, std::to_string(record.literal) + " literal bytes", "the end");
    }
    const uint64_t left = header_.new_size - written_;
    if (record.copied > left || record.literal > left - record.copied) {
      return damaged(at, "at most " + std::to_string(left) + " bytes more", "a longer file");
    }
    return {};
  }

  Status damaged(uint64_t at, const std::string& expected, const std::string& found) const {
    return unexpected(delta_.path() + ": at byte " + std::to_string(at), expected, found);
  }

  Status copy(const PiecewiseFile& from, uint64_t at, uint64_t size) {
    while (size > 0) {
      const size_t part = std::min<uint64_t>(piece_.size(), size);
      if (Status s = from.read(at, piece_.data(), part); !s.ok()) return s;
      digest_.add(piece_.data(), part);
      if (Status s = out_.write(piece_.data(), part); !s.ok()) return s;
      at += part;
      size -= part;
      written_ += part;
    }
    return {};
  }

  const PiecewiseFile& old_;
  const PiecewiseFile& delta_;
  const DeltaHeader& header_;
  AtomicFile& out_;
  DigestStream digest_;
  std::vector<char> piece_;
  uint64_t written_ = 0, changed_ = 0;
};

}  // namespace

Result<DeltaSizes> apply_delta(const std::string& old_path, const std::string& delta_path,
                               const std::string& out) {
  if (Status s = check_outputs({{"OLD", old_path}, {"DELTA", delta_path}}, {{"--out", out}});
      !s.ok()) {
    return s;
  }
  const Result<PiecewiseFile> delta = PiecewiseFile::open(delta_path);
  if (!delta.ok()) return delta.status();
  const Result<DeltaHeader> header = read_header(*delta);
  if (!header.ok()) return header.status();
  const Result<PiecewiseFile> old = PiecewiseFile::open(old_path);
  if (!old.ok()) return old.status();
  if (Status s = check_old_file(*old, *header, delta_path); !s.ok()) return s;
  Result<AtomicFile> file = AtomicFile::create(out);
  if (!file.ok()) return file.status();
  Applier applier(*old, *delta, *header, *file);
  if (Status s = applier.run(); !s.ok()) return s;
  if (Status s = file->commit(); !s.ok()) return s;
  return applier.sizes();
}

}  // namespace barker
