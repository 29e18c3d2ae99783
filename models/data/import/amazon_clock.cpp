#include "models/data/import/amazon_clock.h"

#include <algorithm>
#include <numeric>

namespace barker {
namespace {

constexpr int64_t kTicks = 10;  // of the clock, from one product to the next

// By item its rank among the items that were bought; items of the same last user are in the order
// of the list.
std::vector<int64_t> ranks_of(const AmazonReviews& reviews) {
  std::vector<int64_t> last_user(reviews.items.size(), -1);
  for (size_t u = 0; u < reviews.sequences.size(); ++u) {
    for (const int64_t item : reviews.sequences[u]) {
      if (item >= 0) last_user[static_cast<size_t>(item)] = static_cast<int64_t>(u);
    }
  }
  std::vector<size_t> order(reviews.items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::erase_if(order, [&](size_t item) { return last_user[item] < 0; });
  std::ranges::stable_sort(order, {}, [&](size_t item) { return last_user[item]; });
  std::vector<int64_t> ranks(reviews.items.size(), -1);
  for (size_t rank = 0; rank < order.size(); ++rank) {
    ranks[order[rank]] = static_cast<int64_t>(rank);
  }
  return ranks;
}

}  // namespace

std::vector<std::vector<int64_t>> listing_times(const AmazonReviews& reviews) {
  const std::vector<int64_t> ranks = ranks_of(reviews);
  std::vector<std::vector<int64_t>> times;
  for (const std::vector<int64_t>& sequence : reviews.sequences) {
    std::vector<int64_t>& of_user = times.emplace_back();
    int64_t highest = 0, repeats = -1;
    for (const int64_t item : sequence) {
      if (item >= 0) {
        const int64_t rank = ranks[static_cast<size_t>(item)];
        repeats = rank > highest ? 0 : std::min(repeats + 1, kTicks - 1);
        highest = std::max(highest, rank);
      }
      of_user.push_back(kTicks * highest + std::max<int64_t>(repeats, 0));
    }
  }
  return times;
}

}  // namespace barker
