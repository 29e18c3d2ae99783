#include "models/experiment/csv.h"

#include <algorithm>
#include <utility>

#include "models/base/input_file.h"

namespace barker {
namespace {

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Splits a row as far as it goes. False where a quote is still open at its end.
bool split(const std::string& row, char separator, std::vector<std::string>& fields) {
  fields.clear();
  std::string field;
  bool open = false, quoted = false;
  const auto finish = [&] {
    fields.push_back(quoted ? field : trimmed(field));
    field.clear();
    quoted = false;
  };
  for (size_t i = 0; i < row.size(); ++i) {
    const char c = row[i];
    if (open) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < row.size() && row[i + 1] == '"') {
        field += c;
        ++i;
      } else {
        open = false;
      }
    } else if (c == '"' && !quoted && trimmed(field).empty()) {
      field.clear();
      open = quoted = true;
    } else if (c == separator) {
      finish();
    } else if (!quoted || (c != ' ' && c != '\t')) {
      field += c;
    }
  }
  if (open) return false;
  finish();
  return true;
}

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
  if (!split(header, reader.separator_, reader.columns_)) {
    return reader.wrong("a quote is not closed");
  }
  for (size_t i = 0; i < reader.columns_.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!reader.columns_[i].empty() && lower(reader.columns_[i]) == lower(reader.columns_[j])) {
        return reader.wrong("the header names the column \"" + reader.columns_[i] + "\" twice");
      }
    }
  }
  return reader;
}

int CsvReader::column(const std::string& name) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (lower(columns_[i]) == lower(name)) return static_cast<int>(i);
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

bool CsvReader::read_row(std::vector<std::string>& fields) {
  std::string_view line;
  do {
    if (!lines_.next(line)) {
      status_ = lines_.status();
      return false;
    }
  } while (line.find_first_not_of(" \t") == std::string_view::npos);
  line_ = lines_.number();
  std::string row(line);
  while (!split(row, separator_, fields)) {
    if (row.size() > LineReader::kMaxLine || !lines_.next(line)) {
      status_ = lines_.status().ok() ? wrong("a quote is not closed") : lines_.status();
      return false;
    }
    row += '\n';
    row += line;
  }
  return true;
}

bool CsvReader::next(std::vector<std::string>& fields) {
  if (!status_.ok() || !read_row(fields)) return false;
  if (fields.size() == columns_.size()) return true;
  status_ = wrong("expected " + std::to_string(columns_.size()) +
                  " fields as in the header, found " + std::to_string(fields.size()));
  return false;
}

}  // namespace barker
