// Importers of public data sets, one a file. Each turns the layout of its set into files of ours: a
// catalogue (index/catalogue/CATALOGUE.md), an event log (models/data/EVENTS.md), users and
// queries.
//
// `from` is the directory of the data set, `out` the directory to write to. Every record is either
// used or reported in `bad`. A file appears in `out` only when it is complete.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

// The Amazon sets say in which order a user bought, and not when.
enum class AmazonClock {
  kPosition,  // the time of a purchase is its place among those of its user; the last one is test
  kListing,   // it is roughly when the newest product was listed that its user had bought so far
              // (amazon_clock.h); the newest 15% of the purchases are test
};

struct ImportSummary {
  uint64_t records = 0, ads = 0, events = 0, users = 0, queries = 0;
};

// Amazon review sets as lists of items and sequences (items.tsv.gz, sequences.txt.gz). Purchases
// become SF and ad events, with negatives that are as popular as the positives.
Result<ImportSummary> import_amazon_reviews(const std::string& from, const std::string& out,
                                            uint64_t seed, AmazonClock clock, BadLines& bad);

// Invoices of a gift shop (online_retail.tsv.gz). Purchases in time order become SF and ad events.
Result<ImportSummary> import_online_retail(const std::string& from, const std::string& out,
                                           uint64_t seed, BadLines& bad);

// Clicks on filters of a hotel search (events.tsv.gz). They become SF events. There is no
// catalogue, because the set has no names of hotels.
Result<ImportSummary> import_trivago(const std::string& from, const std::string& out, uint64_t seed,
                                     BadLines& bad);

// The catalogue (products.csv.gz) and queries (clicks_*.csv.gz) of Best Buy.
Result<ImportSummary> import_bestbuy(const std::string& from, const std::string& out,
                                     BadLines& bad);

// Titles of Tmall (taobao_cosmetics.tsv.gz) and queries of Taobao (multicpr_ecom_*.query.tsv.gz).
Result<ImportSummary> import_tmall(const std::string& from, const std::string& out, BadLines& bad);

}  // namespace barker
