#include "models/weights/weight_file.h"

#include <algorithm>
#include <cstdio>

#include "models/weights/check.h"
#include "models/weights/weights_generated.h"

namespace barker {

Result<std::shared_ptr<const WeightFile>> WeightFile::open(const std::string& path,
                                                           const WeightFileOptions& options) {
  std::shared_ptr<WeightFile> file(new WeightFile);
  file->path_ = path;
  const Status s = file->load(options);
  if (!s.ok()) return Status(s.code(), path + ": " + s.message());
  return std::shared_ptr<const WeightFile>(std::move(file));
}

Status WeightFile::load(const WeightFileOptions& options) {
  const auto report = [&](bool passed, const std::string& detail) {
    if (options.report) options.report("map", passed, detail);
  };
  Result<FileBytes> opened = FileBytes::open(path_, options.storage);
  if (!opened.ok()) {
    report(false, opened.status().message());
    return Status(opened.status().code(), "check map: " + opened.status().message());
  }
  bytes_ = std::move(*opened);
  report(true,
         std::to_string(bytes().size()) + (is_copied() ? " bytes, copied" : " bytes, mapped"));
  WeightFileCheck check(bytes(), path_, options);
  if (Status s = check.run(); !s.ok()) return s;
  header_ = check.header();
  metadata_ = &check.metadata();
  vocabulary_ = check.vocabulary();
  click_rates_ = check.click_rates();
  return {};
}

const fbs::Architecture& WeightFile::architecture() const { return *metadata_->architecture(); }
const fbs::ModelCard& WeightFile::card() const { return *metadata_->card(); }

std::span<const float> WeightFile::floats(std::string_view name) const {
  const fbs::Tensor* tensor = metadata_->tensors()->LookupByKey(std::string(name).c_str());
  if (!tensor || tensor->dtype() != fbs::DType_F32) return {};
  const std::byte* data = bytes().data() + header_.tensors_offset + tensor->offset();
  return {reinterpret_cast<const float*>(data), tensor->size() / sizeof(float)};
}

void WeightFile::write_digest(char (&digest)[40]) const {
  std::snprintf(digest, sizeof digest, "%016llx%016llx",
                static_cast<unsigned long long>(header_.metadata_xxh3),
                static_cast<unsigned long long>(header_.tensors_xxh3));
}

const void* WeightFile::table(std::string_view name) const {
  const fbs::Tensor* tensor = metadata_->tensors()->LookupByKey(std::string(name).c_str());
  return tensor ? bytes().data() + header_.tensors_offset + tensor->offset() : nullptr;
}

std::vector<std::string> WeightFile::phrases() const {
  std::vector<std::string> phrases;
  if (const auto* list = metadata_->phrases()) {
    phrases.reserve(list->size());
    for (const flatbuffers::String* phrase : *list) phrases.push_back(phrase->str());
  }
  return phrases;
}

}  // namespace barker
