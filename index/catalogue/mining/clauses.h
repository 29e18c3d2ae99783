// The clauses of a merchant's text, and what they negate. Mining proposes whole clauses only, so
// that a proposal is a claim that merchants made in these very words, and never one that a text
// denies.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace barker {

// A word of a script with spaces, in normal form, or a single character of Chinese or Japanese.
struct Unit {
  std::string text;
  size_t begin = 0, end = 0;  // bytes in the text
  bool is_character = false;  // of Chinese or Japanese
  bool is_negated = false;
  // A single Chinese character may deny it from further away, as in "无酒精香精", or may not:
  // "不黏补水".
  bool is_in_doubt = false;
};

// What stands between a clause and the next.
enum class Separator {
  kSentence,  // the end of a sentence, a semicolon, the end of the text
  kComma,
  kEnumeration,  // the ideographic comma, which lists things of one kind
  kSpace,        // a space beside Chinese or Japanese, whose titles are runs of claims
  kLine,         // line break, bar, bullet; the next clause may answer: "waterproof | no"
  kLink,         // colon, question mark, dash, bracket; the next clause may answer, too
  kCross,        // a cross or a similar picture, which denies what stands beside it
};

struct Clause {
  std::vector<Unit> units;  // at least one
  Separator after = Separator::kSentence;
  bool is_denial = false;  // it negates something by "not", "without", ...; "-free" does not count

  size_t begin() const { return units.front().begin; }
  size_t end() const { return units.back().end; }
};

// Replaces tags by spaces or line breaks, and removes addresses of pages and of mail, scripts and
// style sheets.
std::string without_markup(std::string_view text);

// The clauses of a text (valid UTF-8, without markup) with their negated units marked: negation.cpp
// says by which rules. Any thread.
std::vector<Clause> clauses_of(std::string_view text);

// Marks what the clauses of one text negate. Part of clauses_of().
void mark_negated(std::vector<Clause>& clauses);

// Whether the text is an answer such as "no", "none" or "否", in normal form.
bool is_no(std::string_view text);

}  // namespace barker
