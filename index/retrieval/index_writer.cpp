#include "index/retrieval/index_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "index/catalogue/ad_json.h"
#include "index/catalogue/ad_store.h"
#include "index/retrieval/bid_index.h"
#include "index/retrieval/manifest.h"
#include "index/retrieval/title_index.h"
#include "models/base/atomic_file.h"
#include "models/base/output_file.h"
#include "models/text/keywords.h"

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

Status write_source(const std::vector<CatalogueAd>& ads, const std::string& directory) {
  OutputFile file(source_in(directory));
  for (const CatalogueAd& ad : ads) file.write(ad_line(ad) + "\n");
  return file.close();
}

// The lock of the index that stands at `target`, so that nobody changes or replaces it. Nothing where
// there is none.
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

// Puts the directory `building` in the place of `target`, durably, and removes what stood there.
Status put_in_place(const fs::path& building, const fs::path& target, const BeforeInPlace& before) {
  std::error_code error;
  const Result<int> lock = lock_index(target);
  Status status = lock.ok() ? Status() : lock.status();
  if (status.ok() && before) status = before(building.string());
  // The two directories are exchanged, so that an index exists at every moment. The old one then
  // has the temporary name, and is removed only when a power cut cannot undo the exchange.
  const bool replaces = fs::exists(target, error);
  const unsigned flags = replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (status.ok() && renameat2(AT_FDCWD, building.c_str(), AT_FDCWD, target.c_str(), flags) != 0) {
    status = io_error(target.string() + ": cannot be put in place: " + std::strerror(errno));
  }
  if (lock.ok() && *lock >= 0) close(*lock);
  if (!status.ok()) {
    fs::remove_all(building, error);
    return status;
  }
  if (Status s = sync_directory(target.parent_path().string()); !s.ok()) {
    return io_error(target.string() + ": is in place, but a power cut may undo it: " + s.message());
  }
  if (replaces) fs::remove_all(building, error);
  return {};
}

}  // namespace

Status write_segment(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer,
                     const std::string& directory) {
  std::error_code error;
  for (const char* part : {"titles", "bids"}) {
    if (!error) fs::create_directories(fs::path(directory) / part, error);
  }
  if (error) return io_error(directory + ": " + error.message());
  Status status = write_title_index(ads, analyzer, directory + "/titles");
  if (status.ok()) status = BidIndex::write(ads, analyzer, directory);
  if (status.ok()) status = write_ad_store(ads, directory + "/ads.store");
  return status;
}

Status write_index(const std::vector<CatalogueAd>& ads, const std::string& directory,
                   const MatchingRules& rules, const BeforeInPlace& before) {
  const Result<MatchingAnalyzer> analyzer = MatchingAnalyzer::create(rules.languages);
  if (!analyzer.ok()) return analyzer.status();
  std::error_code error;
  fs::path target = fs::path(directory).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  if (fs::exists(target, error) && !fs::exists(target / "ads.store", error)) {
    return invalid_argument(target.string() + ": exists and is no index; choose another --out");
  }
  const std::string suffix = "." + std::to_string(getpid());
  const fs::path building = target.string() + ".building" + suffix;
  fs::remove_all(building, error);
  error.clear();
  fs::create_directories(building, error);
  if (error) return io_error(building.string() + ": " + error.message());

  Status status = write_segment(ads, *analyzer, building.string());
  if (status.ok()) status = write_matching_rules(rules, building.string());
  if (status.ok()) status = write_source(ads, building.string());
  if (status.ok()) status = write_manifest(building.string());
  if (status.ok()) status = OutputFile(change_log_in(building.string())).close();
  if (status.ok()) status = sync_tree(building);
  if (!status.ok()) {
    fs::remove_all(building, error);
    return status;
  }
  return put_in_place(building, target, before);
}

}  // namespace barker
