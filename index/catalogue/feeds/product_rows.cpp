#include "index/catalogue/feeds/product_rows.h"

#include <algorithm>

#include "index/catalogue/amount.h"
#include "models/base/ascii.h"
#include "models/text/markup.h"
#include "models/text/text.h"

namespace barker {

const std::vector<std::string_view> kShopifyColumns = {"handle", "title"};
const std::vector<std::string_view> kWooCommerceColumns = {"id", "type", "name"};
const std::vector<std::string_view> kMerchantColumns = {"id", "title"};

namespace {

bool is_no(std::string_view text) {
  const std::string value = ascii_lower_case(text);
  return value == "false" || value == "0" || value == "no" || value == "-1";
}

// The value of an amount, and 0 for other text.
double number_of(std::string_view text) {
  const std::optional<Amount> amount = parse_amount(text);
  return amount ? amount->value : 0;
}

// WooCommerce writes a line end as "\n" and a backslash before an n as "\\n".
std::string with_line_ends(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("\\\\n")) {
      out += "\\n";
      at += 2;
    } else if (rest.starts_with("\\n")) {
      out += '\n';
      at += 1;
    } else {
      out += rest.front();
    }
  }
  return out;
}

void add_all(std::vector<std::string>& to, std::vector<std::string> from) {
  for (std::string& text : from) to.push_back(std::move(text));
}

void add_attribute(FeedProduct& product, const std::string& name, std::string value) {
  if (!value.empty()) product.attributes.emplace_back(name, std::move(value));
}

}  // namespace

std::string plain_text(std::string_view text, FeedNotes& notes) {
  std::string plain = decode_html_entities(notes.valid_utf8(text));
  // "<<b>b>" leaves a tag behind. The catalogue's reader would drop it and perhaps find an empty
  // title.
  constexpr int kMostPasses = 8;
  for (int pass = 0; plain.find('<') != std::string::npos; ++pass) {
    const uint64_t before = notes.tags_dropped;
    plain = drop_html_tags(plain, &notes.tags_dropped);
    if (notes.tags_dropped == before) break;
    if (pass == kMostPasses) std::ranges::replace(plain, '<', ' ');
  }
  std::string out;
  for (const char c : plain) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::vector<std::string> list_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::string part;
  bool quoted = false;
  const auto end_part = [&] {
    const size_t first = part.find_first_not_of(" \t\r\n");
    if (first != std::string::npos) {
      parts.push_back(part.substr(first, part.find_last_not_of(" \t\r\n") - first + 1));
    }
    part.clear();
  };
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool at_start = part.find_first_not_of(' ') == std::string::npos;
    if (c == '\\' && at + 1 < text.size() && text[at + 1] == separator) {
      part += text[++at];
    } else if (c == '"' && (quoted || at_start)) {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      end_part();
    } else {
      part += c;
    }
  }
  end_part();
  return parts;
}

Availability availability_of(std::string_view text) {
  std::string bare;
  for (const char c : ascii_lower_case(text)) {
    if (c >= 'a' && c <= 'z') bare += c;
  }
  for (const char* out : {"outofstock", "soldout", "discontinued", "unavailable", "notavailable"}) {
    if (bare.ends_with(out)) return Availability::kOutOfStock;
  }
  return !text.empty() && is_no(text) ? Availability::kOutOfStock : Availability::kInStock;
}

FeedProduct shopify_product(const FeedRow& row, FeedNotes& notes) {
  const auto text = [&](std::string_view name) { return plain_text(row.get(name), notes); };
  FeedProduct product;
  product.line = row.line;
  product.id = product.group = text("handle");
  product.title = text("title");
  product.description = text("body_(html)");
  product.brand = text("vendor");
  product.category = text("product_category");
  if (product.category.empty()) product.category = text("type");
  // A sale is written the other way round: the price is what is paid now.
  const std::string before = text("variant_compare_at_price"), now = text("variant_price");
  product.price = before.empty() || number_of(before) <= number_of(now) ? now : before;
  if (product.price != now) product.sale_price = now;
  const std::string status = ascii_lower_case(row.get("status"));
  const bool hidden = (!status.empty() && status != "active") ||
                      (!row.get("published").empty() && is_no(row.get("published")));
  const bool tracked = !row.get("variant_inventory_tracker").empty();
  const bool sold_out = tracked && !row.get("variant_inventory_qty").empty() &&
                        number_of(row.get("variant_inventory_qty")) <= 0 &&
                        ascii_lower_case(row.get("variant_inventory_policy")) != "continue";
  product.availability = hidden     ? Availability::kUnpublished
                         : sold_out ? Availability::kOutOfStock
                                    : Availability::kInStock;
  product.tags = list_of(text("tags"), ',');
  for (const char* number : {"1", "2", "3"}) {
    const std::string prefix = std::string("option") + number + "_";
    const std::string value = text(prefix + "value");
    // A product without options has one named "Title" with the value "Default Title".
    if (value.empty() || value == "Default Title") continue;
    product.options.emplace_back(text(prefix + "name"), value);
  }
  for (int i = 0; i <= 4; ++i) {
    const std::string label = text("google_shopping_/_custom_label_" + std::to_string(i));
    if (!label.empty()) product.labels.push_back(label);
  }
  add_attribute(product, "condition", text("google_shopping_/_condition"));
  return product;
}

FeedProduct woocommerce_product(const FeedRow& row, FeedNotes& notes) {
  const auto text = [&](std::string_view name) { return plain_text(row.get(name), notes); };
  FeedProduct product;
  product.line = row.line;
  product.id = text("id");
  if (product.id.empty()) product.id = text("sku");
  const std::string parent = text("parent");
  product.group = parent.empty() ? "id:" + product.id : parent;
  if (!parent.empty() && !parent.starts_with("id:")) product.group = "sku:" + parent;
  const std::string sku = text("sku");
  if (parent.empty() && !sku.empty()) product.other_group = "sku:" + sku;
  product.title = text("name");
  for (const char* name : {"description", "short_description"}) {
    if (product.description.empty()) {
      product.description = plain_text(with_line_ends(row.get(name)), notes);
    }
  }
  product.brand = text("brands");
  const std::vector<std::string> categories = list_of(text("categories"), ',');
  if (!categories.empty()) product.category = categories.front();
  product.price = text("regular_price");
  product.sale_price = text("sale_price");
  const std::string& published = row.get("published");
  const bool hidden = (!published.empty() && is_no(published)) ||
                      ascii_lower_case(row.get("visibility_in_catalog")) == "hidden";
  product.availability =
      hidden ? Availability::kUnpublished : availability_of(row.get("in_stock?"));
  product.tags = list_of(text("tags"), ',');
  for (int i = 1; i <= 20; ++i) {
    const std::string prefix = "attribute_" + std::to_string(i) + "_";
    for (std::string& value : list_of(text(prefix + "value(s)"), ',')) {
      product.options.emplace_back(text(prefix + "name"), std::move(value));
    }
  }
  return product;
}

FeedProduct merchant_product(const FeedRow& row, FeedNotes& notes) {
  const auto text = [&](std::string_view name) { return plain_text(row.get(name), notes); };
  FeedProduct product;
  product.line = row.line;
  product.id = text("id");
  product.group = text("item_group_id");
  product.title = text("title");
  product.description = text("description");
  if (product.description.empty()) product.description = text("summary");
  product.brand = text("brand");
  product.category = text("product_type");
  if (product.category.empty()) product.category = text("google_product_category");
  product.price = text("price");
  product.sale_price = text("sale_price");
  product.availability = availability_of(row.get("availability"));
  for (const auto& [name, value] : row.fields) {
    if (name == "product_highlight") {
      // In XML each one is an element; in TSV one cell holds several, in quotation marks where a
      // comma is in one of them.
      const std::string highlight = plain_text(value, notes);
      add_all(product.highlights,
              highlight.starts_with('"') ? list_of(highlight, ',') : std::vector{highlight});
    } else if (name.starts_with("custom_label_")) {
      if (std::string label = plain_text(value, notes); !label.empty()) {
        product.labels.push_back(std::move(label));
      }
    } else if (name.starts_with("detail:")) {
      add_attribute(product, plain_text(std::string_view(name).substr(7), notes),
                    plain_text(value, notes));
    }
  }
  for (const char* option : {"color", "size", "material", "pattern"}) {
    std::string value = text(option);
    if (!value.empty()) product.options.emplace_back(option, std::move(value));
  }
  for (const char* name : {"condition", "gender", "age_group"}) {
    add_attribute(product, name, text(name));
  }
  return product;
}

}  // namespace barker
