#include "models/evaluate/predictions.h"

#include <bit>
#include <cstdint>
#include <vector>

#include "models/base/number_text.h"
#include "models/base/output_file.h"

namespace barker {
namespace {

// A field of RFC 4180: in quotes where it holds a separator, a quote or a line end.
void append_field(std::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string keyword_text(const Dataset& data, Task task, uint32_t shown) {
  const auto word = [&](uint32_t keyword) {
    return keyword == kUnknownKeyword ? std::string_view() : data.keyword(keyword);
  };
  if (task == Task::kMain) return std::string(word(shown));
  std::string title;
  const std::span<const uint32_t> keywords = data.title(shown);
  for (size_t i = 0; i < keywords.size(); ++i) {
    if (i > 0) title += ';';
    title += word(keywords[i]);
  }
  return title;
}

Status write_csv(OutputFile& out, const Dataset& data, std::span<const PredictionRows> rows) {
  out.write("model,task,search,user,position,keyword,label,probability\n");
  std::string line;
  for (const PredictionRows& r : rows) {
    const std::vector<uint32_t> position = positions_of(r.instances);
    for (size_t i = 0; i < r.instances.size() && out.status().ok(); ++i) {
      line.clear();
      append_field(r.model, line);
      line += r.task == Task::kMain ? ",main," : ",auxiliary,";
      line += std::to_string(r.instances.search[i]) + ",";
      append_field(data.user(r.instances.user[i]), line);
      line += "," + std::to_string(position[i]) + ",";
      append_field(keyword_text(data, r.task, r.instances.keyword[i]), line);
      line += r.instances.clicked[i] ? ",1," : ",0,";
      line += number_text(r.probability[i]) + "\n";
      out.write(line);
    }
  }
  return out.close();
}

void append_number(uint32_t value, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html: the magic, the version,
// the length of the header in two bytes, and a header that ends in a line end where the bytes so
// far are a multiple of 64.
std::string npy_header(uint64_t rows) {
  constexpr size_t kBefore = 10, kAlignment = 64;
  std::string header = "{'descr': " + std::string(kPredictionType) +
                       ", 'fortran_order': False, 'shape': (" + std::to_string(rows) + ",), }";
  while ((kBefore + header.size() + 1) % kAlignment != 0) header += ' ';
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 0xFF);
  out += static_cast<char>(header.size() >> 8);
  return out + header;
}

Status write_npy(OutputFile& out, std::span<const PredictionRows> rows) {
  uint64_t count = 0;
  for (const PredictionRows& r : rows) count += r.instances.size();
  out.write(npy_header(count));
  std::string row, model;
  uint32_t number = 0;
  for (const PredictionRows& r : rows) {
    if (&r != rows.data() && r.model != (&r - 1)->model) ++number;
    const std::vector<uint32_t> position = positions_of(r.instances);
    for (size_t i = 0; i < r.instances.size() && out.status().ok(); ++i) {
      row.clear();
      append_number(number, row);
      append_number(static_cast<uint32_t>(r.task), row);
      append_number(r.instances.search[i], row);
      append_number(r.instances.user[i], row);
      append_number(position[i], row);
      append_number(r.instances.keyword[i], row);
      append_number(r.instances.clicked[i], row);
      append_number(std::bit_cast<uint32_t>(r.probability[i]), row);
      out.write(row);
    }
  }
  return out.close();
}

}  // namespace

Status check_predictions_path(const std::string& path) {
  if (path.ends_with(".csv") || path.ends_with(".npy")) return {};
  return invalid_argument("expected a file name that ends in .csv or .npy, found \"" + path + "\"");
}

Status write_predictions(const std::string& path, const Dataset& data,
                         std::span<const PredictionRows> rows) {
  if (Status s = check_predictions_path(path); !s.ok()) return s;
  OutputFile out(path);
  return path.ends_with(".npy") ? write_npy(out, rows) : write_csv(out, data, rows);
}

}  // namespace barker
