// A market that changes from day to day, with a known truth: tastes drift, ads come and go, and so
// do selling points. It is what a model has to follow that learns every day, and what leaves one
// behind that does not. Everything follows from the seed of the market.
//
//   t_u(d) = own_u(d) + fashion(d)
//   own_u(d) = a own_u(d-1) + sqrt(1 - a^2) kTasteDeviation z,   own_u(0) = t_u of market.h
//   fashion(d) = fashion(d-1) + s z,                             fashion(0) = 0
//
// with z from N(0, 1) on each axis. Each shopper's own taste wanders without growing; the fashion
// is a random walk that all shoppers share. Immutable; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/simulate/market.h"

namespace barker {

struct DriftOptions {
  uint32_t days = 10;           // over which ads come and go
  double constancy = 0.99;      // a, 0 to 1: how much of a shopper's own taste is left after a day
  double fashion = 0.1;         // s, >= 0: of the walk, a day and axis
  double turnover = 0.4;        // share of the ads that come or go within the days, as many of each
  uint32_t new_points = 8;      // selling points that nobody has before their day
  uint32_t new_points_day = 5;  // the day, from 1; 0: there are none
  uint32_t gone_points = 4;     // selling points that nobody has from their day on
  uint32_t gone_points_day = 7;  // the day, from 1; 0: there are none
};

class DriftingMarket {
 public:
  DriftingMarket(const MarketplaceOptions& market, const DriftOptions& drift);

  // Day 0 is all the time before the first day. Memory is that of all ads and shoppers; time grows
  // with the day.
  Market on(uint32_t day) const;

  const std::vector<std::string>& new_points() const { return new_points_; }    // texts
  const std::vector<std::string>& gone_points() const { return gone_points_; }  // texts

 private:
  struct Life {  // an ad is there on the days [from, to)
    uint32_t from = 0, to = 0;
  };
  bool is_sold(const std::string& point, uint32_t day) const;
  void choose_points();
  void give_lives();
  std::vector<MarketAd> ads_on(uint32_t day) const;
  std::vector<Shopper> shoppers_on(uint32_t day) const;

  const MarketplaceOptions options_;
  const DriftOptions drift_;
  const Market first_;  // with all ads, and the tastes before the first day
  std::vector<std::string> new_points_, gone_points_;
  std::vector<Life> lives_;  // of all ads
};

}  // namespace barker
