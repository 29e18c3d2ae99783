// The order of the window: score = bid^a * pctr^b * first_pass^c. Pure functions: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace barker {

struct OrderExponents {
  double bid = 1, pctr = 1, first_pass = 0;
};

// The product of the powers. A factor with exponent 0 counts as 1 whatever its value; a factor 0
// with a positive exponent makes the product 0. The inputs must be finite and >= 0.
double ad_score(double bid, double pctr, double first_pass,
                const OrderExponents& exponents) noexcept;

// Fills `order` with 0..n-1, best score first. Equal scores keep the first-pass order, which is
// that of their index; this makes the order total. The scores must be finite, and order.size() ==
// scores.size(). Allocates nothing.
void order_by_score(std::span<const double> scores, std::span<uint32_t> order) noexcept;

}  // namespace barker
