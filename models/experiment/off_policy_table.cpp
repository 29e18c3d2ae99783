#include "models/experiment/off_policy_table.h"

#include <optional>
#include <unordered_set>

#include "models/base/input_file.h"
#include "models/base/number_text.h"
#include "models/experiment/csv.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

class PolicyTable {
 public:
  PolicyTable(CsvReader csv, OffPolicyReport& report) : csv_(std::move(csv)), report_(report) {}

  Status read() {
    if (Status s = find_columns(); !s.ok()) return s;
    std::vector<std::string> fields;
    while (csv_.next(fields)) {
      Result<LoggedAction> action = action_of(fields);
      if (!action.ok()) return action.status();
      if (Status s = begin_page(fields); !s.ok()) return s;
      actions_.push_back(*action);
    }
    if (!csv_.status().ok()) return csv_.status();
    if (actions_.empty()) {
      return bad_data(report_.name + ": expected rows behind the header, found none");
    }
    report_.log.add(actions_);
    return {};
  }

 private:
  Status find_columns() {
    reward_ = csv_.column("reward"), logged_ = csv_.column("logged");
    target_ = csv_.column("target"), page_ = csv_.column("page");
    predicted_ = csv_.column("predicted"), predicted_policy_ = csv_.column("predicted_policy");
    if (reward_ < 0 || logged_ < 0 || target_ < 0) {
      return csv_.wrong("expected a header with the columns reward,logged,target, found " +
                        csv_.header());
    }
    logged_position_ = csv_.column("logged_position");
    target_position_ = csv_.column("target_position");
    if ((predicted_ < 0) != (predicted_policy_ < 0)) {
      return csv_.wrong("expected predicted and predicted_policy together, found one of them");
    }
    if ((logged_position_ < 0) != (target_position_ < 0)) {
      return csv_.wrong("expected logged_position and target_position together, found one of them");
    }
    report_.has_predictions = predicted_ >= 0;
    return {};
  }

  Result<double> number(const std::vector<std::string>& fields, int column,
                        const char* what) const {
    const std::string& text = fields[static_cast<size_t>(column)];
    const std::optional<double> value = read_number(text);
    if (value && std::isfinite(*value)) return *value;
    return csv_.wrong(std::string("expected a number as ") + what + ", found " +
                      (text.empty() ? "nothing" : "\"" + text + "\""));
  }

  Result<double> probability(const std::vector<std::string>& fields, int column) const {
    const std::string name = csv_.name(column);
    const Result<double> value = number(fields, column, name.c_str());
    if (!value.ok() || (*value >= 0 && *value <= 1)) return value;
    return csv_.wrong(name + ": expected a probability, found " +
                      fields[static_cast<size_t>(column)]);
  }

  Result<LoggedAction> action_of(const std::vector<std::string>& fields) const {
    const Result<double> reward = number(fields, reward_, "reward");
    if (!reward.ok()) return reward.status();
    LoggedAction action;
    action.reward = *reward;
    if (Status s = read_pair(fields, logged_, target_, action.logged, action.target); !s.ok()) {
      return s;
    }
    if (logged_position_ >= 0) {
      Status s = read_pair(fields, logged_position_, target_position_, action.logged_position,
                           action.target_position);
      if (!s.ok()) return s;
    }
    if (!report_.has_predictions) return action;
    const Result<double> predicted = number(fields, predicted_, "predicted");
    if (!predicted.ok()) return predicted.status();
    const Result<double> of_policy = number(fields, predicted_policy_, "predicted_policy");
    if (!of_policy.ok()) return of_policy.status();
    action.predicted = *predicted;
    action.predicted_policy = *of_policy;
    return action;
  }

  // Reads with which probabilities the logging and the judged policy take the action.
  Status read_pair(const std::vector<std::string>& fields, int logged_column, int target_column,
                   double& logged, double& target) const {
    const Result<double> of_log = probability(fields, logged_column);
    if (!of_log.ok()) return of_log.status();
    if (*of_log == 0) {
      return csv_.wrong(csv_.name(logged_column) +
                        ": an action with probability 0 cannot be taken");
    }
    const Result<double> of_target = probability(fields, target_column);
    if (!of_target.ok()) return of_target.status();
    logged = *of_log;
    target = *of_target;
    return {};
  }

  // Ends the page before this row unless the row belongs to it.
  Status begin_page(const std::vector<std::string>& fields) {
    if (page_ >= 0) {
      const std::string& page = fields[static_cast<size_t>(page_)];
      if (page.empty()) return csv_.wrong("expected a page, found nothing");
      if (!actions_.empty() && page == current_) return {};
      if (!seen_.insert(fingerprint(page)).second) {
        return csv_.wrong("page " + page + " stood further above: rows of a page stand together");
      }
      current_ = page;
    }
    if (!actions_.empty()) report_.log.add(actions_);
    actions_.clear();
    return {};
  }

  CsvReader csv_;
  OffPolicyReport& report_;
  int reward_ = -1, logged_ = -1, target_ = -1, page_ = -1;
  int predicted_ = -1, predicted_policy_ = -1, logged_position_ = -1, target_position_ = -1;
  std::string current_;
  std::unordered_set<uint64_t> seen_;  // fingerprints of pages
  std::vector<LoggedAction> actions_;  // of the page that is read
};

}  // namespace

Result<OffPolicyReport> evaluate_policy_table(const std::string& path, double level) {
  Result<CsvReader> csv = CsvReader::open(path);
  if (!csv.ok()) return csv.status();
  OffPolicyReport report;
  report.name = input_name(path);
  report.level = level;
  if (Status s = PolicyTable(std::move(*csv), report).read(); !s.ok()) return s;
  add_warnings(report);
  return report;
}

}  // namespace barker
