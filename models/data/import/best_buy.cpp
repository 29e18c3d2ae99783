// The catalogue of Best Buy, and queries of its users without clicks.

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "models/data/import/import.h"
#include "models/data/import/import_parts.h"

namespace barker {
namespace {

// Splits a CSV record (RFC 4180: quoted fields, doubled quotes, line ends inside quotes). Returns
// false if the record ends inside quotes. A quote opens a field only at its very start; elsewhere,
// as in 7" tablet, it is a character like others.
bool split_csv(const std::string& record, std::vector<std::string>& fields) {
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

class CsvReader {
 public:
  static Result<CsvReader> open(const std::string& path) {
    Result<LineReader> lines = LineReader::open(path);
    if (!lines.ok()) return lines.status();
    return CsvReader(std::move(lines).value());
  }

  // The fields of the next record. Returns false at the end of the file or on an error, which
  // status() tells apart.
  bool next(std::vector<std::string>& fields) {
    std::string_view line;
    if (!lines_.next(line)) return false;
    first_line_ = lines_.number();
    std::string record(line);
    while (!split_csv(record, fields) && lines_.next(line)) {  // a field goes on in the next line
      record += '\n';
      record += line;
    }
    return true;
  }

  uint64_t line() const { return first_line_; }  // where the record begins
  const Status& status() const { return lines_.status(); }

 private:
  explicit CsvReader(LineReader lines) : lines_(std::move(lines)) {}
  LineReader lines_;
  uint64_t first_line_ = 0;
};

// The text of a description without its tags and line ends. Entities are kept: the index decodes
// them, and they must not be decoded twice.
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

Status write_catalogue(const std::string& path, const std::string& out, ImportSummary& summary,
                       BadLines& bad) {
  Result<CsvReader> products = CsvReader::open(path);
  if (!products.ok()) return products.status();
  OutputFile catalogue = OutputFile::in(out, "catalogue.jsonl");
  std::unordered_set<std::string> ids;
  std::vector<std::string> f;
  products->next(f);  // the names of the columns
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
      bad.add(products->line(), "products: upc " + f[0] + " is already on an earlier line");
      continue;
    }
    nlohmann::ordered_json ad = {{"id", f[0]}, {"title", f[1]}};
    if (!f[2].empty()) ad["brand"] = f[2];
    const std::string description = without_tags(f[3] + " " + f[4]);
    if (!description.empty()) ad["description"] = description;
    write_line(catalogue, ad);
    ++summary.ads;
  }
  if (!products->status().ok()) return products->status();
  return catalogue.close();
}

Status write_queries(const std::string& from, const std::string& out, ImportSummary& summary,
                     BadLines& bad) {
  OutputFile queries = OutputFile::in(out, "queries.txt");
  for (const char* name : {"clicks_train_first1000.csv.gz", "clicks_test_first1000.csv.gz"}) {
    Result<CsvReader> clicks = CsvReader::open(from + "/" + name);
    if (!clicks.ok()) return clicks.status();
    std::vector<std::string> columns, outer, f;
    size_t query_column = 0;
    while (clicks->next(outer)) {
      split_csv(outer[0], f);  // each line is one quoted string that holds a CSV record
      if (columns.empty()) {
        columns = f;
        query_column = static_cast<size_t>(std::find(f.begin(), f.end(), "query") - f.begin());
        continue;
      }
      if (query_column >= f.size()) {
        bad.add(clicks->line(), std::string(name) + ": no query");
        continue;
      }
      queries.write(trimmed(f[query_column]) + "\n");
      ++summary.queries;
    }
    if (!clicks->status().ok()) return clicks->status();
  }
  return queries.close();
}

}  // namespace

Result<ImportSummary> import_bestbuy(const std::string& from, const std::string& out,
                                     BadLines& bad) {
  ImportSummary summary;
  if (Status s = write_catalogue(from + "/products.csv.gz", out, summary, bad); !s.ok()) return s;
  if (Status s = write_queries(from, out, summary, bad); !s.ok()) return s;
  return summary;
}

}  // namespace barker
