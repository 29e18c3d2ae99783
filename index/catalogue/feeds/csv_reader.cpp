#include "index/catalogue/feeds/csv_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "index/catalogue/feed_notes.h"
#include "models/text/text.h"

namespace barker {
namespace {

// The separator of a header line: the one that it has most of.
char separator_of(std::string_view start) {
  size_t commas = 0, semicolons = 0, tabs = 0;
  for (const char c : start) {
    if (c == '\n' || c == '\r') break;
    commas += c == ',';
    semicolons += c == ';';
    tabs += c == '\t';
  }
  if (tabs > commas && tabs >= semicolons) return '\t';
  return semicolons > commas ? ';' : ',';
}

class CsvParser {
 public:
  CsvParser(std::string name, char separator, const std::vector<std::string_view>& required,
            BadLines& bad, const TakeRow& take)
      : name_(std::move(name)),
        separator_(separator),
        required_(required),
        bad_(bad),
        take_(take) {}

  Status parse(std::string_view piece) {
    for (const char c : piece) {
      if (Status s = put(c); !s.ok()) return s;
    }
    return {};
  }

  Status finish() {
    if (state_ == State::kQuoted) {
      return bad_data(name_ + ":" + std::to_string(quote_line_) +
                      ": the quotation mark that opens here is never closed");
    }
    if (size_ > 0 || !cells_.empty()) {
      if (Status s = end_record(); !s.ok()) return s;
    }
    if (columns_.empty()) return bad_data(name_ + ": no header, expected a line of column names");
    return {};
  }

 private:
  enum class State { kStart, kPlain, kQuoted, kAfterQuote };  // of the cell

  Status put(char c) {
    const bool second_of_line_end = after_return_ && c == '\n';
    after_return_ = c == '\r';
    if (second_of_line_end) {  // "\r\n" is one line end, and stays one inside of a cell
      if (state_ == State::kQuoted) cell_ += c;
      return {};
    }
    const bool line_end = c == '\n' || c == '\r';
    if (line_end) ++line_;
    if (state_ == State::kQuoted) {
      if (c == '"') {
        state_ = State::kAfterQuote;
      } else {
        cell_ += c;
      }
      return count_byte();
    }
    if (state_ == State::kAfterQuote && c == '"') {
      cell_ += '"';
      state_ = State::kQuoted;
      return count_byte();
    }
    if (line_end) return end_record();
    if (c == separator_) {
      end_cell();
      return count_byte();
    }
    if (state_ == State::kStart && c == '"') {
      state_ = State::kQuoted;
      quote_line_ = line_;
      return count_byte();
    }
    if (state_ == State::kAfterQuote) {
      if (c == ' ') {  // perhaps only spaces before the separator
        ++spaces_;
        return count_byte();
      }
      // The cell is not quoted as a whole.
      cell_ = '"' + cell_ + '"' + std::string(std::exchange(spaces_, 0), ' ');
    }
    state_ = State::kPlain;
    cell_ += c;
    return count_byte();
  }

  Status count_byte() {
    if (++size_ <= kLongestRecord) return {};
    const bool quoted = state_ == State::kQuoted;
    return bad_data(name_ + ":" + std::to_string(quoted ? quote_line_ : record_line_) +
                    ": the record that begins here is longer than " +
                    std::to_string(kLongestRecord) + " bytes" +
                    (quoted ? "; perhaps a quotation mark is not closed" : ""));
  }

  void end_cell() {
    cells_.push_back(std::move(cell_));
    cell_.clear();
    spaces_ = 0;
    state_ = State::kStart;
  }

  Status end_record() {
    end_cell();
    const bool blank =
        cells_.size() == 1 && cells_[0].find_first_not_of(" \t") == std::string::npos;
    Status status;
    if (!blank) status = columns_.empty() ? take_header() : take_record();
    cells_.clear();
    size_ = 0;
    record_line_ = line_;
    return status;
  }

  Status take_header() {
    for (const std::string& cell : cells_) columns_.push_back(field_name(sanitize_utf8(cell)));
    for (const std::string_view wanted : required_) {
      if (std::ranges::find(columns_, wanted) != columns_.end()) continue;
      std::string message = name_ + ":" + std::to_string(record_line_) + ": the column \"" +
                            std::string(wanted) + "\" is missing";
      for (const std::string& column : columns_) {
        if (probably_meant(column, {wanted}) == wanted) {
          return bad_data(message + "; did you mean \"" + visible(column) + "\"?");
        }
      }
      message += "; found";
      constexpr size_t kMostShown = 12;
      for (size_t i = 0; i < std::min(columns_.size(), kMostShown); ++i) {
        message += (i > 0 ? ", " : " ") + visible(columns_[i].substr(0, 40));
      }
      return bad_data(message + (columns_.size() > kMostShown ? ", ..." : ""));
    }
    return {};
  }

  Status take_record() {
    while (cells_.size() > columns_.size() && cells_.back().empty()) cells_.pop_back();
    if (cells_.size() > columns_.size()) {
      bad_.add(record_line_, "expected " + std::to_string(columns_.size()) + " cells, found " +
                                 std::to_string(cells_.size()));
      return {};
    }
    row_.line = record_line_;
    row_.fields.clear();
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (!cells_[i].empty()) row_.fields.emplace_back(columns_[i], std::move(cells_[i]));
    }
    return take_(row_);
  }

  const std::string name_;
  const char separator_;
  const std::vector<std::string_view>& required_;
  BadLines& bad_;
  const TakeRow& take_;
  std::vector<std::string> columns_, cells_;
  std::string cell_;
  FeedRow row_;
  State state_ = State::kStart;
  bool after_return_ = false;
  size_t size_ = 0;    // bytes of the record so far
  size_t spaces_ = 0;  // behind the closing quotation mark of the cell
  uint64_t line_ = 1, record_line_ = 1, quote_line_ = 1;
};

}  // namespace

Status read_csv(ByteSource& source, const std::vector<std::string_view>& required, BadLines& bad,
                const TakeRow& take) {
  std::string_view start = source.peek();
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  const size_t mark = start.starts_with(kMark) ? kMark.size() : 0;
  start.remove_prefix(mark);
  start.remove_prefix(std::min(start.find_first_not_of("\r\n"), start.size()));
  CsvParser parser(source.name(), separator_of(start), required, bad, take);
  std::string_view piece;
  for (bool first = true; source.next(piece); first = false) {
    if (Status s = parser.parse(piece.substr(first ? mark : 0)); !s.ok()) return s;
  }
  if (!source.status().ok()) return source.status();
  return parser.finish();
}

}  // namespace barker
