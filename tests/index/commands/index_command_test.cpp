// barker index --update and --rebuild, as a person meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/index/commands/shop.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

Outcome update(const Shop& shop, const std::string& lines) {
  const std::string file = temporary_path("changes.jsonl");
  std::ofstream(file) << lines;
  return run("index --update " + file + " --out " + shop.index + " 2>&1");
}

TEST(IndexCommand, SaysHowManyChangesAreForAdsThatTheIndexDoesNotHave) {
  const Shop shop;
  const std::string added = R"({"id": "n", "title": "New shoes"})";
  EXPECT_THAT(update(shop, added + "\n").out, HasSubstr("1 changes written, 0 of them for ads"));
  const Outcome r = update(shop, R"({"op": "set", "id": "a1", "bid": 2}
{"op": "set", "id": "n", "bid": 2}
{"op": "delete", "id": "a2"}
{"op": "set", "id": "a2", "bid": 2}
{"op": "delete", "id": "none"}
{"id": "none", "title": "Other shoes"}
{"op": "delete", "id": "none"}
)");
  EXPECT_EQ(r.code, 0);
  EXPECT_THAT(r.out,
              HasSubstr("7 changes written, 2 of them for ads that the index does not have"));
}

TEST(IndexCommand, NeverDeletesItsInputNorOtherFilesOfTheDirectory) {
  const Shop shop;
  const std::string catalogue = shop.index + "/mycat.jsonl";
  std::ofstream(catalogue) << R"({"id": "b", "title": "Red dress"})"
                           << "\n";
  for (const std::string& task : {"--ads " + catalogue, std::string("--rebuild")}) {
    const Outcome r = run("index " + task + " --out " + shop.index + " 2>&1");
    EXPECT_EQ(r.code, 64) << r.out;
    EXPECT_THAT(r.out, HasSubstr(catalogue + ": is no part of an index"));
    EXPECT_TRUE(fs::exists(catalogue));
  }
}

}  // namespace
}  // namespace barker
