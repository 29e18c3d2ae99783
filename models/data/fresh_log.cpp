#include "models/data/fresh_log.h"

#include <unistd.h>

#include "models/data/event_reader.h"

namespace barker {

Result<FreshLog> FreshLog::open(const FreshLogPaths& paths, const DatasetOptions& options,
                                const std::string& scratch) {
  FreshLog fresh;
  fresh.options_ = options;
  if (options.split.kind != SplitRule::Kind::kLog) {
    return invalid_argument("a log that no training saw is judged whole and cannot be split");
  }
  fresh.options_.numbers_all = true;
  fresh.scratch_ = scratch;
  fresh.history_files_ = paths.history.size();
  std::vector<std::string> all = paths.history;
  all.insert(all.end(), paths.log.begin(), paths.log.end());
  Result<MergedLog> log = MergedLog::open(all, options.log_options(scratch));
  if (!log.ok()) return log.status();
  if (options.notice && !log->notice().empty()) options.notice(log->notice());
  fresh.log_.emplace(std::move(*log));
  return fresh;
}

Result<std::shared_ptr<const Dataset>> FreshLog::dataset(const std::vector<std::string>& phrases,
                                                         BadLines& bad) const {
  const std::string made =
      options_.temporary_beside(scratch_) + ".fresh." + std::to_string(getpid());
  Result<DatasetBuilder> builder = DatasetBuilder::create(made, options_, phrases);
  if (!builder.ok()) return builder.status();
  uint64_t judged = 0;  // events
  const auto use = [&](SearchEvent& event, size_t file) {
    const bool is_judged = file >= history_files_;
    event.split = is_judged ? Split::kTest : Split::kTrain;  // whatever split the event names
    judged += is_judged;
    return builder->add(event);
  };
  const Status read = read_events(*log_, options_.encoding, options_.max_bad_share, use, bad);
  if (!read.ok()) return read;
  if (judged == 0) {
    return bad_data(log_->file_name(history_files_) + ": expected events, found an empty file");
  }
  if (Status s = builder->finish("fresh"); !s.ok()) return s;
  Result<std::shared_ptr<const Dataset>> dataset = Dataset::open(made);
  unlink(made.c_str());  // the mapping keeps the bytes
  return dataset;
}

}  // namespace barker
