#include "models/data/fresh_log.h"

#include <unistd.h>

#include "models/data/event_reader.h"

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

Result<std::shared_ptr<const Dataset>> FreshLog::dataset(const std::vector<std::string>& phrases,
                                                         std::vector<BadLines>& bad) const {
  const std::string made = scratch_ + ".fresh." + std::to_string(getpid());
  Result<DatasetBuilder> builder = DatasetBuilder::create(made, options_, phrases);
  if (!builder.ok()) return builder.status();
  for (const RepeatableLog& log : logs_) {
    const bool is_judged = &log == &logs_.back();
    // Whatever split the events name.
    const auto use = [&](SearchEvent& event) {
      event.split = is_judged ? Split::kTest : Split::kTrain;
      return builder->add(event);
    };
    BadLines& unusable = bad.emplace_back();
    const Result<uint64_t> lines = read_events(log, options_.encoding, use, unusable);
    if (!lines.ok()) return lines.status();
    if (*lines == 0 && !is_judged) continue;  // nobody has a history yet
    const Status s = check_bad_share(log.name(), *lines, unusable, options_.max_bad_share);
    if (!s.ok()) return s;
  }
  if (Status s = builder->finish("fresh"); !s.ok()) return s;
  Result<std::shared_ptr<const Dataset>> dataset = Dataset::open(made);
  unlink(made.c_str());  // the mapping keeps the bytes
  return dataset;
}

}  // namespace barker
