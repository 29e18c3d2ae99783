#include "index/catalogue/feeds/ad_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "index/catalogue/amount.h"
#include "index/catalogue/catalogue.h"
#include "models/base/number_text.h"
#include "models/text/fingerprint.h"
#include "models/text/markup.h"
#include "models/text/text.h"

namespace barker {
namespace {

using OrderedJson = nlohmann::ordered_json;

// The catalogue's reader decodes references once, so that a text which has one is escaped.
std::string escaped(const std::string& text) {
  if (decode_html_entities(text) == text) return text;
  std::string out;
  for (const char c : text) out += c == '&' ? std::string("&amp;") : std::string(1, c);
  return out;
}

void add_once(std::vector<std::string>& to, const std::string& text) {
  if (!text.empty() && std::ranges::find(to, text) == to.end()) to.push_back(text);
}

OrderedJson json_list(const std::vector<std::string>& texts) {
  OrderedJson list = OrderedJson::array();
  for (const std::string& text : texts) list.push_back(escaped(text));
  return list;
}

void put_text(OrderedJson& ad, const char* name, const std::string& text) {
  if (!text.empty()) ad[name] = escaped(text);
}

// A second value of an attribute is added to the first: "red, blue".
void add_value(OrderedJson& attributes, const std::string& name, const std::string& value) {
  if (name.empty() || value.empty()) return;
  std::string text = escaped(value);
  const auto at = attributes.find(name);
  attributes[name] = at == attributes.end() ? text : at->get<std::string>() + ", " + text;
}

}  // namespace

void AdFolder::add(FeedProduct product) {
  if (product.id.empty()) {
    ++counts_.bad;
    ++reported_;
    bad_.add(product.line, "id: missing");
    return;
  }
  const bool same = rows_ > 0 && !product.group.empty() &&
                    (product.group == current_.group || product.group == current_.other_group);
  if (!same) {
    close();
    current_ = FeedProduct();
    current_.group = product.group;
    current_.other_group = product.other_group;
    in_stock_ = 0;
    rows_ = 0;
  }
  notes_.set_line(product.line);
  merge(std::move(product));
}

template <typename T>
void AdFolder::add_new(std::vector<T>& to, const std::vector<T>& from) {
  constexpr size_t kMost = kMostSellingPoints;  // more are a mistake, and would take long
  for (const T& item : from) {
    if (std::ranges::find(to, item) != to.end()) continue;
    if (to.size() < kMost) {
      to.push_back(item);
    } else {
      note_dropped("a product has more than " + std::to_string(kMost) +
                   " texts of one kind; the others were dropped");
    }
  }
}

void AdFolder::note_dropped(const std::string& what) {
  ++notes_.values_dropped;
  notes_.add(what);
}

// The first variant that is in stock gives the id, title and texts; those that it lacks come from
// the others.
void AdFolder::merge(FeedProduct&& variant) {
  const bool in_stock = variant.availability == Availability::kInStock;
  const bool first = rows_++ == 0;
  // A product that is not published has no variant that is.
  const bool unpublished = !first && current_.availability == Availability::kUnpublished;
  const bool leads = first || (in_stock && in_stock_ == 0 && !unpublished);
  in_stock_ += in_stock;
  const std::pair<std::string*, std::string*> texts[] = {
      {&current_.id, &variant.id},
      {&current_.title, &variant.title},
      {&current_.description, &variant.description},
      {&current_.brand, &variant.brand},
      {&current_.category, &variant.category},
      {&current_.merchant, &variant.merchant},
      {&current_.price, &variant.price},
      {&current_.sale_price, &variant.sale_price},
      {&current_.bid, &variant.bid}};
  for (const auto& [ours, theirs] : texts) {
    if (!theirs->empty() && (leads || ours->empty())) *ours = std::move(*theirs);
  }
  if (leads) {
    current_.line = variant.line;
    current_.availability = variant.availability;
  }
  add_new(current_.bid_terms, variant.bid_terms);
  add_new(current_.highlights, variant.highlights);
  add_new(current_.labels, variant.labels);
  add_new(current_.tags, variant.tags);
  add_new(current_.attributes, variant.attributes);
  // An option that only sold-out variants have cannot be bought.
  if (in_stock || options_.keep_out_of_stock) {
    // Shopify names the options of a product in its first row only.
    for (size_t i = 0; i < variant.options.size() && i < current_.options.size(); ++i) {
      if (variant.options[i].first.empty()) variant.options[i].first = current_.options[i].first;
    }
    add_new(current_.options, variant.options);
  }
}

void AdFolder::close() {
  if (rows_ == 0) return;
  const uint64_t rows = std::exchange(rows_, 0);
  if (current_.availability == Availability::kUnpublished) {
    counts_.unpublished += rows;
    remember_group();
    return;
  }
  if (in_stock_ == 0 && !options_.keep_out_of_stock) {
    counts_.out_of_stock += rows;
    return;
  }
  if (!remember_group()) {
    counts_.variants += rows;
    counts_.apart += rows;
    return;
  }
  std::string why;
  if (current_.title.empty()) why = "title: missing";
  if (current_.id.size() > kLongestText) why = "id: too long";
  if (current_.title.size() > kLongestText) why = "title: too long";
  if (why.empty() && !ids_.insert(fingerprint(current_.id)).second) {
    why = "id: \"" + reportable(current_.id) + "\" stands on an earlier row, too";
  }
  if (!why.empty()) {
    counts_.bad += rows;
    ++reported_;
    bad_.add(current_.line, why);
    return;
  }
  ++counts_.ads;
  counts_.variants += rows - 1;
  write();
}

bool AdFolder::remember_group() {
  if (!current_.other_group.empty()) groups_.insert(fingerprint(current_.other_group));
  return current_.group.empty() || groups_.insert(fingerprint(current_.group)).second;
}

void AdFolder::write() {
  notes_.set_line(current_.line);
  OrderedJson ad;
  ad["id"] = escaped(current_.id);
  ad["title"] = escaped(current_.title);
  if (!current_.bid_terms.empty()) ad["bid_terms"] = json_list(current_.bid_terms);
  double bid = options_.bid;
  if (!current_.bid.empty()) {
    const std::optional<Amount> amount = parse_amount(current_.bid);
    const bool good = amount && amount->value >= 0 && amount->value <= BARKER_MAX_NUMBER;
    if (good) bid = amount->value;
    if (!good) notes_.add("bid: expected a number from 0 to 1e12; the default was taken");
  }
  ad["bid"] = bid;
  put_text(ad, "merchant", current_.merchant.empty() ? options_.merchant : current_.merchant);
  put_text(ad, "category", current_.category);
  put_text(ad, "brand", current_.brand);
  const SellingPointSources& sources = options_.sources;
  std::vector<std::string> points;
  OrderedJson attributes = OrderedJson::object();
  const auto place = [&](const std::vector<std::string>& texts, bool chosen, const char* name) {
    for (const std::string& text : texts) {
      if (chosen) {
        add_once(points, text);
      } else {
        add_value(attributes, name, text);
      }
    }
  };
  place(current_.highlights, sources.highlights, "highlights");
  place(current_.labels, sources.labels, "labels");
  place(current_.tags, sources.tags, "tags");
  for (const auto& [name, value] : current_.options) {
    if (sources.options) add_once(points, value);
    add_value(attributes, name, value);
  }
  while (points.size() > kMostSellingPoints) {
    points.pop_back();
    note_dropped("a product has more than " + std::to_string(kMostSellingPoints) +
                 " selling points; the others were dropped");
  }
  for (const auto& [name, value] : current_.attributes) add_value(attributes, name, value);
  for (const auto& [name, text] :
       {std::pair{"price", &current_.price}, std::pair{"sale_price", &current_.sale_price}}) {
    if (text->empty()) continue;
    const std::optional<Amount> amount = parse_amount(*text);
    if (!amount) ++counts_.unread_prices;
    attributes[name] = amount ? number_text(amount->value) : *text;
    if (amount && !amount->currency.empty()) attributes["currency"] = amount->currency;
  }
  if (in_stock_ == 0) attributes["availability"] = "out of stock";
  if (!points.empty()) ad["selling_points"] = json_list(points);
  counts_.selling_points += points.size();
  if (!attributes.empty()) ad["attributes"] = std::move(attributes);
  put_text(ad, "description", current_.description);
  out_.write(ad.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n");
}

}  // namespace barker
