#include "index/auction/budget_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "index/auction/days.h"
#include "models/base/atomic_file.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

Status failed(const std::string& path, const std::string& what) {
  return io_error(path + ": cannot be " + what + ": " + std::strerror(errno));
}

Status unsupported(const std::string& where, uint32_t expected, uint32_t found) {
  return {Code::kUnsupported,
          where + ": expected " + std::to_string(expected) + ", found " + std::to_string(found)};
}

uint64_t checksum_of(const BudgetFileHeader& header) {
  return XXH3_64bits(&header, offsetof(BudgetFileHeader, header_xxh3));
}

// The fingerprints are gathered, because the words between them change all the time.
uint64_t checksum_of(std::span<const BudgetRow> rows, std::span<const BudgetRow> more = {}) {
  std::vector<Fingerprint> ads;
  ads.reserve(rows.size() + more.size());
  for (const BudgetRow& row : rows) ads.push_back(row.ad);
  for (const BudgetRow& row : more) ads.push_back(row.ad);
  return XXH3_64bits(ads.data(), ads.size() * sizeof ads[0]);
}

BudgetFileHeader header_of(uint64_t rows, uint64_t fingerprints_xxh3) {
  BudgetFileHeader header{};
  std::memcpy(header.magic, kBudgetFileMagic, sizeof header.magic);
  header.endian_mark = kBudgetEndianMark;
  header.format_version = kBudgetFormatVersion;
  header.rows = rows;
  header.fingerprints_xxh3 = fingerprints_xxh3;
  header.header_xxh3 = checksum_of(header);
  return header;
}

// Writes all bytes at `offset` and waits until they are on the disk. 0 or an errno.
int write_through(int descriptor, const void* data, size_t size, size_t offset) {
  if (lseek(descriptor, static_cast<off_t>(offset), SEEK_SET) < 0) return errno;
  if (const int error = write_all(descriptor, data, size); error != 0) return error;
  return fsync(descriptor) == 0 ? 0 : errno;
}

}  // namespace

Result<std::shared_ptr<const BudgetMapping>> BudgetMapping::of(int descriptor,
                                                               const std::string& path) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return failed(path, "read");
  if (!S_ISREG(info.st_mode)) return bad_data(path + ": is not a regular file");
  const auto size = static_cast<size_t>(info.st_size);
  if (size < sizeof(BudgetFileHeader)) {
    return unexpected(path, "at least " + std::to_string(sizeof(BudgetFileHeader)) + " bytes",
                      std::to_string(size));
  }
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED) return failed(path, "mapped");
  const std::shared_ptr<BudgetMapping> mapping(new BudgetMapping(data, size));
  if (Status s = mapping->check_header(path); !s.ok()) return s;
  return std::shared_ptr<const BudgetMapping>(mapping);
}

BudgetMapping::~BudgetMapping() { munmap(data_, size_); }

Status BudgetMapping::check_header(const std::string& path) {
  const auto& h = *static_cast<const BudgetFileHeader*>(data_);
  if (std::memcmp(h.magic, kBudgetFileMagic, sizeof h.magic) != 0) {
    return bad_data(path + ": magic: is not a file of daily budgets");
  }
  if (h.endian_mark != kBudgetEndianMark) {
    return unsupported(path + ": endian mark", kBudgetEndianMark, h.endian_mark);
  }
  if (h.format_version != kBudgetFormatVersion) {
    return unsupported(path + ": format version", kBudgetFormatVersion, h.format_version);
  }
  if (h.header_xxh3 != checksum_of(h)) {
    return bad_data(path + ": header: is damaged: its checksum differs");
  }
  const size_t room = (size_ - sizeof h) / sizeof(BudgetRow);
  if (h.rows > room) {
    return unexpected(path + ": rows", std::to_string(h.rows), std::to_string(room) + " at most");
  }
  rows_ = h.rows;
  if (h.fingerprints_xxh3 != checksum_of(rows())) {
    return bad_data(path + ": fingerprints: are damaged: their checksum differs");
  }
  return {};
}

std::span<BudgetRow> BudgetMapping::rows() const {
  std::byte* begin = static_cast<std::byte*>(data_) + sizeof(BudgetFileHeader);
  return {reinterpret_cast<BudgetRow*>(begin), rows_};
}

int BudgetMapping::sync() const noexcept { return msync(data_, size_, MS_SYNC) == 0 ? 0 : errno; }

Result<std::shared_ptr<BudgetFile>> BudgetFile::open(const std::string& path, uint32_t today) {
  std::shared_ptr<BudgetFile> file(new BudgetFile(path));
  if (Status s = file->lock(); !s.ok()) return s;
  if (Status s = file->open_or_make(); !s.ok()) return s;
  if (Status s = file->check_rows(today); !s.ok()) return s;
  if (Status s = file->drop_old_rows(today); !s.ok()) return s;
  return file;
}

BudgetFile::~BudgetFile() {
  if (mapping_) sync();
  if (descriptor_ >= 0) close(descriptor_);
  if (lock_ >= 0) close(lock_);
}

// The lock has a file of its own, because the file itself is replaced.
Status BudgetFile::lock() {
  const std::string path = path_ + ".lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (lock_ < 0) return failed(path, "opened");
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return failed(path, "locked");
  return io_error(path_ + ": is in use by another process, which holds " + path);
}

// The file is opened without blocking, because the path may name a pipe.
Status BudgetFile::open_or_make() {
  constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NONBLOCK;
  descriptor_ = ::open(path_.c_str(), kFlags);
  if (descriptor_ < 0 && errno == ENOENT) {
    if (Status s = write({}); !s.ok()) return s;
    descriptor_ = ::open(path_.c_str(), kFlags);
  }
  if (descriptor_ < 0) return failed(path_, "opened");
  Result<std::shared_ptr<const BudgetMapping>> mapping = BudgetMapping::of(descriptor_, path_);
  if (!mapping.ok()) return mapping.status();
  mapping_ = std::move(*mapping);
  return {};
}

Status BudgetFile::check_rows(uint32_t today) const {
  size_t number = 0;
  for (const BudgetRow& row : mapping_->rows()) {
    const uint32_t day = DaySpending::of(row.word).day;
    if (day > today + 1) {
      return unexpected(path_ + ": row " + std::to_string(number),
                        "a day until " + date_text(today + 1) + ", which is tomorrow by the clock",
                        date_text(day));
    }
    ++number;
  }
  return {};
}

Status BudgetFile::drop_old_rows(uint32_t today) {
  std::vector<BudgetRow> kept;
  for (const BudgetRow& row : mapping_->rows()) {
    if (DaySpending::of(row.word).day >= today) kept.push_back(row);
  }
  if (kept.size() >= mapping_->rows().size() - kept.size()) return {};
  if (Status s = write(kept); !s.ok()) return s;
  close(std::exchange(descriptor_, -1));
  return open_or_make();
}

// Removes what processes left that were killed while they wrote. Nobody else writes, because this
// process holds the lock. What cannot be removed takes room and does no other harm.
void BudgetFile::remove_leftovers() const {
  namespace fs = std::filesystem;
  const fs::path path(path_);
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const std::string stem = path.filename().string() + ".tmp.";
  std::error_code ignored;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(directory, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (entry->path().filename().string().starts_with(stem)) found.push_back(entry->path());
  }
  for (const fs::path& leftover : found) fs::remove(leftover, ignored);
}

Status BudgetFile::write(std::span<const BudgetRow> rows) const {
  remove_leftovers();
  Result<AtomicFile> file = AtomicFile::create(path_);
  if (!file.ok()) return file.status();
  const BudgetFileHeader header = header_of(rows.size(), checksum_of(rows));
  if (Status s = file->write(&header, sizeof header); !s.ok()) return s;
  if (Status s = file->write(rows.data(), rows.size_bytes()); !s.ok()) return s;
  return file->commit();
}

// The rows are on the disk before the header counts them.
Status BudgetFile::append(std::span<const BudgetRow> rows) {
  if (rows.empty()) return {};
  if (!growth_.ok()) return growth_;
  const std::span<const BudgetRow> old = mapping_->rows();
  const BudgetFileHeader header = header_of(old.size() + rows.size(), checksum_of(old, rows));
  const size_t end = sizeof header + old.size_bytes();
  if (const int error = write_through(descriptor_, rows.data(), rows.size_bytes(), end)) {
    return cannot_be_written(path_, error);
  }
  // If this fails, nobody knows which header will be on the disk, so that the rows must stay as
  // they are until the file is opened again.
  if (const int error = write_through(descriptor_, &header, sizeof header, 0)) {
    return growth_ = cannot_be_written(path_, error);
  }
  Result<std::shared_ptr<const BudgetMapping>> grown = BudgetMapping::of(descriptor_, path_);
  if (!grown.ok()) return growth_ = grown.status();
  mapping_ = std::move(*grown);
  return {};
}

Result<BudgetWords> BudgetFile::words(std::span<const Fingerprint> ads) {
  const std::lock_guard one_at_a_time(mutex_);
  const std::span<const BudgetRow> old = mapping_->rows();
  std::unordered_map<Fingerprint, size_t> row_of;
  row_of.reserve(old.size() + ads.size());
  for (size_t i = 0; i < old.size(); ++i) row_of.emplace(old[i].ad, i);
  std::vector<BudgetRow> missing;
  for (const Fingerprint ad : ads) {
    if (row_of.emplace(ad, old.size() + missing.size()).second) missing.push_back({ad, 0});
  }
  if (Status s = append(missing); !s.ok()) return s;
  BudgetWords found;
  found.mapping = mapping_;
  found.words.reserve(ads.size());
  const std::span<BudgetRow> rows = mapping_->rows();
  for (const Fingerprint ad : ads) found.words.push_back(&rows[row_of.at(ad)].word);
  return found;
}

// One thread of those that see a new second syncs, and the others go on.
void BudgetFile::stored(int64_t now) noexcept {
  is_dirty_.store(true, std::memory_order_release);
  int64_t last = last_sync_.load(std::memory_order_relaxed);
  if (last != now && last_sync_.compare_exchange_strong(last, now, std::memory_order_relaxed)) {
    sync();
  }
}

// A word is stored before the mark that there is something to sync, and the mark is taken away
// before the sync, so that a word that comes meanwhile is synced by the next call. The lock makes
// flush() wait for a sync that has begun.
void BudgetFile::sync() noexcept {
  const std::lock_guard one_at_a_time(mutex_);
  if (!is_dirty_.exchange(false, std::memory_order_acq_rel)) return;
  const int error = mapping_->sync();
  if (error == 0) return;
  is_dirty_.store(true, std::memory_order_release);
  sync_error_.store(error, std::memory_order_relaxed);
}

Status BudgetFile::flush() {
  sync();
  const int error = sync_error_.exchange(0, std::memory_order_relaxed);
  if (error == 0) return {};
  return io_error(path_ + ": cannot be synced: " + std::strerror(error));
}

}  // namespace barker
