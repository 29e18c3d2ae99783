// What validate_log (validate.h) finds on the lines of an event log, before a dataset is made of
// it: unknown fields, repeated searches, a user with half of all searches, labels among the
// features, and splits that overlap. Memory grows by some hundred bytes a line. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/data/events.h"
#include "models/data/merged_log.h"
#include "models/data/validate.h"
#include "models/text/fingerprint.h"

namespace barker {

class LineFindings {
 public:
  using Say = std::function<void(Finding::Level, std::string)>;

  // The log must outlive it. `uses_log_splits`: whether the splits that the lines name are used.
  LineFindings(const MergedLog& log, std::string encoding, bool uses_log_splits)
      : log_(log), encoding_(std::move(encoding)), uses_log_splits_(uses_log_splits) {}

  void look_at(const LogLine& line);  // of each line, in the order of time
  void report(const Say& say) const;

 private:
  struct Place {
    uint32_t file = 0;
    uint64_t line = 0;
    int64_t time = 0;
  };
  // How often something happened, and where first.
  struct Count {
    uint64_t times = 0;
    Place first;
    void add(const Place& place) {
      if (times++ == 0) first = place;
    }
  };
  // Something that stands on an earlier line, too.
  struct Repeated : Count {
    Place earlier;  // of the first one
  };
  // SFs that stand among the tokens of a group, by whether they were clicked.
  struct Among {
    std::array<uint64_t, 2> shown{}, found{};
    Place first;  // of a clicked one
  };

  void look_at(const SearchEvent& event, const Place& place);
  void look_at_fields(const std::vector<std::string>& unknown, const Place& place);
  void look_at_repeats(const SearchEvent& event, const Place& place);
  void look_at_shown(const SearchEvent& event, const Place& place);
  void look_for_clicks(const std::string& name, const std::vector<std::string>& tokens,
                       const SearchEvent& event, const Place& place);
  void look_at_split(Split split, const Place& place);

  std::string text_of(
      const Place& place) const;  // "12" or, in a log of several files, "b.jsonl:12"
  void report_fields(const Say& say) const;
  void report_repeats(const Say& say) const;
  void report_users(const Say& say) const;
  void report_clicks_among_groups(const Say& say) const;
  void report_splits(const Say& say) const;

  const MergedLog& log_;
  const std::string encoding_;
  const bool uses_log_splits_;
  std::map<std::string, Count> unknown_;
  std::unordered_map<Fingerprint, Place> search_ids_, searches_;
  Repeated ids_twice_, searches_twice_;
  Count sfs_twice_, ads_twice_, ads_without_words_, nothing_shown_;
  std::unordered_map<std::string, Count> users_;
  uint64_t search_count_ = 0;
  std::map<std::string, Among> among_;        // by group
  std::array<Count, 3> of_split_;             // searches that the log puts there
  std::array<std::array<Count, 3>, 3> late_;  // [a][b]: of split a, newer than the first of b > a
  std::vector<std::string> cut_;              // files whose last line has no end
};

}  // namespace barker
