#include "index/matching/matching.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "index/matching/folding.h"
#include "models/text/clauses.h"

namespace barker {
namespace {

constexpr size_t kMostJoined = 3;    // neighbours that are written together
constexpr size_t kLongestJoin = 24;  // bytes; no word that people join is longer

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_part_joiner(char c) {
  return std::string_view("-'&+/.@_:").find(c) != std::string_view::npos;
}

bool has_digit(std::string_view word) { return std::ranges::any_of(word, is_digit); }
bool is_plain(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return is_digit(c) || is_letter(c); });
}

// Whether a part says something by itself: a lone ASCII letter does not.
bool is_telling(std::string_view part) {
  return part.size() > 1 || (!part.empty() && is_digit(part[0]));
}

// Calls `use` with what stands between joiners: "4k@60hz" is 4k and 60hz.
template <class Use>
void for_each_joined_part(std::string_view word, const Use& use) {
  for (size_t begin = 0; begin <= word.size();) {
    const auto end = static_cast<size_t>(
        std::find_if(word.begin() + static_cast<ptrdiff_t>(begin), word.end(), is_part_joiner) -
        word.begin());
    if (end > begin) use(word.substr(begin, end - begin));
    begin = end + 1;
  }
}

// Where the digits of a model number begin behind its letters: wh|1000xm5, iphone|15. 0 where there
// is no such place, as in mp3, whose digit alone says nothing, and in 50ml.
size_t number_of_model(std::string_view word) {
  const auto at = static_cast<size_t>(std::ranges::find_if(word, is_digit) - word.begin());
  const bool is_model = at >= 2 && word.size() - at >= 2 && is_letter(word[at - 1]);
  return is_model && is_plain(word) ? at : 0;
}

// Where the unit of a quantity begins: 50|ml, 1/2|inch. 0 where there is none, or one of a single
// letter, which says nothing by itself.
size_t unit_of_quantity(std::string_view word) {
  const size_t at = std::min(word.find_first_not_of("0123456789.,/"), word.size());
  const std::string_view unit = word.substr(at);
  return unit.size() >= 2 && std::ranges::all_of(unit, is_letter) ? at : 0;
}

// Whether others write two neighbours of an ad as one word: letters and the number behind them
// (gsr 12v), a number and its unit (50 ml).
bool is_often_joined(std::string_view left, std::string_view right) {
  constexpr size_t kLongestUnit = 4;
  if (!is_plain(left) || !is_plain(right)) return false;
  if (std::ranges::all_of(left, is_letter)) return is_digit(right[0]);
  return is_digit(left.back()) && is_letter(right[0]) && right.size() <= kLongestUnit;
}

// Keeps the first of equal texts. In time that is linear, for texts of thousands of words.
void remove_repeats(std::vector<std::string>& texts) {
  std::unordered_set<std::string> seen;
  std::erase_if(texts, [&](const std::string& text) { return !seen.insert(text).second; });
}

void add_new(std::string text, std::vector<std::string>& to) {
  if (std::ranges::find(to, text) == to.end()) to.push_back(std::move(text));
}

}  // namespace

Result<MatchingAnalyzer> MatchingAnalyzer::create(const std::vector<std::string>& languages) {
  if (languages.empty()) return invalid_argument("language: expected at least one");
  std::vector<Stemmer> stemmers;
  for (const std::string& language : languages) {
    Result<Stemmer> stemmer = Stemmer::create(language);
    if (!stemmer.ok()) return stemmer.status();
    stemmers.push_back(std::move(*stemmer));
  }
  return MatchingAnalyzer(std::move(stemmers));
}

std::vector<std::vector<std::string>> MatchingAnalyzer::words(std::string_view text) const {
  std::vector<std::vector<std::string>> words(stemmers_.size());
  for (const Keyword& keyword : splitter_.split(fold_text(text))) {
    std::string bare = keyword.text;
    std::erase(bare, '\'');
    for (size_t i = 0; i < stemmers_.size(); ++i) {
      words[i].push_back(fold_word(stemmers_[i].stem(bare)));
    }
  }
  return words;
}

std::vector<std::string> MatchingAnalyzer::fold(std::string_view word) const {
  std::string bare(word);  // apostrophes go first: "women's" is "womens" to a stemmer
  std::erase(bare, '\'');
  std::vector<std::string> forms;
  for (const Stemmer& stemmer : stemmers_) add_new(fold_word(stemmer.stem(bare)), forms);
  return forms;
}

void MatchingAnalyzer::add_parts(std::string_view word, MatchingSide side,
                                 std::vector<std::string>& parts) const {
  const auto add = [&](std::string_view part) {
    if (part.size() == word.size() || !is_telling(part)) return;
    std::ranges::move(fold(part), std::back_inserter(parts));
  };
  if (const size_t at = unit_of_quantity(word)) {
    add(word.substr(0, at));
    add(word.substr(at));
    return;
  }
  for_each_joined_part(word, [&](std::string_view part) {
    add(part);
    // A query for "wh1000xm5" means that model, and not everything with "wh" in it.
    if (side == MatchingSide::kQuery) return;
    if (const size_t at = number_of_model(part)) {
      add(part.substr(0, at));
      add(part.substr(at));
    }
  });
}

std::vector<std::pair<std::string, std::string>> MatchingAnalyzer::halves(
    std::string_view text) const {
  constexpr size_t kShortestHalf = 3, kLongestWord = 32;  // letters
  std::vector<std::pair<std::string, std::string>> halves;
  for (const Keyword& keyword : splitter_.split(fold_text(text))) {
    const std::string word = fold_word(keyword.text);
    // Only words of ASCII letters are cut. Chinese, Japanese and Thai have no spaces that could be
    // missing, and other scripts were not measured.
    if (word.size() > kLongestWord || !std::ranges::all_of(word, is_letter)) continue;
    for (size_t at = kShortestHalf; at + kShortestHalf <= word.size(); ++at) {
      if (halves.size() == kMostHalves) return halves;
      halves.emplace_back(fold(std::string_view(word).substr(0, at)).front(),
                          fold(std::string_view(word).substr(at)).front());
    }
  }
  return halves;
}

MatchingForms MatchingAnalyzer::analyse(std::string_view text, MatchingSide side) const {
  MatchingForms forms;
  const std::string folded = fold_text(text);
  const std::vector<Keyword> words = splitter_.split(folded);
  if (folded == text) {  // most texts; splitting them is what takes the time
    for (const Keyword& keyword : words) forms.exact.push_back(keyword.text);
  } else {
    for (Keyword& keyword : splitter_.split(text)) forms.exact.push_back(std::move(keyword.text));
  }
  if (side == MatchingSide::kQuery) forms.by_word.resize(words.size());
  for (size_t i = 0; i < words.size(); ++i) {
    std::vector<std::string> word_forms = fold(words[i].text);
    if (side == MatchingSide::kQuery)
      std::ranges::copy(word_forms, std::back_inserter(forms.by_word[i]));
    std::ranges::move(word_forms, std::back_inserter(forms.folded));
    add_parts(words[i].text, side, forms.parts);
    std::string joined = fold_word(words[i].text);
    for (size_t k = i + 1; k < words.size() && k < i + kMostJoined; ++k) {
      const size_t gap = words[k - 1].end;
      if (separates_clauses(std::string_view(folded).substr(gap, words[k].begin - gap))) break;
      const std::string left = fold_word(words[k - 1].text), right = fold_word(words[k].text);
      const bool is_pair = side == MatchingSide::kQuery && k == i + 1;
      if (!is_pair && !is_often_joined(left, right)) break;
      joined += right;
      if (joined.size() > kLongestJoin) break;
      if (side == MatchingSide::kAd && !has_digit(joined)) break;
      for (std::string& form : fold(joined)) {
        if (side == MatchingSide::kQuery) {
          for (size_t w = i; w <= k; ++w) forms.by_word[w].push_back(form);
        }
        forms.joined.push_back(std::move(form));
      }
      if (is_pair && !is_often_joined(left, right)) break;
    }
  }
  remove_repeats(forms.parts);
  remove_repeats(forms.joined);
  return forms;
}

}  // namespace barker
