// Clicks on the filters of a hotel search. A filter is an SF in the very sense of the paper. The
// log does not say which other filters were on the page, so they are drawn as negatives.
//
// The row of a click already lists the clicked filter as active. The query of a search therefore
// holds only the filters that were active in earlier rows.

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "models/data/events.h"
#include "models/data/import/import.h"
#include "models/data/import/import_parts.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

struct Row {
  int64_t time;
  std::string user, session, action, reference, city;
  std::vector<std::string> filters;  // active, the one clicked in this row included
};

// What is known of a user before a row.
struct UserState {
  std::vector<std::string> history;  // clicked filters and destinations, newest last
  std::vector<std::string> filters;  // active in this session before the row
  std::string session;
};

// Returns false if the fields are not those of a row.
bool read_row(const std::vector<std::string_view>& f, Row& row) {
  if (f.size() < 10 || f[0].empty() ||
      std::from_chars(f[2].data(), f[2].data() + f[2].size(), row.time).ec != std::errc()) {
    return false;
  }
  row.user = f[0];
  row.session = f[1];
  row.action = f[4];
  row.reference = f[5];
  row.city = f[7];
  if (f[9].empty()) return true;
  for (const std::string_view filter : split_fields(f[9], '|')) {
    row.filters.push_back(normalize_keyword(filter));
  }
  return true;
}

class TrivagoImporter {
 public:
  TrivagoImporter(std::string out, uint64_t seed, BadLines& bad)
      : out_(std::move(out)), draws_(seed), bad_(bad) {}

  Result<ImportSummary> run(const std::string& path) {
    if (Status s = read_rows(path); !s.ok()) return s;
    if (pool_.empty()) return bad_data(path + ": no filter was clicked in it");
    if (Status s = write_events(); !s.ok()) return s;
    return summary_;
  }

 private:
  Status read_rows(const std::string& path) {
    Result<LineReader> lines = LineReader::open(path);
    if (!lines.ok()) return lines.status();
    std::string_view line;
    lines->next(line);  // the names of the columns
    while (lines->next(line)) {
      ++summary_.records;
      Row row;
      if (!read_row(split_fields(line, '\t'), row)) {
        bad_.add(lines->number(), "expected at least 10 fields with user and time");
        continue;
      }
      if (row.action == "filter selection") pool_.push_back(normalize_keyword(row.reference));
      rows_.push_back(std::move(row));
    }
    std::stable_sort(rows_.begin(), rows_.end(),
                     [](const Row& a, const Row& b) { return a.time < b.time; });
    return lines->status();
  }

  SearchEvent event_of(const Row& row, const UserState& state, const std::string& clicked) {
    SearchEvent event;
    event.time = row.time;
    event.user = row.user;
    event.search = row.session;
    event.query = row.city;
    event.groups = {{"filters", {}}};
    for (const std::string& filter : state.filters) {
      if (filter == clicked) continue;
      event.query += " " + filter;
      event.groups[0].tokens.push_back(filter);
    }
    event.user_keywords.emplace(state.history.rbegin(), state.history.rend());
    event.sfs.push_back({clicked, true});
    std::set<std::string> excluded(state.filters.begin(), state.filters.end());
    excluded.insert(clicked);
    for (const std::string& word : draw_negatives(draws_, pool_, excluded)) {
      event.sfs.push_back({word, false});
    }
    return event;
  }

  Status write_events() {
    OutputFile file = OutputFile::in(out_, "events.jsonl");
    std::unordered_map<std::string, UserState> states;
    std::string line;
    for (const Row& row : rows_) {
      UserState& state = states[row.user];
      if (state.session != row.session) state.filters.clear();
      state.session = row.session;
      if (row.action == "filter selection") {
        const std::string clicked = normalize_keyword(row.reference);
        line.clear();
        append_event(event_of(row, state, clicked), line);
        file.write(line);
        ++summary_.events;
        state.history.push_back(clicked);
      } else if (row.action == "search for destination") {
        state.history.push_back(normalize_keyword(row.reference));
      }
      state.filters = row.filters;
    }
    summary_.users = states.size();
    return file.close();
  }

  const std::string out_;
  Draws draws_;
  BadLines& bad_;
  ImportSummary summary_;
  std::vector<Row> rows_;          // in time order
  std::vector<std::string> pool_;  // clicked filters, each as often as it was clicked
};

}  // namespace

Result<ImportSummary> import_trivago(const std::string& from, const std::string& out, uint64_t seed,
                                     BadLines& bad) {
  return TrivagoImporter(out, seed, bad).run(from + "/events.tsv.gz");
}

}  // namespace barker
