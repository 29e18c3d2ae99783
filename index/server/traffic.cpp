#include "index/server/traffic.h"

#include <utility>
#include <vector>

#include "models/data/raw_event.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

RawAd raw_ad(const AdShown& ad) {
  RawAd raw;
  raw.id = ad.id;
  raw.position = static_cast<uint32_t>(ad.rank);
  raw.bid = ad.bid;
  raw.price = ad.price;
  raw.propensity = 1;  // ads are ordered without chance
  raw.match = ad.match;
  raw.title = ad.title;
  raw.original_title = ad.original_title;
  for (const SellingPointShown& point : ad.selling_points) {
    raw.selling_points.push_back(point.text);
  }
  return raw;
}

RawImpression impression_of(const SearchCall& call, const Profile& user, const SearchResult& page) {
  RawImpression raw;
  raw.request = call.request_id;
  raw.time = milliseconds_now();
  raw.user = page.user;
  raw.query = page.query;
  raw.generation = page.generation;
  raw.user_keywords = user.keywords;
  for (const auto& [name, tokens] : user.groups) raw.groups.push_back({name, tokens});
  for (size_t i = call.from; i < page.ads.size() && i - call.from < call.count; ++i) {
    raw.ads.push_back(raw_ad(page.ads[i]));
  }
  for (const FeatureShown& feature : page.features) {
    raw.sfs.push_back(
        {feature.keyword, static_cast<uint32_t>(feature.position), feature.propensity});
  }
  return raw;
}

}  // namespace

void Traffic::shown(const SearchCall& call, const Profile& user, const SearchResult& page) {
  pages_.add(call.request_id, page, call.from, call.count);
  if (log_)
    log_->append(to_line(impression_of(call, user, page)));  // what is dropped is counted there
}

Status Traffic::clicked(const Click& click) {
  std::optional<ShownAd> ad;
  if (!click.on_sf) {
    ad = pages_.find(click.request_id, click.object);
    if (!ad) ++clicks_without_page_;
  }
  if (log_) {
    RawClick raw;
    raw.event = click.event_id;
    raw.time = click.time * 1000;
    raw.request = click.request_id;
    raw.kind = click.on_sf ? RawClick::Kind::kSf : RawClick::Kind::kAd;
    raw.object = click.object;
    raw.position = static_cast<uint32_t>(click.position);
    if (!log_->append(to_line(raw))) {
      return Status(Code::kFailedPrecondition,
                    "The event log is full; send the click again later.");
    }
  }
  if (ad && !engine_.spend(click.object, ad->price)) {
    return Status(Code::kInvalidArgument, "The price of the click cannot be spent.");
  }
  std::vector<std::string> keywords;
  if (click.on_sf) {
    keywords.push_back(normalize_keyword(click.object));
  } else if (ad) {
    for (const std::string& point : ad->selling_points)
      keywords.push_back(normalize_keyword(point));
  }
  if (profiles_ && !click.user.empty() && !keywords.empty()) {
    // What finds the queue full is counted there: a lost keyword of a history is no reason to refuse.
    (void)profiles_->record({click.user, click.on_sf ? ClickKind::kSf : ClickKind::kAd,
                             std::move(keywords), click.time});
  }
  return {};
}

}  // namespace barker
