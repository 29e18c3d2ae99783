#include "index/simulation/market_index.h"

#include <filesystem>
#include <utility>

#include "index/catalogue/ad_json.h"
#include "index/retrieval/index_writer.h"

namespace barker {

Status build_market_index(const std::string& catalogue, const std::string& index) {
  // What a process that was killed left of an index would be taken for something else.
  std::error_code error;
  std::filesystem::remove_all(index, error);
  if (error) return io_error(index + ": cannot be removed: " + error.message());
  Result<IndexWriter> writer = IndexWriter::open(index, {});
  if (!writer.ok()) return writer.status();
  BadLines bad;
  const auto read =
      for_each_ad(catalogue, bad, [&](CatalogueAd ad) { return writer->add(std::move(ad)); });
  if (!read.ok()) return read.status();
  if (bad.count() > 0) return bad_data(bad.report(catalogue));
  return writer->finish();
}

}  // namespace barker
