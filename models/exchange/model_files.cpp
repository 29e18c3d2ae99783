#include "models/exchange/model_files.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "models/base/file_bytes.h"
#include "models/base/lines.h"
#include "models/base/output_file.h"
#include "models/base/utf8.h"
#include "models/exchange/description.h"
#include "models/exchange/golden_lines.h"
#include "models/exchange/safetensors.h"
#include "models/text/keywords.h"
#include "models/weights/format.h"
#include "models/weights/layout.h"

namespace barker {
namespace {

constexpr size_t kLargestDescription = 16 << 20;  // bytes

constexpr char kDescription[] = "model.toml";
constexpr char kTensors[] = "model.safetensors";
constexpr char kVocabulary[] = "words.txt";
constexpr char kPhrases[] = "phrases.txt";
constexpr char kGolden[] = "golden.jsonl";

std::string text_of(const std::vector<uint64_t>& shape) {
  std::string out;
  for (const uint64_t extent : shape) out += (out.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + out + "]";
}

// Calls `take` with each line; an error of it gets the file and the line in front.
Status for_lines(const std::string& path, const std::function<Status(std::string_view)>& take) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  std::string_view line;
  while (lines->next(line)) {
    if (const Status s = take(line); !s.ok()) {
      return {s.code(), path + ":" + std::to_string(lines->number()) + ": " + s.message()};
    }
  }
  return lines->status();
}

// Whether a name is that of a feature, "group=token".
bool is_feature(std::string_view name, const ArchitectureSpec& architecture) {
  return std::ranges::any_of(architecture.groups, [&](const GroupSpec& group) {
    return !group.keywords && name.starts_with(group.name + "=");
  });
}

// Whether a line of a file gives back a name: not where it has an end of a line in it.
bool is_one_line(const std::string& name) {
  return name.find_first_of("\r\n") == std::string::npos;
}

// The phrases, each of which stands once.
Status read_phrases(const std::string& path, std::vector<std::string>& phrases) {
  std::unordered_map<std::string, uint64_t> lines;
  uint64_t number = 0;
  return for_lines(path, [&](std::string_view line) -> Status {
    ++number;
    if (!is_valid_utf8(line)) return bad_data("not UTF-8");
    const std::string normal = normalize_keyword(line);
    if (normal.empty()) {
      return bad_data("expected a phrase, found \"" + std::string(line) + "\"");
    }
    if (const auto [first, is_new] = lines.emplace(normal, number); !is_new) {
      return bad_data("the phrase \"" + normal + "\" stands in line " +
                      std::to_string(first->second) + " already");
    }
    phrases.emplace_back(line);
    return {};
  });
}

class VocabularyReader {
 public:
  explicit VocabularyReader(ModelSpec& model) : model_(model), said_(model.keyword_rows) {}

  Status read(const std::string& path) {
    if (Status s = for_lines(path, [this](std::string_view line) { return take(line); }); !s.ok()) {
      return s;
    }
    if (model_.names.empty()) return bad_data(path + ": expected keywords, found an empty file");
    model_.keyword_rows = keywords_;
    if (said_ == 0 || said_ == keywords_) return {};
    return unexpected(path, std::to_string(said_) + " keywords, as the description says",
                      std::to_string(keywords_));
  }

 private:
  Status take(std::string_view line) {
    if (line.empty()) return bad_data("expected a keyword or a feature, found an empty line");
    if (!is_valid_utf8(line)) return bad_data("not UTF-8");
    std::string name(line);
    const bool is_keyword =
        said_ > 0 ? model_.names.size() < said_ : !is_feature(line, model_.architecture);
    if (is_keyword) {
      if (keywords_ < model_.names.size()) {
        return bad_data("the keyword \"" + name + "\" comes after a feature");
      }
      if (const std::string normal = normalize_keyword(line); normal != line) {
        return bad_data("expected keywords in normal form, as \"" + normal + "\", found \"" + name +
                        "\"");
      }
      ++keywords_;
    }
    if (!is_keyword && !is_feature(line, model_.architecture)) {
      return bad_data(
          "expected a feature of one of the model's groups, as \"group=token\", found \"" + name +
          "\"");
    }
    const auto row = static_cast<uint32_t>(model_.names.size());
    if (const auto [first, is_new] = rows_.emplace(name, row); !is_new) {
      return bad_data("\"" + name + "\" has the row of line " + std::to_string(first->second + 1) +
                      " already");
    }
    model_.names.push_back(std::move(name));
    return {};
  }

  ModelSpec& model_;
  const uint32_t said_;
  uint32_t keywords_ = 0;
  std::unordered_map<std::string, uint32_t> rows_;
};

// Two shapes that differ in extents of 1 hold the same numbers in the same order.
std::vector<uint64_t> without_ones(std::vector<uint64_t> shape) {
  std::erase(shape, 1);
  return shape;
}

Status take_tensors(NamedTensors tensors, const std::string& path, ModelSpec& model) {
  for (const TensorShape& expected : tensor_layout(layout_sizes_of(model))) {
    if (!is_trained(expected.name)) continue;
    const auto found = tensors.find(expected.name);
    if (found == tensors.end()) {
      return bad_data(path + ": no tensor \"" + expected.name + "\", which this model has as " +
                      text_of(expected.shape));
    }
    if (without_ones(found->second.shape) != without_ones(expected.shape)) {
      return unexpected(path + ": tensor \"" + expected.name + "\"", text_of(expected.shape),
                        text_of(found->second.shape));
    }
    const std::vector<float>& values = found->second.values;
    const auto odd = std::ranges::find_if_not(values, [](float v) { return std::isfinite(v); });
    if (odd != values.end()) {
      return bad_data(path + ": tensor \"" + expected.name + "\": value " +
                      std::to_string(odd - values.begin()) + " is not finite");
    }
    model.tensors[expected.name] = std::move(found->second.values);
    tensors.erase(found);
  }
  if (tensors.empty()) return {};
  return bad_data(path + ": tensor \"" + tensors.begin()->first +
                  "\" is none of this model's (it has " + text_of(tensors.begin()->second.shape) +
                  ")");
}

Status read_golden(const std::string& path, ModelSpec& model) {
  const GoldenLines format(model);
  Status s = for_lines(path, [&](std::string_view line) -> Status {
    if (line.empty()) return {};
    if (model.golden.size() == kMaxGoldenVectors) {
      return bad_data("more than " + std::to_string(kMaxGoldenVectors) + " vectors");
    }
    Result<GoldenSpec> golden = format.read(line);
    if (!golden.ok()) return golden.status();
    model.golden.push_back(std::move(golden).value());
    return {};
  });
  if (s.ok() && model.golden.empty()) {
    return bad_data(path +
                    ": expected golden vectors, found none; without them nothing shows that "
                    "these weights give the framework's answers");
  }
  return s;
}

Status write_lines(const std::string& directory, const char* name,
                   const std::vector<std::string>& lines) {
  OutputFile file = OutputFile::in(directory, name);
  for (const std::string& line : lines) file.write(line + "\n");
  return file.close();
}

}  // namespace

ModelFiles model_files_in(const std::string& directory) {
  const std::string in = directory + "/";
  return {in + kDescription, in + kTensors, in + kVocabulary, in + kPhrases, in + kGolden};
}

Result<ModelSpec> import_model(const ModelFiles& files) {
  ModelSpec model;
  const Result<std::string> description = read_small_file(files.description, kLargestDescription);
  if (!description.ok()) return description.status();
  if (const Status s = read_description(*description, model); !s.ok()) {
    return Status(Code::kBadData, files.description + ": " + s.message());
  }
  if (Status s = VocabularyReader(model).read(files.vocabulary); !s.ok()) return s;
  if (!files.phrases.empty()) {
    if (Status s = read_phrases(files.phrases, model.phrases.emplace()); !s.ok()) return s;
  }
  Result<NamedTensors> tensors = read_safetensors(files.tensors);
  if (!tensors.ok()) return tensors.status();
  if (Status s = take_tensors(std::move(tensors).value(), files.tensors, model); !s.ok()) return s;
  if (Status s = read_golden(files.golden, model); !s.ok()) return s;
  return model;
}

Status export_model(const ModelSpec& model, const std::string& directory) {
  for (const std::string& name : model.names) {
    if (is_one_line(name)) continue;
    return {Code::kUnsupported, std::string(kVocabulary) +
                                    ": its lines cannot hold the feature \"" + name +
                                    "\", which has an end of a line in it"};
  }
  NamedTensors tensors;
  for (const TensorShape& shape : tensor_layout(layout_sizes_of(model))) {
    if (is_trained(shape.name)) tensors[shape.name] = {shape.shape, model.tensors.at(shape.name)};
  }
  std::vector<std::string> golden;
  const GoldenLines format(model);
  for (const GoldenSpec& vector : model.golden) golden.push_back(format.write(vector));

  OutputFile description = OutputFile::in(directory, kDescription);
  description.write(write_description(model));
  if (Status s = description.close(); !s.ok()) return s;
  if (Status s = write_safetensors(tensors, directory + "/" + kTensors); !s.ok()) return s;
  if (Status s = write_lines(directory, kVocabulary, model.names); !s.ok()) return s;
  if (Status s =
          write_lines(directory, kPhrases, model.phrases.value_or(std::vector<std::string>{}));
      !s.ok()) {
    return s;
  }
  return write_lines(directory, kGolden, golden);
}

}  // namespace barker
