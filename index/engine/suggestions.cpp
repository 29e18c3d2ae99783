#include "index/engine/suggestions.h"

#include <algorithm>
#include <unordered_map>

#include "index/catalogue/ad_store_generated.h"
#include "index/engine/engine_parts.h"
#include "index/retrieval/bids_generated.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

constexpr size_t kMostOffersRead = size_t{1} << 20;  // that are read
constexpr size_t kMostStarts = 8;                    // of a text
constexpr size_t kMostCompared = size_t{1} << 14;    // starts that are compared for one answer
constexpr size_t kLongest = 120;                     // bytes; a longer title is no query

// A text counts from the beginning, after each space, and before each character of a script that
// has no spaces between words, all of which have three bytes or more.
bool begins_word(std::string_view text, size_t at) {
  return at == 0 || text[at - 1] == ' ' || static_cast<unsigned char>(text[at]) >= 0xe3;
}

using Counts = std::unordered_map<std::string_view, uint32_t>;

void count(std::string_view text, Counts& counts) {
  if (text.empty() || text.size() > kLongest) return;
  const auto known = counts.find(text);
  if (known != counts.end()) {
    ++known->second;
  } else if (counts.size() < kMostSuggestions) {
    counts.emplace(text, 1);
  }
}

void count_terms(const BidBook& book, std::vector<bool>& bids, Counts& counts) {
  for (size_t offer = 0; offer < book.offers(); ++offer) {
    bids[book.offer(offer).ad()] = true;
    if (offer >= kMostOffersRead) continue;
    for (size_t term = book.first_term(offer); term < book.end_of_terms(offer); ++term) {
      count(book.term(term).text, counts);
    }
  }
}

}  // namespace

Suggestions::Suggestions(const Engine& engine) {
  const std::shared_ptr<const CatalogueSnapshot> snapshot = engine.parts().catalogue->snapshot();
  Counts counts;
  for (const CatalogueSnapshot::Part& part : snapshot->parts) {
    const Segment& files = part.segment->files();
    std::vector<bool> bids(files.size());
    count_terms(files.bids().book(), bids, counts);
    for (uint32_t ad = 0; ad < files.size() && counts.size() < kMostSuggestions; ++ad) {
      if (bids[ad]) continue;
      const flatbuffers::String& title = *files.store().ad(ad).title();
      count({title.c_str(), title.size()}, counts);
    }
  }
  texts_.reserve(counts.size());
  for (const auto& [text, ads] : counts) texts_.push_back({std::string(text), ads});
  index();
}

Suggestions::Suggestions(std::vector<Text> texts) : texts_(std::move(texts)) { index(); }

void Suggestions::index() {
  std::ranges::sort(texts_, {}, &Text::text);
  folded_.reserve(texts_.size());
  for (uint32_t i = 0; i < texts_.size(); ++i) {
    const std::string& folded = folded_.emplace_back(normalize_keyword(texts_[i].text));
    size_t starts = 0;
    for (uint32_t at = 0; at < folded.size() && starts < kMostStarts; ++at) {
      if (!begins_word(folded, at)) continue;
      starts_.push_back({i, at});
      ++starts;
    }
  }
  std::ranges::sort(starts_, {}, [this](const Start& start) { return from(start); });
}

std::vector<std::string> Suggestions::find(std::string_view typed, size_t count) const {
  const std::string folded = normalize_keyword(typed);
  if (folded.empty()) return {};
  const auto prefix = [&](const Start& start) { return from(start).substr(0, folded.size()); };
  const auto first = std::ranges::lower_bound(starts_, std::string_view(folded), {}, prefix);
  const auto last = std::ranges::upper_bound(starts_, std::string_view(folded), {}, prefix);
  const ptrdiff_t compared = std::min<ptrdiff_t>(last - first, kMostCompared);
  std::vector<Start> found(first, first + compared);
  std::ranges::stable_sort(found, [this](const Start& a, const Start& b) {
    if ((a.offset == 0) != (b.offset == 0)) return a.offset == 0;
    return texts_[a.text].ads > texts_[b.text].ads;
  });
  std::vector<std::string> suggestions;
  for (const Start& start : found) {
    if (suggestions.size() == count) break;
    const std::string& text = texts_[start.text].text;
    if (std::ranges::find(suggestions, text) == suggestions.end()) suggestions.push_back(text);
  }
  return suggestions;
}

}  // namespace barker
