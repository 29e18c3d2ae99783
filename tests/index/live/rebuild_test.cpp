#include "index/live/rebuild.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/index/live/live_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

CatalogueChange upsert(const CatalogueAd& ad) {
  return {.kind = CatalogueChange::Kind::kUpsert, .id = ad.id, .ad = ad};
}
CatalogueChange removal(const std::string& id) {
  return {.kind = CatalogueChange::Kind::kDelete, .id = id};
}

TEST(ChangedAds, KeepTheirOrderAndNewOnesComeLast) {
  const CatalogueAd a = ad("a", "A", {}), b = ad("b", "B", {}), c = ad("c", "C", {});
  std::vector<CatalogueAd> ads = {a, b, c};
  CatalogueAd changed = ad("b", "Changed", {}), raised = c;
  raised.bid = 7;
  const std::vector<CatalogueChange> changes = {
      upsert(ad("e", "E", {})),
      upsert(ad("d", "D", {})),
      upsert(changed),
      {.kind = CatalogueChange::Kind::kSet, .id = "c", .bid = 7},
      removal("a"),
      {.kind = CatalogueChange::Kind::kSet, .id = "a", .bid = 9},  // which is not there any more
      upsert(a),                                                   // and now is new
      removal("e"),
      removal("none"),
  };
  apply_changes(changes, ads);
  EXPECT_THAT(ads, ::testing::ElementsAre(changed, raised, ad("d", "D", {}), a));
}

TEST_F(LiveCatalogues, StayAsTheyAreWhereARebuildIsStopped) {
  ASSERT_TRUE(write_index({ad("a", "Dress", {{"dress"}})}, options_.index).ok());
  const auto manifest = [&] {
    std::ifstream in(options_.index + "/manifest");
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string before = manifest();
  std::atomic<bool> stops = true;
  EXPECT_THAT(rebuild_index(options_.index, &stops).message(), HasSubstr("was stopped"));
  EXPECT_EQ(manifest(), before);
  for (const auto& entry : fs::directory_iterator(fs::path(options_.index).parent_path())) {
    EXPECT_FALSE(entry.path().string().starts_with(options_.index + ".building"));
  }
  stops = false;
  EXPECT_TRUE(rebuild_index(options_.index, &stops).ok());
}

}  // namespace
}  // namespace barker
