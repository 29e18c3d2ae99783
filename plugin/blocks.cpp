#include "plugin/blocks.h"

#include <algorithm>

#include "models/base/ascii.h"
#include "models/base/toml_readers.h"
#include "models/base/toml_text.h"
#include "models/text/keywords.h"
#include "plugin/rules.h"

namespace barker {
namespace {

bool is_word_byte(char c) { return is_ascii_letter(c) || (c >= '0' && c <= '9'); }

// Whether the words stand in the text: not as a part of a longer Latin word. Scripts without spaces
// have no such ends.
bool has_words(std::string_view text, std::string_view words) {
  for (size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1)) {
    const size_t end = at + words.size();
    const bool begins = at == 0 || !is_word_byte(words.front()) || !is_word_byte(text[at - 1]);
    const bool ends = end == text.size() || !is_word_byte(words.back()) || !is_word_byte(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

bool contains_any(std::string_view text, const std::vector<std::string>& words) {
  return std::ranges::any_of(words, [&](const std::string& some) { return has_words(text, some); });
}

// The normal forms of a list of texts.
Status read_texts(const toml::node& node, const std::string& key, std::vector<std::string>& out) {
  const toml::array* list = node.as_array();
  if (!list) return wrong(node, "block." + key, "a list of strings");
  for (const toml::node& entry : *list) {
    const std::string text = normalize_keyword(entry.value<std::string>().value_or(""));
    if (!entry.is_string() || text.empty()) {
      return wrong(entry, "block." + key, "strings of more than spaces");
    }
    out.push_back(text);
  }
  return {};
}

}  // namespace

Status Blocks::add(const toml::table& table) {
  std::string merchant, ad;
  std::vector<std::string> exact, contains;
  for (const auto& [field, value] : table) {
    const std::string key(field.str());
    Status s;
    if (key == "merchant" || key == "ad") {
      if (!value.is_string() || value.value<std::string>()->empty()) {
        return wrong(value, "block." + key, "an id");
      }
      (key == "ad" ? ad : merchant) = *value.value<std::string>();
    } else if (key == "exact" || key == "contains") {
      s = read_texts(value, key, key == "exact" ? exact : contains);
    } else {
      return wrong(value, "block." + key, "merchant, ad, exact or contains");
    }
    if (!s.ok()) return s;
  }
  if (merchant.empty() == ad.empty())
    return wrong(table, "block.merchant", "either a merchant or an ad");
  if (exact.empty() && contains.empty()) return wrong(table, "block.exact", "exact or contains");
  Owners& owners = ad.empty() ? of_merchants_ : of_ads_;
  const Fingerprint owner = ad.empty() ? merchant_fingerprint(merchant) : fingerprint(ad);
  if (ad.empty() && owner == keyword_fingerprint("")) {
    return wrong(table, "block.merchant", "a name of more than spaces");
  }
  const auto [found, is_new] = owners.try_emplace(owner, static_cast<uint32_t>(blocks_.size()));
  if (is_new) {
    blocks_.push_back(
        {ad.empty() ? "block merchant \"" + merchant + "\"" : "block ad \"" + ad + "\"", {}, {}});
  }
  Block& block = blocks_[found->second];
  for (const std::string& text : exact) block.exact.insert(fingerprint(text));
  block.contains.insert(block.contains.end(), contains.begin(), contains.end());
  return {};
}

Result<Blocks::Rows> Blocks::match(const Vocabulary& vocabulary, uint32_t rows,
                                   std::chrono::milliseconds at_most) const {
  Rows forbidden(blocks_.size());
  std::unordered_multimap<Fingerprint, uint32_t> exact;
  std::vector<uint32_t> with_words;
  for (uint32_t b = 0; b < blocks_.size(); ++b) {
    for (const Fingerprint name : blocks_[b].exact) exact.emplace(name, b);
    if (!blocks_[b].contains.empty()) with_words.push_back(b);
  }
  const auto end = std::chrono::steady_clock::now() + at_most;
  for (uint32_t row = 0; row < rows && !blocks_.empty(); ++row) {
    if (row % kNamesBetweenLooks == 0 && std::chrono::steady_clock::now() >= end) {
      return bad_data("block: looking for the words of " + std::to_string(blocks_.size()) +
                      " blocks in " + std::to_string(rows) + " names takes more than " +
                      std::to_string(at_most.count()) + " ms");
    }
    const auto [begin, last] = exact.equal_range(vocabulary.fingerprint_of(row));
    for (auto named = begin; named != last; ++named) forbidden[named->second].push_back(row);
    for (const uint32_t b : with_words) {
      const Block& block = blocks_[b];
      const bool is_named = !forbidden[b].empty() && forbidden[b].back() == row;
      if (!is_named && contains_any(vocabulary.text(row), block.contains)) {
        forbidden[b].push_back(row);
      }
    }
  }
  return forbidden;
}

bool Blocks::forbids(uint32_t block, Fingerprint point, std::string_view normal_form) const {
  const Block& b = blocks_[block];
  return b.exact.contains(point) || std::ranges::any_of(b.contains, [&](const std::string& words) {
           return has_words(normal_form, words);
         });
}

bool Blocks::forbids_unseen(uint32_t block, Fingerprint point) const noexcept {
  const Block& b = blocks_[block];
  return !b.contains.empty() || b.exact.contains(point);
}

}  // namespace barker
