// Importers of public data sets: their layouts to our catalogue (index/catalogue/CATALOGUE.md), event log
// (EVENTS.md), users and queries. Every record is used or reported.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

struct ImportSummary {
  uint64_t records = 0, ads = 0, events = 0, users = 0, queries = 0;
};

// Amazon review sets as item and sequence lists (items.tsv.gz, sequences.txt.gz): purchases become
// SF and ad events with popularity-matched negatives.
Result<ImportSummary> import_amazon_reviews(const std::string& from, const std::string& out,
                                            uint64_t seed, BadLines& bad);

// A gift shop's invoices (online_retail.tsv.gz): purchases in time order become SF and ad events.
Result<ImportSummary> import_online_retail(const std::string& from, const std::string& out,
                                           uint64_t seed, BadLines& bad);

// Clicks on filters of a hotel search (events.tsv.gz) become SF events. No catalogue: hotels have
// no names there.
Result<ImportSummary> import_trivago(const std::string& from, const std::string& out, uint64_t seed,
                                     BadLines& bad);

// Best Buy's catalogue (products.csv.gz) and queries (clicks_*.csv.gz).
Result<ImportSummary> import_bestbuy(const std::string& from, const std::string& out,
                                     BadLines& bad);

// Tmall titles (taobao_cosmetics.tsv.gz) and Taobao queries (multicpr_ecom_*.query.tsv.gz).
Result<ImportSummary> import_tmall(const std::string& from, const std::string& out, BadLines& bad);

}  // namespace barker
