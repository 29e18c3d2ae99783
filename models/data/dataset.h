// The event log as a trainer wants it: numbers instead of text, in one file that is mapped, so that
// memory stays flat however long the log is.
//
// The file is written once from a log (build_dataset) and read any number of times. Histories are
// not copied into every search: a user's clicked keywords stand once, in time order, and a search
// points at the part that lies strictly before it. The file (dataset_format.h) is a cache for this
// machine, not a format for others. It must not be changed while it is open; build_dataset replaces
// it by rename. Reading it is safe whatever its bytes are: open() checks every offset in it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "models/data/events.h"
#include "models/data/held_out_words.h"
#include "models/data/merged_log.h"
#include "models/data/repeatable_log.h"
#include "models/data/split_rule.h"

namespace barker {

inline constexpr uint32_t kUnknownKeyword = 0xFFFFFFFFu;  // never seen in the training split

// One search of the log. Its spans point into the mapped file.
//
// Keyword ids are < Dataset::keywords(). kUnknownKeyword stands for a keyword that the training
// split never used, so that the lengths of the lists stay true. Truths are NaN where they are
// unknown.
struct SearchView {
  uint32_t index = 0;     // of this search in the dataset
  uint32_t user = 0;      // < Dataset::users()
  uint32_t category = 0;  // < Dataset::categories(); 0 is ""
  Split split = Split::kTrain;
  int64_t time = 0;
  std::span<const uint32_t> history;     // clicked keywords before `time`, oldest first, uncut
  std::span<const uint32_t> sf_history;  // of them, the clicked SFs
  std::span<const uint32_t> query;
  std::span<const uint32_t> sfs;  // keywords of the SFs shown, in the order shown
  std::span<const uint8_t> sf_clicked;
  std::span<const float> sf_truth;
  std::span<const uint32_t> ads;  // titles of the ads shown: index for Dataset::title
  std::span<const uint8_t> ad_clicked;
  std::span<const float> ad_truth;
  // How what was shown came to be shown (EVENTS.md). Each is empty where the log says nothing of
  // it.
  std::span<const float> sf_propensity;  // in (0, 1]; NaN: not known
  std::span<const float> ad_propensity;  // of the selling points (SPs) before the titles
  std::span<const uint32_t> sf_position, ad_position;  // from 1
};

struct FeatureBag {
  std::span<const uint32_t> features;  // < Dataset::features()
  std::span<const float> weights;      // one a feature
};

enum class Task : uint8_t { kMain = 0, kAuxiliary = 1 };

// It never changes, so that any thread may use it. Views of it live as long as it does.
class Dataset {
 public:
  static Result<std::shared_ptr<const Dataset>> open(const std::string& path);
  static bool is_dataset(const std::string& path);  // a regular file that begins like one
  ~Dataset();
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  uint32_t searches() const;
  SearchView search(uint32_t index) const;

  // Features of one group at a search. The groups are those of the log, without keyword histories.
  std::span<const std::string> groups() const;
  FeatureBag group(uint32_t search, size_t group) const;

  // Keywords of the SPs that stood before the title of a search's ad, the index-th of `ads`.
  std::span<const uint32_t> points(uint32_t search, size_t index) const;

  std::span<const uint32_t> title(uint32_t ad) const;  // keywords in title order
  uint32_t titles() const;

  // Searches of a split with at least one SF (main) or ad (auxiliary), ascending.
  std::span<const uint32_t> searches_of(Split split, Task task) const;
  uint64_t instances_of(Split split, Task task) const;  // SFs or ads shown in them
  uint64_t clicks_of(Split split, Task task) const;

  uint32_t users() const;
  uint32_t keywords() const;
  uint32_t features() const;
  uint32_t categories() const;
  std::string_view user(uint32_t id) const;
  std::string_view keyword(uint32_t id) const;  // normal form
  std::string_view feature(uint32_t id) const;  // "group=token"
  std::string_view category(uint32_t id) const;

  // The keywords of several words with which queries and titles were composed, in normal form,
  // ascending. A model serves with the very list that its data were made with.
  uint32_t phrases() const;
  std::string_view phrase(uint32_t index) const;

  std::string_view digest() const;  // XXH3-128 of the log, hexadecimal
  uint64_t events() const;          // lines of the log that were used
  // How the searches were split, in words: "by time: 80%, 5% and 15% of the period".
  std::string_view split_text() const;

 private:
  Dataset();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct DatasetOptions {
  SplitRule split;
  // The share of the training searches' SF bars that is kept, chosen by a hash of user and time. It
  // answers what would be if main events were scarce. History and auxiliary events stay.
  double main_share = 1.0;
  // SFs that training and validation never see. A bar in which one of them was clicked loses all
  // its SFs there, because without the click it would say the opposite; other bars lose the word
  // alone. Everywhere else, in histories, titles, queries and in the test split, the word is
  // unknown.
  HeldOutWords held_out = {};
  // Keywords and features of all splits get numbers, and not only those of the training split. For
  // a log on which models are judged that were trained on another (fresh_log.h).
  bool numbers_all = false;
  std::string encoding;      // of the log, if it is not UTF-8
  double max_bad_share = 1;  // with a larger share of unusable lines, a log is refused
  std::string scratch;       // directory of temporary files; if empty, they lie beside the dataset
  size_t sort_memory = MergedLogOptions().sort_memory;  // for logs that are not in time order
  // Is told what was done to a log before it could be read (MergedLog::notice). May be empty.
  std::function<void(const std::string&)> notice;

  // What the names of temporary files begin with, of what is made of or written to the path.
  std::string temporary_beside(const std::string& path) const;
  // How to open the log of what is made of or written to the path.
  MergedLogOptions log_options(const std::string& path) const;
};

// Makes a dataset event by event, for callers that need no log in between (simulators). Events of
// one user must come in time order. Memory grows with users, keywords and titles, not with events:
// a spool file beside `path` holds the rest until finish().
class DatasetBuilder {
 public:
  // phrases: keywords of several words, which stay one keyword in queries and titles. Those that
  // the events themselves give as keywords should be among them, so that they stay whole when the
  // model serves, too.
  static Result<DatasetBuilder> create(const std::string& path, const DatasetOptions& options,
                                       const std::vector<std::string>& phrases);
  ~DatasetBuilder();
  DatasetBuilder(DatasetBuilder&&) noexcept;
  DatasetBuilder& operator=(DatasetBuilder&&) noexcept;

  // An error of code kBadData says that this event was left out; others may follow.
  Status add(const SearchEvent& event);
  // Writes the file and fsyncs it. It appears under its name only when it is whole.
  Status finish(std::string_view digest);

 private:
  DatasetBuilder();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads the log twice: the phrases, which are the SFs and given keywords of several words, must be
// known before titles are split. Unusable lines go to `bad`; a log without a usable one is an
// error.
Status build_dataset(const MergedLog& log, const std::string& path, const DatasetOptions& options,
                     BadLines& bad);
// Of the files of one log, which are opened first.
Status build_dataset(const std::vector<std::string>& log, const std::string& path,
                     const DatasetOptions& options, BadLines& bad);
inline Status build_dataset(const std::string& log, const std::string& path,
                            const DatasetOptions& options, BadLines& bad) {
  return build_dataset(std::vector<std::string>{log}, path, options, bad);
}

// Opens a dataset file as it is; then options other than the defaults are an error, and so are
// further files. An event log is opened through a temporary dataset beside `scratch`, whose name
// vanishes at once.
Result<std::shared_ptr<const Dataset>> open_dataset_or_log(std::vector<RepeatableLog> files,
                                                           const std::string& scratch,
                                                           const DatasetOptions& options,
                                                           BadLines& bad);
Result<std::shared_ptr<const Dataset>> open_dataset_or_log(const std::vector<std::string>& paths,
                                                           const std::string& scratch,
                                                           const DatasetOptions& options,
                                                           BadLines& bad);
inline Result<std::shared_ptr<const Dataset>> open_dataset_or_log(const std::string& path,
                                                                  const std::string& scratch,
                                                                  const DatasetOptions& options,
                                                                  BadLines& bad) {
  return open_dataset_or_log(std::vector<std::string>{path}, scratch, options, bad);
}

}  // namespace barker
