#include "index/engine/page_replay.h"

#include <memory>

#include "index/engine/engine_parts.h"
#include "index/engine/stored_ad.h"

namespace barker {
namespace {

std::string text_of(const flatbuffers::String* text) { return text ? text->str() : std::string(); }

CallerAd ad_of(const fbs::StoredAd& stored, const AdImpression& shown) {
  CallerAd ad;
  ad.id = shown.id;
  ad.title = shown.title;
  ad.merchant = text_of(stored.merchant());
  ad.category = text_of(stored.category());
  ad.bid = stored.bid();
  ad.opt_out = stored.opt_out();
  for (const fbs::StoredSellingPoint* point : *stored.selling_points()) {
    ad.selling_points.push_back(point->text()->str());
  }
  return ad;
}

}  // namespace

Result<std::optional<SearchResult>> PageReplay::answer(const SearchEvent& page) {
  const std::shared_ptr<const CatalogueSnapshot> snapshot = engine_.parts().catalogue->snapshot();
  ads_.clear();
  for (const AdImpression& shown : page.ads) {
    const std::optional<AdPlace> place = snapshot->find(shown.id);
    if (!place) return std::optional<SearchResult>();
    ads_.push_back(ad_of(snapshot->segment(*place).stored(place->ad), shown));
    // Keeps the order in which they were shown.
    ads_.back().first_pass_score = 1.0 / static_cast<double>(ads_.size());
  }
  Profile user;
  user.user = page.user;
  user.keywords = page.user_keywords.value_or(std::vector<std::string>());
  for (const FeatureGroup& group : page.groups) user.groups.emplace_back(group.name, group.tokens);
  Result<SearchResult> answered = rescorer_.rescore(page.query, user, ads_);
  if (!answered.ok()) return answered.status();
  return std::optional(std::move(*answered));
}

}  // namespace barker
