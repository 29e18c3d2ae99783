#include "models/experiment/csv.h"

#include <algorithm>
#include <utility>

#include "models/base/ascii.h"
#include "models/base/input_file.h"

namespace barker {
namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Splits a row that may have several lines, where a quoted field holds line ends. Each byte is seen
// once, however many lines there are.
class RowSplitter {
 public:
  RowSplitter(char separator, std::vector<std::string>& fields)
      : separator_(separator), fields_(fields) {
    fields_.clear();
  }

  // Takes the next line of the row. False where a quote is still open at its end.
  bool add(std::string_view line) {
    if (is_open_) field_ += '\n';
    for (size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (is_open_) {
        const bool is_pair = c == '"' && i + 1 < line.size() && line[i + 1] == '"';
        is_open_ = c != '"' || is_pair;
        if (is_open_) field_ += c;
        i += is_pair;
      } else if (c == '"' && is_blank_) {
        field_.clear();
        is_open_ = is_quoted_ = true;
        is_blank_ = false;
      } else if (c == separator_) {
        finish();
      } else if (!is_quoted_ || (c != ' ' && c != '\t')) {
        field_ += c;
        is_blank_ = is_blank_ && (c == ' ' || c == '\t');
      }
    }
    if (is_open_) return false;
    finish();
    return true;
  }

 private:
  void finish() {
    fields_.push_back(is_quoted_ ? field_ : trimmed(field_));
    field_.clear();
    is_quoted_ = false;
    is_blank_ = true;
  }

  const char separator_;
  std::vector<std::string>& fields_;
  std::string field_;
  bool is_open_ = false, is_quoted_ = false;
  bool is_blank_ = true;  // the field has nothing but blanks so far
};

}  // namespace

Result<CsvReader> CsvReader::open(const std::string& path) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  CsvReader reader(std::move(*lines));
  reader.name_ = input_name(path);
  std::string_view first;
  do {
    if (!reader.lines_.next(first)) {
      if (!reader.lines_.status().ok()) return reader.lines_.status();
      return bad_data(reader.name_ + ": expected a header, found an empty file");
    }
  } while (first.find_first_not_of(" \t") == std::string_view::npos);
  const std::string header(first);
  reader.line_ = reader.lines_.number();
  for (const char separator : {';', '\t', ','}) {
    const auto count = [&](char c) { return std::count(header.begin(), header.end(), c); };
    if (count(separator) > count(reader.separator_)) reader.separator_ = separator;
  }
  if (header.size() > kMaxRow) return reader.too_long();
  if (!RowSplitter(reader.separator_, reader.columns_).add(header)) {
    return reader.wrong("a quote is not closed");
  }
  for (size_t i = 0; i < reader.columns_.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!reader.columns_[i].empty() &&
          ascii_lower_case(reader.columns_[i]) == ascii_lower_case(reader.columns_[j])) {
        return reader.wrong("the header names the column \"" + reader.columns_[i] + "\" twice");
      }
    }
  }
  return reader;
}

int CsvReader::column(const std::string& name) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (ascii_lower_case(columns_[i]) == ascii_lower_case(name)) return static_cast<int>(i);
  }
  return -1;
}

std::string CsvReader::header() const {
  std::string text;
  for (const std::string& name : columns_) text += (text.empty() ? "" : ",") + name;
  return text;
}

Status CsvReader::wrong(const std::string& reason) const {
  return bad_data(name_ + ":" + std::to_string(line_) + ": " + reason);
}

Status CsvReader::too_long() const {
  return wrong("expected a row of at most " + std::to_string(kMaxRow) +
               " bytes, found a longer one; a quote that is not closed takes all lines behind it");
}

bool CsvReader::read_row(std::vector<std::string>& fields) {
  std::string_view line;
  do {
    if (!lines_.next(line)) {
      status_ = lines_.status();
      return false;
    }
  } while (line.find_first_not_of(" \t") == std::string_view::npos);
  line_ = lines_.number();
  RowSplitter row(separator_, fields);
  for (size_t bytes = line.size(); bytes <= kMaxRow; bytes += 1 + line.size()) {
    if (row.add(line)) return true;
    if (!lines_.next(line)) {
      status_ = lines_.status().ok() ? wrong("a quote is not closed") : lines_.status();
      return false;
    }
  }
  status_ = too_long();
  return false;
}

bool CsvReader::next(std::vector<std::string>& fields) {
  if (!status_.ok() || !read_row(fields)) return false;
  if (fields.size() == columns_.size()) return true;
  status_ = wrong("expected " + std::to_string(columns_.size()) +
                  " fields as in the header, found " + std::to_string(fields.size()));
  return false;
}

}  // namespace barker
