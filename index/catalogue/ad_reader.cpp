#include "index/catalogue/ad_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "index/catalogue/amount.h"
#include "models/base/ascii.h"
#include "models/base/fields.h"
#include "models/base/one_line.h"
#include "models/text/keywords.h"
#include "models/text/markup.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::json;

const std::vector<std::string_view> kFields = {
    "id",     "title",        "bid_terms",      "negative_keywords",
    "bid",    "daily_budget", "merchant",       "category",
    "brand",  "description",  "selling_points", "attributes",
    "opt_out"};

constexpr const char* kMatches[] = {"broad", "phrase", "exact"};  // by BidMatch

struct Wrong {
  std::string reason;
};

bool is_empty_text(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().empty();
}

// Reads the members of one ad, and notes what could not be taken.
class AdReader {
 public:
  AdReader(const Json& json, FeedNotes& notes, TextForm form)
      : json_(json), notes_(notes), form_(form) {}

  CatalogueAd read() {
    CatalogueAd ad;
    // An id is kept as it is: two that differ, if only by what looks like a tag, are of two ads.
    ad.id = AdReader(json_, notes_, TextForm::kClean).required("id");
    if (form_ == TextForm::kFeed && std::ranges::any_of(ad.id, is_ascii_control)) {
      throw Wrong{"id: expected no control characters, found " + reportable(one_line(ad.id))};
    }
    ad.title = required("title");
    ad.bid_terms = bid_terms("bid_terms", TermKind::kBid);
    ad.negative_keywords = bid_terms("negative_keywords", TermKind::kNegative);
    ad.bid = bid();
    ad.daily_budget = daily_budget();
    ad.merchant = limited("merchant", text("merchant", ", "));
    ad.category = limited("category", text("category", " > "));
    ad.brand = text("brand", ", ");
    ad.description = text("description", "\n");
    ad.selling_points = selling_points();
    read_attributes(ad.attributes);
    ad.opt_out = opt_out();
    look_for_misspelt_fields();
    return ad;
  }

 private:
  const Json* member(const char* name) const {
    const auto at = json_.find(name);
    return at == json_.end() || at->is_null() ? nullptr : &*at;
  }

  void dropped(const std::string& field, const std::string& why) {
    ++notes_.values_dropped;
    notes_.add(field + ": " + why);
  }

  // White space stays, because descriptions have lines.
  std::string without_controls(std::string text) {
    const auto is_other = [](char c) {
      return is_ascii_control(c) && c != '\t' && c != '\n' && c != '\r';
    };
    if (std::ranges::none_of(text, is_other)) return text;
    std::ranges::replace_if(text, is_other, ' ');
    notes_.add("control characters of a text were replaced by spaces");
    return text;
  }

  // The text of a string, number or boolean; nothing for another type.
  std::optional<std::string> scalar(const Json& value) {
    if (value.is_string()) {
      if (form_ == TextForm::kClean) return value.get<std::string>();
      return without_controls(drop_html_tags(
          decode_html_entities(value.get_ref<const std::string&>()), &notes_.tags_dropped));
    }
    if (value.is_number() || value.is_boolean()) return value.dump();
    return std::nullopt;
  }

  // A list of texts is joined by `separator`.
  std::string text_of(const Json& value, const std::string& field, std::string_view separator) {
    if (std::optional<std::string> one = scalar(value)) return *std::move(one);
    if (!value.is_array()) {
      dropped(field, std::string("expected a text, found ") + value.type_name() +
                         "; the value was dropped");
      return "";
    }
    std::string joined;
    for (const std::string& item : items(value, field)) {
      if (!joined.empty()) joined += separator;
      joined += item;
    }
    return joined;
  }

  std::vector<std::string> items(const Json& list, const std::string& field) {
    std::vector<std::string> texts;
    for (const Json& item : list) add_item(item, field, texts);
    return texts;
  }

  void add_item(const Json& item, const std::string& field, std::vector<std::string>& texts) {
    if (item.is_null()) return;
    std::optional<std::string> one = scalar(item);
    if (!one) {
      dropped(field, std::string("expected texts in the list, found ") + item.type_name() +
                         "; the item was dropped");
    } else if (!one->empty()) {
      texts.push_back(*std::move(one));
    }
  }

  std::string text(const char* name, std::string_view separator) {
    const Json* value = member(name);
    return value ? text_of(*value, name, separator) : "";
  }

  std::string required(const std::string& name) {
    const Json* value = member(name.c_str());
    if (!value && json_.contains(name)) throw Wrong{name + ": expected a text, found null"};
    if (!value) throw Wrong{name + ": missing" + suggestion(name)};
    if (value->is_object()) throw Wrong{name + ": expected a text, found object"};
    // A double has 15 digits that are certain, so two long numbers may come out as the same id.
    if (name == "id" && value->is_number_float() && std::abs(value->get<double>()) > 1e15) {
      throw Wrong{"id: expected a text, found a number with more digits than can be kept"};
    }
    std::string found = text_of(*value, name, " ");
    if (found.find_first_not_of(" \t\r\n") == std::string::npos) throw Wrong{name + ": empty"};
    if (found.size() > kLongestText) throw Wrong{too_long(name, found)};
    return found;
  }

  static std::string too_long(const std::string& field, const std::string& text) {
    return field + ": expected at most " + std::to_string(kLongestText) + " bytes, found " +
           std::to_string(text.size());
  }

  std::string limited(const std::string& field, std::string text) {
    if (text.size() <= kLongestText) return text;
    dropped(field, "expected at most " + std::to_string(kLongestText) +
                       " bytes, found more; the value was dropped");
    return "";
  }

  // One text where a list is expected is split at the separators that lists in feeds have.
  std::vector<std::string> texts(const char* name, std::string_view separators) {
    const Json* value = member(name);
    if (!value) return {};
    if (value->is_array()) return items(*value, name);
    std::vector<std::string> parts;
    const std::string all = text_of(*value, name, "");
    for (size_t at = 0; at < all.size();) {
      const size_t end = std::min(all.find_first_of(separators, at), all.size());
      const size_t first = std::min(all.find_first_not_of(" \t", at), end);
      size_t last = end;
      while (last > first && (all[last - 1] == ' ' || all[last - 1] == '\t')) --last;
      if (first < last) parts.push_back(all.substr(first, last - first));
      at = end + 1;
    }
    return parts;
  }

  // A page offers selling points and values of attributes as filters, and no address can name a
  // filter with a tab or a line end.
  std::string in_one_line(std::string text) const {
    if (form_ == TextForm::kClean || std::ranges::none_of(text, is_ascii_control)) return text;
    std::ranges::replace_if(text, is_ascii_control, ' ');
    return trimmed(text);
  }

  // Selling points hold commas ("light, yet strong"), so that a single text is not split at them.
  std::vector<std::string> selling_points() {
    std::vector<std::string> kept;
    for (std::string& text : texts("selling_points", ";|\n")) {
      if (kept.size() == kMostSellingPoints) {
        dropped("selling_points", "expected at most " + std::to_string(kMostSellingPoints) +
                                      ", found more; the others were dropped");
        break;
      }
      std::string point = limited("selling_points", in_one_line(std::move(text)));
      if (!point.empty()) kept.push_back(std::move(point));
    }
    return kept;
  }

  enum class TermKind { kBid, kNegative };

  // Texts, which are broad terms with the ad's bid, and objects, which say more.
  std::vector<BidTerm> bid_terms(const char* name, TermKind kind) {
    const Json* value = member(name);
    std::vector<BidTerm> terms;
    if (!value) return terms;
    const auto add_text = [&](std::string text) {
      add_term({.text = std::move(text)}, name, terms);
    };
    if (value->is_object()) {
      add_object(*value, name, kind, terms);
    } else if (value->is_array()) {
      for (const Json& item : *value) {
        if (item.is_object()) {
          add_object(item, name, kind, terms);
          continue;
        }
        std::vector<std::string> texts;
        add_item(item, name, texts);
        for (std::string& text : texts) add_text(std::move(text));
      }
    } else {
      for (std::string& text : texts(name, ",;|\n")) add_text(std::move(text));
    }
    return terms;
  }

  void add_term(BidTerm term, const std::string& field, std::vector<BidTerm>& terms) {
    std::vector<Fingerprint> words;
    split_words(term.text, words);
    if (terms.size() == kMostBidTerms) {
      dropped(field, "expected at most " + std::to_string(kMostBidTerms) +
                         " terms, found more; the others were dropped");
    } else if (term.text.size() > kLongestBidTerm) {
      dropped(field, "expected terms of at most " + std::to_string(kLongestBidTerm) +
                         " bytes, found a longer one, which was dropped");
    } else if (words.empty()) {
      dropped(field, "\"" + reportable(term.text) + "\" has no words; the term was dropped");
    } else {
      terms.push_back(std::move(term));
    }
  }

  void add_object(const Json& object, const std::string& field, TermKind kind,
                  std::vector<BidTerm>& terms) {
    BidTerm term;
    const auto text = object.find("term");
    if (text != object.end()) term.text = scalar(*text).value_or("");
    if (term.text.empty()) {
      return dropped(field, "expected a text as \"term\" of an object; the object was dropped");
    }
    if (const auto match = object.find("match"); match != object.end() && !match->is_null()) {
      const std::string name = scalar(*match).value_or("");
      const auto* known = std::ranges::find(kMatches, ascii_lower_case(name));
      if (known == std::end(kMatches)) {
        return dropped(field, "match: expected exact, phrase or broad, found \"" +
                                  reportable(name) + "\"; the term was dropped");
      }
      term.match = static_cast<BidMatch>(known - std::begin(kMatches));
    }
    const auto bid = object.find("bid");
    if (kind == TermKind::kBid && bid != object.end() && !bid->is_null()) {
      term.bid = read_amount(*bid);
      if (!term.bid) {
        dropped(field, "bid: expected a number from 0 to 1e12; the ad's bid was taken");
      }
    }
    add_term(std::move(term), field, terms);
  }

  double bid() {
    constexpr double kDefault = 1;
    const Json* value = member("bid");
    if (!value || is_empty_text(*value)) return kDefault;
    if (const std::optional<double> bid = read_amount(*value)) return *bid;
    dropped("bid", "expected a number from 0 to 1e12; the default 1 was taken");
    return kDefault;
  }

  // A budget that cannot be read is taken for none left, because the other mistake would spend a
  // merchant's money without a limit.
  std::optional<double> daily_budget() {
    const Json* value = member("daily_budget");
    if (!value || is_empty_text(*value)) return std::nullopt;
    if (const std::optional<double> budget = read_amount(*value)) return budget;
    dropped("daily_budget",
            "expected a number from 0 to 1e12; 0 was taken, to be on the safe side");
    return 0.0;
  }

  void read_attributes(std::vector<std::pair<std::string, std::string>>& attributes) {
    const Json* value = member("attributes");
    if (!value) return;
    if (!value->is_object()) {
      dropped("attributes", std::string("expected an object, found ") + value->type_name() +
                                "; all of them were dropped");
      return;
    }
    for (const auto& [name, item] : value->items()) {
      if (item.is_null()) continue;
      std::string text = in_one_line(text_of(item, "attributes", ", "));
      if (!text.empty()) attributes.emplace_back(name, std::move(text));
    }
  }

  // A value that cannot be read is taken for a wish to opt out, because the other mistake would
  // change a title that its merchant wants untouched.
  bool opt_out() {
    const Json* value = member("opt_out");
    if (!value || is_empty_text(*value)) return false;
    if (const std::optional<bool> says = read_flag(*value)) return *says;
    notes_.add("opt_out: expected true or false; true was taken, to be on the safe side");
    return true;
  }

  // Which member of this ad was probably meant by a missing one: " (\"Titel\" is there ...)".
  std::string suggestion(const std::string& missing) const {
    size_t looked_at = 0;
    for (const auto& [name, value] : json_.items()) {
      if (++looked_at > FeedNotes::kMostUnknownNames) break;
      if (probably_meant(name, kFields) == missing) {
        return "; the field \"" + reportable(name) + "\" is probably meant to be \"" + missing +
               "\"";
      }
    }
    return "";
  }

  void look_for_misspelt_fields() {
    size_t looked_at = 0;
    for (const auto& [name, value] : json_.items()) {
      if (std::ranges::find(kFields, name) != kFields.end()) continue;
      if (++looked_at > FeedNotes::kMostUnknownNames) break;
      notes_.look_at_unknown_field(name, kFields);
    }
  }

  const Json& json_;
  FeedNotes& notes_;
  const TextForm form_;
};

}  // namespace

const char* match_name(BidMatch match) { return kMatches[static_cast<size_t>(match)]; }

std::optional<double> read_amount(const Json& value) {
  std::optional<double> number;
  if (value.is_number()) {
    number = value.get<double>();
  } else if (value.is_string()) {
    const std::optional<Amount> read = parse_amount(value.get_ref<const std::string&>());
    if (read) number = read->value;
  }
  const bool is_valid = number && *number >= 0 && *number <= BARKER_MAX_NUMBER;
  return is_valid ? number : std::nullopt;
}

std::optional<bool> read_flag(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_string() && !value.is_number()) return std::nullopt;
  const std::string text =
      ascii_lower_case(value.is_string() ? value.get<std::string>() : value.dump());
  for (const char* yes : {"true", "1", "yes", "y", "on"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"false", "0", "no", "n", "off"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

Result<CatalogueAd> read_ad(const Json& json, FeedNotes& notes, TextForm form) {
  if (!json.is_object()) {
    return bad_data(std::string("line: expected a JSON object, found ") + json.type_name());
  }
  try {
    return AdReader(json, notes, form).read();
  } catch (const Wrong& wrong) {
    return bad_data(wrong.reason);
  }
}

}  // namespace barker
