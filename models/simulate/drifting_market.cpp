#include "models/simulate/drifting_market.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace barker {
namespace {

// market.cpp has the streams 1 and 2, and marketplace.cpp the third. A shopper's own drift has the
// seed of the shopper's days, which are streams, too (shopping.cpp), and so a stream behind all of
// them.
enum DriftStream : uint64_t { kPoints = 11, kLives = 12, kFashion = 13, kOwn = uint64_t{1} << 40 };

constexpr double kTasteDeviation = 0.75;  // of tastes on each axis, as market.cpp draws them
constexpr uint32_t kEver = ~uint32_t{0};

bool has(const std::vector<std::string>& texts, const std::string& text) {
  return std::ranges::find(texts, text) != texts.end();
}

}  // namespace

DriftingMarket::DriftingMarket(const MarketplaceOptions& market, const DriftOptions& drift)
    : options_(market), drift_(drift), first_(market) {
  choose_points();
  give_lives();
}

// One text may be a selling point of several categories, and comes or goes in all of them.
void DriftingMarket::choose_points() {
  std::vector<std::string> texts;
  for (const MarketCategory& c : market_categories()) {
    for (const MarketPoint& p : c.points) {
      if (!has(texts, p.text)) texts.push_back(p.text);
    }
  }
  Random random(options_.seed, kPoints);
  const auto draw = [&](uint32_t day, uint32_t count, std::vector<std::string>& drawn) {
    while (day > 0 && drawn.size() < count && !texts.empty()) {
      const size_t i = random.below(texts.size());
      drawn.push_back(std::move(texts[i]));
      texts.erase(texts.begin() + static_cast<ptrdiff_t>(i));
    }
  };
  draw(drift_.new_points_day, drift_.new_points, new_points_);
  draw(drift_.gone_points_day, drift_.gone_points, gone_points_);
}

// An ad whose title tells of a selling point is there only while merchants have that selling point.
void DriftingMarket::give_lives() {
  Random random(options_.seed, kLives);
  for (const MarketAd& ad : first_.ads()) {
    Life life = {0, kEver};
    const double fate = random.uniform();
    const auto day = static_cast<uint32_t>(2 + random.below(std::max(drift_.days, 2u) - 1));
    if (fate < drift_.turnover / 2) life.from = day;
    if (fate >= drift_.turnover / 2 && fate < drift_.turnover) life.to = day;
    for (const size_t p : ad.in_title) {
      const std::string& text = market_categories()[ad.category].points[p].text;
      if (has(new_points_, text)) life.from = std::max(life.from, drift_.new_points_day);
      if (has(gone_points_, text)) life.to = std::min(life.to, drift_.gone_points_day);
    }
    lives_.push_back(life);
  }
}

bool DriftingMarket::is_sold(const std::string& point, uint32_t day) const {
  if (has(new_points_, point)) return day >= drift_.new_points_day;
  return !has(gone_points_, point) || day < drift_.gone_points_day;
}

std::vector<MarketAd> DriftingMarket::ads_on(uint32_t day) const {
  std::vector<MarketAd> ads;
  for (size_t i = 0; i < lives_.size(); ++i) {
    if (day < lives_[i].from || day >= lives_[i].to) continue;
    MarketAd& ad = ads.emplace_back(first_.ads()[i]);
    const std::vector<MarketPoint>& points = market_categories()[ad.category].points;
    std::erase_if(ad.points, [&](size_t p) { return !is_sold(points[p].text, day); });
  }
  return ads;
}

std::vector<Shopper> DriftingMarket::shoppers_on(uint32_t day) const {
  Taste fashion = {};
  Random walk(options_.seed, kFashion);
  for (uint32_t d = 0; d < day; ++d) {
    for (double& axis : fashion) axis += drift_.fashion * walk.normal();
  }
  std::vector<Shopper> shoppers = first_.shoppers();
  const double a = drift_.constancy, fresh = std::sqrt(1 - a * a) * kTasteDeviation;
  for (size_t u = 0; u < shoppers.size(); ++u) {
    Random own(mix_bits(options_.seed * kRandomStep + u), kOwn);
    Taste& taste = shoppers[u].taste;
    for (uint32_t d = 0; d < day; ++d) {
      for (double& axis : taste) axis = a * axis + fresh * own.normal();
    }
    for (size_t axis = 0; axis < taste.size(); ++axis) taste[axis] += fashion[axis];
  }
  return shoppers;
}

Market DriftingMarket::on(uint32_t day) const {
  MarketParts parts = {ads_on(day), shoppers_on(day), {}};
  for (const MarketCategory& c : market_categories()) {
    std::vector<size_t>& sold = parts.points.emplace_back();
    for (size_t p = 0; p < c.points.size(); ++p) {
      if (is_sold(c.points[p].text, day)) sold.push_back(p);
    }
  }
  return Market(std::move(parts));
}

}  // namespace barker
