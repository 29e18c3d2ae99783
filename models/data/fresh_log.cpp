#include "models/data/fresh_log.h"

#include <unistd.h>

#include "models/data/events.h"
#include "models/data/log_file.h"

namespace barker {
namespace {

// Adds the events of a log to a split, whatever split they name. Returns how many.
Result<uint64_t> add_log(const std::string& path, const std::string& scratch, Split split,
                         DatasetBuilder& builder, BadLines& bad) {
  const Result<LogFile> log = LogFile::open(path, scratch);
  if (!log.ok()) return log.status();
  Result<LineReader> lines = LineReader::open(log->path());
  if (!lines.ok()) return lines.status();
  std::string_view line;
  uint64_t used = 0;
  while (lines->next(line)) {
    Result<SearchEvent> event = parse_event(line);
    Status s = event.status();
    if (s.ok()) {
      event->split = split;
      s = builder.add(*event);
    }
    if (s.ok()) {
      ++used;
    } else {
      bad.add(lines->number(), s.message());
    }
  }
  if (!lines->status().ok()) return lines->status();
  return used;
}

}  // namespace

Result<std::shared_ptr<const Dataset>> open_fresh_log(const FreshLog& fresh,
                                                      const std::vector<std::string>& phrases,
                                                      const std::string& scratch,
                                                      std::vector<BadLines>& bad) {
  const std::string made = scratch + ".fresh." + std::to_string(getpid());
  DatasetOptions options;
  options.numbers_all = true;
  Result<DatasetBuilder> builder = DatasetBuilder::create(made, options, phrases);
  if (!builder.ok()) return builder.status();
  for (const std::string& path : fresh.history) {
    const Result<uint64_t> used =
        add_log(path, scratch, Split::kTrain, *builder, bad.emplace_back());
    if (!used.ok()) return used.status();
  }
  const Result<uint64_t> used =
      add_log(fresh.log, scratch, Split::kTest, *builder, bad.emplace_back());
  if (!used.ok()) return used.status();
  if (*used == 0) return bad_data(fresh.log + ": expected events, found none that can be used");
  if (Status s = builder->finish("fresh"); !s.ok()) return s;
  Result<std::shared_ptr<const Dataset>> dataset = Dataset::open(made);
  unlink(made.c_str());  // the mapping keeps the bytes
  return dataset;
}

}  // namespace barker
