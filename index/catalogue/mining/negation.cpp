// What a text negates. The rules are on the side of caution: a true claim that is taken for a
// denied one costs a proposal, a denied one that is proposed would be a lie before a title.
//
//   forwards   "not", "without", "n't", "free of", "ohne", "sans", "sin", "不含": all that follows
//              in the clause; through the list where it goes on ("no zip, pockets or lining",
//              "不含酒精、香精"); through a colon or a space where the clause ends with the
//              negation behind a single Chinese character ("不", "无") three characters are denied
//              for sure, and the rest of the clause is in doubt, because titles run claims together
//   backwards  where at most one word follows ("batteries not included", "wasserdicht ist es
//              nicht"), and for ない, なし, 없, değil: all that stands before it in the clause
//   answers    "waterproof: no", "waterproof? No", a row "waterproof | no", a cross
//   -free      "sugar-free", "sugar free", "zuckerfrei": the word before "free"
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "index/catalogue/mining/clauses.h"
#include "models/text/negation_words.h"

namespace barker {
namespace {

using Words = std::set<std::string_view>;

bool is_negation(std::string_view word) {
  static const Words kWords(kDenyingWords.begin(), kDenyingWords.end());
  return kWords.contains(word) || word.ends_with("n't") || word.starts_with("n'");
}

// Words that deny the whole clause in which they stand, because what they deny stands before them.
bool denies_all(const std::string& word) {
  static const Words kWords = {"değil", "yok", "안", "못"};
  static constexpr std::array<std::string_view, 4> kKorean = {"않", "없", "아니", "아닙"};
  return kWords.contains(word) || std::ranges::any_of(kKorean, [&](std::string_view part) {
           return word.find(part) != std::string::npos;
         });
}

// Whether the two words deny what follows: "free of".
bool is_negation(std::string_view word, std::string_view next) {
  return std::ranges::find(kDenyingPairs, std::pair(word, next)) != kDenyingPairs.end();
}

// Whether the word denies the one before it.
bool is_free(std::string_view word) {
  static const Words kWords(kDenyingWordsBehind.begin(), kDenyingWordsBehind.end());
  static const Words kRomance = {"libre", "exempt", "exempte", "exento", "vrij"};
  return kWords.contains(word) || kRomance.contains(word);
}

// "Free" before one of these words is a gift, not a lack.
bool is_gift(const std::string& word) {
  static const Words kWords = {"shipping", "delivery", "returns", "return", "gift",
                               "trial",    "postage",  "app",     "case",   "sample"};
  return kWords.contains(word);
}

// The text of the clause's units from `at` on begins with `word`, which is of single characters.
size_t length_of_match(const Clause& clause, size_t at, std::string_view word) {
  size_t i = at;
  while (!word.empty() && i < clause.units.size() && word.starts_with(clause.units[i].text)) {
    word.remove_prefix(clause.units[i].text.size());
    ++i;
  }
  return word.empty() ? i - at : 0;
}

template <typename List>
size_t longest_match(const Clause& clause, size_t at, const List& words) {
  size_t longest = 0;
  for (const std::string_view word : words) {
    longest = std::max(longest, length_of_match(clause, at, word));
  }
  return longest;
}

// Characters behind a single denying one that it denies beyond doubt: an adverb and a word.
constexpr size_t kSurelyDenied = 3;

bool is_link(Separator separator) {
  return separator == Separator::kLink || separator == Separator::kLine;
}

class Marker {
 public:
  explicit Marker(std::vector<Clause>& clauses) : clauses_(clauses) {}

  void mark_all() {
    for (size_t c = 0; c < clauses_.size(); ++c) {
      mark_words(c);
      mark_free(c);
      mark_answer(c);
    }
  }

 private:
  static void mark(Clause& clause, size_t begin, size_t end) {
    for (size_t i = begin; i < std::min(end, clause.units.size()); ++i) {
      clause.units[i].is_negated = true;
    }
  }

  void mark_words(size_t c) {
    Clause& clause = clauses_[c];
    for (size_t i = 0; i < clause.units.size();) {
      const Unit& unit = clause.units[i];
      if (const size_t harmless = longest_match(clause, i, kHarmlessWords); harmless > 0) {
        mark(clause, i + 1, i + harmless);  // "不晕染" says that nothing smudges
        i += harmless;
        continue;
      }
      const bool not_only = i + 1 < clause.units.size() && (clause.units[i + 1].text == "only" ||
                                                            clause.units[i + 1].text == "just");
      if (longest_match(clause, i, kDenyingPhrasesBehind) > 0 || denies_all(unit.text)) {
        clause.is_denial = true;
        mark(clause, 0, clause.units.size());
      }
      const size_t length = std::max(longest_match(clause, i, kDenyingCharacters),
                                     longest_match(clause, i, kDenyingPhrases));
      if (length > 0) {
        deny_from(c, i, i + length);
        return;
      }
      if (is_negation(unit.text) && !not_only) {
        deny_from(c, i, i + 1);
        return;
      }
      const bool is_without = unit.text == "w" && i + 1 < clause.units.size() &&
                              clause.units[i + 1].text == "o" &&
                              clause.units[i + 1].begin == unit.end + 1;
      const bool is_free_of =
          i + 1 < clause.units.size() && is_negation(unit.text, clause.units[i + 1].text);
      if (is_without || is_free_of) {
        deny_from(c, i, i + 2);
        return;
      }
      ++i;
    }
  }

  // The negation stands in [at, end) of clause `c`.
  void deny_from(size_t c, size_t at, size_t end) {
    Clause& clause = clauses_[c];
    clause.is_denial = true;
    const size_t behind = clause.units.size() - end;
    const bool is_character = clause.units[at].is_character;
    if (behind == 0 || (behind == 1 && !is_character)) mark(clause, 0, at);
    // A phrase denies all that follows. Behind a single character the next claim may follow at
    // once.
    const bool is_near = is_character && end - at == 1;
    mark(clause, end, is_near ? end + kSurelyDenied : clause.units.size());
    for (size_t i = end; i < clause.units.size(); ++i) clause.units[i].is_in_doubt = true;
    if (behind == 0 && is_link(clause.after)) return deny_sentence(c + 1);
    if (behind == 0 && clause.after == Separator::kSpace) return deny_clause(c + 1);
    deny_list(c);
  }

  void deny_clause(size_t c) {
    if (c >= clauses_.size()) return;
    clauses_[c].is_denial = true;
    mark(clauses_[c], 0, clauses_[c].units.size());
  }

  void deny_sentence(size_t c) {
    for (; c < clauses_.size(); ++c) {
      deny_clause(c);
      if (clauses_[c].after == Separator::kSentence || is_link(clauses_[c].after)) return;
    }
  }

  // Goes on with the negation where the clauses behind it are the rest of a list.
  void deny_list(size_t c) {
    static const Words kOr = {"or", "nor", "oder",  "noch", "ou", "ni",
                              "o",  "u",   "eller", "или",  "或"};
    size_t last = c;
    for (size_t i = c; i + 1 < clauses_.size(); ++i) {
      if (clauses_[i].after == Separator::kEnumeration) {
        last = std::max(last, i + 1);
        continue;
      }
      if (clauses_[i].after != Separator::kComma) break;
      const Clause& next = clauses_[i + 1];
      const bool has_or =
          std::ranges::any_of(next.units, [](const Unit& unit) { return kOr.contains(unit.text); });
      if (has_or) last = i + 1;
    }
    for (size_t i = c + 1; i <= last; ++i) deny_clause(i);
  }

  void mark_free(size_t c) {
    Clause& clause = clauses_[c];
    for (size_t i = 0; i < clause.units.size(); ++i) {
      const std::string& word = clause.units[i].text;
      const bool is_gifted = i + 1 < clause.units.size() && is_gift(clause.units[i + 1].text);
      if (i > 0 && is_free(word) && !is_gifted) clause.units[i - 1].is_negated = true;
    }
  }

  void mark_answer(size_t c) {
    Clause& clause = clauses_[c];
    if (clause.after == Separator::kCross) {
      deny_clause(c);
      deny_clause(c + 1);
    }
    if (c == 0) return;
    std::string text;
    for (const Unit& unit : clause.units) text += unit.text;
    const Separator before = clauses_[c - 1].after;
    if (is_no(text) && before != Separator::kSentence && before != Separator::kComma) {
      deny_clause(c - 1);
    }
  }

  std::vector<Clause>& clauses_;
};

}  // namespace

bool is_no(std::string_view text) { return is_one_of(text, kMereNo); }

void mark_negated(std::vector<Clause>& clauses) { Marker(clauses).mark_all(); }

}  // namespace barker
