#include "models/data/raw_log.h"

#include <sys/stat.h>

#include "models/base/compression.h"
#include "models/base/input_file.h"

namespace barker {
namespace {

// Whether a file can be closed and opened again.
bool is_regular(const std::string& path) {
  struct stat info {};
  return path != "-" && stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

// Opens a log, or the compressed copy by which the server replaced it since it was named.
Result<LineReader> open_log(const std::string& path) {
  Result<LineReader> lines = LineReader::open(path);
  for (const Compression kind : {Compression::kZstd, Compression::kGzip}) {
    if (lines.status().code() != Code::kNotFound) break;
    Result<LineReader> copy = LineReader::open(path + std::string(extension_of(kind)));
    if (copy.ok()) return copy;
  }
  return lines;
}

}  // namespace

int64_t time_of(const RawEvent& event) {
  return std::visit([](const auto& e) { return e.time; }, event);
}

Result<RawLogs> RawLogs::open(const std::vector<std::string>& paths) {
  RawLogs logs;
  for (size_t i = 0; i < paths.size(); ++i) {
    File& file = logs.files_.emplace_back();
    file.path = paths[i];
    Result<LineReader> lines = open_log(file.path);
    if (!lines.ok()) return lines.status();
    file.lines.emplace(std::move(*lines));
    if (Status s = logs.advance(file); !s.ok()) return s;
    if (!file.event) continue;
    logs.due_.emplace(time_of(*file.event), i);
    // A single file need not wait for others.
    if (paths.size() == 1 || !is_regular(file.path)) continue;
    file.was_read = file.lines->number();
    file.lines.reset();
  }
  return logs;
}

// Opens a file again behind the lines that were read.
Status RawLogs::reopen(File& file) {
  Result<LineReader> lines = open_log(file.path);
  if (!lines.ok()) return lines.status();
  std::string_view line;
  while (lines->number() < file.was_read && lines->next(line)) {
  }
  file.lines.emplace(std::move(*lines));
  return {};
}

Status RawLogs::advance(File& file) {
  file.event.reset();
  std::string_view line;
  while (file.lines->next(line)) {
    if (is_blank(line)) continue;
    ++lines_;
    Result<RawEvent> event = parse_raw_event(line);
    if (event.ok()) {
      file.event.emplace(std::move(*event));
      return {};
    }
    if (file.lines->ended_without_newline()) {
      ++unfinished_;
    } else {
      file.bad.add(file.lines->number(), event.status().message());
    }
  }
  const Status status = file.lines->status();
  file.lines.reset();
  return status;
}

Result<std::optional<RawEvent>> RawLogs::next() {
  if (due_.empty()) return std::optional<RawEvent>();
  const size_t index = due_.top().second;
  due_.pop();
  File& file = files_[index];
  if (!file.lines) {
    if (Status s = reopen(file); !s.ok()) return s;
  }
  std::optional<RawEvent> event = std::move(file.event);
  if (Status s = advance(file); !s.ok()) return s;
  if (file.event) due_.emplace(time_of(*file.event), index);
  return event;
}

uint64_t RawLogs::bad_lines() const {
  uint64_t all = 0;
  for (const File& file : files_) all += file.bad.count();
  return all;
}

std::string RawLogs::report() const {
  std::string text;
  for (const File& file : files_) text += file.bad.report(input_name(file.path));
  return text;
}

std::vector<InputPath> raw_log_inputs(const std::string& option,
                                      const std::vector<std::string>& paths) {
  std::vector<InputPath> inputs;
  for (const std::string& path : paths) {
    for (const Compression kind : {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
      inputs.push_back({option, path + std::string(extension_of(kind))});
    }
  }
  return inputs;
}

}  // namespace barker
