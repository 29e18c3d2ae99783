// Invoices of a gift shop. Every sale becomes a search in which one ad, the product, was clicked.
// The log says nothing of what else was on the page, so the other ads and SFs are drawn as
// negatives.

#include <algorithm>
#include <ctime>
#include <map>
#include <unordered_map>

#include "models/data/events.h"
#include "models/data/import/import.h"
#include "models/data/import/import_parts.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

// Reads "2010-12-01 08:26:00" as seconds since 1970, UTC. Returns false if the text is not a time.
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

// A product such as "WHITE HANGING HEART T-LIGHT HOLDER". The last keyword says what the product is
// and becomes the query. The keywords before it say what is special about the product and become
// its selling points.
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

class RetailImporter {
 public:
  RetailImporter(std::string out, uint64_t seed, BadLines& bad)
      : out_(std::move(out)), draws_(seed), bad_(bad) {}

  Result<ImportSummary> run(const std::string& path) {
    if (Status s = read_sales(path); !s.ok()) return s;
    fill_pools();
    if (Status s = write_events(); !s.ok()) return s;
    if (Status s = write_catalogue(); !s.ok()) return s;
    if (Status s = write_users(); !s.ok()) return s;
    return summary_;
  }

 private:
  Status read_sales(const std::string& path) {
    Result<LineReader> lines = LineReader::open(path);
    if (!lines.ok()) return lines.status();
    const KeywordSplitter splitter;
    std::string_view line;
    lines->next(line);  // the names of the columns
    while (lines->next(line)) {
      ++summary_.records;
      const auto f = split_fields(line, '\t');
      int64_t time = 0;
      if (f.size() != 8 || !read_time(std::string(f[4]), time)) {
        bad_.add(lines->number(), "expected 8 fields with a time in the fifth");
        continue;
      }
      const bool cancelled = f[0].starts_with('C');
      const bool no_customer = f[6].empty() || f[6] == "NA";
      const bool is_product = f[1].size() >= 5 && f[1][0] >= '0' && f[1][0] <= '9';
      if (cancelled || no_customer || !is_product || f[2].empty() || f[2] == "NA") {
        bad_.add(lines->number(), "left out: a cancellation, no customer, or no product");
        continue;
      }
      const std::string code(f[1]);
      if (!gifts_.contains(code)) gifts_[code] = read_gift(splitter, f[2]);
      sales_.push_back({time, std::string(f[6]), code});
    }
    std::stable_sort(sales_.begin(), sales_.end(),
                     [](const Sale& a, const Sale& b) { return a.time < b.time; });
    return lines->status();
  }

  void fill_pools() {
    for (const Sale& sale : sales_) {
      const Gift& gift = gifts_[sale.product];
      auto& words = words_of_query_[gift.query];
      words.insert(words.end(), gift.words.begin(), gift.words.end());
      products_of_query_[gift.query].push_back(sale.product);
    }
  }

  SearchEvent event_of(const Sale& sale) {
    const Gift& gift = gifts_[sale.product];
    SearchEvent event;
    event.time = sale.time;
    event.user = sale.user;
    event.query = event.category = gift.query;
    if (!gift.words.empty()) {
      event.sfs.push_back({gift.words[draws_.below(gift.words.size())], true});
      for (const std::string& word : draw_negatives(draws_, words_of_query_[gift.query],
                                                    {gift.words.begin(), gift.words.end()})) {
        event.sfs.push_back({word, false});
      }
      if (event.sfs.size() == 1) event.sfs.clear();  // a click without a negative teaches nothing
    }
    event.ads.push_back({sale.product, gift.title, {}, true});
    for (const std::string& other :
         draw_negatives(draws_, products_of_query_[gift.query], {sale.product})) {
      event.ads.push_back({other, gifts_[other].title, {}, false});
    }
    return event;
  }

  Status write_events() {
    OutputFile file = OutputFile::in(out_, "events.jsonl");
    std::string line;
    for (const Sale& sale : sales_) {
      line.clear();
      append_event(event_of(sale), line);
      file.write(line);
      ++summary_.events;
      const std::vector<std::string>& words = gifts_[sale.product].words;
      auto& history = histories_[sale.user];
      history.insert(history.end(), words.begin(), words.end());
    }
    return file.close();
  }

  Status write_catalogue() {
    OutputFile file = OutputFile::in(out_, "catalogue.jsonl");
    for (const auto& [code, gift] : gifts_) {
      write_line(file, {{"id", code},
                        {"title", gift.title},
                        {"bid_terms", {gift.query}},
                        {"category", gift.query},
                        {"selling_points", gift.words}});
      ++summary_.ads;
    }
    return file.close();
  }

  Status write_users() {
    constexpr size_t kHistory = 200;
    OutputFile file = OutputFile::in(out_, "users.jsonl");
    for (const auto& [user, history] : histories_) {
      const auto count = static_cast<ptrdiff_t>(std::min(kHistory, history.size()));
      const std::vector<std::string> newest(history.rbegin(), history.rbegin() + count);
      write_line(file, {{"user", user}, {"keywords", newest}});
      ++summary_.users;
    }
    return file.close();
  }

  const std::string out_;
  Draws draws_;
  BadLines& bad_;
  ImportSummary summary_;
  std::map<std::string, Gift> gifts_;  // by stock code
  std::vector<Sale> sales_;            // in time order
  std::unordered_map<std::string, std::vector<std::string>> words_of_query_, products_of_query_;
  std::map<std::string, std::vector<std::string>> histories_;  // keywords by user, oldest first
};

}  // namespace

Result<ImportSummary> import_online_retail(const std::string& from, const std::string& out,
                                           uint64_t seed, BadLines& bad) {
  return RetailImporter(out, seed, bad).run(from + "/online_retail.tsv.gz");
}

}  // namespace barker
