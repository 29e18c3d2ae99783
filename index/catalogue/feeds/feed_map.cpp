#include "index/catalogue/feeds/feed_map.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "index/catalogue/catalogue.h"
#include "index/catalogue/feeds/product_rows.h"
#include "index/catalogue/wrong_format.h"
#include "models/base/file_bytes.h"
#include "models/base/input_file.h"
#include "models/base/toml_text.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::json;

const std::vector<std::string_view> kMapFields = {
    "id",       "group",  "title",      "description",  "brand",          "category",
    "merchant", "price",  "sale_price", "availability", "selling_points", "bid_terms",
    "bid",      "labels", "tags"};

Status wrong_map(const std::string& path, const std::string& why) {
  return {Code::kBadConfiguration, path + ": " + why};
}

Status read_table(const std::string& path, const toml::table& table,
                  std::vector<std::pair<std::string, std::string>>& out) {
  for (const auto& [key, value] : table) {
    const auto text = value.value<std::string>();
    if (!text || text->empty()) {
      return wrong_map(path, std::string(key.str()) + ": expected a path, such as \"name.en\"");
    }
    out.emplace_back(std::string(key.str()), *text);
  }
  return {};
}

std::string suggestion(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string_view meant = probably_meant(name, known);
  if (!meant.empty()) return "; did you mean \"" + std::string(meant) + "\"?";
  std::string text = "; there are";
  for (const std::string_view field : known) text.append(" ").append(field);
  return text;
}

const Json* at_path(const Json& json, std::string_view path) {
  const Json* at = &json;
  while (at) {
    const size_t end = std::min(path.find('.'), path.size());
    const std::string_view name = path.substr(0, end);
    if (at->is_object()) {
      const auto found = at->find(std::string(name));
      at = found == at->end() ? nullptr : &*found;
    } else if (at->is_array()) {
      size_t index = 0;
      const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), index);
      const bool number = error == std::errc() && rest == name.data() + name.size();
      at = number && index < at->size() ? &(*at)[index] : nullptr;
    } else {
      at = nullptr;
    }
    if (end == path.size()) break;
    path.remove_prefix(end + 1);
  }
  return at;
}

void add_value(const std::string& path, const Json& value, FeedNotes& notes, FeedRow& row) {
  if (value.is_null()) return;
  if (value.is_array()) {
    for (const Json& item : value) {
      if (item.is_structured()) {
        ++notes.values_dropped;
        notes.add(path + ": expected texts in the list; the item was dropped");
      } else {
        add_value(path, item, notes, row);
      }
    }
  } else if (value.is_object()) {
    ++notes.values_dropped;
    notes.add(path + ": expected a text, found object; the value was dropped");
  } else {
    row.fields.emplace_back(path, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

// The paths of a map that no line had so far.
class MissingPaths {
 public:
  explicit MissingPaths(const FeedMap& map) {
    for (const auto& [field, path] : map.fields) add("fields." + field, path);
    for (const auto& [name, path] : map.attributes) add("attributes." + name, path);
  }

  void look_at(const Json& json) {
    std::erase_if(missing_, [&](const auto& entry) { return at_path(json, entry.second); });
    if (!missing_.empty() && names_.empty() && json.is_object()) {
      for (const auto& [name, value] : json.items()) names_.push_back(name);
    }
  }

  // Most likely a path is misspelt, so a name of the first line that resembles it is given.
  void note(FeedNotes& notes) const {
    const std::vector<std::string_view> names(names_.begin(), names_.end());
    for (const auto& [field, path] : missing_) {
      const std::string_view meant = probably_meant(path, names);
      notes.add(field + ": no line has \"" + path + "\"" +
                (meant.empty() ? "" : "; did you mean \"" + std::string(meant) + "\"?"));
    }
  }

 private:
  void add(const std::string& field, const std::string& path) {
    missing_.emplace_back(field, path);
  }

  std::vector<std::pair<std::string, std::string>> missing_;  // field or attribute, path
  std::vector<std::string> names_;                            // of the first line
};

}  // namespace

Result<FeedMap> FeedMap::load(const std::string& path) {
  constexpr size_t kLargestMap = 1u << 20;  // bytes
  Result<std::string> text = read_small_file(path, kLargestMap);
  if (!text.ok()) return text.status();
  Result<toml::table> parsed = parse_toml(*text);
  if (!parsed.ok()) return wrong_map(path, parsed.status().message());
  FeedMap map;
  for (const auto& [key, value] : *parsed) {
    const std::string_view name = key.str();
    if (name == "format") {
      const std::string format = value.value_or<std::string>("");
      if (format != "jsonl" && format != "csv") {
        return wrong_map(path, "format: expected \"jsonl\" or \"csv\"");
      }
      map.csv = format == "csv";
    } else if ((name == "fields" || name == "attributes") && value.is_table()) {
      auto& into = name == "fields" ? map.fields : map.attributes;
      if (Status s = read_table(path, *value.as_table(), into); !s.ok()) return s;
    } else {
      return wrong_map(path, "\"" + visible(name) + "\" is not known" +
                                 suggestion(name, {"format", "fields", "attributes"}));
    }
  }
  bool id = false, title = false;
  for (const auto& [field, where] : map.fields) {
    id |= field == "id";
    title |= field == "title";
    if (std::ranges::find(kMapFields, field) == kMapFields.end()) {
      return wrong_map(
          path, "fields." + visible(field) + " is not known" + suggestion(field, kMapFields));
    }
  }
  if (!id) return wrong_map(path, "fields.id is missing");
  if (!title) return wrong_map(path, "fields.title is missing");
  return map;
}

FeedProduct mapped_product(const FeedMap& map, const FeedRow& row, FeedNotes& notes) {
  FeedProduct product;
  product.line = row.line;
  const auto texts = [&](const std::string& path, char separator) {
    std::vector<std::string> all;
    const std::string name = map.csv ? field_name(path) : path;
    for (const auto& [field, value] : row.fields) {
      if (field != name) continue;
      for (const std::string& part : list_of(value, separator)) {
        if (std::string text = plain_text(part, notes); !text.empty()) all.push_back(text);
      }
    }
    return all;
  };
  const auto text = [&](const std::string& path, const char* joiner) {
    const std::string name = map.csv ? field_name(path) : path;
    std::string joined;
    for (const auto& [field, value] : row.fields) {
      if (field != name) continue;
      if (!joined.empty()) joined += joiner;
      joined += plain_text(value, notes);
    }
    return joined;
  };
  for (const auto& [field, path] : map.fields) {
    if (field == "id") product.id = text(path, " ");
    if (field == "group") product.group = text(path, " ");
    if (field == "title") product.title = text(path, " ");
    if (field == "description") product.description = text(path, " ");
    if (field == "brand") product.brand = text(path, ", ");
    if (field == "category") product.category = text(path, " > ");
    if (field == "merchant") product.merchant = text(path, ", ");
    if (field == "price") product.price = text(path, " ");
    if (field == "sale_price") product.sale_price = text(path, " ");
    if (field == "availability") product.availability = availability_of(text(path, " "));
    if (field == "selling_points") product.highlights = texts(path, ';');
    if (field == "bid_terms") product.bid_terms = texts(path, ',');
    if (field == "bid") product.bid = text(path, " ");
    if (field == "labels") product.labels = texts(path, ',');
    if (field == "tags") product.tags = texts(path, ',');
  }
  for (const auto& [name, path] : map.attributes) {
    if (std::string value = text(path, ", "); !value.empty()) {
      product.attributes.emplace_back(name, std::move(value));
    }
  }
  return product;
}

Status read_mapped_lines(const std::string& path, const FeedMap& map, FeedNotes& notes,
                         BadLines& bad, const TakeRow& take) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  MissingPaths missing(map);
  std::string_view line;
  uint64_t first_object = 0;  // its line
  bool first = true;
  while (lines->next(line)) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    FeedRow row;
    row.line = lines->number();
    notes.set_line(row.line);
    const Json json = Json::parse(notes.valid_utf8(line), nullptr, false);
    if (std::exchange(first, false) && !json.is_object()) {
      const std::string wrong = wrong_format(line, path);
      if (!wrong.empty()) return bad_data(input_name(path) + ": " + wrong);
    }
    if (!json.is_object()) {
      bad.add(row.line, json.is_discarded() ? "not JSON" : "expected a JSON object");
      continue;
    }
    missing.look_at(json);
    if (first_object == 0) first_object = row.line;
    for (const auto* paths : {&map.fields, &map.attributes}) {
      for (const auto& [name, path_in_feed] : *paths) {
        const std::string& where = path_in_feed;  // clang 14 lets no lambda capture a binding
        const auto same = [&](const auto& field) { return field.first == where; };
        if (std::ranges::any_of(row.fields, same)) continue;  // two fields of ours name one path
        if (const Json* value = at_path(json, where)) add_value(where, *value, notes, row);
      }
    }
    if (Status s = take(row); !s.ok()) return s;
  }
  if (first_object > 0) {
    notes.set_line(first_object);
    missing.note(notes);
  }
  return lines->status();
}

}  // namespace barker
