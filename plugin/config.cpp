#include "plugin/config.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "models/base/number_text.h"
#include "models/base/toml_text.h"
#include "plugin/barker.h"

namespace barker {
namespace {

using Reader = std::function<Status(const toml::node&)>;
// Reads a table, whose keys have the prefix before their names in messages.
using TableReader = std::function<Status(const toml::table&, const std::string& prefix)>;

struct Readers {
  std::map<std::string, Reader> keys;
  std::map<std::string, TableReader> tables;  // those whose keys are names of the user's choice
};

Status wrong(const toml::node& node, const std::string& expected) {
  return invalid_argument(
      "expected " + expected + ", found " +
      std::string(toml::impl::node_type_friendly_names[static_cast<size_t>(node.type())]));
}

constexpr uint64_t kWidest = 100'000;  // columns

Reader boolean(bool& out) {
  return [&out](const toml::node& node) -> Status {
    if (!node.is_boolean()) return wrong(node, "true or false");
    out = *node.value<bool>();
    return {};
  };
}

Reader text(std::string& out) {
  return [&out](const toml::node& node) -> Status {
    if (!node.is_string()) return wrong(node, "a string");
    out = *node.value<std::string>();
    return {};
  };
}

Reader integer(uint64_t low, uint64_t high, std::function<void(uint64_t)> set) {
  return [=](const toml::node& node) -> Status {
    const std::string range =
        "an integer from " + std::to_string(low) + " to " + std::to_string(high);
    if (!node.is_integer()) return wrong(node, range);
    const int64_t value = *node.value<int64_t>();
    if (value < 0 || static_cast<uint64_t>(value) < low || static_cast<uint64_t>(value) > high) {
      return invalid_argument("expected " + range + ", found " + std::to_string(value));
    }
    set(static_cast<uint64_t>(value));
    return {};
  };
}

Reader number(double low, double high, std::function<void(double)> set) {
  return [=](const toml::node& node) -> Status {
    if (!node.is_number()) return wrong(node, "a number");
    const double value = *node.value<double>();
    if (!(value >= low && value <= high)) {
      return invalid_argument("expected a number from " + number_text(low) + " to " +
                              number_text(high) + ", found " + number_text(value));
    }
    set(value);
    return {};
  };
}

Reader feed_mode(FeedMode& out) {
  return [&out](const toml::node& node) -> Status {
    const std::string name = node.value<std::string>().value_or("");
    constexpr std::pair<const char*, FeedMode> kModes[] = {
        {"off", FeedMode::kOff}, {"warn", FeedMode::kWarn}, {"fix", FeedMode::kFix}};
    for (const auto& [mode, value] : kModes) {
      if (name != mode) continue;
      out = value;
      return {};
    }
    if (!node.is_string()) return wrong(node, "\"off\", \"warn\" or \"fix\"");
    return invalid_argument("expected off, warn or fix, found \"" + name + "\"");
  };
}

Reader spellings(FeedRules& out) {
  return [&out](const toml::node& node) -> Status {
    const toml::array* list = node.as_array();
    if (!list) return wrong(node, "a list of words");
    for (const toml::node& entry : *list) {
      const std::string word = entry.value<std::string>().value_or("");
      if (word.empty() || word.find(' ') != word.npos) {
        return invalid_argument("expected words without spaces, found " +
                                (entry.is_string() ? "\"" + word + "\"" : "another value"));
      }
      out.add_spelling(word);
    }
    return {};
  };
}

Reader keys(std::vector<PublicKey>& out) {
  return [&out](const toml::node& node) -> Status {
    const toml::array* list = node.as_array();
    if (!list) return wrong(node, "a list of public keys");
    for (const toml::node& entry : *list) {
      if (!entry.is_string()) return wrong(entry, "a public key in quotes");
      const Result<PublicKey> key = parse_public_key(*entry.value<std::string>());
      if (!key.ok()) return key.status();
      out.push_back(*key);
    }
    return {};
  };
}

// The choice that a name stands for.
template <typename T>
Status one_of(const std::string& key, const std::string& name,
              std::initializer_list<std::pair<const char*, T>> choices, T& out) {
  std::string known;
  for (const auto& [choice, value] : choices) {
    if (name == choice) {
      out = value;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string(choice);
  }
  return invalid_argument(key + ": expected one of " + known + ", found \"" + name + "\"");
}

std::string place_of(const toml::node& node, const std::string& name) {
  return "line " + std::to_string(node.source().begin.line) + ": " + name + ": ";
}

Status read_table(const toml::table& table, const std::string& prefix, const Readers& readers) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const std::string where = place_of(node, name);
    if (const auto reader = readers.tables.find(name); reader != readers.tables.end()) {
      const toml::table* const named = node.as_table();
      if (!named) return invalid_argument(where + wrong(node, "a table").message());
      if (Status s = reader->second(*named, name + "."); !s.ok()) return s;
      continue;
    }
    if (node.is_table() && !readers.keys.contains(name)) {
      bool known = false;
      for (const auto& [reader, unused] : readers.keys) known |= reader.starts_with(name + ".");
      if (!known) return invalid_argument(where + "no such table");
      if (Status s = read_table(*node.as_table(), name + ".", readers); !s.ok()) return s;
      continue;
    }
    const auto reader = readers.keys.find(name);
    if (reader == readers.keys.end()) return invalid_argument(where + "no such key");
    if (Status s = reader->second(node); !s.ok()) return invalid_argument(where + s.message());
  }
  return {};
}

// A configuration while it is read, with the words that still stand for choices.
struct Draft {
  Config config;
  std::string duplicates = "skip", format = "html", direction = "ltr", numbers = "file",
              memory = "auto";
  std::string separator = config.title.separator.text(), ellipsis = config.title.ellipsis.text();
  double minimum_score = 0;
  struct GivenProfile {
    std::string name;
    std::optional<uint64_t> max_width, selling_points;
  };
  std::vector<GivenProfile> profiles;
  FeedRules feed;

  Readers readers();
  Status read_profiles(const toml::table& table, const std::string& prefix);
  void choose_profiles();
  Status choose_format(const toml::table& table);
  Status choose();
};

Readers Draft::readers() {
  constexpr double kLargest = 1e3;
  constexpr double kLargestExponent = 10;  // two BARKER_MAX_NUMBERs to it still make a finite score
  Config& c = config;
  Readers readers;
  readers.tables["title.profile"] = [this](const toml::table& table, const std::string& prefix) {
    return read_profiles(table, prefix);
  };
  readers.keys = {
      {"enabled", boolean(c.enabled)},
      {"isa", text(c.isa)},
      {"window", integer(1, 10'000, [&c](uint64_t v) { c.window = v; })},
      {"numbers", text(numbers)},
      {"memory", text(memory)},
      {"shared_directory", boolean(c.load.shared_directory)},
      {"trusted_keys", keys(c.load.trusted_keys)},
      {"latency_gate", number(0, kLargest, [&c](double v) { c.latency_gate = v; })},
      {"canary.served", number(0, 1, [&c](double v) { c.canary_served = v; })},
      {"canary.compared", number(0, 1, [&c](double v) { c.canary_compared = v; })},
      {"canary.salt", text(c.canary_salt)},
      {"order.bid", number(0, kLargestExponent, [&c](double v) { c.order.bid = v; })},
      {"order.pctr", number(0, kLargestExponent, [&c](double v) { c.order.pctr = v; })},
      {"order.first_pass", number(0, kLargestExponent, [&c](double v) { c.order.first_pass = v; })},
      {"selling_points.count",
       integer(0, BARKER_MAX_SELLING_POINTS,
               [&c](uint64_t v) { c.choose.count = static_cast<uint32_t>(v); })},
      {"selling_points.minimum_score", number(0, 1, [this](double v) { minimum_score = v; })},
      {"selling_points.maximum_cosine",
       number(-1, 1, [&c](double v) { c.choose.maximum_cosine = static_cast<float>(v); })},
      {"selling_points.duplicates", text(duplicates)},
      {"title.format", text(format)},
      {"title.direction", text(direction)},
      {"title.open", text(c.title.open)},
      {"title.close", text(c.title.close)},
      {"title.separator", text(separator)},
      {"title.max_width", integer(0, kWidest, [&c](uint64_t v) { c.title.max_width = v; })},
      {"title.ellipsis", text(ellipsis)},
      {"title.feed.capitals", feed_mode(feed.mode(FeedRule::kCapitals))},
      {"title.feed.punctuation", feed_mode(feed.mode(FeedRule::kPunctuation))},
      {"title.feed.repeats", feed_mode(feed.mode(FeedRule::kRepeats))},
      {"title.feed.decorations", feed_mode(feed.mode(FeedRule::kDecorations))},
      {"title.feed.spellings", spellings(feed)},
  };
  return readers;
}

Status Draft::read_profiles(const toml::table& table, const std::string& prefix) {
  constexpr size_t kMostProfiles = 64;  // they are looked through for each query
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const toml::table* const keys = node.as_table();
    if (!keys) return invalid_argument(place_of(node, name) + wrong(node, "a table").message());
    if (key.str().empty()) {
      return invalid_argument(place_of(node, name) + "expected the name of a profile");
    }
    if (profiles.size() == kMostProfiles) {
      return invalid_argument(place_of(node, name) + "expected at most " +
                              std::to_string(kMostProfiles) + " profiles");
    }
    GivenProfile& profile = profiles.emplace_back();
    profile.name = key.str();
    const Readers readers{{{name + ".max_width",
                            integer(0, kWidest, [&profile](uint64_t v) { profile.max_width = v; })},
                           {name + ".selling_points",
                            integer(0, BARKER_MAX_SELLING_POINTS,
                                    [&profile](uint64_t v) { profile.selling_points = v; })}},
                          {}};
    if (Status s = read_table(*keys, name + ".", readers); !s.ok()) return s;
  }
  return {};
}

// What a profile leaves out is as [title] and [selling_points] say.
void Draft::choose_profiles() {
  for (const GivenProfile& given : profiles) {
    WidthProfile& profile = config.profiles.emplace_back();
    profile.name = given.name;
    profile.title = config.title;
    profile.title.max_width = given.max_width.value_or(config.title.max_width);
    const uint64_t most = given.selling_points.value_or(config.choose.count);
    profile.most_selling_points = std::min(config.choose.count, static_cast<uint32_t>(most));
  }
}

// The marks around a selling point follow the format unless they are given, so the format is chosen
// before the other keys are read.
Status Draft::choose_format(const toml::table& table) {
  if (const auto given = table["title"]["format"].value<std::string>()) format = *given;
  TitlePolicy& title = config.title;
  if (format == "html") {
    title.format = TitleFormat::kHtml;
  } else if (format == "ansi") {
    title.format = TitleFormat::kAnsi;
    title.open = "\x1b[1;33m";
    title.close = "\x1b[0m";
  } else if (format == "plain") {
    title.format = TitleFormat::kPlain;
    title.open = title.close = "";
  } else {
    return invalid_argument("title.format: expected html, ansi or plain, found \"" + format + "\"");
  }
  return {};
}

// Turns the words into choices, and fills in what follows from other keys.
Status Draft::choose() {
  Status status = one_of("numbers", numbers,
                         {{"file", Numbers::kByFile},
                          {"exact", Numbers::kExact},
                          {"fast", Numbers::kFast},
                          {"screened", Numbers::kScreened}},
                         config.numbers);
  if (!status.ok()) return status;
  status =
      one_of("memory", memory,
             {{"auto", Storage::kAuto}, {"mapped", Storage::kMapped}, {"copied", Storage::kCopied}},
             config.load.storage);
  if (!status.ok()) return status;
  status = one_of("selling_points.duplicates", duplicates,
                  {{"skip", Duplicates::kSkip}, {"promote", Duplicates::kPromote}},
                  config.choose.duplicates);
  if (!status.ok()) return status;
  status = one_of("title.direction", direction,
                  {{"ltr", PageDirection::kLeftToRight},
                   {"rtl", PageDirection::kRightToLeft},
                   {"unknown", PageDirection::kUnknown}},
                  config.title.page);
  if (!status.ok()) return status;
  config.choose.minimum_logit =
      static_cast<float>(std::log(minimum_score) - std::log1p(-minimum_score));
  config.title.separator = separator;
  config.title.ellipsis = ellipsis;
  config.untouched_title = config.title;
  config.untouched_title.max_width = 0;
  config.title.feed = feed;
  choose_profiles();
  return {};
}

}  // namespace

const WidthProfile* Config::profile(std::string_view name) const noexcept {
  const auto found = std::ranges::find(profiles, name, &WidthProfile::name);
  return found == profiles.end() ? nullptr : &*found;
}

ChoosePolicy Config::choose_for(const WidthProfile* profile) const noexcept {
  ChoosePolicy policy = choose;
  if (profile) policy.count = profile->most_selling_points;
  return policy;
}

Result<Config> parse_config(std::string_view toml_text) {
  const Result<toml::table> parsed = parse_toml(toml_text);
  if (!parsed.ok()) return parsed.status();
  Draft draft;
  if (Status s = draft.choose_format(*parsed); !s.ok()) return s;
  if (Status s = read_table(*parsed, "", draft.readers()); !s.ok()) return s;
  if (Status s = draft.choose(); !s.ok()) return s;
  return std::move(draft.config);
}

}  // namespace barker
