// How the searches of a log are divided into training, validation and test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

// A border as a user names it. What it means on a log's clock is known when the log has been read.
struct SplitTime {
  std::string text;
  bool is_date = false;
  int64_t value = 0;  // of a date milliseconds since 1970, otherwise the number
};

// Reads a date or a date and time of RFC 3339 ("2024-10-27", "2024-10-27T03:33:20Z", "... +08:00"),
// or an integer. A time without an offset is UTC. Any thread.
Result<SplitTime> parse_split_time(std::string_view text);

struct SplitRule {
  enum class Kind : uint8_t {
    kLog,       // what the log says of a search, and otherwise as by kTime
    kTime,      // shares of the period
    kAt,        // the times `at`
    kUserLast,  // each user's last searches are test, those before them validation
  };
  Kind kind = Kind::kLog;
  double train_share = 0.80;       // of the period
  double validation_share = 0.05;  // the rest is test
  // Where validation and where test begins. If there is one, test begins there, and of the period
  // before it the last part is validation, in the proportion of the shares above.
  std::vector<SplitTime> at;
};

}  // namespace barker
