// Any bytes as a feed of each format: an import ends, accounts for every row, and what it writes is
// a catalogue that is read without a loss. The first byte chooses the format.
#include "index/catalogue/catalogue.h"
#include "index/catalogue/feeds/import_feed.h"
#include "tests/fuzz/fuzz.h"

namespace {

const std::string& map_file() {
  static const std::string path = [] {
    constexpr std::string_view kMap =
        "[fields]\nid = \"id\"\ntitle = \"a.0.b\"\nselling_points = \"c\"\nbid = \"d\"\n";
    std::string copy =
        barker::file_of(reinterpret_cast<const uint8_t*>(kMap.data()), kMap.size()) + ".toml";
    barker::promise(std::rename(copy.substr(0, copy.size() - 5).c_str(), copy.c_str()) == 0,
                    "a map");
    return copy;
  }();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  if (size == 0) return 0;
  ImportOptions options;
  options.format = static_cast<FeedFormat>(data[0] % 4);
  if (options.format == FeedFormat::kJsonlMap) options.map = map_file();
  options.fold.sources = {true, true, true, true};
  options.fold.keep_out_of_stock = (data[0] & 4) != 0;
  options.feed = file_of(data + 1, size - 1);
  const std::string catalogue_path = options.feed + ".jsonl";
  OutputFile out(catalogue_path);
  BadLines bad;
  const auto report = import_feed(options, out, bad);
  if (!report.ok()) {
    promise(!report.status().message().empty(), "a refusal says why");
    return 0;
  }
  const FoldCounts& counts = report->counts;
  promise(report->rows >=
              counts.ads + counts.variants + counts.out_of_stock + counts.unpublished + counts.bad,
          "no row is counted twice");
  promise(out.close().ok(), "the catalogue is written");
  BadLines bad_ads;
  const auto catalogue = read_catalogue(catalogue_path, bad_ads);
  promise(catalogue.ok() && bad_ads.count() == 0, "the catalogue can be read");
  promise(catalogue->ads.size() == counts.ads, "no ad is lost");
  return 0;
}
