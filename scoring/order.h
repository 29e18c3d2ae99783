// Order of the window: score = bid^a * pctr^b * first_pass^c.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace barker {

struct OrderExponents {
  double bid = 1, pctr = 1, first_pass = 0;
};

// A product of powers in which a factor with exponent 0 counts as 1 whatever its value, and a zero
// factor with a positive exponent gives 0. Inputs finite and >= 0.
double ad_score(double bid, double pctr, double first_pass,
                const OrderExponents& exponents) noexcept;

// Fills order with 0..n-1, best score first; equal scores keep the first-pass order (their index),
// which makes the order total. scores finite. order.size() == scores.size(). No allocation.
void order_by_score(std::span<const double> scores, std::span<uint32_t> order) noexcept;

}  // namespace barker
