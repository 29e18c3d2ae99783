// Click and purchase logs without impressions: what was not shown in the log is drawn as negatives,
// each in proportion to how often it is a positive, so that popularity alone says little.

#include <algorithm>
#include <charconv>
#include <ctime>
#include <map>
#include <set>
#include <unordered_map>

#include "models/data/events.h"
#include "models/data/import/import.h"
#include "models/data/import/output_file.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

constexpr size_t kNegatives = 4;

std::vector<std::string_view> fields_of(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  for (size_t at = 0;;) {
    const size_t end = line.find(separator, at);
    fields.push_back(line.substr(at, end - at));
    if (end == std::string_view::npos) return fields;
    at = end + 1;
  }
}

// splitmix64; one a log.
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}
  size_t below(size_t n) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % n;
  }

 private:
  uint64_t state_;
};

// Up to kNegatives different words out of `pool` (repeats make a word likelier) that are not in
// `excluded`.
std::vector<std::string> draw(Draws& draws, const std::vector<std::string>& pool,
                              std::set<std::string> excluded) {
  std::vector<std::string> out;
  for (int tries = 0; tries < 200 && out.size() < kNegatives; ++tries) {
    const std::string& word = pool[draws.below(pool.size())];
    if (excluded.insert(word).second) out.push_back(word);
  }
  return out;
}

// "2010-12-01 08:26:00" as seconds since 1970, UTC; false where it is no such time.
bool read_time(const std::string& text, int64_t& seconds) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%d %H:%M", &parts);
  if (!end) return false;
  seconds = timegm(&parts);
  return true;
}

struct Sale {
  int64_t time;
  std::string user, product;
};

// A gift "WHITE HANGING HEART T-LIGHT HOLDER": what it is stands last and makes the query, what is
// special about it stands before and makes the selling points.
struct Gift {
  std::string title, query;
  std::vector<std::string> words;
};

Gift read_gift(const KeywordSplitter& splitter, std::string_view description) {
  Gift gift{std::string(description), "", {}};
  for (const Keyword& keyword : splitter.split(description)) gift.words.push_back(keyword.text);
  if (!gift.words.empty()) {
    gift.query = gift.words.back();
    gift.words.pop_back();
  }
  return gift;
}

}  // namespace

Result<ImportSummary> import_online_retail(const std::string& from, const std::string& out,
                                           uint64_t seed, BadLines& bad) {
  Result<LineReader> lines = LineReader::open(from + "/online_retail.tsv.gz");
  if (!lines.ok()) return lines.status();
  ImportSummary summary;
  const KeywordSplitter splitter;
  std::map<std::string, Gift> gifts;  // by stock code
  std::vector<Sale> sales;
  std::string_view line;
  lines->next(line);  // names of the columns
  while (lines->next(line)) {
    ++summary.records;
    const auto f = fields_of(line, '\t');
    int64_t time = 0;
    if (f.size() != 8 || !read_time(std::string(f[4]), time)) {
      bad.add(lines->number(), "expected 8 fields with a time in the fifth");
      continue;
    }
    const bool product = f[1].size() >= 5 && f[1][0] >= '0' && f[1][0] <= '9';
    if (f[0].starts_with('C') || f[6].empty() || f[6] == "NA" || !product || f[2].empty() ||
        f[2] == "NA") {
      bad.add(lines->number(), "left out: a cancellation, no customer, or no product");
      continue;
    }
    const std::string code(f[1]);
    if (!gifts.contains(code)) gifts[code] = read_gift(splitter, f[2]);
    sales.push_back({time, std::string(f[6]), code});
  }
  if (!lines->status().ok()) return lines->status();
  std::stable_sort(sales.begin(), sales.end(),
                   [](const Sale& a, const Sale& b) { return a.time < b.time; });

  std::unordered_map<std::string, std::vector<std::string>> words_of_query, products_of_query;
  for (const Sale& sale : sales) {
    const Gift& gift = gifts[sale.product];
    auto& words = words_of_query[gift.query];
    words.insert(words.end(), gift.words.begin(), gift.words.end());
    products_of_query[gift.query].push_back(sale.product);
  }
  Draws draws(seed);
  OutputFile events(out, "events.jsonl");
  std::map<std::string, std::vector<std::string>> clicked;  // keywords of each user, oldest first
  std::string text;
  for (const Sale& sale : sales) {
    const Gift& gift = gifts[sale.product];
    SearchEvent event;
    event.time = sale.time;
    event.user = sale.user;
    event.query = event.category = gift.query;
    if (!gift.words.empty()) {
      event.sfs.push_back({gift.words[draws.below(gift.words.size())], true});
      for (const std::string& word :
           draw(draws, words_of_query[gift.query], {gift.words.begin(), gift.words.end()})) {
        event.sfs.push_back({word, false});
      }
      if (event.sfs.size() == 1) event.sfs.clear();  // nothing to compare it with
    }
    event.ads.push_back({sale.product, gift.title, {}, true});
    for (const std::string& other : draw(draws, products_of_query[gift.query], {sale.product})) {
      event.ads.push_back({other, gifts[other].title, {}, false});
    }
    text.clear();
    append_event(event, text);
    events.stream() << text;
    ++summary.events;
    auto& history = clicked[sale.user];
    history.insert(history.end(), gift.words.begin(), gift.words.end());
  }
  OutputFile catalogue(out, "catalogue.jsonl");
  for (const auto& [code, gift] : gifts) {
    catalogue.line({{"id", code},
                    {"title", gift.title},
                    {"bid_terms", {gift.query}},
                    {"category", gift.query},
                    {"selling_points", gift.words}});
    ++summary.ads;
  }
  OutputFile users(out, "users.jsonl");
  for (const auto& [user, history] : clicked) {
    const size_t count = std::min<size_t>(200, history.size());
    users.line(
        {{"user", user},
         {"keywords", std::vector<std::string>(history.rbegin(),
                                               history.rbegin() + static_cast<ptrdiff_t>(count))}});
    ++summary.users;
  }
  for (OutputFile* file : {&events, &catalogue, &users}) {
    if (Status s = file->close(); !s.ok()) return s;
  }
  return summary;
}

// Filters clicked in a hotel search are SFs in the paper's very sense. The row of a click already
// lists the clicked filter as active; only filters of earlier rows go into the query.
Result<ImportSummary> import_trivago(const std::string& from, const std::string& out, uint64_t seed,
                                     BadLines& bad) {
  Result<LineReader> lines = LineReader::open(from + "/events.tsv.gz");
  if (!lines.ok()) return lines.status();
  struct Row {
    int64_t time;
    std::string user, session, action, reference, city;
    std::vector<std::string> filters;
  };
  ImportSummary summary;
  std::vector<Row> rows;
  std::vector<std::string> pool;  // of clicked filters, with repeats
  std::string_view line;
  lines->next(line);  // names of the columns
  while (lines->next(line)) {
    ++summary.records;
    const auto f = fields_of(line, '\t');
    Row row;
    if (f.size() < 10 ||
        std::from_chars(f[2].data(), f[2].data() + f[2].size(), row.time).ec != std::errc() ||
        f[0].empty()) {
      bad.add(lines->number(), "expected at least 10 fields with user and time");
      continue;
    }
    row.user = f[0];
    row.session = f[1];
    row.action = f[4];
    row.reference = f[5];
    row.city = f[7];
    if (!f[9].empty()) {
      for (const std::string_view filter : fields_of(f[9], '|'))
        row.filters.push_back(normalize_keyword(filter));
    }
    if (row.action == "filter selection") pool.push_back(normalize_keyword(row.reference));
    rows.push_back(std::move(row));
  }
  if (!lines->status().ok()) return lines->status();
  if (pool.empty()) return bad_data(from + "/events.tsv.gz: no filter was clicked in it");
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.time < b.time; });
  Draws draws(seed);
  OutputFile events(out, "events.jsonl");
  struct State {
    std::vector<std::string> seen, filters;  // history newest last; filters active before this row
    std::string session;
  };
  std::unordered_map<std::string, State> states;
  std::string text;
  for (const Row& row : rows) {
    State& state = states[row.user];
    if (state.session != row.session) state.filters.clear();
    state.session = row.session;
    if (row.action == "filter selection") {
      const std::string clicked = normalize_keyword(row.reference);
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
      event.user_keywords.emplace(state.seen.rbegin(), state.seen.rend());
      event.sfs.push_back({clicked, true});
      std::set<std::string> excluded(state.filters.begin(), state.filters.end());
      excluded.insert(clicked);
      for (const std::string& word : draw(draws, pool, excluded))
        event.sfs.push_back({word, false});
      text.clear();
      append_event(event, text);
      events.stream() << text;
      ++summary.events;
      state.seen.push_back(clicked);
    } else if (row.action == "search for destination") {
      state.seen.push_back(normalize_keyword(row.reference));
    }
    state.filters = row.filters;
  }
  summary.users = states.size();
  if (Status s = events.close(); !s.ok()) return s;
  return summary;
}

}  // namespace barker
