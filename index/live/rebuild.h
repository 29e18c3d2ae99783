// Builds an index anew of its own source and its change log, beside it, and puts it in its place.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/catalogue/ad_json.h"
#include "models/base/result.h"

namespace barker {

// The catalogue after changes, an ad at a time: ads keep their order, and new ones come last.
// Changes of ads that are not there are nothing.
class ChangedAds {
 public:
  using Use = std::function<Status(CatalogueAd ad)>;

  // `changes` must outlive the object.
  explicit ChangedAds(std::span<const CatalogueChange> changes);

  // Passes an ad of the catalogue as it is after its changes, or keeps it for the end, or drops it.
  Status pass(CatalogueAd ad, const Use& use);
  // Passes the ads that are new. To be called once, after all others.
  Status pass_new(const Use& use);

 private:
  struct Outcome {
    std::optional<CatalogueAd> ad;  // nothing: it was deleted
    std::optional<size_t>
        is_new_at;  // the number of the change that made it; nothing: it keeps its place
  };
  Outcome outcome(std::optional<CatalogueAd> before, const std::vector<size_t>& numbers) const;

  std::span<const CatalogueChange> changes_;
  std::unordered_map<std::string_view, std::vector<size_t>> by_id_;  // numbers of changes
  std::map<size_t, CatalogueAd> new_;  // by the number of the change that made them
};

// The same for a list in memory.
void apply_changes(std::span<const CatalogueChange> changes, std::vector<CatalogueAd>& ads);

// What others change meanwhile stays in the log of the new index. Where the process is killed, the
// old index is as it was. Fails, and changes nothing, where another index took the directory's
// place, and where `stops` becomes true before the new index is written. Reads and builds on this
// thread and one more. No ads are kept but those that changed (segment_writer.h).
Status rebuild_index(const std::string& directory, const std::atomic<bool>* stops = nullptr);

}  // namespace barker
