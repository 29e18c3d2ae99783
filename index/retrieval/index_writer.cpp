#include "index/retrieval/index_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "index/catalogue/ad_store.h"
#include "index/retrieval/lucene_index.h"
#include "models/text/keywords.h"

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
  // An exchange, so that at no moment there is no index; what stood there is then the one to
  // remove.
  const bool replaces = fs::exists(target, error);
  const unsigned flags = replaces ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (renameat2(AT_FDCWD, building.c_str(), AT_FDCWD, target.c_str(), flags) != 0) {
    const int reason = errno;
    fs::remove_all(building, error);
    return io_error(target.string() + ": cannot be put in place: " + std::strerror(reason));
  }
  if (replaces) fs::remove_all(building, error);
  return {};
}

}  // namespace barker
