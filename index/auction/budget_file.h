// The file of what was spent today: a row for each ad that has a daily budget, found by the
// fingerprint of the ad's id, so that a rebuilt index with other document numbers finds it again.
//
//   offset 0    BudgetFileHeader, 64 bytes
//   then        rows (BudgetRow), 16 bytes each, in the order in which their ads came
//
// The file is mapped and shared with the page cache, so that a word that was stored survives the
// process, however it ends; a sync makes it survive a power cut. A process that opens the file
// locks it (PATH.lock) until it closes it, and a second one is refused. No other program may write
// or shorten the file meanwhile.
//
// New rows are appended while others are in use. They count when the header counts them: bytes
// behind the last counted row were left by a growth that was interrupted, and the next growth
// overwrites them. A file is made, and cleared of old rows, by writing another one and renaming it
// into place.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
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
  uint64_t rows;
  uint64_t fingerprints_xxh3;  // of the rows' ads
  uint8_t reserved[24];        // 0
  uint64_t header_xxh3;        // of the 56 bytes before it
};
static_assert(sizeof(BudgetFileHeader) == 64);

struct BudgetRow {
  Fingerprint ad;
  uint64_t word;  // DaySpending; 0 before the first amount
};
static_assert(sizeof(BudgetRow) == 16);

// What was spent on an ad on one day. Both numbers stand in one word, so that no thread and no
// crash can part them: a new day begins by the first word that names it.
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

// The rows that a file had at one moment. When it grows it is mapped anew, and the older mappings
// show the same memory for as long as somebody has them.
class BudgetMapping {
 public:
  static Result<std::shared_ptr<const BudgetMapping>> of(int descriptor, const std::string& path);
  BudgetMapping(const BudgetMapping&) = delete;
  BudgetMapping& operator=(const BudgetMapping&) = delete;
  ~BudgetMapping();

  std::span<BudgetRow> rows() const;
  int sync() const noexcept;  // 0 or an errno

 private:
  BudgetMapping(void* data, size_t size) : data_(data), size_(size) {}
  Status check_header(const std::string& path);

  void* data_;
  size_t size_;
  size_t rows_ = 0;
};

// The words of some ads, in the order of these ads. Other threads may use the same words, so they
// are to be read and written by std::atomic_ref alone. They live as long as `mapping`.
struct BudgetWords {
  std::vector<uint64_t*> words;
  std::shared_ptr<const BudgetMapping> mapping;
};

// Any thread may call anything but the destructor.
class BudgetFile {
 public:
  // Opens the file, or makes it if there is none. Rows of days before `today` say nothing any more,
  // and are dropped where most are of that kind. The others stay, whether the catalogue still has
  // their ads or not: an ad may come back on the same day.
  //
  // An error names the file. A file that is damaged, of another program or of another machine is
  // refused and left as it is: what it holds is money. So is one with a row of a later day than
  // tomorrow, because then a clock is wrong. (Tomorrow's are taken, because clocks are set back by
  // seconds at midnight, too.)
  static Result<std::shared_ptr<BudgetFile>> open(const std::string& path, uint32_t today);
  // Syncs. Call flush() before where its error matters.
  ~BudgetFile();
  BudgetFile(const BudgetFile&) = delete;
  BudgetFile& operator=(const BudgetFile&) = delete;

  // Appends rows for those of the ads that have none. After an error the file holds what it held.
  Result<BudgetWords> words(std::span<const Fingerprint> ads);

  // To be called after a word was stored, with the seconds of a clock. The first call of a new
  // second syncs all words.
  void stored(int64_t now) noexcept;

  // Returns when all words that were stored are on the disk. An error may be that of a sync by
  // stored(), which has nobody to report it to.
  Status flush();

 private:
  explicit BudgetFile(std::string path) : path_(std::move(path)) {}
  Status lock();
  Status open_or_make();
  Status check_rows(uint32_t today) const;
  Status drop_old_rows(uint32_t today);
  void remove_leftovers() const;
  Status write(std::span<const BudgetRow> rows) const;
  Status append(std::span<const BudgetRow> rows);
  void sync() noexcept;

  const std::string path_;
  int lock_ = -1, descriptor_ = -1;

  std::mutex mutex_;  // of the mapping, and so of growth and syncs
  std::shared_ptr<const BudgetMapping> mapping_;
  Status growth_;  // why the file cannot grow any more

  std::atomic<int64_t> last_sync_ = INT64_MIN;  // by the clock of stored()
  std::atomic<bool> is_dirty_ = false;
  std::atomic<int> sync_error_ = 0;  // errno
};

}  // namespace barker
