#include "index/catalogue/ad_store.h"

#include <algorithm>
#include <utility>

#include "index/catalogue/ad_store_generated.h"
#include "models/base/atomic_file.h"
#include "models/base/number_text.h"
#include "models/text/keywords.h"
#include "models/text/scheme.h"

namespace barker {
namespace {

// Checks what the Verifier does not, and the limits of the plugin (catalogue.h).
Status check_ad(const fbs::StoredAd& ad) {
  const auto* words = ad.title_words();
  // The Verifier checks the alignment of a list's length, but not of its 64-bit elements.
  if (words->size() > 0 && reinterpret_cast<uintptr_t>(words->Data()) % 8 != 0) {
    return bad_data("title_words are not aligned");
  }
  if (!(ad.bid() >= 0 && ad.bid() <= BARKER_MAX_NUMBER)) {
    return bad_data("bid: expected a number from 0 to 1e12, found " + number_text(ad.bid()));
  }
  if (!(ad.daily_budget() <= BARKER_MAX_NUMBER)) {
    return bad_data("daily_budget: expected at most 1e12, found " + number_text(ad.daily_budget()));
  }
  if (words->size() > BARKER_MAX_TITLE_KEYWORDS) return bad_data("too many title_words");
  if (ad.selling_points()->size() > kMostSellingPoints) return bad_data("too many selling_points");
  bool too_long = false;
  for (const auto* text : {ad.id(), ad.title(), ad.merchant(), ad.category()}) {
    too_long |= text && text->size() > kLongestText;
  }
  if (ad.features() && ad.features()->size() > kMostFeatures) return bad_data("too many features");
  for (const auto* point : *ad.selling_points()) too_long |= point->text()->size() > kLongestText;
  return too_long ? bad_data("a text is longer than " + std::to_string(kLongestText) + " bytes")
                  : Status();
}

}  // namespace

struct AdStoreWriter::Impl {
  flatbuffers::FlatBufferBuilder builder{1 << 20};
  std::vector<flatbuffers::Offset<fbs::StoredAd>> stored;
  std::vector<Fingerprint> words;  // of one title

  auto point(const std::string& text) {
    return fbs::CreateStoredSellingPoint(builder, builder.CreateSharedString(text),
                                         fingerprint(normalize_keyword(text)));
  }
};

AdStoreWriter::AdStoreWriter() : impl_(std::make_unique<Impl>()) {}
AdStoreWriter::~AdStoreWriter() = default;
AdStoreWriter::AdStoreWriter(AdStoreWriter&&) noexcept = default;

Status AdStoreWriter::add(const CatalogueAd& ad) {
  constexpr size_t kRoomForOneAd = 64u << 20;  // bytes; no line of a catalogue is longer
  flatbuffers::FlatBufferBuilder& builder = impl_->builder;
  if (builder.GetSize() > kMaxAdStore - kRoomForOneAd) {
    return invalid_argument("the ads need more than 2 GiB; split the catalogue");
  }
  std::vector<Fingerprint>& words = impl_->words;
  words.clear();
  split_words(ad.title, words);
  words.resize(std::min<size_t>(words.size(), BARKER_MAX_TITLE_KEYWORDS));
  std::vector<flatbuffers::Offset<fbs::StoredSellingPoint>> points;
  for (const std::string& text : ad.selling_points) points.push_back(impl_->point(text));
  std::vector<flatbuffers::Offset<fbs::StoredSellingPoint>> features;
  for (const auto& [name, value] : ad.attributes) {
    if (features.size() == kMostFeatures) break;
    if (value.empty() || value.size() > kLongestFeature) continue;
    features.push_back(impl_->point(value));
  }
  const auto id = builder.CreateString(ad.id), title = builder.CreateString(ad.title);
  const auto merchant = builder.CreateSharedString(ad.merchant);
  const auto category = builder.CreateSharedString(ad.category);
  const auto title_words = builder.CreateVector(words);
  const auto selling_points = builder.CreateVector(points);
  const auto stored_features = features.empty() ? 0 : builder.CreateVector(features);
  impl_->stored.push_back(fbs::CreateStoredAd(builder, id, title, ad.bid, ad.opt_out, title_words,
                                              selling_points, merchant, category,
                                              ad.daily_budget.value_or(-1), stored_features));
  return {};
}

Status AdStoreWriter::write(const std::string& path) {
  flatbuffers::FlatBufferBuilder& builder = impl_->builder;
  const auto scheme = builder.CreateString(keyword_scheme_record());
  fbs::FinishAdStoreBuffer(
      builder, fbs::CreateAdStore(builder, builder.CreateVector(impl_->stored), scheme));
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  if (Status s = file->write(builder.GetBufferPointer(), builder.GetSize()); !s.ok()) return s;
  impl_ = std::make_unique<Impl>();
  return file->commit();
}

Result<AdStore> AdStore::open(const std::string& path) {
  Result<FileBytes> file = FileBytes::open(path, Storage::kAuto, kMaxAdStore);
  if (!file.ok()) return Status(file.status().code(), path + ": " + file.status().message());
  AdStore store;
  store.file_ = std::move(*file);
  const auto* data = reinterpret_cast<const uint8_t*>(store.file_.bytes().data());
  flatbuffers::Verifier verifier(data, store.file_.bytes().size(), 64, 1u << 30);
  if (!fbs::VerifyAdStoreBuffer(verifier)) {
    return bad_data(path + ": expected a well-formed ad store, found a damaged or foreign file");
  }
  store.root_ = fbs::GetAdStore(data);
  const auto* scheme = store.root_->keyword_scheme();
  if (Status s = check_keyword_scheme(scheme ? scheme->string_view() : "",
                                      "build the index again with barker index");
      !s.ok()) {
    return Status(s.code(), path + ": " + s.message());
  }
  for (flatbuffers::uoffset_t i = 0; i < store.root_->ads()->size(); ++i) {
    if (Status s = check_ad(*store.root_->ads()->Get(i)); !s.ok()) {
      return bad_data(path + ": ad " + std::to_string(i) + ": " + s.message());
    }
  }
  return store;
}

size_t AdStore::size() const { return root_->ads()->size(); }
const fbs::StoredAd& AdStore::ad(size_t document) const {
  return *root_->ads()->Get(static_cast<flatbuffers::uoffset_t>(document));
}

}  // namespace barker
