#include "models/data/validate.h"

#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "models/base/number_text.h"
#include "models/data/event_log.h"

namespace barker {
namespace {

using Level = Finding::Level;

double percent(uint64_t part, uint64_t whole) {
  return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

// How often something happened, and on which line first.
struct Count {
  uint64_t times = 0;
  LogLine first;  // without its text
  void add(const LogLine& line) {
    if (times++ == 0) first = {line.time, line.file, line.number, line.is_cut, {}};
  }
};

class Validator {
 public:
  Validator(LogReport& report, double max_bad_share)
      : report_(report), max_bad_share_(max_bad_share) {}

  Status read(const EventLog& log, const std::string& encoding) {
    Result<EventLines> lines = log.lines();
    if (!lines.ok()) return lines.status();
    log_ = &log;
    for (std::string_view rest = log.notice(); !rest.empty();) {
      const size_t end = rest.find('\n');
      add(Level::kWarning, std::string(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    LogLine line;
    while (lines->next(line)) {
      const Result<SearchEvent> event = parse_event(line.text, encoding);
      if (event.ok()) look_at(*event, line);
      if (!line.is_cut) continue;
      const std::string where = log.prefix(line.file);
      add(Level::kWarning,
          (where.empty() ? "" : where + ": ") + "the last line has no end: the log may be cut off");
    }
    if (!lines->status().ok()) return lines->status();
    say(searches_twice_, Level::kWarning, "search ids stand on more than one line");
    say(sfs_twice_, Level::kWarning, "SFs are shown twice in one search");
    say(ads_twice_, Level::kWarning, "ads are shown twice in one search");
    say(ads_without_words_, Level::kWarning, "ads have neither title nor keywords");
    say(nothing_shown_, Level::kNote, "searches show neither SFs nor ads");
    return {};
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
  // "12" or, in a log of several files, "b.jsonl:12".
  std::string place(const LogLine& line) const {
    const std::string file = log_->prefix(line.file);
    return (file.empty() ? "" : file + ":") + std::to_string(line.number);
  }

  void add(Level level, std::string text) {
    Finding& finding = report_.findings.emplace_back();
    finding.level = level;
    finding.text = std::move(text);
  }

  void say(const Count& count, Level level, const char* what) {
    if (count.times == 0) return;
    add(level, std::to_string(count.times) + " " + what + ", first line " + place(count.first));
  }

  void look_at(const SearchEvent& event, const LogLine& line) {
    if (!event.search.empty() && !search_ids_.insert(event.user + '\0' + event.search).second) {
      searches_twice_.add(line);
    }
    std::unordered_set<std::string> seen;
    for (const SfImpression& sf : event.sfs) {
      if (!seen.insert(sf.text).second) sfs_twice_.add(line);
    }
    seen.clear();
    for (const AdImpression& ad : event.ads) {
      if (!ad.id.empty() && !seen.insert(ad.id).second) ads_twice_.add(line);
      if (ad.title.empty() && ad.keywords.empty()) ads_without_words_.add(line);
    }
    if (event.sfs.empty() && event.ads.empty() && !event.history_only) nothing_shown_.add(line);
  }

  void bad_lines(const BadLines& bad, uint64_t events) {
    if (bad.count() == 0) return;
    const BadLines::Entry& first = bad.first().front();
    const bool too_many = percent(bad.count(), bad.count() + events) > 100 * max_bad_share_;
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
              where + (task == Task::kAuxiliary ? ": only BM can be trained" : ""));
        } else if (clicks == 0 || clicks == all) {
          add(needed ? Level::kError : Level::kWarning,
              where + ", all of them " + (clicks ? "clicked" : "not clicked"));
        } else {
          const double rate = percent(clicks, all);
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
      const double p = percent(part, whole);
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
    add(percent(rare, shown.size()) > 50 ? Level::kWarning : Level::kNote,
        "training shows " + std::to_string(shown.size()) + " different SFs, " +
            number_text(percent(rare, shown.size()), 0) + "% of them fewer than 10 times");
  }

  LogReport& report_;
  double max_bad_share_;
  const EventLog* log_ = nullptr;
  std::unordered_set<std::string> search_ids_;
  Count searches_twice_, sfs_twice_, ads_twice_, ads_without_words_, nothing_shown_;
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
    out += std::string(kNames[static_cast<int>(f.level)]) + "  " + f.text + "\n";
  }
  return out;
}

Result<LogReport> validate_log(const std::vector<std::string>& paths, const std::string& scratch,
                               const DatasetOptions& options) {
  LogReport report;
  Validator validator(report, options.max_bad_share);
  const Result<EventLog> log = EventLog::open(paths, options.log_options(scratch));
  if (!log.ok()) return log.status();
  if (Status s = validator.read(*log, options.encoding); !s.ok()) return s;
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
