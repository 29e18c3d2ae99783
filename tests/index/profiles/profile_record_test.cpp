// The bytes of a record: what is written is read, and nothing else is believed.
#include "index/profiles/profile_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "models/base/random.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'790'000'000, kLife = 1000;

StoredProfile anna() {
  StoredProfile profile;
  profile.user = "anna";
  profile.keywords = {{"waterproof", kNow - 1}, {"补水保湿", kNow - 2}};
  profile.sfs = {{"waterproof", kNow - 1}};
  profile.groups = {{"profile", {"gender=f", ""}}, {"none", {}}};
  profile.last_click = kNow - 1;
  profile.learned = {2, std::string("\0\1\2", 3)};
  return profile;
}

std::string record_of(const StoredProfile& profile) {
  std::string bytes;
  EXPECT_TRUE(write_record(profile, bytes));
  return bytes;
}

// Puts the right checksum into bytes that are wrong otherwise, as a forger would.
void seal(std::string& bytes) {
  if (bytes.size() < 8) return;
  const auto sum = static_cast<uint32_t>(XXH3_64bits(bytes.data() + 8, bytes.size() - 8));
  std::memcpy(bytes.data() + 4, &sum, sizeof sum);
}

TEST(ProfileRecord, IsReadAsItWasWritten) {
  const std::string bytes = record_of(anna());
  StoredProfile found;
  found.keywords.resize(9);
  ASSERT_EQ(read_record(bytes, "anna", found), RecordState::kGood);
  EXPECT_EQ(found, anna());
  Profile profile;
  profile.keywords = {"what", "was", "there", "before"};
  profile.groups.resize(7);
  ASSERT_EQ(read_record(bytes, "anna", kNow, kLife, profile), RecordState::kGood);
  const Profile expected = profile_of(anna());
  EXPECT_EQ(profile.user, "anna");
  EXPECT_EQ(profile.keywords, expected.keywords);
  EXPECT_EQ(profile.groups, expected.groups);
}

TEST(ProfileRecord, ExpiresAfterItsTimeToLive) {
  const std::string bytes = record_of(anna());
  Profile profile;
  EXPECT_EQ(read_record(bytes, "anna", kNow - 1 + kLife, kLife, profile), RecordState::kGood);
  EXPECT_EQ(read_record(bytes, "anna", kNow + kLife, kLife, profile), RecordState::kExpired);
  EXPECT_THAT(profile.keywords, IsEmpty());
  EXPECT_THAT(profile.groups, IsEmpty());
}

TEST(ProfileRecord, IsRefusedWhereAnyBitOfItIsWrong) {
  const std::string good = record_of(anna());
  StoredProfile stored;
  Profile profile;
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(read_record(bytes, "anna", stored), RecordState::kGood) << bit;
    EXPECT_NE(read_record(bytes, "anna", kNow, kLife, profile), RecordState::kGood) << bit;
    EXPECT_THAT(profile.keywords, IsEmpty());
  }
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(read_record(good.substr(0, size), "anna", stored), RecordState::kMalformed) << size;
  }
  EXPECT_EQ(read_record(good + "x", "anna", stored), RecordState::kMalformed);
}

TEST(ProfileRecord, OfALaterVersionIsToldFromADamagedOne) {
  std::string bytes = record_of(anna());
  bytes[1] = 2;
  StoredProfile stored;
  EXPECT_EQ(read_record(bytes, "anna", stored), RecordState::kNewer);
}

// With a right checksum, only the checks of each count and length stand between the bytes and the
// memory behind them.
TEST(ProfileRecord, SurvivesAnyBytesUnderARightChecksum) {
  Random random(3, 1);
  const std::string good = record_of(anna());
  StoredProfile stored;
  Profile profile;
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string bytes = good;
    const uint64_t changes = 1 + random.below(4);
    for (uint64_t c = 0; c < changes; ++c) {
      // The header is where the counts stand.
      const size_t place = 8 + random.below(random.chance(0.5) ? 16 : bytes.size() - 8);
      bytes[place] = static_cast<char>(random.chance(0.3) ? 0xff : random.below(256));
    }
    if (random.chance(0.2)) bytes.resize(random.below(bytes.size()));
    if (random.chance(0.1)) bytes.append(random.below(40), static_cast<char>(random.below(256)));
    seal(bytes);
    const RecordState state = read_record(bytes, "anna", stored);
    const RecordState same = read_record(bytes, "anna", INT64_MIN / 2, kLife, profile);
    ASSERT_EQ(state, same);
    if (state != RecordState::kGood) continue;
    ++accepted;
    // What is believed has one form only.
    std::string again;
    if (write_record(stored, again)) {
      ASSERT_EQ(again, bytes);
    }
  }
  EXPECT_GT(accepted, 1000);  // a changed letter or time is a record as good as any
}

TEST(ProfileRecord, SurvivesRandomBytes) {
  Random random(5, 1);
  StoredProfile stored;
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(random.below(200), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    if (bytes.size() > 4) {
      bytes[0] = 'P';
      bytes[1] = 1;
      bytes[2] = bytes[3] = 0;
    }
    seal(bytes);
    read_record(bytes, "anna", stored);
    EXPECT_LE(stored.keywords.size() + stored.sfs.size() + stored.groups.size(), bytes.size());
  }
}

TEST(ProfileRecord, IsNotWrittenBeyondTheLimits) {
  std::string bytes;
  const auto refuses = [&](const auto& change) {
    StoredProfile profile = anna();
    change(profile);
    return !write_record(profile, bytes) && bytes.empty();
  };
  EXPECT_TRUE(refuses([](StoredProfile& p) { p.keywords[0].text.assign(1025, 'x'); }));
  EXPECT_TRUE(refuses([](StoredProfile& p) { p.keywords[0].time = -1; }));
  EXPECT_TRUE(refuses([](StoredProfile& p) { p.sfs[0].time = int64_t{1} << 32; }));
  EXPECT_TRUE(refuses([](StoredProfile& p) { p.groups[0].first.assign(1025, 'x'); }));
  EXPECT_TRUE(refuses([](StoredProfile& p) { p.groups[0].second[0].assign(1025, 'x'); }));
  EXPECT_TRUE(refuses([](StoredProfile& p) { p.groups.resize(65536); }));
  EXPECT_TRUE(refuses([](StoredProfile& p) { p.learned.bytes.assign(kMostRecordBytes, 'x'); }));
  EXPECT_FALSE(refuses([](StoredProfile& p) { p.keywords[0].text.assign(1024, 'x'); }));
}

TEST(UserId, IsTextOfOneToFiveHundredBytes) {
  EXPECT_TRUE(is_user_id("anna"));
  EXPECT_TRUE(is_user_id(std::string(500, 'x')));
  EXPECT_FALSE(is_user_id(""));
  EXPECT_FALSE(is_user_id(std::string(501, 'x')));
  EXPECT_FALSE(is_user_id("\xC3"));
}

}  // namespace
}  // namespace barker
