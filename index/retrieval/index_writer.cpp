#include "index/retrieval/index_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "index/catalogue/ad_json.h"
#include "index/retrieval/index_files.h"
#include "index/retrieval/manifest.h"
#include "index/retrieval/segment_writer.h"
#include "index/retrieval/work_directory.h"
#include "models/base/atomic_file.h"
#include "models/base/output_file.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

Status sync_file(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int error = descriptor >= 0 && fsync(descriptor) == 0 ? 0 : errno;
  if (descriptor >= 0) close(descriptor);
  return error == 0 ? Status() : cannot_be_written(path.string(), error);
}

// Makes all that is in a directory durable. Lucene++ does not promise to sync its files.
Status sync_tree(const fs::path& directory) {
  std::error_code error;
  fs::recursive_directory_iterator entry(directory, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const Status s = entry->is_directory(error) ? sync_directory(entry->path().string())
                                                : sync_file(entry->path());
    if (!s.ok()) return s;
  }
  if (error) return io_error(directory.string() + ": " + error.message());
  return sync_directory(directory.string());
}

// The lock of the index that stands at `target`, so that nobody changes or replaces it. Nothing
// where there is none.
Result<int> lock_index(const fs::path& target) {
  const std::string path = change_log_in(target.string());
  for (;;) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT) return -1;
    if (descriptor < 0) return io_error(path + ": " + std::strerror(errno));
    struct stat ours {
    }, there{};
    const bool is_locked = flock(descriptor, LOCK_EX) == 0 && fstat(descriptor, &ours) == 0;
    const int reason = errno;
    if (is_locked && stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino) {
      return descriptor;
    }
    close(descriptor);
    // Otherwise another index has taken the place, and its lock is the one to take.
    if (!is_locked && reason != EINTR) return io_error(path + ": " + std::strerror(reason));
  }
}

// Puts a directory in the place of `target`, durably, and removes what stood there.
Status exchange(WorkDirectory& building, const fs::path& target, const BeforeInPlace& before) {
  if (Status s = before ? before(building.path()) : Status(); !s.ok()) return s;
  // What came since the work began would leave the place with the old index.
  std::error_code error;
  const bool replaces = fs::exists(target, error);
  if (Status s = replaces ? check_only_index_files(target.string()) : Status(); !s.ok()) return s;
  // The two directories are exchanged, so that an index exists at every moment. The old one then
  // has the temporary name, and is removed only when a power cut cannot undo the exchange.
  const unsigned flags = replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (renameat2(AT_FDCWD, building.path().c_str(), AT_FDCWD, target.c_str(), flags) != 0) {
    return io_error(target.string() + ": cannot be put in place: " + std::strerror(errno));
  }
  const std::string old = building.path();
  building.keep();
  if (Status s = sync_directory(target.parent_path().string()); !s.ok()) {
    return io_error(target.string() + ": is in place, but a power cut may undo it: " + s.message());
  }
  const Status removed = replaces ? remove_index(old) : Status();
  if (removed.ok()) return {};
  return io_error(target.string() + ": is in place, but not all of the index before could be " +
                  "removed: " + removed.message());
}

// exchange() under two locks: that of the index that stands at `target`, and that of its directory,
// which has the name of an abandoned one while it is being removed.
Status put_in_place(WorkDirectory& building, const fs::path& target, const BeforeInPlace& before) {
  const Result<int> index = lock_index(target);
  if (!index.ok()) return index.status();
  const int directory = WorkDirectory::lock(target.string(), LOCK_EX);
  const Status status = exchange(building, target, before);
  for (const int lock : {*index, directory}) {
    if (lock >= 0) close(lock);
  }
  return status;
}

// The directory that a symbolic link stands for, so that the new index takes the place of that one
// and not of the link. It need not exist yet.
Result<fs::path> follow_links(fs::path path) {
  constexpr int kMostLinks = 40;  // as the kernel
  std::error_code error;
  for (int i = 0; i < kMostLinks; ++i) {
    if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
    const fs::path to = fs::read_symlink(path, error);
    if (error) return io_error(path.string() + ": " + error.message());
    path = path.parent_path() / to;
    if (!path.has_filename()) path = path.parent_path();
  }
  return io_error(path.string() + ": too many symbolic links");
}

// A mount point cannot be renamed, which would be found out at the end of the work. Where the
// kernel does not tell (before Linux 5.8), the devices of the directory and its parent do, except
// for a directory that is mounted from the same file system.
bool is_mount_point(const fs::path& directory) {
  struct statx info {};
  if (statx(AT_FDCWD, directory.c_str(), AT_NO_AUTOMOUNT, STATX_INO, &info) != 0) return false;
  if ((info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {
    return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  }
  struct stat own {
  }, above{};
  return stat(directory.c_str(), &own) == 0 && stat((directory / "..").c_str(), &above) == 0 &&
         (own.st_dev != above.st_dev || own.st_ino == above.st_ino);
}

// Whether a new index can take the place of what is there.
Status check_place(const fs::path& target) {
  std::error_code error;
  if (!fs::exists(target, error)) return {};
  if (is_mount_point(target)) {
    return invalid_argument(target.string() +
                            ": is a mount point, and a new index takes its place by a rename, "
                            "which the system refuses there; give a directory below it, such as " +
                            (target / "index").string());
  }
  if (!fs::exists(target / "ads.store", error)) {
    return invalid_argument(target.string() + ": exists and is no index; choose another --out");
  }
  return check_only_index_files(target.string());
}

}  // namespace

struct IndexWriter::Impl {
  Impl(fs::path in, WorkDirectory at, MatchingAnalyzer with, MatchingRules by)
      : target(std::move(in)),
        building(std::move(at)),
        analyzer(std::move(with)),
        rules(std::move(by)),
        source(source_in(building.path())) {}

  Status finish(const BeforeInPlace& before) {
    const std::string& directory = building.path();
    if (Status s = source.close(); !s.ok()) return s;
    if (Status s = segment->finish(); !s.ok()) return s;
    segment.reset();
    if (Status s = write_matching_rules(rules, directory); !s.ok()) return s;
    if (Status s = write_manifest(directory); !s.ok()) return s;
    if (Status s = OutputFile(change_log_in(directory)).close(); !s.ok()) return s;
    if (Status s = sync_tree(directory); !s.ok()) return s;
    return put_in_place(building, target, before);
  }

  const fs::path target;
  WorkDirectory building;
  const MatchingAnalyzer analyzer;
  const MatchingRules rules;
  OutputFile source;
  std::unique_ptr<SegmentWriter> segment;
};

IndexWriter::IndexWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexWriter::IndexWriter(IndexWriter&&) noexcept = default;
IndexWriter::~IndexWriter() = default;

Result<IndexWriter> IndexWriter::open(const std::string& directory, const MatchingRules& rules) {
  Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create(rules.languages);
  if (!analyzer.ok()) return analyzer.status();
  std::error_code error;
  fs::path target = fs::path(directory).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  Result<fs::path> place = follow_links(std::move(target));
  if (!place.ok()) return place.status();
  target = std::move(*place);
  if (Status s = check_place(target); !s.ok()) return s;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
  if (error) return io_error(target.string() + ": " + error.message());
  const std::string prefix = target.string() + ".building.";
  WorkDirectory::remove_abandoned(prefix);
  Result<WorkDirectory> building = WorkDirectory::make(prefix, 0777);
  if (!building.ok()) return building.status();
  auto impl =
      std::make_unique<Impl>(std::move(target), std::move(*building), std::move(*analyzer), rules);
  Result<std::unique_ptr<SegmentWriter>> segment =
      SegmentWriter::open(impl->building.path(), impl->analyzer);
  if (!segment.ok()) return segment.status();
  impl->segment = std::move(*segment);
  return IndexWriter(std::move(impl));
}

Status IndexWriter::add(CatalogueAd ad) {
  impl_->source.write(ad_line(ad) + "\n");
  if (!impl_->source.status().ok()) return impl_->source.status();
  return impl_->segment->add(std::move(ad));
}

Status IndexWriter::finish(const BeforeInPlace& before) { return impl_->finish(before); }

Status write_index(const std::vector<CatalogueAd>& ads, const std::string& directory,
                   const MatchingRules& rules) {
  Result<IndexWriter> writer = IndexWriter::open(directory, rules);
  if (!writer.ok()) return writer.status();
  for (const CatalogueAd& ad : ads) {
    if (Status s = writer->add(ad); !s.ok()) return s;
  }
  return writer->finish();
}

}  // namespace barker
