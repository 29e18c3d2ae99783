#include "models/weights/vocabulary.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace barker {
namespace {

TEST(Vocabulary, AgreesWithAHashMap) {
  std::mt19937_64 random(3);
  std::vector<Fingerprint> prints;
  std::unordered_map<Fingerprint, uint32_t> expected;
  while (prints.size() < 5000) {
    const Fingerprint f = random() | 1;
    if (expected.emplace(f, prints.size()).second) prints.push_back(f);
  }
  const auto slots = build_vocabulary_slots(prints);
  ASSERT_TRUE(slots.ok());
  const std::vector<uint64_t> offsets(prints.size() + 1, 0);
  const Vocabulary vocabulary(prints, *slots, offsets, {});
  EXPECT_TRUE(vocabulary.check().ok()) << vocabulary.check().message();
  for (const auto& [f, row] : expected) EXPECT_EQ(vocabulary.find(f), row);
  for (int i = 0; i < 5000; ++i) {
    const Fingerprint f = random() & ~uint64_t{1};
    EXPECT_EQ(vocabulary.find(f), kUnknownRow);
  }
  // Many at once find the same.
  for (const size_t count : {0, 1, 31, 32, 33, 1000}) {
    std::vector<Fingerprint> wanted(count);
    for (Fingerprint& f : wanted) f = random() % 2 ? prints[random() % prints.size()] : random();
    std::vector<uint32_t> rows(count);
    vocabulary.find(wanted, rows.data());
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(rows[i], vocabulary.find(wanted[i]));
    Vocabulary().find(wanted, rows.data());
    for (const uint32_t row : rows) EXPECT_EQ(row, kUnknownRow);
  }
}

TEST(Vocabulary, RefusesARepeatedFingerprint) {
  const std::vector<Fingerprint> prints = {5, 9, 5};
  EXPECT_FALSE(build_vocabulary_slots(prints).ok());
}

TEST(Vocabulary, RefusesSlotsThatAreNotItsTable) {
  const std::vector<Fingerprint> prints = {5, 9};
  const std::vector<uint64_t> offsets = {0, 0, 0};
  auto slots = build_vocabulary_slots(prints);
  ASSERT_TRUE(slots.ok());
  for (size_t i = 0; i < slots->size(); ++i) {
    for (const uint32_t wrong : {0u, 1u, 2u, 3u, 0xFFFFFFFFu}) {
      std::vector<uint32_t> broken = *slots;
      if (broken[i] == wrong) continue;
      broken[i] = wrong;
      EXPECT_FALSE(Vocabulary(prints, broken, offsets, {}).check().ok()) << i << " " << wrong;
    }
  }
}

TEST(Vocabulary, RefusesATableThatIsNearlyFull) {
  const std::vector<Fingerprint> prints = {4, 5, 6};
  const std::vector<uint64_t> offsets = {0, 0, 0, 0};
  const std::vector<uint32_t> full = {1, 2, 3, 0}, roomy = {0, 0, 0, 0, 1, 2, 3, 0};
  EXPECT_FALSE(Vocabulary(prints, full, offsets, {}).check().ok());
  EXPECT_TRUE(Vocabulary(prints, roomy, offsets, {}).check().ok());
}

TEST(Vocabulary, FindsNothingWhenEmpty) { EXPECT_EQ(Vocabulary().find(1), kUnknownRow); }

}  // namespace
}  // namespace barker
