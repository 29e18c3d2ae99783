#include "models/data/dataset_check.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/number_text.h"
#include "models/data/dataset.h"
#include "models/data/dataset_layout.h"
#include "models/text/scheme.h"

namespace barker {
namespace {

namespace f = dataset_format;

constexpr size_t kNone = ~size_t{0};

// The index of the first value for which `is_bad`, or kNone. It looks at whole
// blocks and does not stop within one, so that the compiler uses vector instructions.
template <typename T, typename IsBad>
size_t first_bad(std::span<const T> values, IsBad is_bad) {
  constexpr size_t kBlock = 4096;
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const auto block = values.subspan(begin, std::min(kBlock, values.size() - begin));
    unsigned any = 0;
    for (const T value : block) any |= static_cast<unsigned>(is_bad(value));
    if (any == 0) continue;
    return begin + static_cast<size_t>(std::ranges::find_if(block, is_bad) - block.begin());
  }
  return kNone;
}

class DatasetCheck {
 public:
  explicit DatasetCheck(const DatasetLayout& layout) : layout_(layout), h_(layout.header()) {}

  Status run() const {
    for (const auto check :
         {&DatasetCheck::check_scheme, &DatasetCheck::check_texts, &DatasetCheck::check_titles,
          &DatasetCheck::check_impressions, &DatasetCheck::check_exposure,
          &DatasetCheck::check_searches, &DatasetCheck::check_lists, &DatasetCheck::check_groups}) {
      if (Status s = (this->*check)(); !s.ok()) return s;
    }
    return {};
  }

 private:
  template <typename T>
  std::span<const T> list(f::Section section) const {
    return layout_.list<T>(section);
  }
  uint64_t size(f::Section section) const { return layout_.size(section); }

  // The begins of lists that lie one behind the other in `elements` of them, and at last the end of
  // the last list: they start at 0, never descend, and end at `elements`.
  template <typename Begin, typename Name>
  static Status check_ascending(size_t count, uint64_t elements, Begin begin, Name name) {
    uint64_t low = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t value = begin(i), high = i == 0 ? 0 : elements;
      if (i + 1 == count) low = elements;
      if (value < low || value > high) {
        return unexpected(name(i), std::to_string(low) + " to " + std::to_string(high),
                          std::to_string(value));
      }
      low = value;
    }
    return {};
  }

  Status check_begins(f::Section begins, uint64_t elements) const {
    const auto values = list<uint64_t>(begins);
    return check_ascending(
        values.size(), elements, [&](size_t i) { return values[i]; },
        [&](size_t i) { return element_name(begins, i); });
  }

  enum class Unknown : uint32_t { kNever, kAllowed };

  // Every number is below `limit`, or is kUnknownKeyword where that is allowed.
  Status check_ids(f::Section section, uint32_t limit, Unknown unknown) const {
    const auto ids = list<uint32_t>(section);
    const auto shift = static_cast<uint32_t>(unknown);  // makes kUnknownKeyword, the largest, 0
    const size_t bad = first_bad(ids, [=](uint32_t id) { return id + shift >= limit + shift; });
    if (bad == kNone) return {};
    const std::string none = unknown == Unknown::kAllowed ? ", or none" : "";
    return unexpected(element_name(section, bad), "a number below " + std::to_string(limit) + none,
                      std::to_string(ids[bad]));
  }

  Status check_scheme() const {
    const auto record = list<char>(f::kKeywordScheme);
    // Dataset::open says how to make a dataset again.
    return check_keyword_scheme({record.data(), record.size()}, "");
  }

  Status check_texts() const {
    using Pair = std::pair<f::Section, f::Section>;
    for (const auto& [begins, text] :
         {Pair{f::kUserBegin, f::kUserText}, Pair{f::kKeywordBegin, f::kKeywordText},
          Pair{f::kFeatureBegin, f::kFeatureText}, Pair{f::kCategoryBegin, f::kCategoryText},
          Pair{f::kGroupNameBegin, f::kGroupNameText}, Pair{f::kPhraseBegin, f::kPhraseText}}) {
      if (Status s = check_begins(begins, size(text)); !s.ok()) return s;
    }
    return check_phrases();
  }

  // The begins are checked before.
  Status check_phrases() const {
    const auto begins = list<uint64_t>(f::kPhraseBegin);
    const auto text = list<char>(f::kPhraseText);
    std::string_view last;
    for (size_t i = 0; i < h_.phrases; ++i) {
      const std::string_view phrase(text.data() + begins[i], begins[i + 1] - begins[i]);
      if (phrase <= last) {
        return unexpected(element_name(f::kPhraseText, i),
                          "a phrase greater than the one before it",
                          phrase.empty() ? "none" : "a lesser one");
      }
      last = phrase;
    }
    return {};
  }

  Status check_titles() const {
    if (Status s = check_begins(f::kTitleBegin, list<uint32_t>(f::kTitleKeyword).size()); !s.ok()) {
      return s;
    }
    return check_ids(f::kTitleKeyword, h_.keywords, Unknown::kAllowed);
  }

  Status check_impressions() const {
    for (const f::Section keywords : {f::kHistory, f::kSfHistory, f::kQuery, f::kSfKeyword}) {
      if (Status s = check_ids(keywords, h_.keywords, Unknown::kAllowed); !s.ok()) return s;
    }
    if (Status s = check_ids(f::kAdTitle, h_.titles, Unknown::kNever); !s.ok()) return s;
    for (const f::Section section : {f::kSfClicked, f::kAdClicked}) {
      const auto clicked = list<uint8_t>(section);
      const size_t bad = first_bad(clicked, [](uint8_t c) { return c > 1; });
      if (bad != kNone)
        return unexpected(element_name(section, bad), "0 or 1", std::to_string(clicked[bad]));
    }
    for (const f::Section section : {f::kSfTruth, f::kAdTruth}) {
      const auto truth = list<float>(section);
      const size_t bad = first_bad(truth, [](float p) { return p < 0 || p > 1; });
      if (bad != kNone) {
        return unexpected(element_name(section, bad), "0 to 1, or none", number_text(truth[bad]));
      }
    }
    return {};
  }

  Status check_exposure() const {
    for (const f::Section section : {f::kSfPropensity, f::kAdPropensity}) {
      const auto values = list<float>(section);
      const size_t bad = first_bad(values, [](float p) { return p <= 0 || p > 1; });
      if (bad != kNone) {
        return unexpected(element_name(section, bad), "above 0 and at most 1, or none",
                          number_text(values[bad]));
      }
    }
    for (const f::Section section : {f::kSfPosition, f::kAdPosition}) {
      const size_t bad = first_bad(list<uint32_t>(section), [](uint32_t p) { return p == 0; });
      if (bad != kNone) return unexpected(element_name(section, bad), "a position from 1", "0");
    }
    const auto points = list<uint32_t>(f::kAdPoint);
    if (list<uint64_t>(f::kAdPointBegin).empty()) {
      if (points.empty()) return {};
      return unexpected(section_name(f::kAdPoint),
                        "nothing without " + std::string(section_name(f::kAdPointBegin)),
                        std::to_string(points.size()));
    }
    if (Status s = check_begins(f::kAdPointBegin, points.size()); !s.ok()) return s;
    return check_ids(f::kAdPoint, h_.keywords, Unknown::kAllowed);
  }

  Status check_searches() const {
    const auto records = list<f::SearchRecord>(f::kSearches);
    struct Begins {
      const char* field;
      uint64_t f::SearchRecord::*value;
      f::Section section;
    };
    for (const Begins& begins : {Begins{"query_begin", &f::SearchRecord::query_begin, f::kQuery},
                                 Begins{"sf_begin", &f::SearchRecord::sf_begin, f::kSfKeyword},
                                 Begins{"ad_begin", &f::SearchRecord::ad_begin, f::kAdTitle}}) {
      const Status s = check_ascending(
          records.size(), list<uint32_t>(begins.section).size(),
          [&](size_t i) { return records[i].*begins.value; },
          [&](size_t i) { return element_name(f::kSearches, i) + "." + begins.field; });
      if (!s.ok()) return s;
    }
    for (size_t i = 0; i < h_.searches; ++i) {
      if (Status s = check_search(i, records[i]); !s.ok()) return s;
    }
    return {};
  }

  Status check_search(size_t index, const f::SearchRecord& r) const {
    const auto inside = [&](uint64_t begin, uint64_t count, f::Section section) -> Status {
      const uint64_t elements = list<uint32_t>(section).size();
      if (begin <= elements && count <= elements - begin) return {};
      return unexpected(element_name(f::kSearches, index) + "." + section_name(section),
                        "inside " + std::to_string(elements) + " keywords",
                        std::to_string(begin) + " + " + std::to_string(count));
    };
    if (Status s = inside(r.history_begin, r.history_count, f::kHistory); !s.ok()) return s;
    if (Status s = inside(r.sf_history_begin, r.sf_history_count, f::kSfHistory); !s.ok()) return s;
    const auto below = [&](const char* field, uint32_t value, uint32_t limit) -> Status {
      if (value < limit) return {};
      return unexpected(element_name(f::kSearches, index) + "." + field,
                        "a number below " + std::to_string(limit), std::to_string(value));
    };
    if (Status s = below("user", r.user, h_.users); !s.ok()) return s;
    if (Status s = below("category", r.category, h_.categories); !s.ok()) return s;
    return below("split", r.split, f::kSplits);
  }

  // The lists of searches by split and task, and the sums in the header, as the searches make them.
  Status check_lists() const {
    std::array<uint64_t, f::kSearchLists> next{}, end{}, instances{}, clicks{};
    const auto given = list<uint32_t>(f::kSearchesOf);
    for (size_t l = 0; l < f::kSearchLists; ++l) {
      next[l] = l == 0 ? 0 : end[l - 1];
      end[l] = h_.searches_of_end[l];
      const uint64_t low = l + 1 == f::kSearchLists ? given.size() : next[l];
      if (end[l] < low || end[l] > given.size()) {
        return unexpected("searches_of_end[" + std::to_string(l) + "]",
                          std::to_string(low) + " to " + std::to_string(given.size()),
                          std::to_string(end[l]));
      }
    }
    const auto records = list<f::SearchRecord>(f::kSearches);
    const auto visit = [&](size_t search, size_t l, std::span<const uint8_t> clicked) {
      if (clicked.empty()) return true;
      instances[l] += clicked.size();
      for (const uint8_t c : clicked) clicks[l] += c;
      return next[l] < end[l] && given[next[l]++] == search;
    };
    for (size_t i = 0; i < h_.searches; ++i) {
      const f::SearchRecord &r = records[i], &after = records[i + 1];
      const auto sfs =
          list<uint8_t>(f::kSfClicked).subspan(r.sf_begin, after.sf_begin - r.sf_begin);
      const auto ads =
          list<uint8_t>(f::kAdClicked).subspan(r.ad_begin, after.ad_begin - r.ad_begin);
      const size_t l = size_t{r.split} * 2;
      if (!visit(i, l, sfs) || !visit(i, l + 1, ads)) {
        return bad_data("searches_of: search " + std::to_string(i) +
                        " is not where its split puts it");
      }
    }
    for (size_t l = 0; l < f::kSearchLists; ++l) {
      const std::string which = "[" + std::to_string(l) + "]";
      if (next[l] != end[l]) {
        return unexpected("searches_of_end" + which, std::to_string(next[l]),
                          std::to_string(end[l]));
      }
      if (instances[l] != h_.instances_of[l]) {
        return unexpected("instances_of" + which, std::to_string(instances[l]),
                          std::to_string(h_.instances_of[l]));
      }
      if (clicks[l] != h_.clicks_of[l]) {
        return unexpected("clicks_of" + which, std::to_string(clicks[l]),
                          std::to_string(h_.clicks_of[l]));
      }
    }
    return {};
  }

  std::string_view text(f::Section begins, f::Section texts, uint32_t id) const {
    const auto begin = list<uint64_t>(begins);
    return {list<char>(texts).data() + begin[id], begin[id + 1] - begin[id]};
  }

  Status check_groups() const {
    const auto features = list<uint32_t>(f::kGroupFeature);
    if (Status s = check_begins(f::kGroupBegin, features.size()); !s.ok()) return s;
    if (Status s = check_ids(f::kGroupFeature, h_.features, Unknown::kNever); !s.ok()) return s;
    const auto weights = list<float>(f::kGroupWeight);
    const size_t bad = first_bad(weights, [](float w) { return !(w >= 0 && w <= kMaxWeight); });
    if (bad != kNone) {
      return unexpected(element_name(f::kGroupWeight, bad), "0 to " + number_text(kMaxWeight),
                        number_text(weights[bad]));
    }
    return check_feature_names();
  }

  // A feature in a bag of group G is named "G=token": writers of text cut the name there.
  Status check_feature_names() const {
    constexpr uint32_t kNoGroup = ~uint32_t{0};
    const auto features = list<uint32_t>(f::kGroupFeature);
    const auto begin = list<uint64_t>(f::kGroupBegin);
    std::vector<uint32_t> proven_group(h_.features, kNoGroup);  // so that each is compared once
    for (size_t bag = 0; bag + 1 < begin.size(); ++bag) {
      const auto group = static_cast<uint32_t>(bag % h_.groups);
      for (uint64_t i = begin[bag]; i < begin[bag + 1]; ++i) {
        const uint32_t feature = features[i];
        if (proven_group[feature] == group) continue;
        const std::string_view name = text(f::kFeatureBegin, f::kFeatureText, feature);
        const std::string_view of = text(f::kGroupNameBegin, f::kGroupNameText, group);
        if (!name.starts_with(of) || !name.substr(of.size()).starts_with('=')) {
          return unexpected(element_name(f::kGroupFeature, i),
                            "a feature of group " + std::to_string(group),
                            "feature " + std::to_string(feature) + " of another");
        }
        proven_group[feature] = group;
      }
    }
    return {};
  }

  static constexpr float kMaxWeight = 1e6f;  // as logs have them (events.cpp)

  const DatasetLayout& layout_;
  const f::Header& h_;
};

}  // namespace

Result<dataset_format::Header> check_dataset(std::span<const std::byte> bytes) {
  const Result<DatasetLayout> layout = DatasetLayout::check(bytes);
  if (!layout.ok()) return layout.status();
  if (Status s = DatasetCheck(*layout).run(); !s.ok()) return s;
  return layout->header();
}

}  // namespace barker
