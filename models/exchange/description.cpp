#include "models/exchange/description.h"

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <sstream>

#include "models/base/plain_number.h"
#include "models/base/toml_readers.h"
#include "models/weights/format.h"

namespace barker {
namespace {

constexpr uint64_t kAnyInteger = INT64_MAX;
constexpr double kLargest = 1e30;
constexpr double kLeastScale = 1e-6;  // one that is not positive would turn the order around

template <typename T>
Reader integer_of(T& out, uint64_t low, uint64_t high) {
  return integer(low, high, [&out](uint64_t value) { out = static_cast<T>(value); });
}

Reader float_of(float& out, double low, double high) {
  return number(low, high, [&out](double value) { out = static_cast<float>(value); });
}

// Of a metric, which may be nan where nothing could be measured.
Reader measured(double& out) {
  return [&out](const toml::node& node) -> Status {
    if (!node.is_number()) return wrong(node, "a number");
    out = *node.value<double>();
    return {};
  };
}

Reader layers(std::vector<uint32_t>& out) {
  return [&out](const toml::node& node) -> Status {
    const toml::array* const array = node.as_array();
    if (!array) return wrong(node, "an array of sizes");
    for (const toml::node& size : *array) {
      uint32_t& layer = out.emplace_back();
      if (Status s = integer_of(layer, 1, kMaxLayerSize)(size); !s.ok()) return s;
    }
    return {};
  };
}

// An array of tables, each of which `read` takes.
Reader tables(std::function<Status(const toml::table&, const std::string& prefix)> read) {
  return [read](const toml::node& node) -> Status {
    const toml::array* const array = node.as_array();
    if (!array) return wrong(node, "an array of tables, each written as [[name]]");
    size_t number = 0;
    for (const toml::node& item : *array) {
      const std::string prefix = std::to_string(++number) + ".";
      if (!item.is_table()) return wrong(item, "a table");
      if (Status s = read(*item.as_table(), prefix); !s.ok()) return s;
    }
    return {};
  };
}

// `lines`: where the groups that were read stand, by name.
Status read_group(const toml::table& table, const std::string& prefix,
                  std::map<std::string, size_t>& lines, ArchitectureSpec& a) {
  GroupSpec group;
  std::optional<bool> keywords;
  bool said = false;
  const Reader read_keywords = [&](const toml::node& node) -> Status {
    Status s = boolean(said)(node);
    keywords = said;
    return s;
  };
  if (Status s =
          read_table(table, prefix,
                     {{{prefix + "name", text(group.name)},
                       {prefix + "keywords", read_keywords},
                       {prefix + "max_tokens", integer_of(group.max_tokens, 0, UINT32_MAX)},
                       {prefix + "hash_buckets", integer_of(group.hash_buckets, 0, kMaxRows)}}});
      !s.ok()) {
    return s;
  }
  if (group.name.empty())
    return invalid_argument(place_of(table, prefix + "name") + "expected a name");
  const auto [first, is_new] = lines.emplace(group.name, table.source().begin.line);
  if (!is_new) {
    return invalid_argument(place_of(table, prefix + "name") + "the group \"" + group.name +
                            "\" stands in line " + std::to_string(first->second) + " already");
  }
  group.keywords = keywords.value_or(holds_keywords(group_source(group.name)));
  a.groups.push_back(std::move(group));
  return {};
}

Status read_metric(const toml::table& table, const std::string& prefix, CardSpec& card) {
  MetricSpec& metric = card.metrics.emplace_back();
  return read_table(table, prefix,
                    {{{prefix + "name", text(metric.name)},
                      {prefix + "value", measured(metric.value)},
                      {prefix + "low", measured(metric.low)},
                      {prefix + "high", measured(metric.high)}}});
}

Status read_note(const toml::table& table, const std::string& prefix, CardSpec& card) {
  auto& [key, value] = card.notes.emplace_back();
  return read_table(table, prefix,
                    {{{prefix + "key", text(key)}, {prefix + "value", text(value)}}});
}

std::string quoted(const std::string& value) {
  std::ostringstream out;
  out << toml::value<std::string>(value);
  return out.str();
}

std::string list_of(const std::vector<uint32_t>& sizes) {
  std::string out;
  for (const uint32_t size : sizes) out += (out.empty() ? "" : ", ") + std::to_string(size);
  return "[" + out + "]";
}

// TOML tells integers from numbers by the point.
std::string float_text(auto value) {
  std::string out = plain_number_text(value);
  return std::isfinite(value) && out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
}

}  // namespace

Status read_description(std::string_view toml, ModelSpec& model) {
  const Result<toml::table> table = parse_toml(toml);
  if (!table.ok()) return table.status();
  ArchitectureSpec& a = model.architecture;
  CardSpec& card = model.card;
  uint64_t created = 0;
  std::map<std::string, size_t> group_lines;
  const Readers readers = {
      {{"name", text(card.name)},
       {"version", text(card.version)},
       {"model", text(card.model)},
       {"created", integer_of(created, 0, kAnyInteger)},
       {"data_digest", text(card.data_digest)},
       {"dim", integer_of(a.dim, 1, kMaxDim)},
       {"hidden", layers(a.hidden)},
       {"keywords", integer_of(model.keyword_rows, 1, kMaxRows)},
       {"golden_tolerance", float_of(model.golden_tolerance, 0, kMaxGoldenTolerance)},
       {"group", tables([&](const toml::table& t, const std::string& prefix) {
          return read_group(t, prefix, group_lines, a);
        })},
       {"metric", tables([&card](const toml::table& t, const std::string& prefix) {
          return read_metric(t, prefix, card);
        })},
       {"note", tables([&card](const toml::table& t, const std::string& prefix) {
          return read_note(t, prefix, card);
        })},
       {"attention.dim", integer_of(a.attention_dim, 1, kMaxLayerSize)},
       {"attention.user", text(a.attention_user_group)},
       {"attention.query", text(a.attention_query_group)},
       {"dot.dim", integer_of(a.dot_dim, 1, kMaxLayerSize)},
       {"dot.hidden", layers(a.dot_hidden)},
       {"history_match", boolean(a.history_match)},
       {"match_inputs", boolean(a.match_inputs)},
       {"calibration.main_scale", float_of(a.main_scale, kLeastScale, kLargest)},
       {"calibration.main_offset", float_of(a.main_offset, -kLargest, kLargest)},
       {"calibration.aux_scale", float_of(a.aux_scale, kLeastScale, kLargest)},
       {"calibration.aux_offset", float_of(a.aux_offset, -kLargest, kLargest)}}};
  if (Status s = read_table(*table, "", readers); !s.ok()) return s;
  card.created = static_cast<int64_t>(created);
  a.has_auxiliary = a.attention_dim > 0;
  for (const char* key : {"name", "version", "model", "dim", "group"}) {
    if (!table->contains(key)) {
      return invalid_argument(std::string("no key \"") + key + "\", which every model has");
    }
  }
  if (table->contains("attention") && !a.has_auxiliary) {
    return invalid_argument("no key \"attention.dim\", which an attention has");
  }
  if (table->contains("dot") && a.dot_dim == 0) {
    return invalid_argument("no key \"dot.dim\", which a dot product has");
  }
  if (a.match_inputs && a.hidden.empty()) {
    return invalid_argument("match_inputs: there is no hidden layer that they could go into");
  }
  return {};
}

std::string write_description(const ModelSpec& model) {
  const ArchitectureSpec& a = model.architecture;
  const CardSpec& card = model.card;
  std::string out =
      "name = " + quoted(card.name) + "\nversion = " + quoted(card.version) +
      "\nmodel = " + quoted(card.model) + "\ncreated = " + std::to_string(card.created) +
      "\ndata_digest = " + quoted(card.data_digest) + "\ndim = " + std::to_string(a.dim) +
      "\nhidden = " + list_of(a.hidden) + "\nkeywords = " + std::to_string(model.keyword_rows) +
      "\ngolden_tolerance = " + float_text(model.golden_tolerance) + "\n";
  if (a.history_match) out += "history_match = true\n";
  if (a.match_inputs) out += "match_inputs = true\n";
  for (const GroupSpec& group : a.groups) {
    out += "\n[[group]]\nname = " + quoted(group.name) +
           "\nkeywords = " + (group.keywords ? "true" : "false") +
           "\nmax_tokens = " + std::to_string(group.max_tokens) +
           "\nhash_buckets = " + std::to_string(group.hash_buckets) + "\n";
  }
  if (a.has_auxiliary) {
    out += "\n[attention]\ndim = " + std::to_string(a.attention_dim) +
           "\nuser = " + quoted(a.attention_user_group) +
           "\nquery = " + quoted(a.attention_query_group) + "\n";
  }
  if (a.dot_dim > 0) {
    out += "\n[dot]\ndim = " + std::to_string(a.dot_dim) + "\nhidden = " + list_of(a.dot_hidden) +
           "\n";
  }
  out += "\n[calibration]\nmain_scale = " + float_text(a.main_scale) +
         "\nmain_offset = " + float_text(a.main_offset) +
         "\naux_scale = " + float_text(a.aux_scale) + "\naux_offset = " + float_text(a.aux_offset) +
         "\n";
  for (const MetricSpec& metric : card.metrics) {
    out += "\n[[metric]]\nname = " + quoted(metric.name) + "\nvalue = " + float_text(metric.value) +
           "\nlow = " + float_text(metric.low) + "\nhigh = " + float_text(metric.high) + "\n";
  }
  for (const auto& [key, value] : card.notes) {
    out += "\n[[note]]\nkey = " + quoted(key) + "\nvalue = " + quoted(value) + "\n";
  }
  return out;
}

}  // namespace barker
