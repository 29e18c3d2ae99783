#include "models/evaluate/quality.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "models/evaluate/metrics.h"

namespace barker {
namespace {

// Instances by score; instances of equal scores keep their order. No score may be NaN.
template <typename Compare>
std::vector<uint32_t> ordered(std::span<const float> score, Compare compare) {
  std::vector<uint32_t> order(score.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return compare(score[a], score[b]); });
  return order;
}

uint64_t count_clicks(std::span<const uint8_t> clicked) {
  uint64_t clicks = 0;
  for (const uint8_t c : clicked) clicks += c;
  return clicks;
}

// Calls visit(begin, end) for the instances of each search.
template <typename Visit>
void for_each_search(std::span<const uint32_t> search, Visit visit) {
  for (size_t begin = 0; begin < search.size();) {
    size_t end = begin + 1;
    while (end < search.size() && search[end] == search[begin]) ++end;
    visit(begin, end);
    begin = end;
  }
}

}  // namespace

double log_loss(std::span<const float> probability, std::span<const uint8_t> clicked,
                double weight) {
  constexpr double kSmallest = 1e-7;  // keeps the loss of a certain mistake finite
  double sum = 0, all = 0;
  for (size_t i = 0; i < clicked.size(); ++i) {
    const double p = std::clamp(double{probability[i]}, kSmallest, 1 - kSmallest);
    const double w = clicked[i] ? 1 : weight;
    sum -= w * std::log(clicked[i] ? p : 1 - p);
    all += w;
  }
  return sum / all;
}

double root_mean_square_error(std::span<const float> probability, std::span<const uint8_t> clicked,
                              double weight) {
  double sum = 0, all = 0;
  for (size_t i = 0; i < clicked.size(); ++i) {
    const double w = clicked[i] ? 1 : weight;
    sum += w * std::pow(double{probability[i]} - clicked[i], 2);
    all += w;
  }
  return std::sqrt(sum / all);
}

std::vector<ReliabilityPoint> reliability(std::span<const float> probability,
                                          std::span<const uint8_t> clicked, double weight,
                                          size_t bins) {
  if (any_nan(probability)) return {};
  const std::vector<uint32_t> order = ordered(probability, std::less<float>());
  std::vector<ReliabilityPoint> points;
  for (size_t b = 0; b < bins; ++b) {
    const size_t begin = b * order.size() / bins, end = (b + 1) * order.size() / bins;
    if (begin == end) continue;
    double predicted = 0, clicks = 0, all = 0;
    for (size_t i = begin; i < end; ++i) {
      const double w = clicked[order[i]] ? 1 : weight;
      predicted += w * probability[order[i]];
      clicks += clicked[order[i]];
      all += w;
    }
    points.push_back({predicted / all, clicks / all, end - begin, all});
  }
  return points;
}

double calibration_error(std::span<const float> probability, std::span<const uint8_t> clicked,
                         double weight, size_t bins) {
  if (any_nan(probability)) return NAN;
  double sum = 0, all = 0;
  for (const ReliabilityPoint& p : reliability(probability, clicked, weight, bins)) {
    sum += std::abs(p.predicted - p.clicked) * p.weight;
    all += p.weight;
  }
  return sum / all;
}

std::vector<RocPoint> roc(std::span<const float> score, std::span<const uint8_t> clicked,
                          size_t points) {
  const auto clicks = static_cast<double>(count_clicks(clicked));
  const double others = static_cast<double>(clicked.size()) - clicks;
  if (clicks == 0 || others == 0 || any_nan(score)) return {};
  const std::vector<uint32_t> order = ordered(score, std::greater<float>());
  std::vector<RocPoint> curve = {{0, 0}};
  double hits = 0, misses = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (clicked[order[i]] ? hits : misses) += 1;
    const bool tied = i + 1 < order.size() && score[order[i]] == score[order[i + 1]];
    if (tied) continue;  // a threshold cannot fall between equal scores
    const RocPoint next{misses / others, hits / clicks};
    const double moved = next.false_positive_rate - curve.back().false_positive_rate +
                         next.true_positive_rate - curve.back().true_positive_rate;
    if (i + 1 == order.size() || moved >= 2.0 / static_cast<double>(points)) curve.push_back(next);
  }
  return curve;
}

double average_precision(std::span<const float> score, std::span<const uint8_t> clicked,
                         double weight) {
  const auto clicks = static_cast<double>(count_clicks(clicked));
  if (clicks == 0 || any_nan(score)) return NAN;
  const std::vector<uint32_t> order = ordered(score, std::greater<float>());
  double hits = 0, misses = 0, counted = 0, sum = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (clicked[order[i]]) {
      ++hits;
    } else {
      misses += weight;
    }
    if (i + 1 < order.size() && score[order[i]] == score[order[i + 1]]) continue;
    sum += hits / (hits + misses) * (hits - counted) / clicks;
    counted = hits;
  }
  return sum;
}

double best_f1_threshold(std::span<const float> score, std::span<const uint8_t> clicked) {
  if (any_nan(score)) return NAN;
  const auto clicks = static_cast<double>(count_clicks(clicked));
  const std::vector<uint32_t> order = ordered(score, std::greater<float>());
  double hits = 0, best = 0, threshold = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < order.size(); ++i) {
    hits += clicked[order[i]];
    if (i + 1 < order.size() && score[order[i]] == score[order[i + 1]]) continue;
    const double f1 = 2 * hits / (static_cast<double>(i + 1) + clicks);
    if (f1 > best) {
      best = f1;
      threshold = score[order[i]];
    }
  }
  return threshold;
}

Decisions decide(std::span<const float> score, std::span<const uint8_t> clicked, double threshold) {
  if (any_nan(score) || std::isnan(threshold)) return {threshold, NAN, NAN, NAN, NAN};
  double hits = 0, predicted = 0, right = 0;
  const auto clicks = static_cast<double>(count_clicks(clicked));
  for (size_t i = 0; i < clicked.size(); ++i) {
    const bool yes = score[i] >= threshold;
    predicted += yes;
    hits += yes && clicked[i];
    right += yes == (clicked[i] != 0);
  }
  return {threshold, hits / clicks, predicted > 0 ? hits / predicted : NAN,
          right / static_cast<double>(clicked.size()), 2 * hits / (predicted + clicks)};
}

Decisions if_possible(const Decisions& d) {
  constexpr double kRounding = 1e-9;
  if (!(d.f1 > 2 * d.recall / (1 + d.recall) + kRounding)) return d;
  return {NAN, NAN, NAN, NAN, NAN};
}

std::array<TopK, kMaxK> top_k(std::span<const float> probability, std::span<const uint8_t> clicked,
                              std::span<const uint32_t> search, std::span<const uint32_t> keyword) {
  struct Sums {
    double precision = 0, recall = 0, absolute = 0, square = 0, listed = 0;
    std::unordered_set<uint32_t> keywords;
  };
  std::array<TopK, kMaxK> out;
  out.fill({NAN, NAN, NAN, NAN, NAN});
  if (any_nan(probability)) return out;
  std::array<Sums, kMaxK> sums;
  double searches = 0, with_click = 0;
  const std::unordered_set<uint32_t> shown(keyword.begin(), keyword.end());
  std::vector<uint32_t> order;
  for_each_search(search, [&](size_t begin, size_t end) {
    order.resize(end - begin);
    std::iota(order.begin(), order.end(), static_cast<uint32_t>(begin));
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return probability[a] > probability[b]; });
    const auto clicks = static_cast<double>(count_clicks(clicked.subspan(begin, end - begin)));
    ++searches;
    with_click += clicks > 0;
    for (size_t k = 1; k <= kMaxK; ++k) {
      Sums& s = sums[k - 1];
      const size_t length = std::min(k, order.size());
      double hits = 0;
      for (size_t i = 0; i < length; ++i) {
        const uint32_t instance = order[i];
        const double error = double{probability[instance]} - clicked[instance];
        hits += clicked[instance];
        s.absolute += std::abs(error);
        s.square += error * error;
        s.keywords.insert(keyword[instance]);
      }
      s.listed += static_cast<double>(length);
      s.precision += hits / static_cast<double>(length);
      if (clicks > 0) s.recall += hits / clicks;
    }
  });
  for (size_t k = 0; k < kMaxK; ++k) {
    const Sums& s = sums[k];
    out[k] = {s.precision / searches, s.recall / with_click,
              static_cast<double>(s.keywords.size()) / static_cast<double>(shown.size()),
              s.absolute / s.listed, std::sqrt(s.square / s.listed)};
  }
  return out;
}

namespace {

double discount(size_t place) { return 1 / std::log2(1 + static_cast<double>(place)); }

// The mean of 1 / place of the first of `clicks` clicks among `size` instances in random order that
// stand at the places from `first` on. The k-th of them is the first click with a probability that
// follows from that of the one before.
double mean_reciprocal_place(size_t first, size_t size, size_t clicks) {
  double mean = 0, before = 1;  // P(no click among the first k)
  for (size_t k = 0; k + clicks <= size; ++k) {
    const double click = static_cast<double>(clicks) / static_cast<double>(size - k);
    mean += before * click / static_cast<double>(first + k);
    before *= 1 - click;
  }
  return mean;
}

}  // namespace

ListQuality list_quality(std::span<const float> score, std::span<const uint8_t> clicked,
                         std::span<const uint32_t> search) {
  if (any_nan(score)) return {NAN, NAN};
  double ndcg = 0, mrr = 0, searches = 0;
  for_each_search(search, [&](size_t begin, size_t end) {
    const std::span<const float> s = score.subspan(begin, end - begin);
    const std::span<const uint8_t> c = clicked.subspan(begin, end - begin);
    const uint64_t clicks = count_clicks(c);
    if (clicks == 0) return;
    ++searches;
    const std::vector<uint32_t> order = ordered(s, std::greater<float>());
    double gain = 0, best = 0;
    for (size_t place = 1; place <= clicks; ++place) best += discount(place);
    bool found = false;
    for (size_t from = 0; from < order.size();) {
      size_t to = from, hits = 0;
      double discounts = 0;
      for (; to < order.size() && s[order[to]] == s[order[from]]; ++to) {
        hits += c[order[to]];
        discounts += discount(to + 1);
      }
      gain += discounts * static_cast<double>(hits) / static_cast<double>(to - from);
      if (hits > 0 && !found) mrr += mean_reciprocal_place(from + 1, to - from, hits);
      found = found || hits > 0;
      from = to;
    }
    ndcg += gain / best;
  });
  return {ndcg / searches, mrr / searches};
}

double grouped_auc(std::span<const float> score, std::span<const uint8_t> clicked,
                   std::span<const uint32_t> search) {
  if (any_nan(score)) return NAN;
  double sum = 0, weight = 0;
  for_each_search(search, [&](size_t begin, size_t end) {
    const double inside =
        auc(score.subspan(begin, end - begin), clicked.subspan(begin, end - begin));
    if (std::isnan(inside)) return;  // one class only
    sum += inside * static_cast<double>(end - begin);
    weight += static_cast<double>(end - begin);
  });
  return sum / weight;
}

}  // namespace barker
