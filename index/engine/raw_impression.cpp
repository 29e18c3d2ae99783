#include "index/engine/raw_impression.h"

#include <algorithm>

#include "models/base/number_text.h"

namespace barker {
RawImpression raw_impression_of(const SearchResult& page, const Profile& user, size_t from,
                                size_t end) {
  RawImpression line;
  line.user = page.user;
  line.query = page.query;
  line.generation = page.generation;
  line.weights = page.weights;
  for (const ArmShown& arm : page.arms) {
    line.arms.push_back(
        {arm.layer, arm.experiment, arm.arm, arm.policy == 0 ? "" : hex_text(arm.policy)});
  }
  line.explored = page.is_explored;
  line.user_keywords = user.keywords;
  for (const auto& [name, tokens] : user.groups) line.groups.push_back({name, tokens});
  for (size_t i = std::min(from, end); i < end; ++i) {
    const AdShown& ad = page.ads[i];
    RawAd& raw = line.ads.emplace_back();
    raw.id = ad.id;
    raw.position = static_cast<uint32_t>(ad.rank);
    raw.bid = ad.bid;
    raw.price = ad.price;
    raw.match = ad.match;
    raw.sp_propensity = ad.propensity;
    raw.title = ad.title;
    raw.original_title = ad.original_title;
    for (const SellingPointShown& point : ad.selling_points) {
      raw.selling_points.push_back(point.text);
    }
  }
  for (const FeatureShown& sf : page.features) {
    line.sfs.push_back({sf.keyword, static_cast<uint32_t>(sf.position), sf.propensity});
  }
  return line;
}

}  // namespace barker
