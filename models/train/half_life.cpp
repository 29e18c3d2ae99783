#include "models/train/half_life.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "models/data/period.h"
#include "models/data/time_check.h"

namespace barker {
namespace {

struct HalfLife {
  double value = 0;    // 0: none
  double seconds = 0;  // of one of them; 0: they are units of the log's own clock
};

Result<HalfLife> parse_half_life(const char* option, const std::string& text) {
  HalfLife out;
  if (text.empty()) return out;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, out.value);
  const std::string_view unit(end, static_cast<size_t>(last - end));
  bool is_known = unit.empty();
  for (const auto& [name, seconds] :
       {std::pair("s", 1.0), {"m", 60.0}, {"h", 3600.0}, {"d", 86400.0}}) {
    if (unit != name) continue;
    is_known = true;
    out.seconds = seconds;
  }
  if (error != std::errc() || !is_known || !std::isfinite(out.value) || out.value <= 0) {
    return invalid_argument(std::string(option) +
                            ": expected a time above 0 such as \"30d\" or \"12h\", or a number in "
                            "the unit of the log's clock, found \"" +
                            text + "\"");
  }
  return out;
}

// How the validation split overlaps the training split; "" where it is later.
std::string overlap_text(const Dataset& data) {
  const auto learned = period_of(data, data.searches_of(Split::kTrain, Task::kMain));
  const auto judged = period_of(data, data.searches_of(Split::kValidation, Task::kMain));
  if (!learned || !judged || judged->first >= learned->last) return {};
  return "the validation split begins at " + time_text(judged->first) +
         ", before the training split ends at " + time_text(learned->last);
}

}  // namespace

Status check_half_life_text(const char* option, const std::string& text) {
  return parse_half_life(option, text).status();
}

Result<double> half_life_on_clock(const char* option, const std::string& text, int64_t time) {
  const Result<HalfLife> half_life = parse_half_life(option, text);
  if (!half_life.ok()) return half_life.status();
  if (half_life->seconds == 0) return double{half_life->value};
  switch (time_unit(time)) {
    case TimeUnit::kSeconds:
      return half_life->value * half_life->seconds;
    case TimeUnit::kMilliseconds:
      return half_life->value * half_life->seconds * 1000;
    case TimeUnit::kOther:
      break;
  }
  return invalid_argument(std::string(option) + ": \"" + text +
                          "\", and the times of the log, such as " + std::to_string(time) +
                          ", are no seconds since 1970; a number without a unit counts in the "
                          "unit of the log's clock");
}

Status check_half_lives(const Dataset& data, const TrainOptions& options) {
  if (options.recency_half_life.empty() && options.trend_half_life.empty()) return {};
  const auto learned = period_of(data, data.searches_of(Split::kTrain, Task::kMain));
  if (!learned) return {};  // nothing to learn, which training says
  for (const auto& [option, text] : {std::pair(kRecencyHalfLife, options.recency_half_life),
                                     {kTrendHalfLife, options.trend_half_life}}) {
    if (text.empty()) continue;
    if (learned->first == learned->last) {
      return invalid_argument(std::string(option) + ": all searches of the training split are of " +
                              time_text(learned->last) + ", so that none is newer than others");
    }
    if (Status s = half_life_on_clock(option, text, learned->last).status(); !s.ok()) return s;
  }
  if (options.trend_half_life.empty()) return {};
  const std::string overlap = overlap_text(data);
  if (overlap.empty()) return {};
  return invalid_argument(std::string(kTrendHalfLife) + ": " + overlap +
                          ", and whether a trend goes on is only seen in what is later; split the "
                          "log by time");
}

std::string recency_warning(const Dataset& data, const TrainOptions& options) {
  if (options.recency_half_life.empty()) return {};
  const std::string overlap = overlap_text(data);
  if (overlap.empty()) return {};
  return std::string("WARNING: ") + kRecencyHalfLife + ": " + overlap +
         ": early stop and calibration then judge what is as old as what the weights forget; split "
         "the log by time\n";
}

}  // namespace barker
