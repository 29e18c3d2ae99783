// How a shopper reads a title and whether the shopper clicks: what the paper's A/B tests change.
// Each selling point of a title is read with some probability, and the shopper clicks by the one
// that is liked best among those read (market.h).
//
// The probabilities of reading what stands before a title are chosen so that personal selling
// points gain what row 1 of the paper's Table 2 says (10.3%), and their marks what row 3 says
// (5.67%). They are small because titles of this marketplace hold one selling point on average: two
// more that were read as often would gain four times as much. Every other row is a prediction. Pure
// functions; any thread.
#pragma once

#include <cstddef>
#include <vector>

namespace barker {

struct ReadingModel {
  double title = 0.50;       // P(read) of a selling point in the merchant's title
  double prefix = 0.06;      // P(read) of one before the title
  double highlight = 0.145;  // P(read) of one that is marked there
  double taken = 0.01;       // share of the title's attention that each one before it takes
  double clutter = 0.05;     // liking, in logits, that each one beyond two costs
  double position = 0.5;     // the k-th ad of a page is looked at with probability k^-position
};

// Likings (market.h) of the selling points of a title.
struct TitleRead {
  std::vector<double> in_title, before;
  bool is_marked = true;  // those before it
};

// P(click | the ad is looked at), exact over all ways to read the title.
double click_probability(const ReadingModel& model, const TitleRead& title);

// P(the ad at a position, from 1, is looked at).
double look_probability(const ReadingModel& model, size_t position);

}  // namespace barker
