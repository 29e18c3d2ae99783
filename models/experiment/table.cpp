#include "models/experiment/table.h"

#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "models/base/input_file.h"
#include "models/base/number_text.h"
#include "models/data/spool.h"
#include "models/experiment/csv.h"
#include "models/experiment/unit_rows.h"
#include "models/text/fingerprint.h"

namespace barker {
namespace {

constexpr double kLargest = 1e100;                      // the variance of larger ones may overflow
constexpr size_t kMaxArms = 1000, kMaxSegments = 1000;  // more are a column of something else

struct UnitRow {
  uint64_t key;
  uint64_t line;
  uint32_t arm, segment;
  double y, x, y_before, x_before;
};

// Names by their number, in the order in which they came.
class Names {
 public:
  uint32_t number(const std::string& name) {
    const auto [at, is_new] = numbers_.emplace(name, static_cast<uint32_t>(names_.size()));
    if (is_new) names_.push_back(name);
    return at->second;
  }
  const std::vector<std::string>& all() const { return names_; }

 private:
  std::map<std::string, uint32_t> numbers_;
  std::vector<std::string> names_;
};

class TableReader {
 public:
  TableReader(CsvReader csv, const std::string& path, const TableOptions& options)
      : csv_(std::move(csv)), name_(input_name(path)), options_(options) {}

  Result<UnitTable> read() {
    if (Status s = find_columns(); !s.ok()) return s;
    if (Status s = check_options(); !s.ok()) return s;
    if (has_units_) {
      if (Status s = rows_.create(options_.directory); !s.ok()) return s;
      if (Status s = units_.create(options_.directory + "/barker"); !s.ok()) return s;
    }
    std::vector<std::string> fields;
    while (csv_.next(fields)) {
      if (Status s = add(fields); !s.ok()) return s;
    }
    if (!csv_.status().ok()) return csv_.status();
    if (table_.rows == 0) return bad_data(name_ + ": expected rows behind the header, found none");
    table_.has_units = has_units_;
    for (const std::string& arm : arms_.all()) {
      table_.arms.emplace_back().name = arm;
      if (!has_units_) table_.arms.back().sums = sums_[arm];
    }
    if (has_units_) {
      table_.segment_names = segments_.all();
      for (ArmData& arm : table_.arms) arm.segments.resize(table_.segment_names.size());
      if (Status s = gather(); !s.ok()) return s;
    }
    return std::move(table_);
  }

 private:
  Status find_columns() {
    const auto at = [&](const char* column) { return csv_.column(column); };
    arm_ = at("arm"), impressions_ = at("impressions"), clicks_ = at("clicks");
    unit_ = at("unit"), value_ = at("value"), pre_ = at("pre"), segment_ = at("segment");
    has_units_ = unit_ >= 0;
    const bool has_value = value_ >= 0, has_clicks = impressions_ >= 0 && clicks_ >= 0;
    if (arm_ < 0 || has_value == has_clicks || (has_value && !has_units_)) {
      return csv_.wrong(
          "expected a header with the columns arm,impressions,clicks or unit,arm,value[,pre] or "
          "unit,arm,impressions,clicks, found " +
          csv_.header());
    }
    table_.kind = has_value ? MetricKind::kValue : MetricKind::kRate;
    return {};
  }

  // An option that would do nothing is refused, so that nobody believes that it did something.
  Status check_options() const {
    const auto refuse = [](const char* option, const char* reason) {
      return invalid_argument(std::string(option) + ": " + reason);
    };
    const bool is_rate = table_.kind == MetricKind::kRate;
    if (is_rate && options_.repeated == "mean") {
      return refuse("--repeated mean", "clicks and impressions of several rows are always added");
    }
    if (has_units_) return {};
    constexpr const char* kSums = "needs a table with a row for each unit, and this one has sums";
    if (options_.is_aa) return refuse("--aa", kSums);
    if (options_.winsorise < 1) return refuse("--winsorise", kSums);
    return {};
  }

  Result<double> field(const std::vector<std::string>& fields, int column, const char* what) const {
    const std::string& text = fields[static_cast<size_t>(column)];
    const std::optional<double> value = read_number(text);
    if (value && std::fabs(*value) <= kLargest) return *value;
    if (value) {
      return csv_.wrong(std::string("expected a number from -1e100 to 1e100 as ") + what +
                        ", found " + text);
    }
    return csv_.wrong(std::string("expected a number as ") + what + ", found " +
                      (text.empty() ? "nothing" : "\"" + text + "\""));
  }

  Result<double> count(const std::vector<std::string>& fields, int column, const char* what) const {
    const Result<double> value = field(fields, column, what);
    if (!value.ok()) return value;
    if (*value >= 0 && *value == std::floor(*value) && *value <= 9e15) return value;
    return csv_.wrong(std::string("expected a whole number of ") + what +
                      " that is not negative, found " + fields[static_cast<size_t>(column)]);
  }

  Status read_numbers(const std::vector<std::string>& fields, UnitRow& row) {
    if (table_.kind == MetricKind::kRate) {
      const Result<double> shown = count(fields, impressions_, "impressions");
      if (!shown.ok()) return shown.status();
      const Result<double> clicked = count(fields, clicks_, "clicks");
      if (!clicked.ok()) return clicked.status();
      if (*clicked > *shown) {
        return csv_.wrong("expected at most as many clicks as impressions, found " +
                          number_text(*clicked, 0) + " clicks on " + number_text(*shown, 0));
      }
      row.y = *clicked;
      row.x = *shown;
      return {};
    }
    const Result<double> value = field(fields, value_, "value");
    if (!value.ok()) return value.status();
    row.y = *value;
    row.x = 1;
    if (pre_ < 0 || fields[static_cast<size_t>(pre_)].empty()) return {};
    const Result<double> pre = field(fields, pre_, "pre");
    if (!pre.ok()) return pre.status();
    row.y_before = *pre;
    row.x_before = 1;
    return {};
  }

  Status add(const std::vector<std::string>& fields) {
    ++table_.rows;
    UnitRow row = {};
    const std::string& arm = fields[static_cast<size_t>(arm_)];
    if (arm.empty()) return csv_.wrong("expected the name of an arm, found nothing");
    if (Status s = read_numbers(fields, row); !s.ok()) return s;
    row.arm = arms_.number(arm);
    if (arms_.all().size() > kMaxArms) {
      return csv_.wrong("expected at most " + std::to_string(kMaxArms) + " arms, found more");
    }
    if (!has_units_) {
      const auto [at, is_new] = sums_.emplace(arm, std::pair(0.0, 0.0));
      at->second.first += row.x;
      at->second.second += row.y;
      if (!is_new && added_.insert(arm).second) table_.added.push_back(arm);
      return {};
    }
    const std::string& unit = fields[static_cast<size_t>(unit_)];
    if (unit.empty()) return csv_.wrong("expected the name of a unit, found nothing");
    row.key = fingerprint(unit);
    row.line = csv_.line();
    row.segment = segments_.number(segment_ < 0 ? "" : fields[static_cast<size_t>(segment_)]);
    if (segments_.all().size() > kMaxSegments) {
      return csv_.wrong("expected at most " + std::to_string(kMaxSegments) +
                        " segments, found more");
    }
    rows_.add(row);
    return {};
  }

  // Makes one row of those of a unit. A unit that was in two arms is left out, because either arm
  // may have changed what it does.
  Status gather_unit(const UnitRow* begin, const UnitRow* end) {
    UnitRow unit = *begin;
    const UnitRow* known = begin->x_before > 0 ? begin : nullptr;  // has the value before
    const UnitRow* other = nullptr;                                // has another one
    for (const UnitRow* row = begin + 1; row != end; ++row) {
      if (row->arm != unit.arm) {
        ++table_.in_two_arms;
        return {};
      }
      unit.y += row->y;
      unit.x += table_.kind == MetricKind::kRate ? row->x : 0;
      if (row->x_before == 0) continue;
      if (!known) known = row;
      if (row->y_before != known->y_before && !other) other = row;
    }
    const auto rows = static_cast<double>(end - begin);
    if (rows > 1 && table_.kind == MetricKind::kValue) {
      if (options_.repeated.empty()) {
        return bad_data(name_ + ":" + std::to_string(begin[1].line) +
                        ": expected one row for each unit, found another one of the unit of line " +
                        std::to_string(begin->line) + "; --repeated sum or mean makes one of them");
      }
      if (options_.repeated == "mean") unit.y /= rows;
    }
    if (other) {
      return bad_data(name_ + ":" + std::to_string(other->line) + ": expected the pre of line " +
                      std::to_string(known->line) + " again, which is of the same unit: " +
                      number_text(known->y_before) + ", found " + number_text(other->y_before));
    }
    // What the unit did before the experiment is one number, whichever of its rows say it.
    if (known) unit.y_before = known->y_before;
    unit.x_before = known ? 1 : 0;
    table_.without_pre += pre_ >= 0 && unit.x_before == 0;
    units_.append(unit);
    return {};
  }

  Status gather() {
    const auto less = [](const UnitRow& a, const UnitRow& b) {
      return a.key != b.key ? a.key < b.key : a.line < b.line;
    };
    Status s = rows_.take_parts(less, [&](const std::vector<UnitRow>& rows) -> Status {
      for (size_t begin = 0, end; begin < rows.size(); begin = end) {
        for (end = begin; end < rows.size() && rows[end].key == rows[begin].key;) ++end;
        if (Status bad = gather_unit(&rows[begin], rows.data() + end); !bad.ok()) return bad;
      }
      return {};
    });
    if (!s.ok()) return s;
    if (s = units_.finish(); !s.ok()) return s;
    if (options_.winsorise < 1 && !units_.values().empty()) find_cap();
    SplitCheck splits(options_.is_aa ? 400 : 0);
    for (UnitRow unit : units_.values()) {
      if (unit.y > table_.cap) {
        unit.y = table_.cap;
        ++table_.capped;
      }
      ArmData& arm = table_.arms[unit.arm];
      const Covariances<4>::Row numbers = {unit.y, unit.x, unit.y_before, unit.x_before};
      arm.units.add(numbers);
      arm.segments[unit.segment].add(numbers);
      splits.add(unit.key, unit.y, unit.x);
    }
    if (options_.is_aa) table_.random_splits = splits.alarms(0.05);
    return {};
  }

  // The cap by halving the numbers between the smallest and the largest value until none is left
  // between: the values stay on disk, and the cap is exact.
  void find_cap() {
    const auto key_of = [](double value) {  // numbers in the order of the values
      const auto bits = std::bit_cast<uint64_t>(value);
      return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
    };
    const auto n = static_cast<double>(units_.size());
    const auto wanted = static_cast<size_t>(std::max(1.0, std::ceil(options_.winsorise * n)));
    uint64_t low = 0, high = ~uint64_t{0};
    while (low < high) {
      const uint64_t middle = low + (high - low) / 2;
      size_t below = 0;
      for (const UnitRow& unit : units_.values()) below += key_of(unit.y) <= middle;
      if (below >= wanted) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    table_.cap = std::bit_cast<double>(low >> 63 ? low & ~(uint64_t{1} << 63) : ~low);
  }

  CsvReader csv_;
  const std::string name_;
  const TableOptions options_;
  UnitTable table_;
  bool has_units_ = false;
  int arm_ = -1, impressions_ = -1, clicks_ = -1, unit_ = -1, value_ = -1, pre_ = -1, segment_ = -1;
  Names arms_, segments_;
  std::map<std::string, std::pair<double, double>> sums_;
  std::set<std::string> added_;
  PartitionedRows<UnitRow> rows_;
  Spool<UnitRow> units_;
};

}  // namespace

Result<UnitTable> read_table(const std::string& path, const TableOptions& options) {
  Result<CsvReader> csv = CsvReader::open(path);
  if (!csv.ok()) return csv.status();
  return TableReader(std::move(*csv), path, options).read();
}

}  // namespace barker
