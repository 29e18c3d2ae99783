#include "models/data/fresh_log.h"

#include <unistd.h>

#include "models/base/number_text.h"
#include "models/data/events.h"

namespace barker {

Result<FreshLog> FreshLog::open(const FreshLogPaths& paths, const DatasetOptions& options,
                                const std::string& scratch) {
  FreshLog fresh;
  fresh.options_ = options;
  fresh.options_.numbers_all = true;
  fresh.scratch_ = scratch;
  std::vector<std::string> all = paths.history;
  all.push_back(paths.log);
  for (const std::string& path : all) {
    Result<RepeatableLog> log = RepeatableLog::open(path, scratch);
    if (!log.ok()) return log.status();
    fresh.logs_.push_back(std::move(*log));
  }
  return fresh;
}

// Adds the events of a log to a split, whatever split they name. Returns how many.
Result<uint64_t> FreshLog::add(const RepeatableLog& log, Split split, DatasetBuilder& builder,
                               BadLines& bad) const {
  Result<LineReader> lines = LineReader::open(log.path());
  if (!lines.ok()) return lines.status();
  std::string_view line;
  uint64_t used = 0;
  while (lines->next(line)) {
    Result<SearchEvent> event = parse_event(line, options_.encoding);
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
  const auto unused = static_cast<double>(lines->number() - used);
  if (unused > options_.max_bad_share * static_cast<double>(lines->number())) {
    return bad_data(log.name() + ": " + std::to_string(lines->number() - used) + " of " +
                    std::to_string(lines->number()) + " lines cannot be used, at most " +
                    number_text(100 * options_.max_bad_share, 2) + "% may (--max-bad-share)");
  }
  return used;
}

Result<std::shared_ptr<const Dataset>> FreshLog::dataset(const std::vector<std::string>& phrases,
                                                         std::vector<BadLines>& bad) const {
  const std::string made = scratch_ + ".fresh." + std::to_string(getpid());
  Result<DatasetBuilder> builder = DatasetBuilder::create(made, options_, phrases);
  if (!builder.ok()) return builder.status();
  uint64_t judged = 0;
  for (const RepeatableLog& log : logs_) {
    const bool is_judged = &log == &logs_.back();
    const Result<uint64_t> used =
        add(log, is_judged ? Split::kTest : Split::kTrain, *builder, bad.emplace_back());
    if (!used.ok()) return used.status();
    if (is_judged) judged = *used;
  }
  if (judged == 0) {
    return bad_data(logs_.back().name() + ": expected events, found none that can be used");
  }
  if (Status s = builder->finish("fresh"); !s.ok()) return s;
  Result<std::shared_ptr<const Dataset>> dataset = Dataset::open(made);
  unlink(made.c_str());  // the mapping keeps the bytes
  return dataset;
}

}  // namespace barker
