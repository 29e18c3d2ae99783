#include "models/experiment/off_policy_report.h"

#include <nlohmann/json.hpp>

#include "models/base/number_text.h"
#include "models/base/one_line.h"
#include "models/experiment/report_numbers.h"

namespace barker {
namespace {

// Which estimators say something of their own. Where a page has one action, the first, the cascade
// and the position's are the same.
std::vector<PolicyEstimator> estimators_of(const OffPolicyReport& report) {
  std::vector<PolicyEstimator> estimators;
  for (const PolicyEstimator estimator : kPolicyEstimators) {
    const bool is_of_slates =
        estimator == PolicyEstimator::kCascade || estimator == PolicyEstimator::kPosition;
    if (!report.knows_pages && estimator != PolicyEstimator::kPosition) continue;
    if (is_of_slates && report.knows_pages && !report.log.has_several_positions()) continue;
    if (estimator == PolicyEstimator::kDoublyRobust && !report.has_predictions) continue;
    estimators.push_back(estimator);
  }
  return estimators;
}

using Json = nlohmann::ordered_json;

Json json_of(const Effect& value) {
  return {{"value", value.value}, {"low", value.low}, {"high", value.high}};
}

}  // namespace

void add_warnings(OffPolicyReport& report) {
  constexpr double kFewPages = 100, kFewRewards = 20, kLargeShare = .05, kManyErrors = 4;
  const auto warn = [&](const std::string& text) { report.warnings.push_back(text); };
  if (static_cast<double>(report.log.rewarded()) < kFewRewards) {
    warn("Pages with a reward: " + std::to_string(report.log.rewarded()) +
         ". The intervals rest on the normal distribution and are too narrow for so few.");
  }
  for (const PolicyEstimator estimator : estimators_of(report)) {
    const PolicyValue value = report.log.value(estimator, report.level);
    const std::string name(estimator_name(estimator));
    if (value.mean_weight == 0) {
      warn(name + ": the judged policy takes none of the logged actions.");
    } else if (value.effective_pages < kFewPages) {
      warn(name + ": pages that the log is worth: " + number_text(value.effective_pages, 0) +
           ". The policies differ too much for it, or it is too short.");
    } else if (value.largest_weight > kLargeShare) {
      warn(name + ": one page has " + number_text(100 * value.largest_weight, 1) +
           "% of the weight.");
    }
    if (std::fabs(value.mean_weight - 1) > kManyErrors * value.weight_error) {
      warn(name + ": the mean weight is " + number_text(value.mean_weight, 3) +
           " where right probabilities give 1. The logged probabilities are wrong, or the judged "
           "policy takes actions that were never logged.");
    }
  }
}

std::string to_text(const OffPolicyReport& report) {
  const auto digits = [](double x) { return rounded_number_text(x, 4); };
  const auto padded = [](std::string text, size_t width) {
    return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
  };
  const auto row = [&](const std::string& name, const Effect& e) {
    const std::string interval =
        std::isfinite(e.low) ? "[" + digits(e.low) + ", " + digits(e.high) + "]" : "-";
    return padded(name, 18) + padded(std::isfinite(e.value) ? digits(e.value) : "-", 12) +
           padded(interval, 26);
  };
  const OffPolicyLog& log = report.log;
  std::string text = one_line(report.name) + ": " + count_text(static_cast<double>(log.pages())) +
                     " pages, " + count_text(static_cast<double>(log.actions())) + " actions\n\n" +
                     padded("reward a page", 18) + padded("value", 12) +
                     padded(level_text(report.level) + " interval", 26) +
                     padded("worth pages", 15) + "largest weight\n" +
                     row("as logged", log.logged(report.level)) + "\n";
  for (const PolicyEstimator estimator : estimators_of(report)) {
    const PolicyValue value = log.value(estimator, report.level);
    text += row(std::string(estimator_name(estimator)), value.value) +
            padded(count_text(value.effective_pages), 15) +
            (std::isfinite(value.largest_weight) ? number_text(100 * value.largest_weight, 2) + "%"
                                                 : "-") +
            "\n";
  }
  if (!report.notes.empty()) text += "\n";
  for (const std::string& note : report.notes) text += "- " + one_line(note) + "\n";
  for (const std::string& warning : report.warnings) text += "\nWARNING: " + one_line(warning);
  if (!report.warnings.empty()) text += "\n";
  return text;
}

std::string to_json(const OffPolicyReport& report) {
  Json estimators = Json::array();
  for (const PolicyEstimator estimator : estimators_of(report)) {
    const PolicyValue value = report.log.value(estimator, report.level);
    Json json = {{"estimator", estimator_name(estimator)}};
    json.update(json_of(value.value));
    json["effective_pages"] = value.effective_pages;
    json["largest_weight"] = value.largest_weight;
    json["mean_weight"] = value.mean_weight;
    estimators.push_back(std::move(json));
  }
  const Json json = {
      {"pages", report.log.pages()}, {"actions", report.log.actions()},
      {"level", report.level},       {"logged", json_of(report.log.logged(report.level))},
      {"estimators", estimators},    {"notes", report.notes},
      {"warnings", report.warnings}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace barker
