// The barker command from a merchant's feed to an index: import and mine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "tests/index/commands/shop.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

TEST(Command, MinesProposalsOfWhichOnlyAcceptedOnesAreIndexed) {
  const std::string catalogue = temporary_path("ads.jsonl"), mined = temporary_path("mined.jsonl"),
                    index = temporary_path("shop");
  std::ofstream ads(catalogue);
  for (int i = 0; i < 12; ++i) {
    ads << R"({"id":")" << i << R"(","title":"Lamp )" << i
        << (i < 4 ? R"(, dimmable","category":"lamps"})" : R"(","category":"lamps"})") << "\n";
  }
  ads.close();
  ASSERT_EQ(run("mine --least-ads 3 --ads " + catalogue + " --out " + mined + " 2>/dev/null").code,
            0);
  EXPECT_THAT(run("mine --least-ads 3 --out - --ads " + catalogue + " 2>/dev/null").out,
              HasSubstr("\"selling_point\":\"dimmable\""));
  std::ifstream in(mined);
  const std::string line{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(line, HasSubstr("\"selling_point\":\"dimmable\""));
  const std::string build = "index --ads " + catalogue + " --out " + index + " --mined ";
  EXPECT_EQ(run(build + mined + " 2>/dev/null").code, 65) << "no line is accepted yet";
  std::ofstream(mined) << line.substr(0, line.rfind('}')) << ",\"accepted\":true}\n";
  const Outcome r = run(build + mined + " 2>&1");
  EXPECT_EQ(r.code, 0) << r.out;
  EXPECT_THAT(r.out, HasSubstr("gave 4 ads 4 selling points"));
}

TEST(Command, ImportsAFeedThatCanBeIndexedAndSearched) {
  struct Feed {
    const char *from, *file, *query, *id;
  };
  const Shop shop;
  const std::string feeds = BARKER_SOURCE_DIR "/tests/index/catalogue/feeds/";
  for (const auto& [from, file, query, id] :
       std::vector<Feed>{{"google-merchant", "merchant_rss.xml", "tent", "TENT-2-GRN"},
                         {"google-merchant", "merchant_atom.xml", "lamp", "1"},
                         {"google-merchant", "merchant.tsv", "shirt", "A1"},
                         {"shopify", "shopify.csv", "trail", "trail-shoe"},
                         {"woocommerce", "woocommerce.csv", "hoodie", "10"},
                         {"jsonl-map", "own.jsonl", "hub", "1"}}) {
    const std::string catalogue = temporary_path("imported.jsonl"), index = temporary_path("shop");
    const std::string map = from == std::string("jsonl-map") ? " --map " + feeds + "own.toml" : "";
    const Outcome imported = run("import --from " + std::string(from) + map + " - --out - < " +
                                 feeds + file + " > " + catalogue + " 2>" + catalogue + ".summary");
    ASSERT_EQ(imported.code, 0) << file;
    ASSERT_EQ(run("index --strict --ads " + catalogue + " --out " + index + " 2>&1").code, 0);
    const Outcome found = run("search --index " + index + " --weights " + shop.weights +
                              " --json " + query + " 2>/dev/null");
    ASSERT_EQ(found.code, 0) << file;
    const Json ads = Json::parse(found.out)["ads"];
    ASSERT_EQ(ads.size(), 1u) << file << ": its variants are one ad";
    EXPECT_EQ(ads[0]["id"], id);
  }
}

TEST(Command, LeavesTheOldCatalogueWhenAFeedIsBroken) {
  const std::string feed = temporary_path("feed.xml"), catalogue = temporary_path("old.jsonl");
  std::ofstream(feed) << "<rss>\n<item><id>1</id><title>a</title></item>\n<item></rss>";
  std::ofstream(catalogue) << "old";
  const Outcome r = run("import --from google-merchant " + feed + " --out " + catalogue + " 2>&1");
  EXPECT_EQ(r.code, 65);
  EXPECT_THAT(r.out, HasSubstr(feed + ":3: not XML: mismatched tag"));
  std::string text;
  std::getline(std::ifstream(catalogue), text);
  EXPECT_EQ(text, "old");
}
}  // namespace
}  // namespace barker
