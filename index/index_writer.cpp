#include "index/index_writer.h"

#include <unistd.h>

#include <filesystem>

#include "index/ad_store.h"
#include "index/lucene_index.h"
#include "models/keywords.h"

namespace barker {

Status write_index(const std::vector<CatalogueAd>& ads, const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path target = fs::path(directory).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  if (fs::exists(target, error) && !fs::exists(target / "ads.store", error)) {
    return invalid_argument(target.string() + ": exists and is no index; choose another --out");
  }
  const std::string suffix = "." + std::to_string(getpid());
  const fs::path building = target.string() + ".building" + suffix;
  const fs::path old = target.string() + ".old" + suffix;
  fs::remove_all(building, error);
  fs::create_directories(building / "lucene", error);
  if (error) return io_error(building.string() + ": " + error.message());

  // The catalogue's own selling points are the phrases that stay whole in titles and queries.
  std::vector<std::string> phrases;
  for (const CatalogueAd& ad : ads) {
    phrases.insert(phrases.end(), ad.selling_points.begin(), ad.selling_points.end());
  }
  const KeywordSplitter splitter(phrases);
  Status status = write_lucene_index(ads, KeywordSplitter(), (building / "lucene").string());
  if (status.ok()) status = write_ad_store(ads, splitter, (building / "ads.store").string());
  if (!status.ok()) {
    fs::remove_all(building, error);
    return status;
  }
  if (fs::exists(target)) fs::rename(target, old, error);
  if (!error) fs::rename(building, target, error);
  if (error) return io_error(target.string() + ": cannot be replaced: " + error.message());
  fs::remove_all(old, error);
  return {};
}

}  // namespace barker
