#include "models/data/merged_log.h"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "models/base/input_file.h"
#include "models/data/line_time.h"
#include "models/data/time_check.h"

namespace barker {
namespace {

constexpr size_t kMostOpen = 64;  // files at once, each with its buffers
constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();

std::string and_more(const std::string& name, size_t files) {
  return files > 1 ? name + " and " + std::to_string(files - 1) + " more" : name;
}

// Every search of a file that is there twice would count twice, and its clicks be history twice.
Status check_distinct(const std::vector<RepeatableLog>& files) {
  std::map<std::pair<dev_t, ino_t>, std::string> names;
  for (const RepeatableLog& file : files) {
    struct stat info {};
    if (stat(file.path().c_str(), &info) != 0) continue;  // whoever opens it says what is wrong
    const auto [there, is_new] = names.try_emplace({info.st_dev, info.st_ino}, file.name());
    if (is_new) continue;
    const std::string how = there->second == file.name() ? ": is there twice"
                                                         : ": is the same file as " + there->second;
    return invalid_argument(file.name() + how);
  }
  return {};
}

}  // namespace

std::string log_name(const std::vector<std::string>& paths) {
  return paths.empty() ? "" : and_more(input_name(paths.front()), paths.size());
}

std::string MergedLog::name() const { return and_more(file_name(0), files()); }

Result<MergedLog> MergedLog::open(const std::vector<std::string>& paths,
                                  const MergedLogOptions& options) {
  std::vector<RepeatableLog> files;
  for (const std::string& path : paths) {
    Result<RepeatableLog> file = RepeatableLog::open(path, options.scratch);
    if (!file.ok()) return file.status();
    files.push_back(std::move(*file));
  }
  return open(std::move(files), options);
}

Result<MergedLog> MergedLog::open(std::vector<RepeatableLog> files,
                                  const MergedLogOptions& options) {
  if (files.empty()) return invalid_argument("expected an event log, found none");
  if (Status s = check_distinct(files); !s.ok()) return s;
  MergedLog log;
  log.encoding_ = options.encoding;
  for (RepeatableLog& opened : files) {
    File& file = log.files_.emplace_back();
    file.log = std::move(opened);
    if (Status s = scan(file, options, files.size() > 1); !s.ok()) return s;
  }
  for (File& file : log.files_) {
    if (file.out_of_order == 0) continue;
    file.is_sorted_on_disk = true;
    log.notice_ += file.log.name() + ": line " + std::to_string(file.out_of_order) + " " +
                   file.order + ", so its lines are sorted by time in a temporary file\n";
  }
  if (log.most_open() > kMostOpen) {
    for (File& file : log.files_) file.is_sorted_on_disk = true;
    log.notice_ += log.name() + ": more than " + std::to_string(kMostOpen) +
                   " files are of one time, so their lines are sorted in a temporary file\n";
  }
  if (Status s = log.sort_files(options); !s.ok()) return s;
  return log;
}

Status MergedLog::scan(File& file, const MergedLogOptions& options, bool is_merged) {
  Result<LineReader> lines = file.log.lines();
  if (!lines.ok()) return lines.status();
  file.first = file.last = kFirst;
  int64_t before = kFirst;                       // the time of the line before
  std::unordered_map<uint64_t, int64_t> newest;  // time of each user
  std::string_view line;
  while (lines->next(line)) {
    const LinePlace place = is_merged ? LinePlace{time_of_line(line, options.encoding), {}}
                                      : place_of_line(line, options.encoding);
    const int64_t time = place.time.value_or(before);
    if (lines->number() == 1) file.first = time;
    // A line without a time cannot be out of order.
    if (!place.time) continue;
    int64_t& newest_of = is_merged || !place.user
                             ? file.last
                             : newest.try_emplace(*place.user, kFirst).first->second;
    if (newest_of > time && file.out_of_order == 0) {
      file.out_of_order = lines->number();
      file.order = "is of " + time_text(time) + ", after one of " + time_text(newest_of);
    }
    newest_of = std::max(newest_of, time);
    file.last = std::max(file.last, time);
    before = time;
  }
  file.lines = lines->number();
  return lines->status();
}

// Of the files that are not sorted on disk, how many have to be open at once at most: a file from
// its first time to its last one.
size_t MergedLog::most_open() const {
  std::vector<std::pair<int64_t, int>> changes;
  for (const File& file : files_) {
    if (file.is_sorted_on_disk || file.lines == 0) continue;
    changes.emplace_back(file.first, -1);  // opening comes before closing at the same time
    changes.emplace_back(file.last, 1);
  }
  std::ranges::sort(changes);
  size_t open = 0, most = 0;
  for (const auto& [time, change] : changes) {
    open = change < 0 ? open + 1 : open - 1;
    most = std::max(most, open);
  }
  return most;
}

Status MergedLog::sort_files(const MergedLogOptions& options) {
  for (uint32_t i = 0; i < files_.size(); ++i) {
    if (!files_[i].is_sorted_on_disk) continue;
    if (!sorted_) sorted_ = std::make_unique<LineSort>(options.scratch, options.sort_memory);
    Result<LineReader> lines = files_[i].log.lines();
    if (!lines.ok()) return lines.status();
    int64_t time = kFirst;
    std::string_view text;
    while (lines->next(text)) {
      time = time_of_line(text, options.encoding).value_or(time);
      const Status s =
          sorted_->add({time, i, lines->number(), lines->ended_without_newline(), text});
      if (!s.ok()) return s;
    }
    if (!lines->status().ok()) return lines->status();
  }
  return sorted_ ? sorted_->finish() : Status();
}

Result<EventLines> MergedLog::lines() const {
  EventLines lines(*this);
  for (uint32_t i = 0; i < files_.size(); ++i) {
    const File& file = files_[i];
    if (file.is_sorted_on_disk || (file.lines == 0 && files() > 1)) continue;
    EventLines::Source& source = lines.sources_.emplace_back();
    source.line = {file.first, i, 1, false, {}};
  }
  if (sorted_) lines.sources_.emplace_back().sorted = sorted_->read();
  for (size_t i = 0; i < lines.sources_.size(); ++i) {
    EventLines::Source& source = lines.sources_[i];
    // A file that is merged with others is opened when its first line is due.
    const bool is_due = source.sorted.has_value() || lines.sources_.size() == 1;
    if (!is_due || lines.read(source)) lines.put_back(i);
    if (!lines.status_.ok()) return lines.status_;
  }
  return lines;
}

bool EventLines::read(Source& source) {
  source.is_begun = true;
  if (!source.sorted) return read_file(source);
  if (source.sorted->next(source.line)) return true;
  status_ = source.sorted->status();
  return false;
}

bool EventLines::read_file(Source& source) {
  const MergedLog::File& file = log_->files_[source.line.file];
  if (!source.reader) {
    Result<LineReader> opened = file.log.lines();
    if (!opened.ok()) {
      status_ = opened.status();
      return false;
    }
    source.reader.emplace(std::move(*opened));
  }
  if (!source.reader->next(source.line.text)) {
    status_ = source.reader->status();
    source.reader.reset();
    return false;
  }
  source.line.number = source.reader->number();
  source.line.is_cut = source.reader->ended_without_newline();
  if (sources_.size() > 1) {
    source.line.time = time_of_line(source.line.text, log_->encoding_).value_or(source.line.time);
  }
  return true;
}

void EventLines::put_back(size_t source) {
  heap_.push_back(source);
  std::ranges::push_heap(
      heap_, [this](size_t a, size_t b) { return sources_[b].line.is_before(sources_[a].line); });
}

bool EventLines::next(LogLine& line) {
  const auto later = [this](size_t a, size_t b) {
    return sources_[b].line.is_before(sources_[a].line);
  };
  // The source of the line that was given last goes on only now, so that the text stayed valid. One
  // whose file was not yet open goes on to its first line.
  while (!heap_.empty() && (is_given_ || !sources_[heap_.front()].is_begun)) {
    is_given_ = false;
    std::ranges::pop_heap(heap_, later);
    const size_t source = heap_.back();
    heap_.pop_back();
    if (read(sources_[source])) put_back(source);
    if (!status_.ok()) return false;
  }
  if (heap_.empty()) return false;
  line = sources_[heap_.front()].line;
  is_given_ = true;
  return true;
}

}  // namespace barker
