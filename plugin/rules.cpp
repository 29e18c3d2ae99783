#include "plugin/rules.h"

#include <unicode/regex.h>

#include <algorithm>
#include <memory>

#include "models/base/toml_readers.h"
#include "models/base/toml_text.h"
#include "models/text/keywords.h"
#include "models/text/text.h"

namespace barker {
namespace {

constexpr size_t kMostPatterns = 63;  // a bit each, and one for the selling points by name
constexpr int32_t kMatchTime = 1000;  // of one name, in ICU's units: a millisecond or less each
constexpr RuleMask kByName = 1;

std::unique_ptr<icu::RegexPattern> compile(const std::string& pattern, std::string& error) {
  UErrorCode code = U_ZERO_ERROR;
  UParseError at{};
  std::unique_ptr<icu::RegexPattern> compiled(
      icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(pattern), at, code));
  if (U_SUCCESS(code)) return compiled;
  error = std::string(u_errorName(code)) + " at character " + std::to_string(at.offset + 1);
  return nullptr;
}

// A pattern to be searched in many names.
class Matcher {
 public:
  explicit Matcher(const std::string& pattern) : pattern_(compile(pattern, error_)) {
    if (!pattern_) return;
    matcher_.reset(pattern_->matcher(code_));
    if (matcher_) matcher_->setTimeLimit(kMatchTime, code_);
  }
  bool ok() const { return matcher_ && U_SUCCESS(code_); }
  std::string error() const { return error_.empty() ? u_errorName(code_) : error_; }
  bool matches(const icu::UnicodeString& name) {
    matcher_->reset(name);
    return matcher_->find(code_) && U_SUCCESS(code_);
  }

 private:
  std::string error_;
  UErrorCode code_ = U_ZERO_ERROR;
  std::unique_ptr<icu::RegexPattern> pattern_;
  std::unique_ptr<icu::RegexMatcher> matcher_;
};

}  // namespace

// The patterns of rules, compiled. For one thread at a time.
class Rules::Matchers {
 public:
  static Result<Matchers> create(const Rules& rules) {
    Matchers made(rules);
    for (const Forbidden& forbidden : rules.forbidden_) {
      made.matchers_.emplace_back(forbidden.pattern);
      const Matcher& last = made.matchers_.back();
      if (!last.ok()) return rules.cannot_match(made.matchers_.size() - 1, last.error());
    }
    return made;
  }

  bool empty() const { return matchers_.empty(); }

  // Adds the bits of the patterns that are found in a name in normal form.
  Status match(std::string_view text, RuleMask& mask) {
    const icu::UnicodeString name = icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    for (size_t i = 0; i < matchers_.size(); ++i) {
      if (matchers_[i].matches(name)) mask |= RuleMask{2} << i;
      if (!matchers_[i].ok()) return rules_->cannot_match(i, matchers_[i].error());
    }
    return {};
  }

 private:
  explicit Matchers(const Rules& rules) : rules_(&rules) {}

  const Rules* rules_;
  std::vector<Matcher> matchers_;
};

namespace {

constexpr std::string_view kPathSeparators[] = {">", "/", "|", "»", "›", "→", "＞", "／", "｜"};

// Calls `use` with the text, whose character references are decoded once: feeds bring the same name
// in either way.
template <typename Use>
auto with_decoded(std::string_view text, const Use& use) {
  if (text.find('&') == text.npos) return use(text);
  return use(std::string_view(decode_html_entities(text)));
}

void append_decoded_path(std::string_view category, std::vector<Fingerprint>& path) {
  const Fingerprint nothing = keyword_fingerprint("");
  for (;;) {
    size_t end = category.size(), next = category.npos;
    for (const std::string_view separator : kPathSeparators) {
      const size_t at = category.find(separator);
      if (at < end) {
        end = at;
        next = at + separator.size();
      }
    }
    if (const Fingerprint name = keyword_fingerprint(category.substr(0, end)); name != nothing) {
      path.push_back(name);
    }
    if (next == category.npos) return;
    category.remove_prefix(next);
  }
}

// Adds the names of a list by their fingerprints. A name of which normal form leaves nothing is
// refused, for it would cover whatever has no name.
Status read_names(const toml::node& node, const std::string& key,
                  Fingerprint (*fingerprint_of)(std::string_view),
                  std::unordered_map<Fingerprint, std::string>& names) {
  const Fingerprint nothing = keyword_fingerprint("");
  const toml::array* list = node.as_array();
  if (!list) return wrong(node, key, "a list of strings");
  for (const toml::node& entry : *list) {
    const auto text = entry.value<std::string>();
    if (!text || text->empty()) return wrong(entry, key, "strings that are not empty");
    const Fingerprint name = fingerprint_of(*text);
    if (name == nothing) return wrong(entry, key, "names of more than spaces and signs");
    names.emplace(name, *text);
  }
  return {};
}

}  // namespace

Fingerprint merchant_fingerprint(std::string_view merchant) {
  return with_decoded(merchant, [](std::string_view name) { return keyword_fingerprint(name); });
}

void append_category_path(std::string_view category, std::vector<Fingerprint>& path) {
  with_decoded(category, [&](std::string_view decoded) { append_decoded_path(decoded, path); });
}

Result<Rules> Rules::parse(std::string_view toml_text) {
  const Result<toml::table> parsed = parse_toml(toml_text);
  if (!parsed.ok()) return parsed.status();
  Rules rules;
  for (const auto& [name, node] : *parsed) {
    const std::string key(name.str());
    Status s;
    if (key == "off") {
      const auto value = node.is_boolean() ? node.value<bool>() : std::nullopt;
      if (!value) return wrong(node, key, "true or false");
      rules.off = *value;
    } else if (key == "merchants_off") {
      s = read_names(node, key, merchant_fingerprint, rules.merchants_off_);
    } else if (key == "selling_points_off") {
      s = read_names(node, key, keyword_fingerprint, rules.selling_points_off_);
    } else if (key == "forbid") {
      const toml::array* list = node.as_array();
      if (!list || !list->is_array_of_tables()) return wrong(node, key, "[[forbid]] tables");
      for (const toml::node& entry : *list) {
        const toml::table& table = *entry.as_table();
        for (const auto& [field, value] : table) {
          if (field.str() != "pattern" && field.str() != "category") {
            return wrong(value, "forbid." + std::string(field.str()), "pattern or category");
          }
          if (!value.is_string()) return wrong(value, "forbid", "strings");
        }
        Forbidden forbidden{table["pattern"].value_or(""), table["category"].value_or(""), {}};
        append_category_path(forbidden.category_text, forbidden.category);
        rules.names_categories_ |= !forbidden.category.empty();
        if (!forbidden.category_text.empty() && forbidden.category.empty()) {
          return wrong(entry, "forbid.category", "the name of a category");
        }
        if (forbidden.pattern.empty()) return wrong(entry, "forbid", "a pattern");
        std::string error;
        if (!compile(forbidden.pattern, error)) {
          return wrong(entry, "forbid.pattern", "a regular expression, found " + error);
        }
        rules.forbidden_.push_back(std::move(forbidden));
      }
      if (rules.forbidden_.size() > kMostPatterns) {
        s = wrong(node, key, "at most " + std::to_string(kMostPatterns) + " patterns");
      }
    } else if (key == "block") {
      const toml::array* list = node.as_array();
      if (!list || !list->is_array_of_tables()) return wrong(node, key, "[[block]] tables");
      for (const toml::node& entry : *list) {
        if (s = rules.blocks.add(*entry.as_table()); !s.ok()) return s;
      }
    } else {
      return wrong(node, key, "off, merchants_off, selling_points_off, forbid or block");
    }
    if (!s.ok()) return s;
  }
  return rules;
}

Result<std::vector<RuleMask>> Rules::match(const Vocabulary& vocabulary, uint32_t rows,
                                           std::chrono::milliseconds at_most) const {
  std::vector<RuleMask> masks;
  if (selling_points_off_.empty() && forbidden_.empty()) return masks;
  Result<Matchers> matchers = Matchers::create(*this);
  if (!matchers.ok()) return matchers.status();
  masks.resize(rows);
  const auto end = std::chrono::steady_clock::now() + at_most;
  for (uint32_t row = 0; row < rows; ++row) {
    if (selling_points_off_.contains(vocabulary.fingerprint_of(row))) masks[row] |= kByName;
    if (matchers->empty()) continue;
    if (row % kNamesBetweenLooks == 0 && std::chrono::steady_clock::now() >= end) {
      return bad_data("forbid: matching " + std::to_string(rows) + " names takes more than " +
                      std::to_string(at_most.count()) + " ms");
    }
    if (Status s = matchers->match(vocabulary.text(row), masks[row]); !s.ok()) return s;
  }
  return masks;
}

Status Rules::cannot_match(size_t index, const std::string& error) const {
  return bad_data("forbid[" + std::to_string(index) + "].pattern \"" + forbidden_[index].pattern +
                  "\": cannot be matched: " + error);
}

RuleMask Rules::of_category(std::string_view category) const {
  thread_local std::vector<Fingerprint> path;
  path.clear();
  if (names_categories_) append_category_path(category, path);
  return of_category_path(path);
}

RuleMask Rules::of_category_path(std::span<const Fingerprint> path) const noexcept {
  RuleMask mask = kByName;
  for (size_t i = 0; i < forbidden_.size(); ++i) {
    const std::vector<Fingerprint>& only = forbidden_[i].category;
    const bool covers =
        std::search(path.begin(), path.end(), only.begin(), only.end()) != path.end();
    if (covers || only.empty()) mask |= RuleMask{2} << i;
  }
  return mask;
}

bool Rules::forbids_unseen(Fingerprint point, RuleMask applying) const noexcept {
  return (applying & ~kByName) != 0 || selling_points_off_.contains(point);
}

bool Rules::is_merchant_off(std::string_view merchant) const {
  return !merchants_off_.empty() && is_merchant_off(merchant_fingerprint(merchant));
}

bool Rules::is_merchant_off(Fingerprint merchant) const noexcept {
  return !merchants_off_.empty() && merchants_off_.contains(merchant);
}

RulesCheck::RulesCheck(const Rules& rules) : rules_(rules) {}
RulesCheck::~RulesCheck() = default;
RulesCheck::RulesCheck(RulesCheck&&) noexcept = default;

Result<RulesCheck> RulesCheck::create(const Rules& rules) {
  Result<Rules::Matchers> matchers = Rules::Matchers::create(rules);
  if (!matchers.ok()) return matchers.status();
  RulesCheck check(rules);
  check.matchers_ = std::make_unique<Rules::Matchers>(std::move(*matchers));
  for (const auto& [id, name] : rules.merchants_off_) {
    check.merchants_[id].rule = "merchants_off \"" + name + "\"";
  }
  for (const auto& [id, name] : rules.selling_points_off_) {
    check.points_[id].rule = "selling_points_off \"" + name + "\"";
  }
  for (const Rules::Forbidden& forbidden : rules.forbidden_) {
    std::string rule = "forbid \"" + forbidden.pattern + "\"";
    if (!forbidden.category.empty()) rule += " in \"" + forbidden.category_text + "\"";
    check.forbidden_.push_back({rule});
  }
  for (size_t b = 0; b < rules.blocks.size(); ++b) {
    check.blocks_.push_back({rules.blocks.name_of(b)});
  }
  return check;
}

void RulesCheck::add_to_block(uint32_t block, const std::vector<std::string_view>& selling_points) {
  if (block == Blocks::kNone) return;
  const auto forbidden = std::ranges::count_if(selling_points, [&](std::string_view point) {
    return rules_.blocks.forbids(block, keyword_fingerprint(point), normalize_keyword(point));
  });
  blocks_[block].selling_points += static_cast<uint64_t>(forbidden);
  blocks_[block].ads += forbidden > 0;
}

Status RulesCheck::add(std::string_view id, std::string_view merchant, std::string_view category,
                       const std::vector<std::string_view>& selling_points) {
  const auto by_merchant = merchants_.find(merchant_fingerprint(merchant));
  if (by_merchant != merchants_.end()) ++by_merchant->second.ads;
  add_to_block(rules_.blocks.of_merchant(merchant_fingerprint(merchant)), selling_points);
  add_to_block(rules_.blocks.of_ad(fingerprint(id)), selling_points);
  const RuleMask in_category = rules_.of_category(category);
  RuleMask touched = 0;  // forbids that the ad is counted for
  std::vector<Fingerprint> counted;
  for (const std::string_view point : selling_points) {
    const Fingerprint name = keyword_fingerprint(point);
    if (const auto by_name = points_.find(name); by_name != points_.end()) {
      ++by_name->second.selling_points;
      if (std::ranges::find(counted, name) == counted.end()) {
        ++by_name->second.ads;
        counted.push_back(name);
      }
    }
    RuleMask found = 0;
    if (Status s = matchers_->match(normalize_keyword(point), found); !s.ok()) return s;
    found &= in_category;
    for (size_t i = 0; i < forbidden_.size(); ++i) {
      if ((found & RuleMask{2} << i) == 0) continue;
      ++forbidden_[i].selling_points;
      forbidden_[i].ads += (touched & RuleMask{2} << i) == 0;
    }
    touched |= found;
  }
  return {};
}

std::vector<RulesCheck::Hits> RulesCheck::hits() const {
  std::vector<Hits> all;
  for (const auto* named : {&merchants_, &points_}) {
    const size_t begin = all.size();
    for (const auto& [id, hits] : *named) all.push_back(hits);
    std::sort(all.begin() + static_cast<ptrdiff_t>(begin), all.end(),
              [](const Hits& a, const Hits& b) { return a.rule < b.rule; });
  }
  all.insert(all.end(), forbidden_.begin(), forbidden_.end());
  all.insert(all.end(), blocks_.begin(), blocks_.end());
  return all;
}

}  // namespace barker
