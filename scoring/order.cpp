#include "scoring/order.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace barker {

double ad_score(double bid, double pctr, double first_pass, const OrderExponents& e) noexcept {
  const auto power = [](double base, double exponent) {
    if (exponent == 0) return 1.0;
    return exponent == 1 ? base : std::pow(base, exponent);
  };
  return power(bid, e.bid) * power(pctr, e.pctr) * power(first_pass, e.first_pass);
}

void order_by_score(std::span<const double> scores, std::span<uint32_t> order) noexcept {
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
}

}  // namespace barker
