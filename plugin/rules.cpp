#include "plugin/rules.h"

#include <unicode/regex.h>

#include <algorithm>
#include <memory>

#include "models/base/toml_text.h"
#include "models/text/keywords.h"
#include "models/text/text.h"

namespace barker {
namespace {

constexpr size_t kMostPatterns = 63;  // a bit each, and one for the selling points by name
constexpr int32_t kMatchTime = 1000;  // of one name, in ICU's units: a millisecond or less each
constexpr uint32_t kNamesBetweenLooks = 1024;
constexpr RuleMask kByName = 1;

Status wrong(const toml::node& node, const std::string& key, const std::string& expected) {
  return invalid_argument("line " + std::to_string(node.source().begin.line) + ": " + key +
                          ": expected " + expected);
}

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

constexpr std::string_view kPathSeparators[] = {">", "/", "|", "»", "›", "→", "＞", "／", "｜"};

// The names of a category's path, outermost first.
void append_path(std::string_view category, std::vector<Fingerprint>& path) {
  if (category.find('&') != category.npos) {
    // Decoded where it must be only, because feeds bring the same category in either way.
    if (const std::string decoded = decode_html_entities(category); decoded != category) {
      return append_path(decoded, path);
    }
  }
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

Fingerprint merchant_fingerprint(std::string_view merchant) {
  if (merchant.find('&') == merchant.npos) return keyword_fingerprint(merchant);
  return keyword_fingerprint(decode_html_entities(merchant));
}

template <typename Add>
Status read_list(const toml::node& node, const std::string& key, Add add) {
  const toml::array* list = node.as_array();
  if (!list) return wrong(node, key, "a list of strings");
  for (const toml::node& entry : *list) {
    const auto text = entry.value<std::string>();
    if (!text || text->empty()) return wrong(entry, key, "strings that are not empty");
    add(*text);
  }
  return {};
}

}  // namespace

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
      s = read_list(node, key, [&](const std::string& merchant) {
        rules.merchants_off_.insert(merchant_fingerprint(merchant));
      });
    } else if (key == "selling_points_off") {
      s = read_list(node, key, [&](const std::string& point) {
        rules.selling_points_off_.insert(keyword_fingerprint(point));
      });
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
        Forbidden forbidden{table["pattern"].value_or(""), {}};
        const std::string category = table["category"].value_or("");
        append_path(category, forbidden.category);
        if (!category.empty() && forbidden.category.empty()) {
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
    } else {
      return wrong(node, key, "off, merchants_off, selling_points_off or forbid");
    }
    if (!s.ok()) return s;
  }
  return rules;
}

Result<std::vector<RuleMask>> Rules::match(const Vocabulary& vocabulary, uint32_t rows,
                                           std::chrono::milliseconds at_most) const {
  std::vector<RuleMask> masks;
  if (selling_points_off_.empty() && forbidden_.empty()) return masks;
  std::vector<Matcher> matchers;
  for (const Forbidden& forbidden : forbidden_) {
    matchers.emplace_back(forbidden.pattern);
    if (!matchers.back().ok()) return cannot_match(matchers.size() - 1, matchers.back().error());
  }
  masks.resize(rows);
  const auto end = std::chrono::steady_clock::now() + at_most;
  for (uint32_t row = 0; row < rows; ++row) {
    if (selling_points_off_.contains(vocabulary.fingerprint_of(row))) masks[row] |= kByName;
    if (matchers.empty()) continue;
    if (row % kNamesBetweenLooks == 0 && std::chrono::steady_clock::now() >= end) {
      return bad_data("forbid: matching " + std::to_string(rows) + " names takes more than " +
                      std::to_string(at_most.count()) + " ms");
    }
    const std::string_view text = vocabulary.text(row);
    const icu::UnicodeString name = icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    for (size_t i = 0; i < matchers.size(); ++i) {
      if (matchers[i].matches(name)) masks[row] |= RuleMask{2} << i;
      if (!matchers[i].ok()) return cannot_match(i, matchers[i].error());
    }
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
  const bool needs_path =
      std::ranges::any_of(forbidden_, [](const Forbidden& f) { return !f.category.empty(); });
  if (needs_path) append_path(category, path);
  RuleMask mask = kByName;
  for (size_t i = 0; i < forbidden_.size(); ++i) {
    const std::vector<Fingerprint>& only = forbidden_[i].category;
    if (!std::ranges::search(path, only).empty() || only.empty()) mask |= RuleMask{2} << i;
  }
  return mask;
}

bool Rules::is_merchant_off(std::string_view merchant) const {
  return !merchants_off_.empty() && merchants_off_.contains(merchant_fingerprint(merchant));
}

}  // namespace barker
