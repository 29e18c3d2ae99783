#include "index/auction/budget_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "index/auction/days.h"
#include "models/base/atomic_file.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

constexpr size_t kAdBytes = sizeof(Fingerprint) + sizeof(uint64_t);

// Closes a descriptor at the end of its block.
struct Descriptor {
  int number;
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

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

uint64_t checksum_of(std::span<const Fingerprint> fingerprints) {
  return XXH3_64bits(fingerprints.data(), fingerprints.size_bytes());
}

}  // namespace

Result<BudgetFile> BudgetFile::open(const std::string& path, std::span<const Fingerprint> ads,
                                    uint32_t today) {
  BudgetFile file;
  file.path_ = path;
  if (Status s = file.lock(); !s.ok()) return s;
  const Result<bool> is_there = file.map();
  if (!is_there.ok()) return is_there.status();
  if (*is_there) {
    if (Status s = file.check(today); !s.ok()) return s;
  }
  const std::vector<Row> rows = file.rows_for(ads, today);
  if (*is_there && file.has_just(rows)) return file;
  file.unmap();
  if (Status s = file.write(rows); !s.ok()) return s;
  const Result<bool> is_written = file.map();
  if (!is_written.ok()) return is_written.status();
  if (!*is_written) return not_found(path + ": was removed while it was opened");
  if (Status s = file.check(today); !s.ok()) return s;
  return file;
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
Result<bool> BudgetFile::map() {
  const Descriptor file(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (file.number < 0 && errno == ENOENT) return false;
  if (file.number < 0) return failed(path_, "opened");
  struct stat info {};
  if (fstat(file.number, &info) != 0) return failed(path_, "read");
  if (!S_ISREG(info.st_mode)) return bad_data(path_ + ": is not a regular file");
  const auto size = static_cast<size_t>(info.st_size);
  if (size < sizeof(BudgetFileHeader)) {
    return unexpected(path_, "at least " + std::to_string(sizeof(BudgetFileHeader)) + " bytes",
                      std::to_string(size));
  }
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0);
  if (data == MAP_FAILED) return failed(path_, "mapped");
  data_ = data;
  size_ = size;
  return true;
}

void BudgetFile::unmap() {
  if (data_) munmap(std::exchange(data_, nullptr), std::exchange(size_, 0));
}

BudgetFile::~BudgetFile() {
  unmap();
  if (lock_ >= 0) close(lock_);
}

BudgetFile::BudgetFile(BudgetFile&& other) noexcept { *this = std::move(other); }

BudgetFile& BudgetFile::operator=(BudgetFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::span<const Fingerprint> BudgetFile::fingerprints() const {
  if (!data_) return {};
  const std::byte* begin = static_cast<const std::byte*>(data_) + sizeof(BudgetFileHeader);
  return {reinterpret_cast<const Fingerprint*>(begin), header().ads};
}

uint64_t* BudgetFile::words() const {
  std::byte* begin = static_cast<std::byte*>(data_) + sizeof(BudgetFileHeader);
  return reinterpret_cast<uint64_t*>(begin + fingerprints().size_bytes());
}

// What makes the header's numbers safe to use.
Status BudgetFile::check_header() const {
  const BudgetFileHeader& h = header();
  if (std::memcmp(h.magic, kBudgetFileMagic, sizeof h.magic) != 0) {
    return bad_data(path_ + ": magic: is not a file of daily budgets");
  }
  if (h.endian_mark != kBudgetEndianMark) {
    return unsupported(path_ + ": endian mark", kBudgetEndianMark, h.endian_mark);
  }
  if (h.format_version != kBudgetFormatVersion) {
    return unsupported(path_ + ": format version", kBudgetFormatVersion, h.format_version);
  }
  if (h.header_xxh3 != checksum_of(h)) {
    return bad_data(path_ + ": header: is damaged: its checksum differs");
  }
  if (h.file_size != size_) {
    return unexpected(path_ + ": file size", std::to_string(h.file_size), std::to_string(size_));
  }
  const size_t room = size_ - sizeof(BudgetFileHeader);
  if (room % kAdBytes != 0 || h.ads != room / kAdBytes) {
    return unexpected(path_ + ": ads", std::to_string(room / kAdBytes), std::to_string(h.ads));
  }
  return {};
}

Status BudgetFile::check(uint32_t today) const {
  if (Status s = check_header(); !s.ok()) return s;
  const std::span<const Fingerprint> ads = fingerprints();
  if (header().fingerprints_xxh3 != checksum_of(ads)) {
    return bad_data(path_ + ": fingerprints: are damaged: their checksum differs");
  }
  if (std::ranges::adjacent_find(ads, std::greater_equal()) != ads.end()) {
    return bad_data(path_ + ": fingerprints: are not ascending");
  }
  for (size_t i = 0; i < ads.size(); ++i) {
    const DaySpending spending = DaySpending::of(words()[i]);
    if (spending.day <= today + 1) continue;
    return unexpected(path_ + ": word " + std::to_string(i),
                      "a day until " + date_text(today + 1) + ", which is tomorrow by the clock",
                      date_text(spending.day));
  }
  return {};
}

std::vector<BudgetFile::Row> BudgetFile::rows_for(std::span<const Fingerprint> ads,
                                                  uint32_t today) const {
  std::vector<Row> rows;
  for (const Fingerprint ad : ads) {
    const uint64_t* found = word(ad);
    rows.push_back({ad, found ? *found : 0});
  }
  const std::span<const Fingerprint> old = fingerprints();
  for (size_t i = 0; i < old.size(); ++i) {
    if (DaySpending::of(words()[i]).day >= today) rows.push_back({old[i], words()[i]});
  }
  std::ranges::sort(rows, {}, &Row::ad);
  const auto twice = std::ranges::unique(rows, {}, &Row::ad);
  rows.erase(twice.begin(), twice.end());
  return rows;
}

bool BudgetFile::has_just(const std::vector<Row>& rows) const {
  return std::ranges::equal(rows, fingerprints(), {}, &Row::ad);
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

Status BudgetFile::write(const std::vector<Row>& rows) const {
  std::vector<uint64_t> columns;
  for (const Row& row : rows) columns.push_back(row.ad);
  const uint64_t checksum = checksum_of(std::span<const Fingerprint>(columns));
  for (const Row& row : rows) columns.push_back(row.word);
  BudgetFileHeader header{};
  std::memcpy(header.magic, kBudgetFileMagic, sizeof header.magic);
  header.endian_mark = kBudgetEndianMark;
  header.format_version = kBudgetFormatVersion;
  header.file_size = sizeof header + rows.size() * kAdBytes;
  header.ads = rows.size();
  header.fingerprints_xxh3 = checksum;
  header.header_xxh3 = checksum_of(header);
  remove_leftovers();
  Result<AtomicFile> file = AtomicFile::create(path_);
  if (!file.ok()) return file.status();
  if (Status s = file->write(&header, sizeof header); !s.ok()) return s;
  if (Status s = file->write(columns.data(), columns.size() * sizeof columns[0]); !s.ok()) return s;
  return file->commit();
}

uint64_t* BudgetFile::word(Fingerprint ad) const noexcept {
  const std::span<const Fingerprint> ads = fingerprints();
  const auto found = std::ranges::lower_bound(ads, ad);
  if (found == ads.end() || *found != ad) return nullptr;
  return words() + (found - ads.begin());
}

int BudgetFile::sync() const noexcept { return msync(data_, size_, MS_SYNC) == 0 ? 0 : errno; }

}  // namespace barker
