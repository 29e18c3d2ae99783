#include "models/weights/weight_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "models/base/half.h"
#include "models/weights/weight_path.h"
#include "models/weights/weights_generated.h"
#include "models/weights/writer.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/weights/random_model.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

using ::testing::HasSubstr;

std::string written(const ModelSpec& model) {
  const std::string path = temporary_path("model.barker");
  const Status status = write_weight_file(model, path);
  EXPECT_TRUE(status.ok()) << status.message();
  return path;
}

Status open_bytes(const std::string& bytes) {
  const std::string path = temporary_path("changed.barker");
  std::ofstream(path, std::ios::binary) << bytes;
  const Status status = WeightFile::open(path).status();
  std::filesystem::remove(path);
  return status;
}

// Makes all checksums right, as an attacker would to get a bad file in.
void reseal(std::string& bytes) {
  WeightFileHeader h;
  std::memcpy(&h, bytes.data(), sizeof h);
  h.metadata_xxh3 = XXH3_64bits(bytes.data() + h.metadata_offset, h.metadata_size);
  h.tensors_xxh3 = XXH3_64bits(bytes.data() + h.tensors_offset, h.tensors_size);
  h.header_xxh3 = XXH3_64bits(&h, offsetof(WeightFileHeader, header_xxh3));
  std::memcpy(bytes.data(), &h, sizeof h);
}

TEST(WeightFile, RoundTripsWhatWasWritten) {
  const ModelSpec model = random_model(1);
  const auto file = WeightFile::open(written(model));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ((*file)->card().name()->str(), "random");
  EXPECT_EQ((*file)->architecture().groups()->size(), 3u);
  const auto embedding = (*file)->floats("embedding");
  EXPECT_EQ(std::vector<float>(embedding.begin(), embedding.end()), model.tensors.at("embedding"));
  for (uint32_t row = 0; row < model.names.size(); ++row) {
    EXPECT_EQ((*file)->vocabulary().text(row), model.names[row]);
    EXPECT_EQ((*file)->vocabulary().find(fingerprint(model.names[row])), row);
  }
}

TEST(WeightFile, KeepsTheListOfPhrasesWhetherOrNotTheyHaveRows) {
  ModelSpec model = random_model(3);
  model.phrases = {"never a row", "word1 word2", "Word1  Word2", "single"};
  const std::string path = temporary_path("phrases.barker");
  ASSERT_TRUE(write_weight_file(model, path).ok());
  const std::vector<std::string> expected = {"never a row", "word1 word2"};
  const auto file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ((*file)->phrases(), expected);
  EXPECT_EQ(read_model(**file).phrases, expected);
}

TEST(WeightFile, ListsTheKeywordsOfSeveralWordsWhereTheModelHasNoListOfItsOwn) {
  ModelSpec model = random_model(3);
  model.golden.clear();  // they name the keywords that are renamed
  model.names[7] = "rapid boil";
  const std::string path = temporary_path("phrases.barker");
  ASSERT_TRUE(write_weight_file(model, path).ok());
  EXPECT_EQ((*WeightFile::open(path))->phrases(), std::vector<std::string>{"rapid boil"});
}

TEST(WeightFile, FoldsTheTargetColumnsOfTheFirstLayer) {
  const ModelSpec model = random_model(2);
  const auto file = WeightFile::open(written(model));
  ASSERT_TRUE(file.ok());
  const auto fold = (*file)->floats("fold.target");
  const auto& w = model.tensors.at("mlp.0.weight");
  const auto& e = model.tensors.at("embedding");
  const size_t dim = 16, columns = 4 * dim;
  for (size_t o = 0; o < 24; ++o) {
    double sum = 0;
    for (size_t d = 0; d < dim; ++d)
      sum += double{w[o * columns + 3 * dim + d]} * double{e[7 * dim + d]};
    EXPECT_NEAR(fold[7 * 24 + o], sum, 1e-6);
  }
}

TEST(WeightFile, EqualModelsGiveEqualBytes) {
  EXPECT_EQ(bytes_of(written(random_model(3))), bytes_of(written(random_model(3))));
}

TEST(WeightFile, RefusesEveryChangedByteOfTheHeader) {
  const std::string good = bytes_of(written(random_model(4)));
  for (size_t i = 0; i < sizeof(WeightFileHeader); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x41);
    EXPECT_FALSE(open_bytes(bad).ok()) << "byte " << i;
  }
}

TEST(WeightFile, RefusesEveryTruncation) {
  const std::string good = bytes_of(written(random_model(5)));
  for (size_t size = 0; size < good.size(); size += 997) {
    EXPECT_FALSE(open_bytes(good.substr(0, size)).ok()) << size << " bytes";
  }
}

TEST(WeightFile, SurvivesResealedDamageAnywhereInTheMetadata) {
  const std::string good = bytes_of(written(random_model(6, {.click_rates = true})));
  WeightFileHeader h;
  std::memcpy(&h, good.data(), sizeof h);
  int refused = 0;
  for (size_t i = 0; i < h.metadata_size; ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string bad = good;
      char& byte = bad[h.metadata_offset + i];
      byte = static_cast<char>(byte ^ flip);
      reseal(bad);
      refused +=
          !open_bytes(bad).ok();  // what is accepted must at least not crash: names, notes, metrics
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(WeightFile, RefusesATensorThatIsNotFinite) {
  std::string bad = bytes_of(written(random_model(7)));
  const auto file = WeightFile::open(written(random_model(7)));
  ASSERT_TRUE(file.ok());
  const auto* tensor = (*file)->metadata().tensors()->LookupByKey("mlp.1.weight");
  const float nan = NAN;
  std::memcpy(bad.data() + (*file)->header().tensors_offset + tensor->offset() + 8, &nan, 4);
  reseal(bad);
  EXPECT_THAT(open_bytes(bad).message(), HasSubstr("tensor mlp.1.weight value 2"));
}

TEST(WeightFile, RefusesSwappedVocabularyRows) {
  std::string bad = bytes_of(written(random_model(8)));
  const auto file = WeightFile::open(written(random_model(8)));
  ASSERT_TRUE(file.ok());
  const auto* tensor = (*file)->metadata().tensors()->LookupByKey("vocabulary.fingerprints");
  char* prints = bad.data() + (*file)->header().tensors_offset + tensor->offset();
  std::swap_ranges(prints, prints + 8, prints + 8);
  reseal(bad);
  EXPECT_THAT(open_bytes(bad).message(), HasSubstr("check vocabulary"));
}

TEST(WeightFile, RefusesAToleranceThatProvesNothingAndLogitsThatAreNoNumbers) {
  ModelSpec loose = random_model(12);
  loose.golden_tolerance = 1e30f;
  EXPECT_THAT(WeightFile::open(written(loose)).status().message(), HasSubstr("golden_tolerance"));
  ModelSpec nan = random_model(12);
  nan.golden = {{std::vector<BagSpec>(3), {fingerprint("word1")}, {NAN}, {}, {}}};
  EXPECT_THAT(WeightFile::open(written(nan)).status().message(), HasSubstr("not finite"));
}

TEST(WeightFile, RefusesGoldenVectorsWithoutMeasure) {
  const GoldenSpec one = {std::vector<BagSpec>(3), {fingerprint("word1")}, {0}, {}, {}};
  const auto problem = [](const GoldenSpec& golden, size_t times = 1) {
    ModelSpec model = random_model(14);
    model.golden.assign(times, golden);
    return WeightFile::open(written(model)).status().message();
  };
  EXPECT_EQ(problem(one, kMaxGoldenVectors), "");
  EXPECT_THAT(problem(one, kMaxGoldenVectors + 1), HasSubstr("golden: expected 0 to 1024"));
  GoldenSpec many = one;
  many.candidates.assign(kMaxGoldenList + 1, fingerprint("word1"));
  many.main_logits.assign(kMaxGoldenList + 1, 0);
  EXPECT_THAT(problem(many), HasSubstr("golden[0] sizes: expected 0 to 65536"));
  GoldenSpec titles = one;
  titles.titles.resize(kMaxGoldenList + 1);
  titles.aux_logits.assign(kMaxGoldenList + 1, 0);
  EXPECT_THAT(problem(titles), HasSubstr("golden[0] sizes: expected 0 to 65536"));
  GoldenSpec large = one;
  large.groups[0].fingerprints.assign(kMaxGoldenList + 1, fingerprint("word1"));
  EXPECT_THAT(problem(large), HasSubstr("golden[0] size of a bag: expected 0 to 65536"));
}

TEST(WeightFile, RefusesTensorsThatOverlap) {
  std::string bad = bytes_of(written(random_model(13)));
  WeightFileHeader h;
  std::memcpy(&h, bad.data(), sizeof h);
  auto* weights = flatbuffers::GetMutableRoot<flatbuffers::Table>(bad.data() + h.metadata_offset);
  auto* tensors = weights->GetPointer<flatbuffers::Vector<flatbuffers::Offset<fbs::Tensor>>*>(
      fbs::Weights::VT_TENSORS);
  auto* victim = reinterpret_cast<flatbuffers::Table*>(
      const_cast<fbs::Tensor*>(tensors->LookupByKey("mlp.1.bias")));
  const uint64_t other = tensors->LookupByKey("head.main.weight")->offset();
  ASSERT_TRUE(victim->SetField<uint64_t>(fbs::Tensor::VT_OFFSET, other, 0));
  reseal(bad);
  EXPECT_THAT(open_bytes(bad).message(), HasSubstr("overlap"));
}

TEST(WeightFile, NamesOtherVersionsAndTheOtherEndianness) {
  const std::string good = bytes_of(written(random_model(9)));
  std::string version = good;
  version[12] = 9;
  EXPECT_EQ(open_bytes(version).code(), Code::kUnsupported);
  EXPECT_THAT(open_bytes(version).message(), HasSubstr("format_version: expected 1, found 9"));
  std::string endian = good;
  std::reverse(endian.begin() + 8, endian.begin() + 12);
  EXPECT_THAT(open_bytes(endian).message(), HasSubstr("other endianness"));
  EXPECT_THAT(open_bytes(std::string(500, 'x')).message(), HasSubstr("no barker weight file"));
}

TEST(WeightFile, SaysThatAFileIsMissing) {
  const Status status = WeightFile::open("/nowhere/x.barker").status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("/nowhere/x.barker"));
}

TEST(WeightWriter, RefusesWrongShapesAndRepeatedNames) {
  ModelSpec wrong = random_model(10);
  wrong.tensors["mlp.1.bias"].pop_back();
  EXPECT_THAT(write_weight_file(wrong, temporary_path("w")).message(),
              HasSubstr("mlp.1.bias: expected 12"));
  ModelSpec repeated = random_model(10);
  repeated.names[3] = repeated.names[4];
  EXPECT_THAT(write_weight_file(repeated, temporary_path("w")).message(),
              HasSubstr("share a fingerprint"));
}

TEST(WeightWriter, LeavesTheOldFileWhenItCannotWrite) {
  EXPECT_FALSE(write_weight_file(random_model(11), "/nowhere/at/all/x.barker").ok());
}

TEST(ResolveWeightsPath, FollowsCurrentInADirectory) {
  const std::string directory = temporary_path("weights");
  std::filesystem::create_directories(directory);
  EXPECT_EQ(resolve_weights_path(directory).status().code(), Code::kNotFound);
  std::ofstream(directory + "/CURRENT") << "000003.barker\n";
  EXPECT_EQ(*resolve_weights_path(directory), directory + "/000003.barker");
  std::ofstream(directory + "/CURRENT") << "../secret\n";
  EXPECT_FALSE(resolve_weights_path(directory).ok());
  EXPECT_EQ(*resolve_weights_path("plain.barker"), "plain.barker");
}

std::string frozen(uint64_t seed, TableElement tables = TableElement::kF32) {
  ModelSpec model = random_model(seed);
  model.architecture.tables = tables;
  const std::string path = temporary_path("stored.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  return path;
}

TEST(WeightFileTables, InBinary16AreTheNearestOnesAndComeBackAsSuch) {
  const auto f32 = WeightFile::open(frozen(33)).value();
  const auto f16 = WeightFile::open(frozen(33, TableElement::kF16)).value();
  const auto* halves = static_cast<const Half*>(f16->table("embedding"));
  const auto floats = f32->floats("embedding");
  for (size_t i = 0; i < floats.size(); ++i) EXPECT_EQ(halves[i], float_to_half(floats[i]));
  EXPECT_TRUE(f16->floats("embedding").empty());
  const ModelSpec back = read_model(*f16);
  EXPECT_EQ(back.architecture.tables, TableElement::kF16);
  EXPECT_EQ(back.tensors.at("embedding")[3], half_to_float(halves[3]));
}

TEST(WeightFileTables, RefuseNumbersThatBinary16CannotHold) {
  ModelSpec model = random_model(34);
  model.architecture.tables = TableElement::kF16;
  model.tensors["embedding"][7] = 1e6f;
  const Status status = write_weight_file(model, temporary_path("large.barker"));
  EXPECT_NE(status.message().find("16 bits"), std::string::npos) << status.message();
}

// A file that is read back and written again has the same bytes.
TEST(ReadModel, IsTheInverseOfWriting) {
  for (const uint32_t dot : {0u, 5u}) {
    const ModelSpec model = random_model(
        35, {.folded = 20, .dot_dim = dot, .uid_buckets = 8, .history_match = dot > 0});
    const std::string first = temporary_path("first.barker"),
                      second = temporary_path("second.barker");
    ASSERT_TRUE(write_weight_file(model, first).ok());
    ASSERT_TRUE(write_weight_file(read_model(*WeightFile::open(first).value()), second).ok());
    const auto bytes = [](const std::string& path) {
      std::ifstream in(path, std::ios::binary);
      return std::string((std::istreambuf_iterator<char>(in)), {});
    };
    EXPECT_EQ(bytes(first), bytes(second));
  }
}

TEST(WeightFileClickRates, ComeBackAsTheyWereWrittenAndAreFoundByQueryAndRow) {
  const ModelSpec model = random_model(21, {.click_rates = true});
  const auto file = WeightFile::open(written(model));
  ASSERT_TRUE(file.ok()) << file.status().message();
  const ClickRates& rates = (*file)->click_rates();
  ASSERT_TRUE(rates.are_there());
  EXPECT_EQ(rates.rate(10, 4), 0.1f);
  EXPECT_EQ(rates.rate(20, 2), 1);
  EXPECT_EQ(rates.rate(30, 9), 0.75f);
  EXPECT_EQ(rates.rate(30, 8), 0.8f) << "over all queries";
  EXPECT_EQ(rates.rate(11, 4), 0.4f);
  EXPECT_EQ(rates.evidence_of(7), 7);
  const ModelSpec read = read_model(**file);
  EXPECT_EQ(read.click_rates.rows, model.click_rates.rows);
  EXPECT_EQ(read.click_rates.begins, model.click_rates.begins);
  EXPECT_EQ(read.click_rates.values, model.click_rates.values);
  EXPECT_EQ(read.click_rates.prior, model.click_rates.prior);
  const auto without = WeightFile::open(written(random_model(21)));
  ASSERT_TRUE(without.ok());
  EXPECT_FALSE((*without)->click_rates().are_there());
}

TEST(WeightFileClickRates, MayHaveNoQueryOfTheirOwn) {
  ModelSpec model = random_model(21, {.click_rates = true});
  ClickRateTable& table = model.click_rates;
  table.queries.clear();
  table.rows.clear();
  table.values.clear();
  table.begins = {0};
  const auto file = WeightFile::open(written(model));
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ((*file)->click_rates().rate(10, 4), 0.4f);
}

TEST(WeightFileClickRates, AreRefusedWhereALookUpCouldNotRelyOnThem) {
  const std::function<void(ClickRateTable&)> damages[] = {
      [](ClickRateTable& r) {
        r.queries = {10, 30, 20};
      },
      [](ClickRateTable& r) {
        r.queries = {10, 10, 30};
      },
      [](ClickRateTable& r) { r.queries.pop_back(); },
      [](ClickRateTable& r) {
        r.begins = {0, 4, 2, 6};
      },
      [](ClickRateTable& r) {
        r.begins = {0, 2, 4, 5};
      },
      [](ClickRateTable& r) {
        r.begins = {1, 2, 4, 6};
      },
      [](ClickRateTable& r) {
        r.begins = {0, 2, 4, 7};
      },
      [](ClickRateTable& r) { r.begins = {}; },
      [](ClickRateTable& r) { r.rows[1] = 1; },
      [](ClickRateTable& r) { r.rows[5] = 50; },
      [](ClickRateTable& r) { r.values.pop_back(); },
      [](ClickRateTable& r) { r.values[0] = 1.5f; },
      [](ClickRateTable& r) { r.prior[0] = -0.5f; },
      [](ClickRateTable& r) { r.evidence[3] = -1; },
  };
  for (size_t i = 0; i < std::size(damages); ++i) {
    ModelSpec model = random_model(21, {.click_rates = true});
    damages[i](model.click_rates);
    const auto file = WeightFile::open(written(model));
    ASSERT_FALSE(file.ok()) << i;
    EXPECT_NE(file.status().message().find("rates"), std::string::npos) << file.status().message();
  }
}

TEST(WeightFileCompute, NeedsABoundAndOnlyThen) {
  ModelSpec model = random_model(36);
  model.architecture.compute = ComputeSpec::kInt8;
  EXPECT_FALSE(write_weight_file(model, temporary_path("unbound.barker")).ok());
  model.architecture.compute_bound = 0.5f;
  EXPECT_TRUE(write_weight_file(model, temporary_path("bound.barker")).ok());
  model.architecture.compute = ComputeSpec::kF32;
  EXPECT_FALSE(write_weight_file(model, temporary_path("needless.barker")).ok());
}

}  // namespace
}  // namespace barker
