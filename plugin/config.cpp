#include "plugin/config.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "models/base/toml_readers.h"
#include "plugin/barker.h"

namespace barker {
namespace {

constexpr uint64_t kWidest = 100'000;  // columns

constexpr std::initializer_list<std::pair<const char*, FeedMode>> kFeedModeWords = {
    {"off", FeedMode::kOff}, {"warn", FeedMode::kWarn}, {"fix", FeedMode::kFix}};

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

constexpr std::initializer_list<std::pair<const char*, Numbers>> kNumbersWords = {
    {"file", Numbers::kByFile},
    {"exact", Numbers::kExact},
    {"fast", Numbers::kFast},
    {"screened", Numbers::kScreened}};
constexpr std::initializer_list<std::pair<const char*, Storage>> kMemoryWords = {
    {"auto", Storage::kAuto}, {"mapped", Storage::kMapped}, {"copied", Storage::kCopied}};
constexpr std::initializer_list<std::pair<const char*, Duplicates>> kDuplicatesWords = {
    {"skip", Duplicates::kSkip}, {"promote", Duplicates::kPromote}};
constexpr std::initializer_list<std::pair<const char*, PageDirection>> kDirectionWords = {
    {"ltr", PageDirection::kLeftToRight},
    {"rtl", PageDirection::kRightToLeft},
    {"unknown", PageDirection::kUnknown}};

// A configuration while it is read.
struct Draft {
  Config config;
  std::string format = "html";
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
  Config finish();
};

Readers Draft::readers() {
  constexpr double kLargest = 1e3;
  Config& c = config;
  Readers readers;
  readers.tables["title.profile"] = [this](const toml::table& table, const std::string& prefix) {
    return read_profiles(table, prefix);
  };
  readers.keys = {
      {"enabled", boolean(c.enabled)},
      {"isa", text(c.isa)},
      {"window", integer(1, 10'000, [&c](uint64_t v) { c.window = v; })},
      {"numbers", word(kNumbersWords, c.numbers)},
      {"memory", word(kMemoryWords, c.load.storage)},
      {"shared_directory", boolean(c.load.shared_directory)},
      {"trusted_keys", keys(c.load.trusted_keys)},
      {"latency_gate", number(0, kLargest, [&c](double v) { c.latency_gate = v; })},
      {"canary.served", number(0, 1, [&c](double v) { c.canary_served = v; })},
      {"canary.compared", number(0, 1, [&c](double v) { c.canary_compared = v; })},
      {"canary.salt", text(c.canary_salt)},
      {"user_state.prior_variance", number(kLeastPriorVariance, kLargestPriorVariance,
                                           [&c](double v) { c.state_prior_variance = v; })},
      {"order.bid", number(0, kLargestExponent, [&c](double v) { c.policy.order.bid = v; })},
      {"order.pctr", number(0, kLargestExponent, [&c](double v) { c.policy.order.pctr = v; })},
      {"order.first_pass",
       number(0, kLargestExponent, [&c](double v) { c.policy.order.first_pass = v; })},
      {"selling_points.count",
       integer(0, BARKER_MAX_SELLING_POINTS,
               [&c](uint64_t v) { c.policy.choose.count = static_cast<uint32_t>(v); })},
      {"selling_points.minimum_score", number(0, 1, [this](double v) { minimum_score = v; })},
      {"selling_points.lower_bound",
       number(0, kLargestLowerBound,
              [&c](double v) { c.policy.choose.lower_bound = static_cast<float>(v); })},
      {"selling_points.maximum_cosine",
       number(-1, 1, [&c](double v) { c.policy.choose.maximum_cosine = static_cast<float>(v); })},
      {"selling_points.duplicates", word(kDuplicatesWords, c.policy.choose.duplicates)},
      {"selling_points.choose_by", word(kChooseByWords, c.policy.by)},
      {"selling_points.display", word(kDisplayWords, c.policy.display)},
      {"selling_points.highlight", boolean(c.policy.is_highlighted)},
      {"exploration.share", number(0, 1, [&c](double v) { c.policy.exploration.share = v; })},
      {"exploration.by", word(kExploreByWords, c.policy.exploration.by)},
      {"exploration.prior",
       number(0, kLargestPrior,
              [&c](double v) { c.policy.exploration.prior = static_cast<float>(v); })},
      {"title.format", text(format)},
      {"title.direction", word(kDirectionWords, c.title.page)},
      {"title.open", text(c.title.open)},
      {"title.close", text(c.title.close)},
      {"title.separator", text(separator)},
      {"title.max_width", integer(0, kWidest, [&c](uint64_t v) { c.title.max_width = v; })},
      {"title.ellipsis", text(ellipsis)},
      {"title.feed.capitals", word(kFeedModeWords, feed.mode(FeedRule::kCapitals))},
      {"title.feed.punctuation", word(kFeedModeWords, feed.mode(FeedRule::kPunctuation))},
      {"title.feed.repeats", word(kFeedModeWords, feed.mode(FeedRule::kRepeats))},
      {"title.feed.decorations", word(kFeedModeWords, feed.mode(FeedRule::kDecorations))},
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
    profile.most_selling_points =
        static_cast<uint32_t>(given.selling_points.value_or(BARKER_MAX_SELLING_POINTS));
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

// Fills in what follows from other keys.
Config Draft::finish() {
  config.policy.choose.minimum_logit = logit_of(minimum_score);
  config.title.separator = separator;
  config.title.ellipsis = ellipsis;
  config.untouched_title = config.title;
  config.untouched_title.max_width = 0;
  config.title.feed = feed;
  choose_profiles();
  return std::move(config);
}

}  // namespace

const WidthProfile* Config::profile(std::string_view name) const noexcept {
  const auto found = std::ranges::find(profiles, name, &WidthProfile::name);
  return found == profiles.end() ? nullptr : &*found;
}

void Config::fit_to_surface(std::string_view surface, Policy& changed) const noexcept {
  const WidthProfile* const found = profile(surface);
  if (found) changed.choose.count = std::min(changed.choose.count, found->most_selling_points);
}

Result<Config> parse_config(std::string_view toml_text) {
  const Result<toml::table> parsed = parse_toml(toml_text);
  if (!parsed.ok()) return parsed.status();
  Draft draft;
  if (Status s = draft.choose_format(*parsed); !s.ok()) return s;
  if (Status s = read_table(*parsed, "", draft.readers()); !s.ok()) return s;
  return draft.finish();
}

}  // namespace barker
