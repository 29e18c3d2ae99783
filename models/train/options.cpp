#include "models/train/options.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "models/base/plain_number.h"
#include "models/base/toml_text.h"

namespace barker {
namespace {

template <typename Enum>
struct EnumName {
  Enum value;
  const char* name;
};

constexpr EnumName<Schedule> kSchedules[] = {{Schedule::kAlternate, "alternate"},
                                             {Schedule::kPretrain, "pretrain"},
                                             {Schedule::kJoint, "joint"}};
constexpr EnumName<DotHead> kDotHeads[] = {
    {DotHead::kNone, "none"}, {DotHead::kAdded, "added"}, {DotHead::kAlone, "alone"}};
constexpr EnumName<PropensityUse> kPropensityUses[] = {{PropensityUse::kNone, "none"},
                                                       {PropensityUse::kInverse, "ipw"}};
constexpr EnumName<Initialisation> kInitialisations[] = {{Initialisation::kSvd, "svd"},
                                                         {Initialisation::kNoise, "noise"}};

// The text of an option that is a half-life (half_life.h). One that counts in the unit of the log's
// clock may also be written as a number.
template <typename Text>
struct HalfLifeText {
  Text& text;
};
template <typename Text>
HalfLifeText(Text&) -> HalfLifeText<Text>;

// The one list of all options, for reading and for writing: calls visit(section, key, field) for
// each.
template <typename Options, typename Visit>
void for_each_option(Options& o, Visit&& visit) {
  auto& m = o.model;
  HalfLifeText recency{o.recency_half_life}, trend{o.trend_half_life};
  visit("model", "name", m.name);
  visit("model", "groups", m.groups);
  visit("model", "user_id", m.user_id);
  visit("model", "user_id_buckets", m.user_id_buckets);
  visit("model", "dim", m.dim);
  visit("model", "hidden", m.hidden);
  visit("model", "dot", m.dot);
  visit("model", "dot_dim", m.dot_dim);
  visit("model", "dot_hidden", m.dot_hidden);
  visit("model", "history_length", m.history_length);
  visit("model", "exact_match", m.exact_match);
  visit("model", "match_inputs", m.match_inputs);
  visit("train", "schedule", o.schedule);
  visit("train", "k", o.k);
  visit("train", "learning_rate", o.learning_rate);
  visit("train", "finetune_rate", o.finetune_rate);
  visit("train", "decay", o.decay);
  visit("train", "embedding_l2", o.embedding_l2);
  visit("train", "dropout", o.dropout);
  visit("train", "history_dropout", o.history_dropout);
  visit("train", "user_id_dropout", o.user_id_dropout);
  visit("train", "batch_searches", o.batch_searches);
  visit("train", "max_epochs", o.max_epochs);
  visit("train", "patience", o.patience);
  visit("train", "seed", o.seed);
  visit("train", "threads", o.threads);
  visit("train", "init", o.init);
  visit("train", "init_deviation", o.init_deviation);
  visit("train", "position_correction", o.position_correction);
  visit("train", "propensity", o.propensity);
  visit("train", "propensity_floor", o.propensity_floor);
  visit("train", "recency_half_life", recency);
  visit("train", "attribution", o.attribution);
  visit("train", "examination", o.examination);
  visit("cool_down", "epochs", o.cool_down.epochs);
  visit("cool_down", "rate", o.cool_down.rate);
  visit("increment", "past", o.increment.past);
  visit("increment", "epochs", o.increment.epochs);
  visit("increment", "learning_rate", o.increment.learning_rate);
  visit("freeze", "calibrate", o.calibrate);
  visit("freeze", "trend_half_life", trend);
  visit("freeze", "main_negatives_kept", o.main_negatives_kept);
  visit("freeze", "aux_negatives_kept", o.aux_negatives_kept);
}

class Reader {
 public:
  explicit Reader(const toml::table& root) : root_(root) {}

  template <typename T>
  void operator()(const char* section, const char* key, T& field) {
    const toml::node* node = root_.at_path(std::string(section) + "." + key).node();
    if (!node || !status_.ok()) return;
    if (!read(*node, field)) {
      status_ = invalid_argument("line " + std::to_string(node->source().begin.line) + ": " +
                                 section + "." + key + ": " + expected(field));
    }
  }

  Status finish() {
    for (const auto& [section, node] : root_) {
      const toml::table* table = node.as_table();
      if (!table) {
        unknown(std::string(section.str()), node);
        continue;
      }
      for (const auto& [key, value] : *table) {
        const std::string name = std::string(section.str()) + "." + std::string(key.str());
        bool known = false;
        TrainOptions defaults;
        for_each_option(defaults, [&](const char* s, const char* k, auto&) {
          known = known || name == std::string(s) + "." + k;
        });
        if (!known) unknown(name, value);
      }
    }
    return status_;
  }

 private:
  void unknown(const std::string& name, const toml::node& node) {
    if (!status_.ok()) return;
    status_ = invalid_argument("line " + std::to_string(node.source().begin.line) + ": " + name +
                               ": no such option");
  }

  static bool read(const toml::node& node, bool& field) {
    return assign(node.value<bool>(), field);
  }
  static bool read(const toml::node& node, double& field) {
    return assign(node.value<double>(), field) && std::isfinite(field);
  }
  static bool read(const toml::node& node, std::string& field) {
    return assign(node.value<std::string>(), field);
  }
  static bool read(const toml::node& node, HalfLifeText<std::string>& field) {
    if (node.is_integer()) {
      field.text = std::to_string(*node.value<int64_t>());
    } else if (node.is_floating_point()) {
      field.text = plain_number_text(*node.value<double>());
    } else {
      return read(node, field.text);
    }
    return true;
  }
  template <typename T>
  static bool read_integer(const toml::node& node, T& field) {
    const auto value = node.is_integer() ? node.value<int64_t>() : std::nullopt;
    if (!value || *value < 0) return false;
    if (static_cast<uint64_t>(*value) > static_cast<uint64_t>(std::numeric_limits<T>::max())) {
      return false;
    }
    field = static_cast<T>(*value);
    return true;
  }
  static bool read(const toml::node& node, uint32_t& field) { return read_integer(node, field); }
  static bool read(const toml::node& node, uint64_t& field) { return read_integer(node, field); }
  static bool read(const toml::node& node, int& field) { return read_integer(node, field); }
  template <typename T>
  static bool read(const toml::node& node, std::vector<T>& field) {
    const toml::array* array = node.as_array();
    if (!array) return false;
    std::vector<T> values;
    for (const toml::node& item : *array) {
      T value{};
      if (!read(item, value)) return false;
      values.push_back(std::move(value));
    }
    field = std::move(values);
    return true;
  }
  template <typename Enum, size_t N>
  static bool read_enum(const toml::node& node, const EnumName<Enum> (&names)[N], Enum& field) {
    const auto text = node.value<std::string>();
    for (const auto& [value, name] : names) {
      if (text && *text == name) {
        field = value;
        return true;
      }
    }
    return false;
  }
  static bool read(const toml::node& node, Schedule& f) { return read_enum(node, kSchedules, f); }
  static bool read(const toml::node& node, DotHead& f) { return read_enum(node, kDotHeads, f); }
  static bool read(const toml::node& node, PropensityUse& f) {
    return read_enum(node, kPropensityUses, f);
  }
  static bool read(const toml::node& node, Initialisation& f) {
    return read_enum(node, kInitialisations, f);
  }

  template <typename T>
  static bool assign(const std::optional<T>& value, T& field) {
    if (value) field = *value;
    return value.has_value();
  }

  static std::string expected(bool) { return "expected true or false"; }
  static std::string expected(double) { return "expected a number"; }
  static std::string expected(const std::string&) { return "expected a string"; }
  static std::string expected(const HalfLifeText<std::string>&) {
    return "expected a time such as \"30d\", or a number in the unit of the log's clock";
  }
  static std::string expected(uint32_t) { return "expected an integer from 0 to 4294967295"; }
  static std::string expected(uint64_t) { return "expected an integer, not negative"; }
  static std::string expected(int) { return "expected an integer, not negative"; }
  static std::string expected(Schedule) { return R"(expected "alternate", "pretrain" or "joint")"; }
  static std::string expected(DotHead) { return R"(expected "none", "added" or "alone")"; }
  static std::string expected(PropensityUse) { return R"(expected "none" or "ipw")"; }
  static std::string expected(Initialisation) { return R"(expected "svd" or "noise")"; }
  static std::string expected(const std::vector<std::string>&) {
    return "expected a list of strings";
  }
  static std::string expected(const std::vector<uint32_t>&) {
    return "expected a list of integers";
  }

  const toml::table& root_;
  Status status_;
};

class Printer {
 public:
  template <typename T>
  void operator()(const char* section, const char* key, const T& field) {
    if (section_ != section) out_ += std::string(out_.empty() ? "" : "\n") + "[" + section + "]\n";
    section_ = section;
    out_ += std::string(key) + " = ";
    print(field);
    out_ += "\n";
  }
  const std::string& text() const { return out_; }

 private:
  void print(bool value) { out_ += value ? "true" : "false"; }
  void print(double value) { out_ += plain_number_text(value); }
  void print(uint32_t value) { out_ += std::to_string(value); }
  void print(uint64_t value) { out_ += std::to_string(value); }
  void print(int value) { out_ += std::to_string(value); }
  void print(const std::string& value) {
    std::ostringstream quoted;
    quoted << toml::value<std::string>(value);
    out_ += quoted.str();
  }
  template <typename Text>
  void print(const HalfLifeText<Text>& value) {
    print(value.text);
  }
  template <typename T>
  void print(const std::vector<T>& values) {
    out_ += "[";
    for (size_t i = 0; i < values.size(); ++i) {
      out_ += i ? ", " : "";
      print(values[i]);
    }
    out_ += "]";
  }
  template <typename Enum, size_t N>
  void print_enum(const EnumName<Enum> (&names)[N], Enum value) {
    for (const auto& [known, name] : names) {
      if (known == value) out_ += '"' + std::string(name) + '"';
    }
  }
  void print(Schedule value) { print_enum(kSchedules, value); }
  void print(DotHead value) { print_enum(kDotHeads, value); }
  void print(PropensityUse value) { print_enum(kPropensityUses, value); }
  void print(Initialisation value) { print_enum(kInitialisations, value); }

  std::string section_;
  std::string out_;
};

}  // namespace

Status read_options(std::string_view toml_text, TrainOptions& options) {
  const Result<toml::table> parsed = parse_toml(toml_text);
  if (!parsed.ok()) return parsed.status();
  TrainOptions read = options;
  Reader reader(*parsed);
  for_each_option(read, reader);
  if (Status s = reader.finish(); !s.ok()) return s;
  if (Status s = check_options(read); !s.ok()) return s;
  options = std::move(read);
  return {};
}

std::string options_to_toml(const TrainOptions& options) {
  Printer printer;
  for_each_option(options, printer);
  return printer.text();
}

}  // namespace barker
