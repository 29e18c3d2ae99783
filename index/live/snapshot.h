// A catalogue as one query sees it from its start to its end: the segments, and what was changed of
// them when it was taken.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "index/live/live_segment.h"
#include "index/matching/matching_file.h"
#include "index/matching/synonyms.h"
#include "index/retrieval/title_index.h"

namespace barker {

// How words are compared, which an index decides for all its segments.
struct MatchingWords {
  MatchingRules rules;
  Synonyms synonyms;
};

// An ad of a snapshot.
struct AdPlace {
  uint32_t part;
  uint32_t ad;  // of the part's segment

  uint64_t key() const { return uint64_t{part} << 32 | ad; }
  bool operator==(const AdPlace&) const = default;
};

// Immutable but for bids, budgets and opt-outs, which are those of the moment. [any thread]
struct CatalogueSnapshot {
  struct Part {
    std::shared_ptr<LiveSegment> segment;
    uint32_t first;  // the number of its first ad in `titles`
    std::shared_ptr<const std::vector<uint32_t>>
        raised;  // LiveSegment::raised_offers(); null: none
  };

  bool is_gone(const AdPlace& place) const noexcept {
    return parts[place.part].segment->is_gone(place.ad, version);
  }
  const LiveSegment& segment(const AdPlace& place) const { return *parts[place.part].segment; }

  // By its number in `titles`.
  AdPlace place(uint32_t document) const {
    size_t part = parts.size() - 1;
    while (document < parts[part].first) --part;
    return {static_cast<uint32_t>(part), document - parts[part].first};
  }

  // The ad with this id that is not gone.
  std::optional<AdPlace> find(std::string_view id) const {
    for (size_t part = parts.size(); part-- > 0;) {
      const std::optional<uint32_t> ad = parts[part].segment->files().find(id);
      const AdPlace place = {static_cast<uint32_t>(part), ad.value_or(0)};
      if (ad && !is_gone(place)) return place;
    }
    return std::nullopt;
  }

  std::vector<Part>
      parts;  // the segment of `barker index` first, then the newer ones in their order
  std::shared_ptr<const TitleIndex> titles;  // of all parts
  std::shared_ptr<const MatchingWords> words;
  uint32_t version = 0;
};

}  // namespace barker
