#include "models/data/dataset.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "models/data/dataset_format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {

namespace f = dataset_format;

struct Dataset::Impl {
  const std::byte* data = nullptr;
  size_t size = 0;
  const f::Header* header = nullptr;
  std::vector<std::string> groups;

  ~Impl() {
    if (data) munmap(const_cast<std::byte*>(data), size);
  }

  template <typename T>
  const T* section(f::Section which) const {
    return reinterpret_cast<const T*>(data + header->sections[which].offset);
  }
  template <typename T>
  std::span<const T> list(f::Section which, uint64_t begin, uint64_t end) const {
    return {section<T>(which) + begin, static_cast<size_t>(end - begin)};
  }
  std::string_view text(f::Section begins, f::Section texts, uint32_t id) const {
    const uint64_t* begin = section<uint64_t>(begins);
    return {section<char>(texts) + begin[id], static_cast<size_t>(begin[id + 1] - begin[id])};
  }
};

Dataset::Dataset() : impl_(std::make_unique<Impl>()) {}
Dataset::~Dataset() = default;

bool Dataset::is_dataset(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char magic[sizeof f::kMagic];
  const bool same = read(file, magic, sizeof magic) == sizeof magic &&
                    std::memcmp(magic, f::kMagic, sizeof magic) == 0;
  close(file);
  return same;
}

Result<std::shared_ptr<const Dataset>> Dataset::open(const std::string& path) {
  const auto bad = [&](const std::string& what) {
    return bad_data(path + ": " + what + "; make the dataset again from its log");
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const std::string message = path + ": " + std::strerror(errno);
    return errno == ENOENT ? not_found(message) : io_error(message);
  }
  struct stat status {};
  fstat(file, &status);
  const auto size = static_cast<size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size < sizeof(f::Header)) {
    close(file);
    return bad("not a dataset: shorter than a header");
  }
  void* mapped = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) return io_error(path + ": mmap: " + std::strerror(errno));

  const std::shared_ptr<Dataset> dataset(new Dataset());
  Impl& i = *dataset->impl_;
  i.data = static_cast<const std::byte*>(mapped);
  i.size = size;
  i.header = reinterpret_cast<const f::Header*>(i.data);
  const f::Header& h = *i.header;
  if (std::memcmp(h.magic, f::kMagic, sizeof h.magic) != 0) return bad("not a dataset");
  if (h.endian_mark != 0x01020304 || h.version != f::kVersion) {
    return bad("dataset of version " + std::to_string(h.version) + ", expected " +
               std::to_string(f::kVersion));
  }
  if (h.header_xxh3 != XXH3_64bits(&h, offsetof(f::Header, header_xxh3))) {
    return bad("header checksum does not match");
  }
  if (h.file_size != size) {
    return bad("expected " + std::to_string(h.file_size) + " bytes, found " + std::to_string(size));
  }
  // The checksum vouches for every offset below: they are the builder's own.
  if (h.content_xxh3 != XXH3_64bits(i.data + sizeof(f::Header), size - sizeof(f::Header))) {
    return bad("content checksum does not match");
  }
  for (uint32_t g = 0; g < h.groups; ++g) {
    i.groups.emplace_back(i.text(f::kGroupNameBegin, f::kGroupNameText, g));
  }
  return std::shared_ptr<const Dataset>(dataset);
}

uint32_t Dataset::searches() const { return impl_->header->searches; }
uint32_t Dataset::users() const { return impl_->header->users; }
uint32_t Dataset::keywords() const { return impl_->header->keywords; }
uint32_t Dataset::features() const { return impl_->header->features; }
uint32_t Dataset::categories() const { return impl_->header->categories; }
uint32_t Dataset::titles() const { return impl_->header->titles; }
uint64_t Dataset::events() const { return impl_->header->events; }
std::string_view Dataset::digest() const { return impl_->header->digest; }
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
  return v;
}

FeatureBag Dataset::group(uint32_t search, size_t group) const {
  const Impl& i = *impl_;
  const uint64_t* begin =
      i.section<uint64_t>(f::kGroupBegin) + uint64_t{search} * i.header->groups + group;
  return {i.list<uint32_t>(f::kGroupFeature, begin[0], begin[1]),
          i.list<float>(f::kGroupWeight, begin[0], begin[1])};
}

std::span<const uint32_t> Dataset::title(uint32_t ad) const {
  const uint64_t* begin = impl_->section<uint64_t>(f::kTitleBegin) + ad;
  return impl_->list<uint32_t>(f::kTitleKeyword, begin[0], begin[1]);
}

std::span<const uint32_t> Dataset::searches_of(Split split, Task task) const {
  const size_t list = static_cast<size_t>(split) * 2 + static_cast<size_t>(task);
  const uint64_t* end = impl_->header->searches_of_end;
  return impl_->list<uint32_t>(f::kSearchesOf, list == 0 ? 0 : end[list - 1], end[list]);
}

uint64_t Dataset::instances_of(Split split, Task task) const {
  return impl_->header->instances_of[static_cast<size_t>(split) * 2 + static_cast<size_t>(task)];
}

uint64_t Dataset::clicks_of(Split split, Task task) const {
  return impl_->header->clicks_of[static_cast<size_t>(split) * 2 + static_cast<size_t>(task)];
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

}  // namespace barker
