// The trials of a sweep or of a search for options, as JSON lines: a first line that says what they
// are trials of, then one for each trial that has ended. Every line is on the disk before the next
// trial starts, so that a killed search goes on where it was. One thread, one process.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

struct Trial {
  uint32_t number = 0;                    // from 1
  std::vector<std::string> settings;      // "section.key=value"
  std::string failure;                    // why there are no metrics; empty where there are
  std::map<std::string, double> metrics;  // "validation auc"; finite
  double seconds = 0;
};

// What the trials have in common, by name: the data, the options, the space.
using TrialSubject = std::map<std::string, std::string>;

class TrialJournal {
 public:
  // Makes the file, or reads the trials of a file that has the same subject. A last line without
  // its end was being written when its process was killed, and is removed. Failed_precondition
  // names what differs, bad_data the line that is none.
  static Result<TrialJournal> open(const std::string& path, const TrialSubject& subject);

  const std::vector<Trial>& trials() const { return trials_; }
  bool has(uint32_t number) const;
  Status add(Trial trial);  // synced when it returns

 private:
  explicit TrialJournal(std::string path) : path_(std::move(path)) {}
  Status read(const TrialSubject& subject);
  Status append(const std::string& line) const;

  std::string path_;
  std::vector<Trial> trials_;
};

}  // namespace barker
