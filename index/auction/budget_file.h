// The file of what was spent today: a word for each ad that has a daily budget, found by the
// fingerprint of the ad's id, so that a rebuilt index with other document numbers finds it again.
//
//   offset 0    BudgetFileHeader, 64 bytes
//   then        fingerprints of the ads' ids, 8 bytes each, ascending
//   then        their words (DaySpending), 8 bytes each, in the same order
//
// The file is mapped and shared with the page cache, so that a word that was stored survives the
// process, however it ends; sync() makes it survive a power cut. A process that opens the file locks
// it (PATH.lock) until it closes it, and a second one is refused. Where the set of ads changes, a new
// file is written beside the old one and renamed over it.
//
// open() and the destructor belong to one thread at a time. Words may be used by all threads, through
// std::atomic_ref alone. No other program may write or shorten the file while it is open.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/text/fingerprint.h"

namespace barker {

inline constexpr char kBudgetFileMagic[8] = {'B', 'A', 'R', 'K', 'E', 'R', 'B', '\n'};
inline constexpr uint32_t kBudgetEndianMark = 0x01020304;
inline constexpr uint32_t kBudgetFormatVersion = 1;

struct BudgetFileHeader {
  char magic[8];            // kBudgetFileMagic
  uint32_t endian_mark;     // kBudgetEndianMark as the writer's machine stores it
  uint32_t format_version;  // kBudgetFormatVersion
  uint64_t file_size;       // bytes
  uint64_t ads;
  uint64_t fingerprints_xxh3;
  uint8_t reserved[16];  // 0
  uint64_t header_xxh3;  // of the 56 bytes before it
};
static_assert(sizeof(BudgetFileHeader) == 64);

// What was spent on an ad on one day. Both numbers stand in one word, so that no thread and no crash
// can part them: a new day begins by the first word that names it.
struct DaySpending {
  static constexpr int kMicrosBits = 48;
  static constexpr uint64_t kMostMicros = (uint64_t{1} << kMicrosBits) - 1;

  uint32_t day = 0;     // of index/auction/days.h, at most Days::kLast
  uint64_t micros = 0;  // millionths of the currency unit, at most kMostMicros

  static constexpr DaySpending of(uint64_t word) noexcept {
    return {static_cast<uint32_t>(word >> kMicrosBits), word & kMostMicros};
  }
  constexpr uint64_t word() const noexcept { return uint64_t{day} << kMicrosBits | micros; }
};

class BudgetFile {
 public:
  // Opens the file, or writes it if there is none, with a word for each of `ads`. The words of ads
  // that it had already stay as they are. Words of other ads stay while they are of `today` or later,
  // because such an ad may come back on the same day, and are dropped then.
  //
  // An error names the file. A file that is damaged, of another program or of another machine is
  // refused and left as it is: what it holds is money. So is one that was written on a later day than
  // tomorrow, because then a clock is wrong. (Tomorrow's is taken, because clocks are set back by
  // seconds at midnight, too.)
  static Result<BudgetFile> open(const std::string& path, std::span<const Fingerprint> ads,
                                 uint32_t today);
  ~BudgetFile();
  BudgetFile(BudgetFile&& other) noexcept;
  BudgetFile& operator=(BudgetFile&& other) noexcept;

  // The word of an ad; null where the file has none. It lives as long as this object.
  uint64_t* word(Fingerprint ad) const noexcept;

  // Returns when what was stored before is on the disk. 0 or the errno of the failure.
  int sync() const noexcept;

  const std::string& path() const { return path_; }

 private:
  struct Row {
    Fingerprint ad;
    uint64_t word;
  };

  BudgetFile() = default;
  Status lock();
  Result<bool> map();  // false: there is no file
  void unmap();
  Status check(uint32_t today) const;
  Status check_header() const;
  std::vector<Row> rows_for(std::span<const Fingerprint> ads, uint32_t today) const;
  bool has_just(const std::vector<Row>& rows) const;
  void remove_leftovers() const;
  Status write(const std::vector<Row>& rows) const;

  const BudgetFileHeader& header() const { return *static_cast<const BudgetFileHeader*>(data_); }
  std::span<const Fingerprint> fingerprints() const;
  uint64_t* words() const;

  std::string path_;
  int lock_ = -1;
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace barker
