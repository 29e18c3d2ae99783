// From columns to the dataset file: the sections are placed, then filled one after the other.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>

#include "models/base/atomic_file.h"
#include "models/data/dataset_columns.h"
#include "models/data/dataset_exposure.h"
#include "models/data/dataset_format.h"
#include "models/data/dataset_numbering.h"
#include "models/data/dataset_split.h"
#include "models/text/scheme.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

namespace f = dataset_format;

// An AtomicFile whose size is known and which is filled through a mapping.
class MappedOutput {
 public:
  ~MappedOutput() {
    if (data_) munmap(data_, size_);
  }

  Status create(const std::string& path, size_t size) {
    Result<AtomicFile> file = AtomicFile::create(path);
    if (!file.ok()) return file.status();
    file_.emplace(std::move(*file));
    // Writing to a hole of a mapped file on a full disk raises SIGBUS, so the room is taken first.
    if (const int error = posix_fallocate(file_->descriptor(), 0, static_cast<off_t>(size))) {
      return file_->failed(error);
    }
    void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_->descriptor(), 0);
    if (mapped == MAP_FAILED) return file_->failed(errno);
    data_ = mapped;
    size_ = size;
    return {};
  }
  std::byte* data() { return static_cast<std::byte*>(data_); }
  Status commit() {
    return msync(data_, size_, MS_SYNC) == 0 ? file_->commit() : file_->failed(errno);
  }

 private:
  std::optional<AtomicFile> file_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

class Writer {
 public:
  // The columns must be finished.
  Writer(const DatasetColumns& columns, const DatasetSplit& split)
      : c_(columns),
        split_of_(split),
        numbers_(columns, split),
        split_text_(split.text() + (columns.options.held_out.is_any()
                                        ? "; SFs of fold " + columns.options.held_out.text() +
                                              " held out of training"
                                        : "")),
        keywords_(numbers_.keywords()),
        features_(numbers_.features()),
        exposure_(columns, numbers_) {}

  Status write(std::string_view digest, const std::string& path) {
    place_sections(digest);
    if (Status s = out_.create(path, header_.file_size); !s.ok()) return s;
    write_streams();
    write_searches();
    write_groups();
    write_titles();
    write_texts();
    exposure_.write([this](f::Section which) { return section<std::byte>(which); });
    header_.content_xxh3 =
        XXH3_64bits(out_.data() + sizeof header_, header_.file_size - sizeof header_);
    header_.header_xxh3 = XXH3_64bits(&header_, offsetof(f::Header, header_xxh3));
    std::memcpy(out_.data(), &header_, sizeof header_);
    return out_.commit();
  }

 private:
  template <typename Text>
  static uint64_t text_size(uint32_t count, Text text) {
    uint64_t size = 0;
    for (uint32_t i = 0; i < count; ++i) size += text(i).size();
    return size;
  }

  void place_sections(std::string_view digest) {
    const auto searches = c_.searches.values();
    std::memcpy(header_.magic, f::kMagic, sizeof header_.magic);
    header_.endian_mark = f::kEndianMark;
    header_.version = f::kVersion;
    header_.events = c_.events;
    digest.copy(header_.digest, sizeof header_.digest - 1);
    header_.searches = static_cast<uint32_t>(searches.size());
    header_.users = c_.users.size();
    header_.keywords = static_cast<uint32_t>(keywords_.used().size());
    header_.features = static_cast<uint32_t>(features_.used().size());
    header_.categories = c_.categories.size();
    header_.groups = c_.group_names.size();
    header_.titles = static_cast<uint32_t>(c_.titles.size());
    header_.phrases = static_cast<uint32_t>(c_.phrases.size());
    uint64_t sfs = 0, tokens = 0, sf_tokens = 0, title_tokens = 0;
    size_t sf = 0;
    for (const SpooledSearch& s : searches) {
      sfs += numbers_.kept_sfs(s, sf);
      sf += s.sf_count;
    }
    for (const DatasetColumns::UserStream& u : c_.streams) {
      tokens += u.tokens;
      sf_tokens += u.sf_tokens;
    }
    for (const auto& title : c_.titles) title_tokens += title.size();
    count_searches();
    const uint64_t ads = c_.ads.values().size();
    const uint64_t sizes[f::kSections] = {
        (searches.size() + 1) * sizeof(f::SearchRecord),
        (tokens + c_.given.values().size()) * 4,
        (sf_tokens + c_.given_sf.values().size()) * 4,
        c_.query.values().size() * 4,
        sfs * 4,
        sfs,
        sfs * 4,
        ads * 4,
        ads,
        ads * 4,
        (uint64_t{header_.searches} * header_.groups + 1) * 8,
        numbers_.known_features() * 4,
        numbers_.known_features() * 4,
        (uint64_t{header_.titles} + 1) * 8,
        title_tokens * 4,
        (uint64_t{header_.users} + 1) * 8,
        text_size(
            header_.users, [&](uint32_t i) -> auto& { return c_.users.text(i); }),
        (uint64_t{header_.keywords} + 1) * 8,
        text_size(
            header_.keywords,
            [&](uint32_t i) -> auto& { return c_.keywords.text(keywords_.used()[i]); }),
        (uint64_t{header_.features} + 1) * 8,
        text_size(
            header_.features,
            [&](uint32_t i) -> auto& { return c_.features.text(features_.used()[i]); }),
        (uint64_t{header_.categories} + 1) * 8,
        text_size(
            header_.categories, [&](uint32_t i) -> auto& { return c_.categories.text(i); }),
        (uint64_t{header_.groups} + 1) * 8,
        text_size(
            header_.groups, [&](uint32_t i) -> auto& { return c_.group_names.text(i); }),
        (uint64_t{header_.phrases} + 1) * 8,
        text_size(
            header_.phrases, [&](uint32_t i) -> auto& { return c_.phrases[i]; }),
        header_.searches_of_end[5] * 4,
        keyword_scheme_record().size(),
        split_text_.size(),
        exposure_.size(f::kSfPropensity),
        exposure_.size(f::kSfPosition),
        exposure_.size(f::kAdPropensity),
        exposure_.size(f::kAdPosition),
        exposure_.size(f::kAdPointBegin),
        exposure_.size(f::kAdPoint),
    };
    uint64_t end = sizeof header_;
    for (uint32_t i = 0; i < f::kSections; ++i) {
      const uint64_t begin = (end + f::kAlignment - 1) / f::kAlignment * f::kAlignment;
      header_.sections[i] = {begin, sizes[i]};
      end = begin + sizes[i];
    }
    header_.file_size = end;
  }

  void count_searches() {
    size_t sf = 0, ad = 0;
    for (const SpooledSearch& s : c_.searches.values()) {
      const size_t list = static_cast<size_t>(split_of_(s)) * 2;
      uint32_t sfs = 0;
      numbers_.for_each_kept_sf(s, sf, [&](const SpooledImpression& shown) {
        ++sfs;
        header_.clicks_of[list] += shown.clicked;
      });
      header_.searches_of_end[list] += sfs > 0;
      header_.searches_of_end[list + 1] += s.ad_count > 0;
      header_.instances_of[list] += sfs;
      header_.instances_of[list + 1] += s.ad_count;
      for (uint32_t i = 0; i < s.ad_count; ++i)
        header_.clicks_of[list + 1] += c_.ads.values()[ad + i].clicked;
      sf += s.sf_count;
      ad += s.ad_count;
    }
    for (size_t i = 1; i < 6; ++i) header_.searches_of_end[i] += header_.searches_of_end[i - 1];
  }

  template <typename T>
  T* section(f::Section which) {
    return reinterpret_cast<T*>(out_.data() + header_.sections[which].offset);
  }

  // A counting sort by user: the counts say where each user's stream begins.
  void write_streams() {
    uint64_t tokens = 0, sf_tokens = 0;
    for (const DatasetColumns::UserStream& u : c_.streams) {
      stream_begin_.push_back(tokens);
      sf_stream_begin_.push_back(sf_tokens);
      tokens += u.tokens;
      sf_tokens += u.sf_tokens;
    }
    given_begin_ = tokens;
    given_sf_begin_ = sf_tokens;
    std::vector<uint64_t> at = stream_begin_, sf_at = sf_stream_begin_;
    uint32_t* history = section<uint32_t>(f::kHistory);
    uint32_t* sf_history = section<uint32_t>(f::kSfHistory);
    for (const SpooledToken& token : c_.history.values()) {
      const uint32_t keyword = keywords_[token.keyword];
      history[at[token.user]++] = keyword;
      if (token.is_sf) sf_history[sf_at[token.user]++] = keyword;
    }
    for (const uint32_t id : c_.given.values()) history[tokens++] = keywords_[id];
    for (const uint32_t id : c_.given_sf.values()) sf_history[sf_tokens++] = keywords_[id];
    uint32_t* query = section<uint32_t>(f::kQuery);
    for (const uint32_t id : c_.query.values()) *query++ = keywords_[id];
  }

  void write_searches() {
    auto* record = section<f::SearchRecord>(f::kSearches);
    auto* sf_keyword = section<uint32_t>(f::kSfKeyword);
    auto* sf_clicked = section<uint8_t>(f::kSfClicked);
    auto* sf_truth = section<float>(f::kSfTruth);
    auto* ad_title = section<uint32_t>(f::kAdTitle);
    auto* ad_clicked = section<uint8_t>(f::kAdClicked);
    auto* ad_truth = section<float>(f::kAdTruth);
    auto* lists = section<uint32_t>(f::kSearchesOf);
    std::array<uint64_t, 6> list_at{};
    for (size_t i = 1; i < 6; ++i) list_at[i] = header_.searches_of_end[i - 1];
    uint64_t sf = 0, ad = 0, query = 0, given = given_begin_, given_sf = given_sf_begin_;
    size_t spooled_sf = 0;
    uint32_t number = 0;
    for (const SpooledSearch& s : c_.searches.values()) {
      f::SearchRecord& r = *record++;
      r = {};
      r.history_begin = s.has_given ? given : stream_begin_[s.user];
      r.history_count = s.has_given ? s.given_count : s.history_end;
      r.sf_history_begin = s.has_given_sf ? given_sf : sf_stream_begin_[s.user];
      r.sf_history_count = s.has_given_sf ? s.given_sf_count : s.sf_history_end;
      r.query_begin = query;
      r.sf_begin = sf;
      r.ad_begin = ad;
      r.time = s.time;
      r.user = s.user;
      r.category = s.category;
      r.split = static_cast<uint32_t>(split_of_(s));
      given += s.given_count;
      given_sf += s.given_sf_count;
      query += s.query_count;
      numbers_.for_each_kept_sf(s, spooled_sf, [&](const SpooledImpression& shown) {
        sf_keyword[sf] = keywords_[shown.what];
        sf_clicked[sf] = shown.clicked;
        sf_truth[sf++] = shown.truth;
      });
      spooled_sf += s.sf_count;
      for (uint32_t i = 0; i < s.ad_count; ++i, ++ad) {
        const SpooledImpression& shown = c_.ads.values()[ad];
        ad_title[ad] = shown.what;
        ad_clicked[ad] = shown.clicked;
        ad_truth[ad] = shown.truth;
      }
      if (sf > r.sf_begin) lists[list_at[r.split * 2]++] = number;
      if (s.ad_count > 0) lists[list_at[r.split * 2 + 1]++] = number;
      ++number;
    }
    *record = {};
    record->query_begin = query;
    record->sf_begin = sf;
    record->ad_begin = ad;
  }

  void write_groups() {
    uint64_t* begin = section<uint64_t>(f::kGroupBegin);
    uint32_t* feature = section<uint32_t>(f::kGroupFeature);
    float* weight = section<float>(f::kGroupWeight);
    const uint64_t groups = header_.groups;
    // The lengths of the bags are counted first. Their sums say where each bag begins, and then the
    // bags are filled.
    std::memset(begin, 0, header_.sections[f::kGroupBegin].size);
    for_each_bag(c_, [&](size_t s, uint32_t group, std::span<const uint32_t> features, auto) {
      for (const uint32_t id : features)
        begin[s * groups + group + 1] += features_[id] != kUnknownKeyword;
    });
    for (uint64_t i = 0; i < uint64_t{header_.searches} * groups; ++i) begin[i + 1] += begin[i];
    std::vector<uint64_t> at(groups);
    size_t current = ~size_t{0};
    for_each_bag(c_, [&](size_t s, uint32_t group, std::span<const uint32_t> features,
                         std::span<const uint32_t> weights) {
      if (s != current) std::copy_n(begin + s * groups, groups, at.begin());
      current = s;
      for (size_t i = 0; i < features.size(); ++i) {
        if (features_[features[i]] == kUnknownKeyword) continue;
        feature[at[group]] = features_[features[i]];
        weight[at[group]++] = std::bit_cast<float>(weights[i]);
      }
    });
  }

  void write_titles() {
    uint64_t* begin = section<uint64_t>(f::kTitleBegin);
    uint32_t* keyword = section<uint32_t>(f::kTitleKeyword);
    uint64_t at = 0;
    for (const std::vector<uint32_t>& title : c_.titles) {
      *begin++ = at;
      for (const uint32_t id : title) keyword[at++] = keywords_[id];
    }
    *begin = at;
  }

  template <typename Text>
  void write_text(f::Section begins, f::Section texts, uint32_t count, Text text_of) {
    uint64_t* begin = section<uint64_t>(begins);
    char* text = section<char>(texts);
    uint64_t at = 0;
    for (uint32_t i = 0; i < count; ++i) {
      begin[i] = at;
      const std::string& t = text_of(i);
      t.copy(text + at, t.size());
      at += t.size();
    }
    begin[count] = at;
  }

  void write_texts() {
    write_text(
        f::kUserBegin, f::kUserText,
        header_.users, [&](uint32_t i) -> auto& { return c_.users.text(i); });
    write_text(
        f::kKeywordBegin, f::kKeywordText, header_.keywords, [&](uint32_t i) -> auto& {
          return c_.keywords.text(keywords_.used()[i]);
        });
    write_text(
        f::kFeatureBegin, f::kFeatureText, header_.features, [&](uint32_t i) -> auto& {
          return c_.features.text(features_.used()[i]);
        });
    write_text(
        f::kCategoryBegin, f::kCategoryText,
        header_.categories, [&](uint32_t i) -> auto& { return c_.categories.text(i); });
    write_text(
        f::kGroupNameBegin, f::kGroupNameText,
        header_.groups, [&](uint32_t i) -> auto& { return c_.group_names.text(i); });
    write_text(
        f::kPhraseBegin, f::kPhraseText,
        header_.phrases, [&](uint32_t i) -> auto& { return c_.phrases[i]; });
    std::ranges::copy(keyword_scheme_record(), section<char>(f::kKeywordScheme));
    std::ranges::copy(split_text_, section<char>(f::kSplitText));
  }

  const DatasetColumns& c_;
  const DatasetSplit& split_of_;
  const DatasetNumbering numbers_;
  const std::string split_text_;
  const Renumbering &keywords_, &features_;
  const DatasetExposure exposure_;
  std::vector<uint64_t> stream_begin_, sf_stream_begin_;
  uint64_t given_begin_ = 0, given_sf_begin_ = 0;
  f::Header header_{};
  MappedOutput out_;
};

}  // namespace

Status write_dataset(DatasetColumns& columns, std::string_view digest, const std::string& path) {
  for (const Status& s :
       {columns.searches.finish(), columns.clicks.finish(), columns.history.finish(),
        columns.sfs.finish(), columns.ads.finish(), columns.query.finish(), columns.given.finish(),
        columns.given_sf.finish(), columns.points.finish(), columns.groups.finish()}) {
    if (!s.ok()) return s;
  }
  if (columns.searches.values().size() >= kUnknownKeyword) {
    return bad_data("more than 2^32 searches");
  }
  const Result<DatasetSplit> split = DatasetSplit::of(columns);
  if (!split.ok()) return split.status();
  return Writer(columns, *split).write(digest, path);
}

}  // namespace barker
