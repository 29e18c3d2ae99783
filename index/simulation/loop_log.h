// The files of the closed loop's logs and shoppers. Each is written whole or not at all, and the
// same call writes the same bytes.
//
// Users are divided by a salted hash, for ever: those whose logs are learned from (and of these a
// few on which training chooses its epoch), and those whose logs only judge.
#pragma once

#include <string>
#include <vector>

#include "index/simulation/loop_options.h"
#include "index/simulation/loop_traffic.h"

namespace barker {

// A day's logs in its directory.
struct LoopDayFiles {
  explicit LoopDayFiles(const std::string& directory)
      : raw(directory + "/raw.jsonl"),
        events(directory + "/events.jsonl"),
        held_out(directory + "/held-out.jsonl"),
        shoppers(directory + "/shoppers.jsonl") {}

  std::string raw, events, held_out;
  std::string shoppers;  // what each one knows in the evening
};

// Searches before the first day: events to learn from and to judge by, and what each shopper knows
// then.
Status write_past(const LoopOptions& options, const Market& market, const LoopDayFiles& files);

// Joins a day's raw log into the events to learn from and those that judge. `shuffles`: the clicks
// of all SFs, and of all ads, are dealt anew among them, as a fault in a log's pipeline would do
// it.
Status join_day(const LoopOptions& options, const LoopDayFiles& files, bool shuffles);

// The events of several days, one after the other.
Status write_window(const std::vector<std::string>& logs, const std::string& out);

Result<std::vector<ShopperMemory>> read_memory(const std::string& path, size_t shoppers);
Status write_memory(const std::vector<ShopperMemory>& memory, const std::string& path);

}  // namespace barker
