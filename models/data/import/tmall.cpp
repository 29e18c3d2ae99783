// Cosmetics that Tmall sells, and queries of Taobao: a Chinese catalogue without clicks.

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "models/data/import/import.h"
#include "models/data/import/import_parts.h"

namespace barker {
namespace {

// The price at the start of a field, 0 if there is none.
double price_of(std::string_view field) {
  double price = 0;
  std::from_chars(field.data(), field.data() + field.size(), price);
  return price;
}

Status write_cosmetics(const std::string& path, const std::string& out, ImportSummary& summary,
                       BadLines& bad) {
  Result<LineReader> rows = LineReader::open(path);
  if (!rows.ok()) return rows.status();
  OutputFile catalogue = OutputFile::in(out, "catalogue.jsonl");
  std::unordered_set<std::string> ids;
  std::string_view line;
  rows->next(line);  // the names of the columns
  while (rows->next(line)) {
    ++summary.records;
    const std::vector<std::string_view> f = split_fields(line, '\t');
    if (f.size() != 7 || f[1].empty() || f[2].empty()) {
      bad.add(rows->number(),
              "expected 7 fields with id and title, found " + std::to_string(f.size()));
      continue;
    }
    if (!ids.emplace(f[1]).second) continue;  // the same item on another day
    nlohmann::ordered_json ad = {
        {"id", f[1]}, {"title", f[2]}, {"category", "化妆品"}, {"brand", f[6]}};
    // The set has no bids. A bid is taken to be a share of what a sale brings.
    const double price = price_of(f[3]);
    if (price > 0 && price < 1e6) ad["bid"] = std::max(0.05, price * 0.005);
    write_line(catalogue, ad);
    ++summary.ads;
  }
  if (!rows->status().ok()) return rows->status();
  return catalogue.close();
}

Status write_dev_and_train_queries(const std::string& from, const std::string& out,
                                   ImportSummary& summary, BadLines& bad) {
  OutputFile queries = OutputFile::in(out, "queries.txt");
  for (const char* name : {"multicpr_ecom_dev.query.tsv.gz", "multicpr_ecom_train.query.tsv.gz"}) {
    Result<LineReader> lines = LineReader::open(from + "/" + name);
    if (!lines.ok()) return lines.status();
    std::string_view line;
    while (lines->next(line)) {
      const size_t tab = line.find('\t');
      if (tab == std::string_view::npos) {
        bad.add(lines->number(), std::string(name) + ": expected id and query");
        continue;
      }
      queries.write(std::string(line.substr(tab + 1)) + "\n");
      ++summary.queries;
    }
    if (!lines->status().ok()) return lines->status();
  }
  return queries.close();
}

}  // namespace

Result<ImportSummary> import_tmall(const std::string& from, const std::string& out, BadLines& bad) {
  ImportSummary summary;
  if (Status s = write_cosmetics(from + "/taobao_cosmetics.tsv.gz", out, summary, bad); !s.ok()) {
    return s;
  }
  if (Status s = write_dev_and_train_queries(from, out, summary, bad); !s.ok()) return s;
  return summary;
}

}  // namespace barker
