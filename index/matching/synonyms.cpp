#include "index/matching/synonyms.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "models/base/lines.h"

namespace barker {
namespace {

constexpr std::string_view kArrow = "=>";

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// One side of a line as phrases of folded words. An error says what is wrong, not where.
Result<std::vector<std::vector<std::string>>> phrases_of(std::string_view side,
                                                         const MatchingAnalyzer& analyzer) {
  std::vector<std::vector<std::string>> phrases;
  for (const std::string_view text : split_at_commas(side)) {
    std::vector<std::string> folded = analyzer.analyse(text, MatchingSide::kAd).folded;
    if (folded.empty()) return bad_data("expected words between the commas, found none");
    phrases.push_back(std::move(folded));
  }
  return phrases;
}

}  // namespace

Result<Synonyms> Synonyms::read(const std::string& path, const MatchingAnalyzer& analyzer) {
  Result<LineReader> reader = LineReader::open(path);
  if (!reader.ok()) return reader.status();
  Synonyms synonyms;
  for (std::string_view line; reader->next(line);) {
    const auto wrong = [&](const std::string& why) {
      return bad_data(path + ":" + std::to_string(reader->number()) + ": " + why);
    };
    line = line.substr(0, line.find('#'));
    if (is_blank(line)) continue;
    const size_t arrow = line.find(kArrow);
    const bool is_one_way = arrow != std::string_view::npos;
    const auto left = phrases_of(is_one_way ? line.substr(0, arrow) : line, analyzer);
    if (!left.ok()) return wrong(left.status().message());
    const auto right = is_one_way ? phrases_of(line.substr(arrow + kArrow.size()), analyzer) : left;
    if (!right.ok()) return wrong(right.status().message());
    if (!is_one_way && left->size() < 2) return wrong("expected two words or more, found one");
    for (const Phrase& from : *left) {
      for (const Phrase& to : *right) {
        if (from != to) synonyms.others_[from].push_back(to);
      }
      synonyms.longest_ = std::max(synonyms.longest_, from.size());
    }
  }
  if (!reader->status().ok()) return reader->status();
  return synonyms;
}

std::vector<std::string> Synonyms::widen(const std::vector<std::string>& folded) const {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < folded.size(); ++begin) {
    const size_t most = std::min(longest_, folded.size() - begin);
    for (size_t size = 1; size <= most; ++size) {
      const auto at = folded.begin() + static_cast<ptrdiff_t>(begin);
      const auto found = others_.find(Phrase(at, at + static_cast<ptrdiff_t>(size)));
      if (found == others_.end()) continue;
      for (const Phrase& other : found->second) {
        for (const std::string& word : other) {
          if (std::ranges::find(folded, word) == folded.end() &&
              std::ranges::find(words, word) == words.end()) {
            words.push_back(word);
          }
        }
      }
    }
  }
  return words;
}

std::vector<std::string> Synonyms::words_for(const std::vector<std::string>& forms) const {
  std::vector<std::string> words;
  for (const std::string& form : forms) {
    const auto found = others_.find(Phrase{form});
    if (found == others_.end()) continue;
    for (const Phrase& other : found->second) {
      if (other.size() == 1) words.push_back(other.front());
    }
  }
  return words;
}

}  // namespace barker
