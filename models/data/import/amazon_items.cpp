#include "models/data/import/amazon_items.h"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>
#include <unordered_map>

#include "models/base/ascii.h"

namespace barker {
namespace {

const std::set<std::string>& stop_words() {
  static const std::set<std::string> kWords = {
      "the", "and",   "for",  "with", "of",    "in",     "to",  "by",    "a",
      "an",  "from",  "on",   "oz",   "ounce", "ounces", "fl",  "fluid", "pack",
      "new", "count", "inch", "set",  "size",  "pc",     "pcs", "ct",    "is",
      "it",  "at",    "or",   "as",   "your",  "all",    "no",  "up"};
  return kWords;
}

void decode_entities(std::string& text) {
  static constexpr std::array<std::pair<const char*, const char*>, 5> kEntities = {
      {{"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&lt;", "<"}, {"&gt;", ">"}}};
  for (const auto& [entity, character] : kEntities) {
    const std::string name = entity;
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; ++at)
      text.replace(at, name.size(), character);
  }
}

// The levels of "Beauty > Skin Care > Face" without the first one, which all items share.
std::vector<std::string> levels_of(const std::string& path) {
  std::vector<std::string> levels;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find(" > ", at), path.size());
    if (end > at) levels.push_back(path.substr(at, end - at));
    at = end + 3;
  }
  if (!levels.empty()) levels.erase(levels.begin());
  return levels;
}

std::string query_of(const std::vector<std::string>& levels) {
  std::string query;
  for (size_t i = levels.size() > 2 ? levels.size() - 2 : 0; i < levels.size(); ++i) {
    query += (query.empty() ? "" : " ") + levels[i];
  }
  return query;
}

Status read_items(const std::string& path, std::vector<AmazonItem>& items, BadLines& bad) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  std::string_view line;
  while (lines->next(line)) {
    const size_t first = line.find('\t');
    const size_t second = first == line.npos ? line.npos : line.find('\t', first + 1);
    if (second == line.npos) {
      bad.add(lines->number(), "items: expected id, category path and title");
      continue;
    }
    AmazonItem item;
    item.id = line.substr(0, first);
    if (item.id == "item_id") continue;  // the names of the columns
    item.title = line.substr(second + 1);
    item.levels = levels_of(std::string(line.substr(first + 1, second - first - 1)));
    item.query = query_of(item.levels);
    item.words = telling_words(item.title);
    items.push_back(std::move(item));
  }
  return lines->status();
}

Status read_sequences(const std::string& path, AmazonReviews& reviews) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  std::unordered_map<std::string, size_t> item_of;
  for (size_t i = 0; i < reviews.items.size(); ++i) item_of[reviews.items[i].id] = i;
  std::string_view line;
  while (lines->next(line)) {
    std::istringstream in{std::string(line)};
    std::string user, id;
    if (!(in >> user)) continue;
    std::vector<int64_t> sequence;
    while (in >> id) {
      const auto at = item_of.find(id);
      sequence.push_back(at == item_of.end() ? -1 : static_cast<int64_t>(at->second));
      if (at != item_of.end()) reviews.items[at->second].bought = true;
    }
    reviews.users.push_back(user);
    reviews.sequences.push_back(std::move(sequence));
  }
  return lines->status();
}

}  // namespace

std::vector<std::string> telling_words(std::string text) {
  decode_entities(text);
  std::vector<std::string> words;
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto inside = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '\'' || c == '+' || c == '-';
  };
  for (char& c : text) c = ascii_lower(c);
  for (size_t i = 0; i < text.size();) {
    if (!letter(text[i])) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && inside(text[end])) ++end;
    const std::string word = text.substr(i, end - i);
    i = end - i >= 3 ? end : i + 1;
    if (word.size() >= 3 && !stop_words().contains(word) &&
        std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(word);
    }
  }
  return words;
}

Result<AmazonReviews> read_amazon_reviews(const std::string& directory, BadLines& bad) {
  AmazonReviews reviews;
  if (Status s = read_items(directory + "/items.tsv.gz", reviews.items, bad); !s.ok()) return s;
  if (Status s = read_sequences(directory + "/sequences.txt.gz", reviews); !s.ok()) return s;
  return reviews;
}

}  // namespace barker
