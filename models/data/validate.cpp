#include "models/data/validate.h"

#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "models/base/number_text.h"
#include "models/base/one_line.h"
#include "models/data/line_findings.h"
#include "models/data/merged_log.h"

namespace barker {
namespace {

using Level = Finding::Level;

double share_in_percent(uint64_t part, uint64_t whole) {
  return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

class Validator {
 public:
  Validator(LogReport& report, double max_bad_share)
      : report_(report), max_bad_share_(max_bad_share) {}

  Status read(const MergedLog& log, const DatasetOptions& options) {
    for (std::string_view rest = log.notice(); !rest.empty();) {
      const size_t end = rest.find('\n');
      add(Level::kWarning, std::string(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    Result<EventLines> lines = log.lines();
    if (!lines.ok()) return lines.status();
    LineFindings findings(log, options.encoding, options.split.kind == SplitRule::Kind::kLog);
    LogLine line;
    while (lines->next(line)) findings.look_at(line);
    findings.report([this](Level level, std::string text) { add(level, std::move(text)); });
    return lines->status();
  }

  // A log that no dataset could be made of.
  void look_at(const Status& why, const BadLines& bad) {
    bad_lines(bad, 0);
    add(Level::kError, why.message());
  }

  void look_at(const Dataset& data, const BadLines& bad) {
    bad_lines(bad, data.events());
    label_rates(data);
    unknown_shares(data);
    rare_keywords(data);
  }

 private:
  void add(Level level, std::string text) {
    Finding& finding = report_.findings.emplace_back();
    finding.level = level;
    finding.text = std::move(text);
  }

  void bad_lines(const BadLines& bad, uint64_t events) {
    if (bad.count() == 0) return;
    const BadLines::Entry& first = bad.first().front();
    const bool too_many =
        share_in_percent(bad.count(), bad.count() + events) > 100 * max_bad_share_;
    add(too_many ? Level::kError : Level::kWarning,
        std::to_string(bad.count()) + " lines cannot be used, first line " +
            (first.file.empty() ? "" : first.file + ":") + std::to_string(first.line) + ": " +
            first.reason);
  }

  void label_rates(const Dataset& data) {
    const char* splits[] = {"training", "validation", "test"};
    const char* shown[] = {"SF impressions", "ad impressions"};
    for (const Task task : {Task::kMain, Task::kAuxiliary}) {
      for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
        const uint64_t all = data.instances_of(split, task), clicks = data.clicks_of(split, task);
        const std::string where = std::string(splits[static_cast<int>(split)]) + ": " +
                                  std::to_string(all) + " " + shown[static_cast<int>(task)];
        const bool needed = split != Split::kTest && task == Task::kMain;
        if (all == 0) {
          add(needed ? Level::kError : Level::kWarning,
              where + (task != Task::kAuxiliary ? ""
                       : split == Split::kTest  ? ": no ad is judged"
                                                : ": only BM and ABM can be trained"));
        } else if (clicks == 0 || clicks == all) {
          add(needed ? Level::kError : Level::kWarning,
              where + ", all of them " + (clicks ? "clicked" : "not clicked"));
        } else {
          const double rate = share_in_percent(clicks, all);
          const bool odd = rate < 0.1 || rate > 90;
          add(odd ? Level::kWarning : Level::kNote, where + ", " + number_text(rate, 2) +
                                                        "% clicked" +
                                                        (odd ? ": are the labels right?" : ""));
        }
      }
    }
  }

  void unknown_shares(const Dataset& data) {
    std::unordered_set<uint32_t> trained;
    for (const Task task : {Task::kMain, Task::kAuxiliary}) {
      for (const uint32_t s : data.searches_of(Split::kTrain, task)) {
        trained.insert(data.search(s).user);
      }
    }
    uint64_t users = 0, sfs = 0, unknown_sfs = 0, empty_history = 0, words = 0, unknown_words = 0;
    const auto test = data.searches_of(Split::kTest, Task::kMain);
    for (const uint32_t s : test) {
      const SearchView search = data.search(s);
      users += trained.count(search.user) == 0;
      empty_history += search.history.empty();
      sfs += search.sfs.size();
      words += search.query.size();
      for (const uint32_t k : search.sfs) unknown_sfs += k == kUnknownKeyword;
      for (const uint32_t k : search.query) unknown_words += k == kUnknownKeyword;
    }
    if (test.empty()) return;
    const auto share = [&](const char* what, uint64_t part, uint64_t whole, double odd) {
      const double p = share_in_percent(part, whole);
      add(p > odd ? Level::kWarning : Level::kNote, "test: " + number_text(p, 1) + "% " + what);
    };
    share("of the searches are by users that training never saw", users, test.size(), 80);
    share("of the searches have no history", empty_history, test.size(), 80);
    share("of the SFs are keywords that training never showed", unknown_sfs, sfs, 20);
    share("of the query keywords are unknown", unknown_words, words, 50);
  }

  void rare_keywords(const Dataset& data) {
    std::unordered_map<uint32_t, uint64_t> shown;
    for (const uint32_t s : data.searches_of(Split::kTrain, Task::kMain)) {
      for (const uint32_t k : data.search(s).sfs) ++shown[k];
    }
    uint64_t rare = 0;
    for (const auto& [keyword, times] : shown) rare += times < 10;
    add(share_in_percent(rare, shown.size()) > 50 ? Level::kWarning : Level::kNote,
        "training shows " + std::to_string(shown.size()) + " different SFs, " +
            number_text(share_in_percent(rare, shown.size()), 0) + "% of them fewer than 10 times");
  }

  LogReport& report_;
  double max_bad_share_;
};

}  // namespace

bool LogReport::usable() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& f) { return f.level == Level::kError; });
}

std::string LogReport::text() const {
  static constexpr const char* kNames[] = {"note   ", "WARNING", "ERROR  "};
  std::string out;
  for (const Finding& f : findings) {
    out += std::string(kNames[static_cast<int>(f.level)]) + "  " + one_line(f.text) + "\n";
  }
  return out;
}

Result<LogReport> validate_log(const std::vector<std::string>& paths, const std::string& scratch,
                               const DatasetOptions& options) {
  LogReport report;
  Validator validator(report, options.max_bad_share);
  const Result<MergedLog> log = MergedLog::open(paths, options.log_options(scratch));
  if (!log.ok()) return log.status();
  if (Status s = validator.read(*log, options); !s.ok()) return s;
  BadLines bad;
  DatasetOptions all = options;
  all.max_bad_share = 1;  // unusable lines are reported beside what is wrong with the others
  all.notice = nullptr;   // it is among the findings
  const std::string made =
      options.temporary_beside(scratch) + ".validated." + std::to_string(getpid());
  const Status built = build_dataset(*log, made, all, bad);
  const auto data = built.ok() ? Dataset::open(made) : built;
  unlink(made.c_str());  // the mapping keeps the bytes
  if (data.status().code() == Code::kBadData) {
    validator.look_at(data.status(), bad);
  } else if (!data.ok()) {
    return data.status();
  } else {
    validator.look_at(**data, bad);
  }
  return report;
}

}  // namespace barker
