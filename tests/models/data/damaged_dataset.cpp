#include "tests/models/data/damaged_dataset.h"

#include <cstddef>
#include <cstring>

#include "models/data/dataset.h"
#include "models/data/dataset_format.h"
#include "models/data/grouped_text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {

namespace f = dataset_format;

void repair_dataset(std::vector<uint8_t>& bytes) {
  if (bytes.size() < sizeof(f::Header)) return;
  f::Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::memcpy(header.magic, f::kMagic, sizeof header.magic);
  header.endian_mark = f::kEndianMark;
  header.version = f::kVersion;
  header.file_size = bytes.size();
  std::memcpy(bytes.data(), &header, sizeof header);
  repair_dataset_checksums(bytes);
}

void repair_dataset_checksums(std::vector<uint8_t>& bytes) {
  if (bytes.size() < sizeof(f::Header)) return;
  f::Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.content_xxh3 = XXH3_64bits(bytes.data() + sizeof header, bytes.size() - sizeof header);
  header.header_xxh3 = XXH3_64bits(&header, offsetof(f::Header, header_xxh3));
  std::memcpy(bytes.data(), &header, sizeof header);
}

uint64_t read_all_of(const Dataset& data) {
  uint64_t sum = data.digest().size() + data.events();
  const auto add_text = [&](std::string_view text) {
    for (const char c : text) sum += static_cast<unsigned char>(c);
  };
  const auto add_keywords = [&](std::span<const uint32_t> keywords) {
    for (const uint32_t k : keywords) {
      if (k != kUnknownKeyword) add_text(data.keyword(k));
    }
  };
  for (const std::string& group : data.groups()) add_text(group);
  for (uint32_t u = 0; u < data.users(); ++u) add_text(data.user(u));
  for (uint32_t k = 0; k < data.keywords(); ++k) add_text(data.keyword(k));
  for (uint32_t i = 0; i < data.features(); ++i) add_text(data.feature(i));
  for (uint32_t c = 0; c < data.categories(); ++c) add_text(data.category(c));
  for (uint32_t t = 0; t < data.titles(); ++t) add_keywords(data.title(t));
  for (uint32_t s = 0; s < data.searches(); ++s) {
    const SearchView view = data.search(s);
    add_text(data.user(view.user));
    add_text(data.category(view.category));
    for (const auto& keywords : {view.history, view.sf_history, view.query, view.sfs}) {
      add_keywords(keywords);
    }
    for (const uint32_t ad : view.ads) add_keywords(data.title(ad));
    for (const auto& clicked : {view.sf_clicked, view.ad_clicked}) {
      for (const uint8_t c : clicked) sum += c;
    }
    for (const auto& truth : {view.sf_truth, view.ad_truth}) {
      for (const float p : truth) sum += p > 0;
    }
    for (const auto& propensity : {view.sf_propensity, view.ad_propensity}) {
      for (const float p : propensity) sum += p > 0;
    }
    for (const auto& positions : {view.sf_position, view.ad_position}) {
      for (const uint32_t position : positions) sum += position;
    }
    for (size_t ad = 0; ad < view.ads.size(); ++ad) add_keywords(data.points(s, ad));
    for (size_t g = 0; g < data.groups().size(); ++g) {
      const FeatureBag bag = data.group(s, g);
      for (const uint32_t feature : bag.features) add_text(data.feature(feature));
      for (const float weight : bag.weights) sum += weight > 0;
    }
  }
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    for (const Task task : {Task::kMain, Task::kAuxiliary}) {
      for (const uint32_t s : data.searches_of(split, task)) sum += data.search(s).user;
      sum += data.instances_of(split, task) + data.clicks_of(split, task);
    }
  }
  const Status written = write_grouped_text(data, 10, [&](std::string_view line) {
    sum += line.size();
    return Status();
  });
  return sum + written.ok();
}

}  // namespace barker
