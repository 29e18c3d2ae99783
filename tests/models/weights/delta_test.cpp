#include "models/weights/delta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "models/weights/delta_file.h"
#include "models/weights/writer.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The delta's own digest made right, as an attacker would.
void reseal_delta(std::string& delta) {
  DigestStream stream;
  stream.add(delta.data(), delta.size() - sizeof(FileDigest));
  const FileDigest digest = stream.digest();
  std::memcpy(delta.data() + delta.size() - sizeof digest, &digest, sizeof digest);
}

class Delta : public testing::Test {
 protected:
  Delta() {
    ModelSpec model = random_model(1, {.keywords = 2000, .dim = 32});
    EXPECT_TRUE(write_weight_file(model, old_).ok());
    for (size_t row = 0; row < 2000; row += 33) {  // three per cent of the rows
      for (size_t i = 0; i < 32; ++i) model.tensors["embedding"][row * 32 + i] += 0.001f;
    }
    EXPECT_TRUE(write_weight_file(model, new_).ok());
  }

  void make() {
    const auto sizes = write_delta(old_, new_, delta_);
    ASSERT_TRUE(sizes.ok()) << sizes.status().message();
    sizes_ = *sizes;
  }
  Status apply() { return apply_delta(old_, delta_, out_).status(); }

  const std::string old_ = temporary_path("old.barker"), new_ = temporary_path("new.barker"),
                    delta_ = temporary_path("delta"), out_ = temporary_path("out.barker");
  DeltaSizes sizes_;
};

TEST_F(Delta, MakesTheNewFileByteForByte) {
  make();
  const Status status = apply();
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(bytes_of(out_), bytes_of(new_));
  EXPECT_EQ(sizes_.delta, std::filesystem::file_size(delta_));
  EXPECT_EQ(sizes_.file, std::filesystem::file_size(new_));
}

TEST_F(Delta, OfFewRowsIsSmall) {
  make();
  EXPECT_GE(sizes_.changed, 61u * 32 * sizeof(float));
  EXPECT_LT(sizes_.delta, sizes_.file / 5);
}

TEST_F(Delta, OfEqualFilesHasOneRecord) {
  std::filesystem::copy_file(old_, new_, std::filesystem::copy_options::overwrite_existing);
  make();
  EXPECT_EQ(sizes_.changed, 0u);
  EXPECT_EQ(sizes_.delta, sizeof(DeltaHeader) + sizeof(DeltaRecord) + sizeof(FileDigest));
  ASSERT_TRUE(apply().ok());
  EXPECT_EQ(bytes_of(out_), bytes_of(new_));
}

TEST_F(Delta, LeadsToModelsOfAnotherSizeInBothDirections) {
  const RandomModelOptions larger = {.keywords = 3000, .dim = 32, .hidden = {64, 8}, .dot_dim = 8};
  ASSERT_TRUE(write_weight_file(random_model(2, larger), new_).ok());
  make();
  ASSERT_TRUE(apply().ok());
  EXPECT_EQ(bytes_of(out_), bytes_of(new_));
  ASSERT_TRUE(write_delta(new_, old_, delta_).ok());
  ASSERT_TRUE(apply_delta(new_, delta_, out_).ok());
  EXPECT_EQ(bytes_of(out_), bytes_of(old_));
}

TEST_F(Delta, MayReplaceAnOlderFileButNoneThatIsRead) {
  make();
  put(out_, "an older file");
  ASSERT_TRUE(apply().ok());
  EXPECT_EQ(bytes_of(out_), bytes_of(new_));
  const std::string before = bytes_of(old_);
  EXPECT_THAT(apply_delta(old_, delta_, old_).status().message(), HasSubstr(old_));
  EXPECT_THAT(write_delta(old_, new_, new_).status().message(), HasSubstr(new_));
  const std::string link = temporary_path("link");
  std::filesystem::create_symlink(old_, link);
  EXPECT_FALSE(apply_delta(old_, delta_, link).ok());
  EXPECT_EQ(bytes_of(old_), before);
}

TEST_F(Delta, IsRefusedForAnotherOldFile) {
  make();
  const Status other = apply_delta(new_, delta_, out_).status();
  EXPECT_EQ(other.code(), Code::kBadData);
  EXPECT_THAT(other.message(), HasSubstr(new_ + ": is not the file that " + delta_));
  std::filesystem::resize_file(old_, 1000);
  EXPECT_THAT(apply().message(), HasSubstr("size"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(Delta, IsRefusedAtEveryDamage) {
  make();
  const std::string whole = bytes_of(delta_);
  put(out_, "what was there");
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    std::string damaged = whole;
    if (round % 2) {
      damaged[random() % damaged.size()] ^= static_cast<char>(1 + random() % 255);
    } else {
      damaged.resize(random() % damaged.size());  // an upload that was cut off
    }
    put(delta_, damaged);
    const Status status = apply();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr(delta_));
    EXPECT_EQ(bytes_of(out_), "what was there");
  }
}

TEST_F(Delta, ThatIsForgedNeverReadsBeyondAFileOrGivesAnotherResult) {
  make();
  const std::string whole = bytes_of(delta_);
  const std::string expected = bytes_of(new_);
  std::mt19937_64 random(8);
  int refused = 0;
  for (int round = 0; round < 50; ++round) {
    std::string forged = whole;
    const size_t fields = sizeof(DeltaHeader) + sizeof(DeltaRecord);
    const size_t at = round % 2 ? random() % (forged.size() - 24) : random() % (fields - 8);
    const uint64_t value = round % 3 ? random() >> random() % 64 : ~uint64_t{0} - random() % 100;
    std::memcpy(forged.data() + at, &value, sizeof value);
    reseal_delta(forged);
    put(delta_, forged);
    std::filesystem::remove(out_);
    if (apply().ok()) {
      EXPECT_EQ(bytes_of(out_), expected);
    } else {
      EXPECT_FALSE(std::filesystem::exists(out_));
      ++refused;
    }
  }
  EXPECT_GT(refused, 40);
}

TEST_F(Delta, IsNotMadeOfWhatIsNoWeightFile) {
  put(new_, "no weights");
  EXPECT_THAT(write_delta(old_, new_, delta_).status().message(), HasSubstr(new_));
  EXPECT_FALSE(std::filesystem::exists(delta_));
  put(delta_, std::string(500, 'x'));
  EXPECT_THAT(apply().message(), HasSubstr("another kind"));
  std::filesystem::remove(delta_);
  EXPECT_EQ(apply().code(), Code::kNotFound);
}

}  // namespace
}  // namespace barker
