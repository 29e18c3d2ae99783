#include "models/data/import/import_parts.h"

#include <filesystem>

namespace barker {

OutputFile::OutputFile(const std::string& directory, const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    status_ = io_error(directory + ": cannot be made: " + error.message());
    return;
  }
  Result<AtomicFile> file = AtomicFile::create(directory + "/" + name);
  status_ = file.status();
  if (file.ok()) file_.emplace(std::move(*file));
}

void OutputFile::write(std::string_view text) {
  constexpr size_t kBuffer = 1 << 18;
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush();
}

void OutputFile::write_line(const nlohmann::ordered_json& json) {
  write(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

Status OutputFile::close() {
  flush();
  if (status_.ok()) status_ = file_->commit();
  return status_;
}

void OutputFile::flush() {
  if (status_.ok()) status_ = file_->write(buffer_.data(), buffer_.size());
  buffer_.clear();
}

std::vector<std::string_view> split_fields(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  for (size_t at = 0;;) {
    const size_t end = line.find(separator, at);
    fields.push_back(line.substr(at, end - at));
    if (end == std::string_view::npos) return fields;
    at = end + 1;
  }
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\n\r");
  return begin == std::string::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(" \t\n\r") - begin + 1);
}

std::vector<std::string> draw_negatives(Draws& draws, const std::vector<std::string>& pool,
                                        std::set<std::string> excluded) {
  constexpr size_t kNegatives = 4;
  constexpr int kMostTries = 200;
  std::vector<std::string> out;
  for (int tries = 0; tries < kMostTries && out.size() < kNegatives && !pool.empty(); ++tries) {
    const std::string& word = pool[draws.below(pool.size())];
    if (excluded.insert(word).second) out.push_back(word);
  }
  return out;
}

}  // namespace barker
