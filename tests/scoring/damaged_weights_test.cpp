// Damages a weight file systematically. Each damaged file must be refused with a message, or else
// pass its golden vectors and be usable to its last row. The counts are printed.
#include "tests/models/weights/damaged_weights.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "scoring/golden.h"
#include "tests/scoring/golden_model.h"

namespace barker {
namespace {

using Bytes = std::vector<uint8_t>;

class DamagedWeights : public testing::Test {
 protected:
  DamagedWeights() {
    const std::string model = temporary_path("whole.barker");
    EXPECT_TRUE(write_weight_file(model_with_golden(), model).ok());
    std::ifstream in(model, std::ios::binary);
    whole_.assign(std::istreambuf_iterator<char>(in), {});
    std::filesystem::remove(model);
    std::memcpy(&header_, whole_.data(), sizeof header_);
    EXPECT_EQ(try_file(whole_), "");
  }
  ~DamagedWeights() override {
    std::filesystem::remove(path_);
    std::printf("%zu damaged files: %zu refused with a message, %zu harmless\n",
                refused_ + harmless_, refused_, harmless_);
  }

  // The message with which the file is refused; empty if it is accepted.
  std::string try_file(const Bytes& bytes) {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    const auto file = WeightFile::open(path_);
    if (!file.ok()) return file.status().message();
    const PackedNetwork packed(Network::bind(**file), kernels_for(supported_isas().back()));
    const auto golden = run_golden_vectors(**file, packed);
    if (!golden.ok()) return golden.status().message();
    use(**file, packed);
    return "";
  }

  // Reads every row and every name, because queries may reach each of them.
  static void use(const WeightFile& file, const PackedNetwork& packed) {
    const Network& n = packed.network();
    std::vector<uint32_t> rows(n.keyword_rows);
    for (uint32_t row = 0; row < n.keyword_rows; ++row) rows[row] = row;
    Forward forward;
    forward.bind(packed);
    const std::vector<Bag> groups(n.groups.size(), Bag{rows.data(), nullptr, rows.size()});
    forward.set_context(groups);
    std::vector<float> logits(rows.size());
    forward.score_targets(rows, logits.data());
    const Bag title = {rows.data(), nullptr, rows.size()};
    if (n.has_auxiliary) forward.score_titles({&title, 1}, logits.data());
    size_t letters = 0;
    for (uint32_t row = 0; row < file.vocabulary().size(); ++row) {
      letters += file.vocabulary().text(row).size();
    }
    EXPECT_GT(letters, 0u);
  }

  void count(const Bytes& bytes, bool must_be_refused, const std::string& what) {
    const std::string why = try_file(bytes);
    if (why.empty()) {
      ++harmless_;
      EXPECT_FALSE(must_be_refused) << what;
    } else {
      ++refused_;
      EXPECT_TRUE(why.starts_with(path_ + ": check ") || why.starts_with("golden["))
          << what << ": " << why;
    }
  }

  const fbs::Tensor& tensor(const std::string& name) const {
    const fbs::Weights& w = *fbs::GetWeights(whole_.data() + header_.metadata_offset);
    return *w.tensors()->LookupByKey(name.c_str());
  }
  uint8_t* data_of(Bytes& bytes, const fbs::Tensor& t) const {
    return bytes.data() + header_.tensors_offset + t.offset();
  }

  const std::string path_ = temporary_path("damaged.barker");
  Bytes whole_;
  WeightFileHeader header_;
  size_t refused_ = 0, harmless_ = 0;
};

TEST_F(DamagedWeights, AreRefusedAtEveryBitOfTheHeader) {
  for (size_t byte = 0; byte < sizeof(WeightFileHeader); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bytes = whole_;
      bytes[byte] ^= static_cast<uint8_t>(1 << bit);
      count(bytes, true, "header byte " + std::to_string(byte));
      repair_header_checksum(bytes);
      // The damage was to the hash itself, so the repair has undone it.
      const bool undone = byte >= offsetof(WeightFileHeader, header_xxh3);
      count(bytes, !undone, "header byte " + std::to_string(byte) + ", repaired");
    }
  }
}

TEST_F(DamagedWeights, AreRefusedOrHarmlessAtEveryByteOfTheMetadata) {
  for (size_t i = 0; i < header_.metadata_size; ++i) {
    for (const uint8_t mask : {0x01, 0x80, 0xFF}) {
      Bytes bytes = whole_;
      bytes[header_.metadata_offset + i] ^= mask;
      if (mask == 0xFF) count(bytes, true, "metadata byte " + std::to_string(i));
      repair_checksums(bytes);
      count(bytes, false, "metadata byte " + std::to_string(i) + ", repaired");
    }
  }
}

TEST_F(DamagedWeights, AreRefusedWhenTheyAreTruncated) {
  for (size_t size = 0; size < whole_.size(); size += size < 4096 ? 64 : 512) {
    Bytes bytes(whole_.begin(), whole_.begin() + static_cast<ptrdiff_t>(size));
    count(bytes, true, std::to_string(size) + " bytes");
    repair_checksums(bytes);
    count(bytes, true, std::to_string(size) + " bytes, repaired");
  }
}

TEST_F(DamagedWeights, AreRefusedForNumbersThatAreNotFinite) {
  const fbs::Weights& w = *fbs::GetWeights(whole_.data() + header_.metadata_offset);
  for (const fbs::Tensor* t : *w.tensors()) {
    if (t->dtype() != fbs::DType_F32) continue;
    const size_t values = t->size() / sizeof(float);
    for (const float wrong :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
          -std::numeric_limits<float>::infinity()}) {
      for (size_t at = 0; at < values; at += std::max<size_t>(1, values / 40)) {
        Bytes bytes = whole_;
        std::memcpy(data_of(bytes, *t) + at * sizeof(float), &wrong, sizeof wrong);
        count(bytes, true, t->name()->str());
        repair_checksums(bytes);
        count(bytes, true, t->name()->str() + ", repaired");
      }
    }
  }
}

TEST_F(DamagedWeights, AreRefusedWhenTheVocabularyChanges) {
  const fbs::Tensor& prints = tensor("vocabulary.fingerprints");
  const size_t names = prints.size() / sizeof(uint64_t);
  for (size_t a = 0; a < names; ++a) {
    for (const size_t b : {(a + 1) % names, (a + names / 2) % names}) {
      Bytes bytes = whole_;
      std::swap_ranges(data_of(bytes, prints) + a * 8, data_of(bytes, prints) + a * 8 + 8,
                       data_of(bytes, prints) + b * 8);
      repair_checksums(bytes);
      count(bytes, true, "fingerprints " + std::to_string(a) + " and " + std::to_string(b));
    }
  }
  for (const char* name : {"vocabulary.slots", "vocabulary.text_offsets", "vocabulary.text"}) {
    const fbs::Tensor& t = tensor(name);
    for (size_t i = 0; i < t.size(); ++i) {
      Bytes bytes = whole_;
      data_of(bytes, t)[i] ^= 0x11;
      repair_checksums(bytes);
      count(bytes, true, std::string(name) + " byte " + std::to_string(i));
    }
  }
}

TEST_F(DamagedWeights, AreRefusedOrHarmlessWhenWeightsChange) {
  for (size_t at = header_.tensors_offset; at < whole_.size(); at += 37) {
    Bytes bytes = whole_;
    bytes[at] ^= 0x40;
    count(bytes, true, "byte " + std::to_string(at));
    repair_checksums(bytes);
    count(bytes, false, "byte " + std::to_string(at) + ", repaired");
  }
}

}  // namespace
}  // namespace barker
