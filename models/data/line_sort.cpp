#include "models/data/line_sort.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>

namespace barker {
namespace {

// What stands in a run before the text of a line.
struct Record {
  int64_t time;
  uint64_t number;
  uint64_t size;  // of the text
  uint32_t file;
  uint32_t is_cut;
};

// Each run that is merged has a buffer, and each buffer is large enough that the disk reads far
// more than it seeks.
constexpr size_t kBuffer = 1 << 18, kLeastBuffer = 1 << 12, kMostRuns = 256;

size_t runs_at_once(size_t memory) { return std::clamp<size_t>(memory / kBuffer, 2, kMostRuns); }

void append(SpoolFile& file, const LogLine& line) {
  const Record record{line.time, line.number, line.text.size(), line.file,
                      static_cast<uint32_t>(line.is_cut)};
  file.append(&record, sizeof record);
  file.append(line.text.data(), line.text.size());
}

}  // namespace

class LineSort::RunReader {
 public:
  RunReader(int descriptor, Run run, size_t buffer)
      : descriptor_(descriptor), at_(run.begin), end_(run.end), buffer_size_(buffer) {}

  // False at the end of the run, or on an error.
  bool next(Status& status) {
    Record record;
    std::string_view bytes;
    if (at_ == end_ && begin_ == buffer_.size()) return false;
    if (!take(sizeof record, bytes, status)) return false;
    std::memcpy(&record, bytes.data(), sizeof record);
    line = {record.time, record.file, record.number, record.is_cut != 0, {}};
    return take(record.size, line.text, status);
  }

  LogLine line;

 private:
  // The next bytes of the run, valid until the next call.
  bool take(size_t size, std::string_view& bytes, Status& status) {
    if (buffer_.size() - begin_ < size) {
      buffer_.erase(0, begin_);
      begin_ = 0;
      const size_t kept = buffer_.size();
      const size_t more = std::min<uint64_t>(std::max(size, buffer_size_) - kept, end_ - at_);
      buffer_.resize(kept + more);
      if (!read_all(buffer_.data() + kept, more, status)) return false;
    }
    bytes = std::string_view(buffer_).substr(begin_, size);
    begin_ += size;
    return true;
  }

  bool read_all(char* to, size_t size, Status& status) {
    while (size > 0) {
      const ssize_t got = pread(descriptor_, to, size, static_cast<off_t>(at_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        status = io_error(std::string("temporary file: cannot be read: ") +
                          (got < 0 ? std::strerror(errno) : "it was cut off"));
        return false;
      }
      to += got;
      at_ += static_cast<uint64_t>(got);
      size -= static_cast<size_t>(got);
    }
    return true;
  }

  int descriptor_;
  uint64_t at_, end_;  // of the run, in the file
  size_t buffer_size_;
  std::string buffer_;
  size_t begin_ = 0;  // of what is not yet taken, in the buffer
};

LineSort::LineSort(std::string beside, size_t memory)
    : beside_(std::move(beside)), memory_(memory), most_runs_(runs_at_once(memory)) {}

Status LineSort::add(const LogLine& line) {
  // The text and the vector grow by doubling, so that they may hold half of the memory.
  const size_t held = text_.size() + lines_.size() * sizeof(Gathered);
  if (!lines_.empty() && held + line.text.size() > memory_ / 2) {
    if (Status s = write_run(); !s.ok()) return s;
  }
  lines_.push_back({line, text_.size(), line.text.size()});
  text_ += line.text;
  return {};
}

Status LineSort::write_run() {
  if (lines_.empty()) return {};
  if (file_.descriptor() < 0) {
    Result<SpoolFile> made = SpoolFile::create(beside_);
    if (!made.ok()) return made.status();
    file_ = std::move(*made);
  }
  std::ranges::sort(lines_,
                    [](const Gathered& a, const Gathered& b) { return a.line.is_before(b.line); });
  const uint64_t begin = file_.size();
  for (Gathered& gathered : lines_) {
    gathered.line.text = std::string_view(text_).substr(gathered.begin, gathered.size);
    append(file_, gathered.line);
  }
  runs_.push_back({begin, file_.size()});
  text_.clear();
  lines_.clear();
  return file_.flush();
}

Status LineSort::finish() {
  if (Status s = write_run(); !s.ok()) return s;
  text_ = {};
  lines_ = {};
  while (runs_.size() > most_runs_) {
    if (Status s = merge_once(); !s.ok()) return s;
  }
  return {};
}

// Merges runs that follow each other, as many at once as there may be buffers, into a new file.
Status LineSort::merge_once() {
  Result<SpoolFile> merged = SpoolFile::create(beside_);
  if (!merged.ok()) return merged.status();
  std::vector<Run> runs;
  for (size_t first = 0; first < runs_.size(); first += most_runs_) {
    Reader reader = read(first, std::min(most_runs_, runs_.size() - first));
    const uint64_t begin = merged->size();
    LogLine line;
    while (reader.next(line)) append(*merged, line);
    if (!reader.status().ok()) return reader.status();
    runs.push_back({begin, merged->size()});
    if (Status s = merged->flush(); !s.ok()) return s;
  }
  file_ = std::move(*merged);
  runs_ = std::move(runs);
  return {};
}

LineSort::Reader LineSort::read() const { return read(0, runs_.size()); }

LineSort::Reader LineSort::read(size_t first_run, size_t runs) const {
  Reader reader;
  const size_t buffer = std::max(memory_ / most_runs_, kLeastBuffer);
  for (size_t i = first_run; i < first_run + runs; ++i) {
    reader.runs_.emplace_back(file_.descriptor(), runs_[i], buffer);
  }
  return reader;
}

LineSort::Reader::Reader() = default;
LineSort::Reader::~Reader() = default;
LineSort::Reader::Reader(Reader&&) noexcept = default;
LineSort::Reader& LineSort::Reader::operator=(Reader&&) noexcept = default;

bool LineSort::Reader::next(LogLine& line) {
  const auto later = [this](size_t a, size_t b) { return runs_[b].line.is_before(runs_[a].line); };
  const auto put_back = [&](size_t run) {
    if (runs_[run].next(status_)) {
      heap_.push_back(run);
      std::ranges::push_heap(heap_, later);
    }
  };
  if (!is_begun_) {
    is_begun_ = true;
    for (size_t run = 0; run < runs_.size(); ++run) put_back(run);
  } else if (!heap_.empty()) {
    // The run whose line was given last stands first. It goes on only now, so that the text stayed
    // valid.
    std::ranges::pop_heap(heap_, later);
    const size_t run = heap_.back();
    heap_.pop_back();
    put_back(run);
  }
  if (!status_.ok() || heap_.empty()) return false;
  line = runs_[heap_.front()].line;
  return true;
}

}  // namespace barker
