#include "models/weights/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "models/weights/directory.h"
#include "models/weights/weight_file.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Signature : public ::testing::Test {
 protected:
  Signature() {
    fs::create_directories(directory_);
    key_ = generate_key_pair(directory_ + "/mine").value();
    EXPECT_TRUE(write_weight_file(random_model(1), file_).ok());
  }
  ~Signature() override { fs::remove_all(directory_); }

  void sign(const std::string& name = "mine") {
    const auto file = WeightFile::open(file_);
    ASSERT_TRUE(sign_bytes((*file)->bytes(), file_, directory_ + "/" + name + ".key").ok());
  }
  // Of opening the file with `key_` trusted; empty: it was opened.
  std::string problem(const std::string& path) const {
    const PublicKey trusted[] = {key_};
    return WeightFile::open(path, {.trusted_keys = trusted}).status().message();
  }
  std::string problem() const { return problem(file_); }

  const std::string directory_ = temporary_path("signed"), file_ = directory_ + "/model.barker";
  PublicKey key_;
};

TEST_F(Signature, OfATrustedKeyOpensTheFile) {
  EXPECT_THAT(problem(), HasSubstr("check signature: expected a signature by a trusted key"));
  sign();
  EXPECT_EQ(problem(), "");
  EXPECT_TRUE(WeightFile::open(file_).ok()) << "no key is trusted, so none is asked for";
}

TEST_F(Signature, OfAnotherKeyIsRefusedByName) {
  const PublicKey other = generate_key_pair(directory_ + "/other").value();
  sign("other");
  EXPECT_THAT(problem(), HasSubstr("found one by " + to_text(other)));
}

TEST_F(Signature, IsOneOfEveryByte) {
  sign();
  const auto size = fs::file_size(file_);
  for (const auto at : {uintmax_t{0}, size / 3, size / 2, size - 1}) {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte ^ 1)).flush();
    EXPECT_THAT(problem(), HasSubstr("is no signature of these bytes")) << at;
    file.seekp(static_cast<std::streamoff>(at)).put(byte);
  }
  EXPECT_EQ(problem(), "");
}

// A file whose checksums and golden vectors are right, but which another party made.
TEST_F(Signature, OfOneFileIsNoneOfAnother) {
  sign();
  EXPECT_TRUE(write_weight_file(random_model(2), file_).ok());
  EXPECT_TRUE(WeightFile::open(file_).ok());
  EXPECT_THAT(problem(), HasSubstr("is no signature of these bytes"));
}

TEST_F(Signature, ThatIsDamagedIsRefused) {
  sign();
  const std::string whole = read_small_file(signature_path(file_), 1000).value();
  const auto damaged = [&](const std::string& text) {
    std::ofstream(signature_path(file_)) << text;
    return problem();
  };
  for (size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_NE(damaged(whole.substr(0, size)), "") << size;
  }
  for (size_t at = 0; at + 1 < whole.size(); ++at) {
    std::string text = whole;
    text[at] = text[at] == '0' ? '1' : '0';
    EXPECT_NE(damaged(text), "") << at;
  }
  EXPECT_THAT(damaged(std::string(1 << 20, 'a')), HasSubstr("at most"));
  EXPECT_THAT(damaged(whole + "more"), HasSubstr("expected \"barker-ed25519ph"));
  EXPECT_EQ(damaged(whole), "");
  fs::remove(signature_path(file_));
  fs::create_directory(signature_path(file_));
  EXPECT_THAT(problem(), HasSubstr("not a regular file"));
}

TEST_F(Signature, GoesWithThePublishedFileAndGoesWhenItIsPruned) {
  sign();
  const std::string weights = directory_ + "/weights";
  ASSERT_TRUE(publish_weights(file_, weights).ok());
  EXPECT_EQ(problem(weights + "/000001.barker"), "");
  EXPECT_TRUE(weight_versions(weights)->front().is_signed);
  // Left behind by a publisher that was killed before its file was there.
  fs::copy_file(signature_path(file_), weights + "/000002.barker.sig");
  fs::remove(signature_path(file_));
  ASSERT_TRUE(publish_weights(file_, weights).ok());
  EXPECT_FALSE(weight_versions(weights)->back().is_signed);
  ASSERT_TRUE(publish_weights(file_, weights).ok());
  ASSERT_TRUE(prune_weights(weights, 1).ok());
  EXPECT_FALSE(fs::exists(weights + "/000001.barker.sig"));
}

TEST_F(Signature, KeysAreNeverOverwrittenAndMustBeSecret) {
  EXPECT_THAT(generate_key_pair(directory_ + "/mine").status().message(), HasSubstr("exists"));
  EXPECT_EQ(fs::status(directory_ + "/mine.key").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(*parse_public_key(read_small_file(directory_ + "/mine.pub", 100).value()), key_);
  EXPECT_FALSE(parse_public_key("12").ok());
  EXPECT_FALSE(parse_public_key(std::string(64, 'x')).ok());
  fs::permissions(directory_ + "/mine.key", fs::perms::group_read, fs::perm_options::add);
  EXPECT_THAT(sign_bytes({}, file_, directory_ + "/mine.key").status().message(),
              HasSubstr("chmod 600"));
}

}  // namespace
}  // namespace barker
