#include "index/live/segment.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include "index/catalogue/ad_store_generated.h"
#include "index/retrieval/segment_writer.h"
#include "index/retrieval/work_directory.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTemporaryName = "barker-segment-";

}  // namespace

Segment::Segment(BidIndex bids, TitleIndex titles, AdStore store)
    : bids_(std::move(bids)), titles_(std::move(titles)), store_(std::move(store)) {
  by_id_.reserve(store_.size());
  for (uint32_t i = 0; i < size(); ++i) {
    by_id_.emplace_back(fingerprint(store_.ad(i).id()->string_view()), i);
  }
  std::ranges::sort(by_id_);
}

Result<Segment> Segment::open(const std::string& directory, size_t languages) {
  Result<AdStore> store = AdStore::open(directory + "/ads.store");
  if (!store.ok()) return store.status();
  Result<BidIndex> bids = BidIndex::open(directory);
  if (!bids.ok()) return bids.status();
  Result<TitleIndex> titles = TitleIndex::open(directory + "/titles");
  if (!titles.ok()) return titles.status();
  for (const auto& [name, ads] :
       {std::pair("titles", titles->documents()), std::pair("bids.book", bids->book().ads())}) {
    if (ads == store->size()) continue;
    return bad_data(directory + ": expected as many ads in ads.store as in " + name + ", found " +
                    std::to_string(store->size()) + " and " + std::to_string(ads));
  }
  if (bids->book().languages() != languages) {
    return bad_data(directory + ": bids.book and matching.toml name different languages");
  }
  return Segment(std::move(*bids), std::move(*titles), std::move(*store));
}

Result<Segment> Segment::of(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer) {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  if (error) return io_error("the directory of temporary files: " + error.message());
  const Result<WorkDirectory> directory =
      WorkDirectory::make((temporary / kTemporaryName).string(), 0700);
  if (!directory.ok()) return directory.status();
  Result<std::unique_ptr<SegmentWriter>> writer = SegmentWriter::open(directory->path(), analyzer);
  if (!writer.ok()) return writer.status();
  for (const CatalogueAd& ad : ads) {
    if (Status s = (*writer)->add(ad); !s.ok()) return s;
  }
  if (Status s = (*writer)->finish(); !s.ok()) return s;
  return open(directory->path(), analyzer.languages());
}

void Segment::remove_abandoned_files() {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  if (!error) WorkDirectory::remove_abandoned((temporary / kTemporaryName).string());
}

std::optional<uint32_t> Segment::find(std::string_view id) const {
  const Fingerprint wanted = fingerprint(id);
  auto at = std::ranges::lower_bound(by_id_, std::pair(wanted, uint32_t{0}));
  for (; at != by_id_.end() && at->first == wanted; ++at) {
    if (store_.ad(at->second).id()->string_view() == id) return at->second;
  }
  return std::nullopt;
}

}  // namespace barker
