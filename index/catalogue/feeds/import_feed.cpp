#include "index/catalogue/feeds/import_feed.h"

#include <utility>

#include "index/catalogue/feeds/csv_reader.h"
#include "index/catalogue/feeds/feed_map.h"
#include "index/catalogue/feeds/merchant_xml.h"
#include "index/catalogue/feeds/product_rows.h"
#include "index/catalogue/wrong_format.h"

namespace barker {
namespace {

// Whether the file begins as XML does: with '<', behind spaces and a byte order mark. XML may be
// UTF-16, too, which its parser recognises.
bool is_xml(std::string_view start) {
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) start.remove_prefix(2);
  for (const char c : start) {
    if (c == '<') return true;
    if (c != '\0' && c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
  }
  return false;
}

const char* name_of(FeedFormat format) {
  switch (format) {
    case FeedFormat::kShopify:
      return "shopify";
    case FeedFormat::kWooCommerce:
      return "woocommerce";
    case FeedFormat::kGoogleMerchant:
      return "google-merchant";
    case FeedFormat::kJsonlMap:
      break;
  }
  return "jsonl-map --map MAP";
}

Status read_rows(const ImportOptions& options, const FeedMap& map, FeedNotes& notes, BadLines& bad,
                 const TakeRow& take) {
  if (options.format == FeedFormat::kJsonlMap && !map.csv) {
    return read_mapped_lines(options.feed, map, notes, bad, take);
  }
  Result<ByteSource> source = ByteSource::open(options.feed);
  if (!source.ok()) return source.status();
  const std::string_view start = source->peek();
  const bool xml = is_xml(start);
  if (xml && options.format == FeedFormat::kGoogleMerchant) {
    return read_merchant_xml(*source, take);
  }
  if (xml) {
    return bad_data(source->name() + ": is XML, expected CSV; for a Merchant feed type: barker " +
                    "import --from google-merchant");
  }
  if (const std::string wrong = not_columns(start, options.feed, name_of(options.format));
      !wrong.empty()) {
    return bad_data(source->name() + ": " + wrong);
  }
  if (options.format == FeedFormat::kGoogleMerchant) {
    return read_csv(*source, kMerchantColumns, bad, take);
  }
  if (options.format == FeedFormat::kShopify) return read_csv(*source, kShopifyColumns, bad, take);
  if (options.format == FeedFormat::kWooCommerce) {
    return read_csv(*source, kWooCommerceColumns, bad, take);
  }
  std::vector<std::string> names;
  for (const auto& [field, path] : map.fields) names.push_back(field_name(path));
  for (const auto& [name, path] : map.attributes) names.push_back(field_name(path));
  const std::vector<std::string_view> columns(names.begin(), names.end());
  return read_csv(*source, columns, bad, take);
}

FeedProduct product_of(FeedFormat format, const FeedMap& map, const FeedRow& row,
                       FeedNotes& notes) {
  switch (format) {
    case FeedFormat::kShopify:
      return shopify_product(row, notes);
    case FeedFormat::kWooCommerce:
      return woocommerce_product(row, notes);
    case FeedFormat::kGoogleMerchant:
      return merchant_product(row, notes);
    case FeedFormat::kJsonlMap:
      break;
  }
  return mapped_product(map, row, notes);
}

}  // namespace

Result<ImportReport> import_feed(const ImportOptions& options, OutputFile& out, BadLines& bad) {
  FeedMap map;
  if (options.format == FeedFormat::kJsonlMap) {
    if (options.map.empty()) return invalid_argument("--from jsonl-map requires --map FILE");
    Result<FeedMap> loaded = FeedMap::load(options.map);
    if (!loaded.ok()) return loaded.status();
    map = std::move(loaded).value();
  } else if (!options.map.empty()) {
    return invalid_argument("--map requires --from jsonl-map");
  }
  ImportReport report;
  AdFolder folder(options.fold, out, bad, report.notes);
  uint64_t rows = 0;
  const Status read = read_rows(options, map, report.notes, bad, [&](const FeedRow& row) {
    ++rows;
    report.notes.set_line(row.line);
    folder.add(product_of(options.format, map, row, report.notes));
    return out.status();
  });
  if (!read.ok()) return read;
  folder.finish();
  report.counts = folder.counts();
  // Rows that were no record at all are in `bad` and did not come here.
  report.rows = rows + bad.count() - folder.reported();
  return report;
}

}  // namespace barker
