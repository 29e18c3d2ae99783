#include "index/live/segment.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "index/catalogue/ad_store_generated.h"
#include "index/retrieval/index_writer.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

// A directory that goes with the object.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> make() {
    std::error_code error;
    std::string path = (fs::temp_directory_path(error) / "barker-segment-XXXXXX").string();
    if (error || !mkdtemp(path.data())) {
      return io_error(path + ": " + (error ? error.message() : std::strerror(errno)));
    }
    return TemporaryDirectory(std::move(path));
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

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
  const Result<TemporaryDirectory> directory = TemporaryDirectory::make();
  if (!directory.ok()) return directory.status();
  if (Status s = write_segment(ads, analyzer, directory->path()); !s.ok()) return s;
  return open(directory->path(), analyzer.languages());
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
