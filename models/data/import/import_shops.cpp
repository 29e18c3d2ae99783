// Best Buy and Tmall: catalogues and queries without clicks.

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <unordered_set>

#include "models/data/import/import.h"
#include "models/data/import/output_file.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

// Fields of CSV records (RFC 4180: quoted fields, doubled quotes, line ends inside quotes).
class CsvReader {
 public:
  static Result<CsvReader> open(const std::string& path) {
    Result<LineReader> lines = LineReader::open(path);
    if (!lines.ok()) return lines.status();
    return CsvReader(std::move(lines).value());
  }

  bool next(std::vector<std::string>& fields) {
    std::string_view line;
    if (!lines_.next(line)) return false;
    first_line_ = lines_.number();
    std::string record(line);
    while (!split(record, fields) && lines_.next(line)) {  // the record goes on in the next line
      record += '\n';
      record += line;
    }
    return true;
  }

  uint64_t line() const { return first_line_; }
  const Status& status() const { return lines_.status(); }

  // False: the record ends inside quotes. A quote opens a field only at its very start; elsewhere
  // (7" tablet) it is a character like others.
  static bool split(const std::string& record, std::vector<std::string>& fields) {
    fields.assign(1, "");
    bool quoted = false, at_start = true;
    for (size_t i = 0; i < record.size(); ++i) {
      const char c = record[i];
      if (quoted && c == '"' && i + 1 < record.size() && record[i + 1] == '"') {
        fields.back() += '"';
        ++i;
      } else if (c == '"' && (quoted || at_start)) {
        quoted = !quoted;
        at_start = false;
      } else if (c == ',' && !quoted) {
        fields.emplace_back();
        at_start = true;
      } else {
        fields.back() += c;
        at_start = false;
      }
    }
    return !quoted;
  }

 private:
  explicit CsvReader(LineReader lines) : lines_(std::move(lines)) {}
  LineReader lines_;
  uint64_t first_line_ = 0;
};

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\n\r");
  return begin == std::string::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(" \t\n\r") - begin + 1);
}

// A description's text: tags out, white space folded. Entities stay for the index to decode, once.
std::string without_tags(const std::string& html) {
  std::string text;
  bool tag = false;
  for (size_t i = 0; i < html.size(); ++i) {
    const bool opens =
        html[i] == '<' && i + 1 < html.size() &&
        (std::isalpha(static_cast<unsigned char>(html[i + 1])) || html[i + 1] == '/');
    if (opens) tag = true;
    if (!tag) text += html[i] == '\n' ? ' ' : html[i];
    if (tag && html[i] == '>') {
      tag = false;
      text += ' ';
    }
  }
  return trimmed(text);
}

}  // namespace

Result<ImportSummary> import_bestbuy(const std::string& from, const std::string& out,
                                     BadLines& bad) {
  Result<CsvReader> products = CsvReader::open(from + "/products.csv.gz");
  if (!products.ok()) return products.status();
  OutputFile catalogue(out, "catalogue.jsonl");
  ImportSummary summary;
  std::unordered_set<std::string> ids;
  std::vector<std::string> f;
  products->next(f);  // names of the columns
  while (products->next(f)) {
    ++summary.records;
    if (f.size() != 5) {
      bad.add(products->line(), "products: expected 5 fields, found " + std::to_string(f.size()));
      continue;
    }
    for (std::string& field : f) field = trimmed(field);
    if (f[0].empty() || f[1].empty()) {
      bad.add(products->line(), "products: upc or name is empty");
      continue;
    }
    if (!ids.insert(f[0]).second) {
      bad.add(products->line(), "products: upc " + f[0] + " stands on an earlier line, too");
      continue;
    }
    Json ad = {{"id", f[0]}, {"title", f[1]}};
    if (!f[2].empty()) ad["brand"] = f[2];
    const std::string description = without_tags(f[3] + " " + f[4]);
    if (!description.empty()) ad["description"] = description;
    catalogue.line(ad);
    ++summary.ads;
  }
  if (!products->status().ok()) return products->status();
  OutputFile queries(out, "queries.txt");
  for (const char* name : {"clicks_train_first1000.csv.gz", "clicks_test_first1000.csv.gz"}) {
    Result<CsvReader> clicks = CsvReader::open(from + "/" + name);
    if (!clicks.ok()) return clicks.status();
    std::vector<std::string> columns, outer;
    size_t query_column = 0;
    while (clicks->next(outer)) {
      CsvReader::split(outer[0], f);  // each line is one quoted CSV string
      if (columns.empty()) {
        columns = f;
        query_column = static_cast<size_t>(std::find(f.begin(), f.end(), "query") - f.begin());
        continue;
      }
      if (query_column >= f.size()) {
        bad.add(clicks->line(), std::string(name) + ": no query");
        continue;
      }
      queries.stream() << trimmed(f[query_column]) << '\n';
      ++summary.queries;
    }
  }
  if (Status s = catalogue.close(); !s.ok()) return s;
  if (Status s = queries.close(); !s.ok()) return s;
  return summary;
}

Result<ImportSummary> import_tmall(const std::string& from, const std::string& out, BadLines& bad) {
  Result<LineReader> rows = LineReader::open(from + "/taobao_cosmetics.tsv.gz");
  if (!rows.ok()) return rows.status();
  OutputFile catalogue(out, "catalogue.jsonl");
  ImportSummary summary;
  std::unordered_set<std::string> ids;
  std::string_view line;
  rows->next(line);  // names of the columns
  while (rows->next(line)) {
    ++summary.records;
    std::vector<std::string> f(1);
    for (const char c : line) {
      if (c == '\t')
        f.emplace_back();
      else
        f.back() += c;
    }
    if (f.size() != 7 || f[1].empty() || f[2].empty()) {
      bad.add(rows->number(),
              "expected 7 fields with id and title, found " + std::to_string(f.size()));
      continue;
    }
    if (!ids.insert(f[1]).second) continue;  // the same item on another day
    Json ad = {{"id", f[1]}, {"title", f[2]}, {"category", "化妆品"}, {"brand", f[6]}};
    // Bids follow the price, as a share of what a sale brings.
    const double price = std::strtod(f[3].c_str(), nullptr);
    if (price > 0 && price < 1e6) ad["bid"] = std::max(0.05, price * 0.005);
    catalogue.line(ad);
    ++summary.ads;
  }
  if (!rows->status().ok()) return rows->status();
  OutputFile queries(out, "queries.txt");
  for (const char* name : {"multicpr_ecom_dev.query.tsv.gz", "multicpr_ecom_train.query.tsv.gz"}) {
    Result<LineReader> lines = LineReader::open(from + "/" + name);
    if (!lines.ok()) return lines.status();
    while (lines->next(line)) {
      const size_t tab = line.find('\t');
      if (tab == std::string_view::npos) {
        bad.add(lines->number(), std::string(name) + ": expected id and query");
        continue;
      }
      queries.stream() << line.substr(tab + 1) << '\n';
      ++summary.queries;
    }
  }
  if (Status s = catalogue.close(); !s.ok()) return s;
  if (Status s = queries.close(); !s.ok()) return s;
  return summary;
}

}  // namespace barker
