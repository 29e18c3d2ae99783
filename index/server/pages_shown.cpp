#include "index/server/pages_shown.h"

#include <algorithm>
#include <utility>

namespace barker {

void PagesShown::add(const std::string& request_id, const SearchResult& page, size_t from,
                     size_t count) {
  Page ads;
  for (size_t i = from; i < page.ads.size() && i - from < count; ++i) {
    ShownAd shown{page.ads[i].price, {}};
    for (const SellingPointShown& point : page.ads[i].selling_points) {
      shown.selling_points.push_back(point.text);
    }
    ads.emplace_back(fingerprint(page.ads[i].id), std::move(shown));
  }
  const Fingerprint id = fingerprint(request_id);
  Page forgotten;  // is freed without the lock
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!pages_.try_emplace(id, std::move(ads)).second) return;
  order_.push_back(id);
  if (order_.size() <= most_pages_) return;
  const auto oldest = pages_.find(order_.front());
  forgotten.swap(oldest->second);
  pages_.erase(oldest);
  order_.pop_front();
}

std::optional<ShownAd> PagesShown::find(const std::string& request_id,
                                        const std::string& ad_id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto page = pages_.find(fingerprint(request_id));
  if (page == pages_.end()) return std::nullopt;
  const auto ad = std::ranges::find(page->second, fingerprint(ad_id), &Page::value_type::first);
  if (ad == page->second.end()) return std::nullopt;
  return ad->second;
}

}  // namespace barker
