#include "models/cli/trial_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "models/base/atomic_file.h"
#include "models/base/file_bytes.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxJournal = 1 << 28;  // bytes

std::string line_of(const Trial& trial) {
  Json line = {{"trial", trial.number}, {"settings", trial.settings}};
  if (trial.failure.empty()) {
    line["metrics"] = trial.metrics;
  } else {
    line["failure"] = trial.failure;
  }
  line["seconds"] = trial.seconds;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Throws nlohmann's exceptions for what is no trial.
Trial trial_of(const Json& line) {
  Trial trial;
  line.at("trial").get_to(trial.number);
  line.at("settings").get_to(trial.settings);
  line.at("seconds").get_to(trial.seconds);
  if (line.contains("failure")) {
    line.at("failure").get_to(trial.failure);
  } else {
    line.at("metrics").get_to(trial.metrics);
  }
  return trial;
}

std::string difference(const TrialSubject& expected, const TrialSubject& found) {
  for (const auto& [name, value] : expected) {
    const auto at = found.find(name);
    if (at == found.end() || at->second != value) return name;
  }
  return "kind";
}

}  // namespace

Result<TrialJournal> TrialJournal::open(const std::string& path, const TrialSubject& subject) {
  TrialJournal journal(path);
  if (Status s = journal.read(subject); !s.ok()) return s;
  return journal;
}

Status TrialJournal::read(const TrialSubject& subject) {
  std::string text;
  if (std::filesystem::exists(path_)) {
    Result<std::string> read = read_small_file(path_, kMaxJournal);
    if (!read.ok()) return read.status();
    text = std::move(*read);
  }
  const size_t whole = text.rfind('\n') + 1;  // 0 if there is none
  if (whole < text.size() && truncate(path_.c_str(), static_cast<off_t>(whole)) != 0) {
    return cannot_be_written(path_, errno);
  }
  if (whole == 0) return append(Json(subject).dump() + "\n");
  std::istringstream lines(text.substr(0, whole));
  std::string line;
  for (uint64_t number = 1; std::getline(lines, line); ++number) {
    try {
      const Json json = Json::parse(line);
      if (number > 1) {
        trials_.push_back(trial_of(json));
      } else if (const auto found = json.get<TrialSubject>(); found != subject) {
        return {Code::kFailedPrecondition, path_ + ": its trials have another " +
                                               difference(subject, found) +
                                               "; name another directory"};
      }
    } catch (const Json::exception& e) {
      return bad_data(path_ + ":" + std::to_string(number) + ": is no trial: " + e.what());
    }
  }
  return {};
}

bool TrialJournal::has(uint32_t number) const {
  return std::ranges::any_of(trials_, [&](const Trial& t) { return t.number == number; });
}

Status TrialJournal::add(Trial trial) {
  if (Status s = append(line_of(trial)); !s.ok()) return s;
  trials_.push_back(std::move(trial));
  return {};
}

Status TrialJournal::append(const std::string& line) const {
  const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return cannot_be_written(path_, errno);
  int error = write_all(file, line.data(), line.size());
  if (error == 0 && fsync(file) != 0) error = errno;
  ::close(file);
  return error == 0 ? Status() : cannot_be_written(path_, error);
}

}  // namespace barker
