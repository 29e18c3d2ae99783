// What the columns of the known formats mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "index/catalogue/feed_notes.h"
#include "index/catalogue/feeds/feed_product.h"
#include "index/catalogue/feeds/feed_row.h"

namespace barker {

// The columns without which a file is not of the format.
extern const std::vector<std::string_view> kShopifyColumns;      // product CSV export
extern const std::vector<std::string_view> kWooCommerceColumns;  // product CSV export
extern const std::vector<std::string_view> kMerchantColumns;     // TSV of Google Merchant

// Each turns a row into a product; tags that are dropped are counted in `notes`. Shopify's rows of
// one handle are variants (or further pictures) of the first row, which alone has the title.
// WooCommerce's variations name their parent by "id:NUMBER" or by its SKU.
FeedProduct shopify_product(const FeedRow& row, FeedNotes& notes);
FeedProduct woocommerce_product(const FeedRow& row, FeedNotes& notes);
FeedProduct merchant_product(const FeedRow& row, FeedNotes& notes);

// Plain text of a cell: character references decoded, tags dropped, spaces and line ends joined.
// Bytes that are not UTF-8 are replaced and noted.
std::string plain_text(std::string_view text, FeedNotes& notes);

// The parts between `separator`, trimmed. A part in quotation marks may hold the separator, and a
// backslash before the separator, which WooCommerce writes, makes it a part of the text.
std::vector<std::string> list_of(std::string_view text, char separator);

// Reads "in stock", "out_of_stock", "0", "https://schema.org/OutOfStock", ...; in stock where
// unknown.
Availability availability_of(std::string_view text);

}  // namespace barker
