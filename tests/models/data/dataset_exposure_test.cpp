// What a log says of how things came to be shown, from the raw log to the dataset.
#include "models/data/dataset_exposure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "models/data/dataset.h"
#include "models/data/join.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/data/damaged_dataset.h"
#include "tests/models/data/dataset_of_log.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

namespace f = dataset_format;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Exposure, ComesFromTheRawLogIntoTheDataset) {
  RawImpression page;
  page.request = "r";
  page.user = "u";
  page.time = 1'000'000;
  page.sfs = {{"retro", 1, 0.5}, {"lace", 3, NAN}};
  RawAd ad;
  ad.id = "a";
  ad.position = 11;
  ad.title = "[free shipping] Dress";
  ad.original_title = "Dress";
  ad.selling_points = {"Free shipping", "lace"};
  ad.sp_propensity = 1e-60;
  RawAd plain;
  plain.id = "b";
  plain.position = 2;
  plain.title = "Skirt";
  page.ads = {ad, plain};
  std::string log;
  Joiner joiner({}, [&](const SearchEvent& event) {
    append_event(event, log);
    return Status();
  });
  ASSERT_TRUE(joiner.add(RawEvent(std::move(page))).ok());
  ASSERT_TRUE(joiner.finish().ok());
  EXPECT_THAT(log, HasSubstr(R"("sps":["Free shipping","lace"])"));
  log.insert(log.size() - 2, R"(,"split":"train")");
  BadLines bad;
  const auto data = dataset_of_log(log, bad);
  ASSERT_TRUE(data);
  const SearchView search = data->search(0);
  ASSERT_EQ(search.sf_propensity.size(), 2u);
  EXPECT_EQ(search.sf_propensity[0], 0.5f);
  EXPECT_TRUE(std::isnan(search.sf_propensity[1]));
  EXPECT_THAT(search.sf_position, ElementsAre(1, 3));
  EXPECT_THAT(search.ad_position, ElementsAre(11, 2));
  ASSERT_EQ(search.ad_propensity.size(), 2u);
  EXPECT_GT(search.ad_propensity[0], 0) << "a float cannot hold it, and 0 is none";
  ASSERT_EQ(data->points(0, 0).size(), 2u);
  EXPECT_EQ(data->keyword(data->points(0, 0)[0]), "free shipping");
  EXPECT_EQ(data->points(0, 0)[1], search.sfs[1]);
  EXPECT_THAT(data->points(0, 1), IsEmpty());
}

TEST(Exposure, TakesNoRoomWhereTheLogSaysNothingOfIt) {
  BadLines bad;
  const auto data = dataset_of_log(
      R"({"time":1,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}],"ads":[{"id":"1","title":"b","clicked":0}]})"
      "\n",
      bad);
  ASSERT_TRUE(data);
  const SearchView search = data->search(0);
  EXPECT_THAT(search.sf_propensity, IsEmpty());
  EXPECT_THAT(search.sf_position, IsEmpty());
  EXPECT_THAT(search.ad_propensity, IsEmpty());
  EXPECT_THAT(search.ad_position, IsEmpty());
  EXPECT_THAT(data->points(0, 0), IsEmpty());
}

TEST(Exposure, ThatIsImpossibleIsNamedWithFileAndLine) {
  const std::string good =
      R"({"time":1,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}]})"
      "\n";
  const auto line = [](const std::string& sf, const std::string& ad) {
    return R"({"time":2,"user":"u","split":"train","sfs":[{"text":"a","clicked":1)" + sf +
           R"(}],"ads":[{"id":"1","title":"b","clicked":0)" + ad + "}]}\n";
  };
  for (const auto& [sf, ad, reason] : std::vector<std::array<std::string, 3>>{
           {R"(,"propensity":0)", "", "sfs[0].propensity: expected a number above 0 and at most 1"},
           {R"(,"propensity":1.5)", "", "sfs[0].propensity: expected a number above 0"},
           {R"(,"propensity":"x")", "", "sfs[0].propensity: expected a number above 0"},
           {R"(,"position":0)", "", "sfs[0].position: expected an integer from 1 on, found 0"},
           {"", R"(,"sp_propensity":-0.1)", "ads[0].sp_propensity: expected a number above 0"},
           {"", R"(,"position":1.5)", "ads[0].position: expected an integer"},
           {"", R"(,"sps":"x")", "ads[0].sps: expected an array"}}) {
    BadLines bad;
    const auto data = dataset_of_log(good + line(sf, ad), bad);
    ASSERT_TRUE(data);
    EXPECT_EQ(bad.count(), 1u) << sf << ad;
    EXPECT_THAT(bad.report("day.jsonl"), HasSubstr("day.jsonl:2: " + reason));
  }
}

// The same file with the header of the version before, which had no such sections.
void make_old(std::vector<uint8_t>& bytes) {
  f::Header header;
  f::OldHeader old;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::memcpy(&old, bytes.data(), sizeof old);
  old.version = f::kOldVersion;
  std::memset(bytes.data() + sizeof old, 0, sizeof header - sizeof old);
  old.content_xxh3 = XXH3_64bits(bytes.data() + sizeof old, bytes.size() - sizeof old);
  old.header_xxh3 = XXH3_64bits(&old, offsetof(f::OldHeader, header_xxh3));
  std::memcpy(bytes.data(), &old, sizeof old);
}

TEST(Exposure, IsUnknownInADatasetOfTheVersionBefore) {
  const std::string log = temporary_path("log.jsonl"), path = temporary_path("old.data");
  std::ofstream(log) << R"({"time":1,"user":"u","split":"train","sfs":[{"text":"a","clicked":1}]})"
                     << "\n";
  BadLines bad;
  ASSERT_TRUE(build_dataset(log, path, {}, bad).ok());
  const uint64_t sum = read_all_of(**Dataset::open(path));
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(in), {}};
  make_old(bytes);
  std::remove(path.c_str());
  const auto write = [&] {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  };
  write();
  const auto old = Dataset::open(path);
  ASSERT_TRUE(old.ok()) << old.status().message();
  EXPECT_EQ(read_all_of(**old), sum);
  EXPECT_THAT((*old)->search(0).sf_propensity, IsEmpty());
  ++bytes[sizeof(f::OldHeader) + 1];
  write();
  EXPECT_THAT(Dataset::open(path).status().message(), HasSubstr("content checksum"));
  std::remove(path.c_str());
  std::remove(log.c_str());
}

}  // namespace
}  // namespace barker
