#include "index/catalogue/mining/claims.h"

#include <algorithm>
#include <set>

#include "index/catalogue/mining/word_lists.h"
#include "models/base/ascii.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

constexpr size_t kMostWords = 6, kMostCharacters = 12;
constexpr size_t kLongestClaim = 60;  // bytes

// Whether the text has signs that neither words nor their usual joiners need: remains of code.
bool has_code(std::string_view text) {
  return text.find_first_of("{}[]<>=\\_|@#*^~$\"\n\t") != std::string_view::npos;
}

// Whether two sentences run together without a space between them: "QualifiedHidden controls",
// "Qualified5 ms". Product names in mixed case have shorter parts.
bool has_glued_words(std::string_view text) {
  constexpr size_t kLongestPart = 7;
  size_t letters = 0;
  for (const char c : text) {
    const bool begins = is_ascii_capital(c) || (c >= '0' && c <= '9');
    if (begins && letters > kLongestPart) return true;
    letters = is_ascii_letter(c) ? letters + 1 : 0;
    if (is_ascii_capital(c)) letters = 1;
  }
  return false;
}

bool has_digit(std::string_view word) {
  return word.find_first_of("0123456789") != std::string_view::npos;
}

bool is_long_word(const Unit& unit) {
  return !unit.is_character && unit.text.size() >= 4 && !has_digit(unit.text) &&
         !names_variant(unit.text) && !is_function_word(unit.text);
}

// Whether the units [begin, end) of a clause can be a claim by themselves.
bool can_be_claim(const Clause& clause, size_t begin, size_t end, std::string_view text) {
  size_t characters = 0;
  bool has_word = false;
  for (size_t i = begin; i < end; ++i) {
    const Unit& unit = clause.units[i];
    if (belongs_to_sentence(unit.text)) return false;
    characters += unit.is_character;
    // Beside Chinese or Japanese a number is the quantity or the model.
    if (!unit.is_character && clause.units[begin].is_character && has_digit(unit.text))
      return false;
    has_word |= is_long_word(unit);
  }
  const size_t words = end - begin - characters;
  if (words > kMostWords || characters > kMostCharacters || text.size() > kLongestClaim)
    return false;
  if (characters == 1 || (characters == 0 && !has_word)) return false;
  if (characters > 0 && is_han_notice(text)) return false;
  return !has_code(text) && !has_glued_words(text);
}

// Whether a list of features may go on behind the separator. A comma does not count: in prose, the
// words between two commas are a fragment.
bool ends_item(Separator separator) {
  return separator == Separator::kSentence || separator == Separator::kLine ||
         separator == Separator::kSpace || separator == Separator::kEnumeration;
}

// The words of brand, category and bid terms, which say what the ad is and not what speaks for it.
class Names {
 public:
  explicit Names(const CatalogueAd& ad) {
    add(ad.category, words_);
    for (const BidTerm& term : ad.bid_terms) add(term.text, words_);
    add(ad.brand, brand_);
  }

  bool name_all(const std::vector<std::string>& units) const {
    return std::ranges::all_of(units, [&](const std::string& unit) {
      return words_.contains(unit) || brand_.contains(unit) || is_function_word(unit);
    });
  }

  bool name_brand(const std::vector<std::string>& units) const {
    if (brand_.empty()) return false;
    return std::search(units.begin(), units.end(), brand_words_.begin(), brand_words_.end()) !=
           units.end();
  }

 private:
  void add(const std::string& text, std::set<std::string>& words) {
    for (const Clause& clause : clauses_of(text)) {
      for (const Unit& unit : clause.units) {
        words.insert(unit.text);
        if (&words == &brand_) brand_words_.push_back(unit.text);
      }
    }
  }

  std::set<std::string> words_, brand_;
  std::vector<std::string> brand_words_;
};

class Claims {
 public:
  explicit Claims(const CatalogueAd& ad) : names_(ad) {}

  void add(const std::string& text, const Clause& clause) {
    if (clause.is_denial) return;
    size_t begin = 0, end = clause.units.size();
    while (begin < end && introduces_claim(clause.units[begin].text)) ++begin;
    if (begin == end || is_function_word(clause.units[begin].text) ||
        is_function_word(clause.units[end - 1].text)) {
      return;
    }
    const size_t from = clause.units[begin].begin;
    const std::string words = text.substr(from, clause.end() - from);
    if (!can_be_claim(clause, begin, end, words)) return;
    Claim claim{words, {}};
    for (size_t i = begin; i < end; ++i) claim.units.push_back(clause.units[i].text);
    if (names_.name_all(claim.units) || names_.name_brand(claim.units)) return;
    if (seen_.insert(key_of(claim.units)).second) claims_.push_back(std::move(claim));
  }

  std::vector<Claim> take() { return std::move(claims_); }

 private:
  const Names names_;
  std::set<std::string> seen_;
  std::vector<Claim> claims_;
};

}  // namespace

std::string key_of(const std::vector<std::string>& units) {
  std::string key;
  for (const std::string& unit : units) key += unit + '\x1f';
  return key;
}

void each_text(const CatalogueAd& ad,
               const std::function<void(const std::string&, const std::vector<Clause>&)>& take) {
  const auto give = [&](const std::string& raw) {
    const std::string text = without_markup(raw);
    take(text, clauses_of(text));
  };
  give(ad.title);
  give(ad.description);
  for (const auto& [name, value] : ad.attributes) give(name + ": " + value);
}

std::vector<Claim> claims_of(const CatalogueAd& ad) {
  Claims claims(ad);
  // A title begins with the product's name. What stands behind a dash or in brackets is the
  // variant; what stands behind a comma speaks for the product.
  const std::string title = without_markup(ad.title);
  const std::vector<Clause> parts = clauses_of(title);
  for (size_t i = 1; i < parts.size(); ++i) {
    // A full stop in a title abbreviates: "0.7 Cu. Ft. microwave".
    const Separator before = parts[i - 1].after;
    if (before != Separator::kLink && before != Separator::kSentence) claims.add(title, parts[i]);
  }
  const std::string text = without_markup(ad.description);
  const std::vector<Clause> clauses = clauses_of(text);
  for (size_t i = 0; i < clauses.size(); ++i) {
    const bool is_item = (i == 0 || ends_item(clauses[i - 1].after)) && ends_item(clauses[i].after);
    const bool is_word = clauses[i].units.size() == 1;
    if (is_item && !is_word) claims.add(text, clauses[i]);
  }
  for (const auto& [name, value] : ad.attributes) {
    const std::string normal = normalize_keyword(value);
    if (names_product(normalize_keyword(name)) || is_no(normal)) continue;
    const std::string plain = without_markup(value);
    const std::vector<Clause> whole = clauses_of(plain);
    if (whole.size() == 1) claims.add(plain, whole[0]);
  }
  return claims.take();
}

}  // namespace barker
