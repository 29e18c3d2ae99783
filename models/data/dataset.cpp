#include "models/data/dataset.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "models/base/file_bytes.h"
#include "models/data/dataset_check.h"
#include "models/data/dataset_format.h"

namespace barker {

namespace f = dataset_format;

struct Dataset::Impl {
  FileBytes bytes;
  f::Header header{};  // a copy: what is used is what was checked
  std::vector<std::string> groups;

  template <typename T>
  const T* section(f::Section which) const {
    return reinterpret_cast<const T*>(bytes.bytes().data() + header.sections[which].offset);
  }
  template <typename T>
  std::span<const T> list(f::Section which, uint64_t begin, uint64_t end) const {
    return {section<T>(which) + begin, static_cast<size_t>(end - begin)};
  }
  // Empty where the log says nothing of what the section holds.
  template <typename T>
  std::span<const T> optional_list(f::Section which, uint64_t begin, uint64_t end) const {
    return header.sections[which].size == 0 ? std::span<const T>() : list<T>(which, begin, end);
  }
  std::string_view text(f::Section begins, f::Section texts, uint32_t id) const {
    const uint64_t* begin = section<uint64_t>(begins);
    return {section<char>(texts) + begin[id], static_cast<size_t>(begin[id + 1] - begin[id])};
  }
};

Dataset::Dataset() : impl_(std::make_unique<Impl>()) {}
Dataset::~Dataset() = default;

// Looks into regular files only: what was read from a pipe would be lost to its reader.
bool Dataset::is_dataset(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  struct stat info {};
  char magic[sizeof f::kMagic];
  const bool same = fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
                    read(file, magic, sizeof magic) == sizeof magic &&
                    std::memcmp(magic, f::kMagic, sizeof magic) == 0;
  close(file);
  return same;
}

Result<std::shared_ptr<const Dataset>> Dataset::open(const std::string& path) {
  // Mapped, for a dataset may be larger than memory.
  Result<FileBytes> bytes = FileBytes::open(path, Storage::kMapped);
  if (!bytes.ok()) return Status(bytes.status().code(), path + ": " + bytes.status().message());
  const Result<f::Header> header = check_dataset(bytes->bytes());
  if (!header.ok()) {
    return bad_data(path + ": " + header.status().message() +
                    "; make the dataset again from its log, with barker-train prepare");
  }
  const std::shared_ptr<Dataset> dataset(new Dataset());
  Impl& i = *dataset->impl_;
  i.bytes = std::move(*bytes);
  i.header = *header;
  for (uint32_t g = 0; g < i.header.groups; ++g) {
    i.groups.emplace_back(i.text(f::kGroupNameBegin, f::kGroupNameText, g));
  }
  return std::shared_ptr<const Dataset>(dataset);
}

uint32_t Dataset::searches() const { return impl_->header.searches; }
uint32_t Dataset::users() const { return impl_->header.users; }
uint32_t Dataset::keywords() const { return impl_->header.keywords; }
uint32_t Dataset::features() const { return impl_->header.features; }
uint32_t Dataset::categories() const { return impl_->header.categories; }
uint32_t Dataset::titles() const { return impl_->header.titles; }
uint32_t Dataset::phrases() const { return impl_->header.phrases; }
uint64_t Dataset::events() const { return impl_->header.events; }
std::string_view Dataset::digest() const { return impl_->header.digest; }
std::span<const std::string> Dataset::groups() const { return impl_->groups; }

SearchView Dataset::search(uint32_t index) const {
  const Impl& i = *impl_;
  const f::SearchRecord& r = i.section<f::SearchRecord>(f::kSearches)[index];
  const f::SearchRecord& next = (&r)[1];
  SearchView v;
  v.index = index;
  v.user = r.user;
  v.category = r.category;
  v.split = static_cast<Split>(r.split);
  v.time = r.time;
  v.history = i.list<uint32_t>(f::kHistory, r.history_begin, r.history_begin + r.history_count);
  v.sf_history =
      i.list<uint32_t>(f::kSfHistory, r.sf_history_begin, r.sf_history_begin + r.sf_history_count);
  v.query = i.list<uint32_t>(f::kQuery, r.query_begin, next.query_begin);
  v.sfs = i.list<uint32_t>(f::kSfKeyword, r.sf_begin, next.sf_begin);
  v.sf_clicked = i.list<uint8_t>(f::kSfClicked, r.sf_begin, next.sf_begin);
  v.sf_truth = i.list<float>(f::kSfTruth, r.sf_begin, next.sf_begin);
  v.ads = i.list<uint32_t>(f::kAdTitle, r.ad_begin, next.ad_begin);
  v.ad_clicked = i.list<uint8_t>(f::kAdClicked, r.ad_begin, next.ad_begin);
  v.ad_truth = i.list<float>(f::kAdTruth, r.ad_begin, next.ad_begin);
  v.sf_propensity = i.optional_list<float>(f::kSfPropensity, r.sf_begin, next.sf_begin);
  v.sf_position = i.optional_list<uint32_t>(f::kSfPosition, r.sf_begin, next.sf_begin);
  v.ad_propensity = i.optional_list<float>(f::kAdPropensity, r.ad_begin, next.ad_begin);
  v.ad_position = i.optional_list<uint32_t>(f::kAdPosition, r.ad_begin, next.ad_begin);
  return v;
}

std::span<const uint32_t> Dataset::points(uint32_t search, size_t index) const {
  if (impl_->header.sections[f::kAdPointBegin].size == 0) return {};
  const uint64_t ad = impl_->section<f::SearchRecord>(f::kSearches)[search].ad_begin + index;
  const uint64_t* begin = impl_->section<uint64_t>(f::kAdPointBegin) + ad;
  return impl_->list<uint32_t>(f::kAdPoint, begin[0], begin[1]);
}

FeatureBag Dataset::group(uint32_t search, size_t group) const {
  const Impl& i = *impl_;
  const uint64_t* begin =
      i.section<uint64_t>(f::kGroupBegin) + uint64_t{search} * i.header.groups + group;
  return {i.list<uint32_t>(f::kGroupFeature, begin[0], begin[1]),
          i.list<float>(f::kGroupWeight, begin[0], begin[1])};
}

std::span<const uint32_t> Dataset::title(uint32_t ad) const {
  const uint64_t* begin = impl_->section<uint64_t>(f::kTitleBegin) + ad;
  return impl_->list<uint32_t>(f::kTitleKeyword, begin[0], begin[1]);
}

std::span<const uint32_t> Dataset::searches_of(Split split, Task task) const {
  const size_t list = static_cast<size_t>(split) * 2 + static_cast<size_t>(task);
  const uint64_t* end = impl_->header.searches_of_end;
  return impl_->list<uint32_t>(f::kSearchesOf, list == 0 ? 0 : end[list - 1], end[list]);
}

uint64_t Dataset::instances_of(Split split, Task task) const {
  return impl_->header.instances_of[static_cast<size_t>(split) * 2 + static_cast<size_t>(task)];
}

uint64_t Dataset::clicks_of(Split split, Task task) const {
  return impl_->header.clicks_of[static_cast<size_t>(split) * 2 + static_cast<size_t>(task)];
}

std::string_view Dataset::user(uint32_t id) const {
  return impl_->text(f::kUserBegin, f::kUserText, id);
}
std::string_view Dataset::keyword(uint32_t id) const {
  return impl_->text(f::kKeywordBegin, f::kKeywordText, id);
}
std::string_view Dataset::feature(uint32_t id) const {
  return impl_->text(f::kFeatureBegin, f::kFeatureText, id);
}
std::string_view Dataset::category(uint32_t id) const {
  return impl_->text(f::kCategoryBegin, f::kCategoryText, id);
}
std::string_view Dataset::split_text() const {
  return {impl_->section<char>(f::kSplitText), impl_->header.sections[f::kSplitText].size};
}
std::string_view Dataset::phrase(uint32_t index) const {
  return impl_->text(f::kPhraseBegin, f::kPhraseText, index);
}

}  // namespace barker
