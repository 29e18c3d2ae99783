#include "models/exchange/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A file with this header and these bytes of values.
std::string file_of(const std::string& header, const std::string& values = "") {
  const std::string path = temporary_path("model.safetensors");
  const uint64_t size = header.size();
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&size), sizeof size);
  out << header << values;
  return path;
}

std::string tensors_error(const std::string& header, const std::string& values = "") {
  const Result<NamedTensors> read = read_safetensors(file_of(header, values));
  return read.ok() ? "read" : read.status().message();
}

TEST(Safetensors, ComeBackAsTheyWereWritten) {
  const NamedTensors written = {{"matrix", {{2, 3}, {1, -2, 0.5f, 1e-30f, 3e38f, -0.0f}}},
                                {"empty", {{0, 4}, {}}},
                                {"number", {{}, {7}}}};
  const std::string path = temporary_path("model.safetensors");
  ASSERT_TRUE(write_safetensors(written, path).ok());
  const Result<NamedTensors> read = read_safetensors(path);
  ASSERT_TRUE(read.ok()) << read.status().message();
  ASSERT_EQ(read->size(), written.size());
  for (const auto& [name, tensor] : written) {
    EXPECT_EQ(read->at(name).shape, tensor.shape) << name;
    EXPECT_EQ(read->at(name).values, tensor.values) << name;
  }
}

TEST(Safetensors, MayHoldTheFourFloatingPointTypes) {
  const double f64[] = {1.5};
  const uint16_t halves[] = {0x3E00, 0x3FC0};  // 1.5 as binary16, then as bfloat16
  const float f32[] = {1.5f};
  std::string values(reinterpret_cast<const char*>(f64), 8);
  values.append(reinterpret_cast<const char*>(f32), 4);
  values.append(reinterpret_cast<const char*>(halves), 4);
  const Result<NamedTensors> read = read_safetensors(file_of(
      R"({"__metadata__": {"format": "pt"},
          "a": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]},
          "b": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]},
          "c": {"dtype": "F16", "shape": [1], "data_offsets": [12, 14]},
          "d": {"dtype": "BF16", "shape": [1], "data_offsets": [14, 16]}})",
      values));
  ASSERT_TRUE(read.ok()) << read.status().message();
  for (const char* name : {"a", "b", "c", "d"}) {
    EXPECT_THAT(read->at(name).values, ElementsAre(1.5f)) << name;
  }
}

TEST(Safetensors, WithATypeThatIsNoFloatNameTheTensor) {
  EXPECT_THAT(tensors_error(R"({"steps": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}})",
                            "12345678"),
              HasSubstr("tensor \"steps\": dtype: expected F64, F32, F16 or BF16, found \"I64\""));
}

TEST(Safetensors, ThatAreDamagedAreRefusedWithTheReason) {
  const auto entry = [](const char* shape, const char* offsets) {
    return std::string(R"({"t": {"dtype": "F32", "shape": )") + shape + R"(, "data_offsets": )" +
           offsets + "}}";
  };
  const std::string four = "1234";
  EXPECT_THAT(tensors_error(entry("[2]", "[0, 4]"), four),
              HasSubstr("expected 2 values of 4 bytes"));
  EXPECT_THAT(tensors_error(entry("[1]", "[0, 8]"), four),
              HasSubstr("within the 4 bytes of values"));
  EXPECT_THAT(tensors_error(entry("[1]", "[4, 0]"), four), HasSubstr("a range within"));
  EXPECT_THAT(tensors_error(entry("[1]", "[0]"), four), HasSubstr("expected two integers"));
  EXPECT_THAT(tensors_error(entry("[-1]", "[0, 4]"), four), HasSubstr("integers of at least 0"));
  EXPECT_THAT(tensors_error(entry("[1]", "[0, 4]"), four + four),
              HasSubstr("4 bytes of values, found 8"));
  EXPECT_THAT(tensors_error(entry("[4294967296, 4294967296]", "[0, 4]"), four),
              HasSubstr("more values than can be counted"));
  EXPECT_THAT(tensors_error("[1, 2]"), HasSubstr("no JSON object"));
  EXPECT_THAT(tensors_error("{"), HasSubstr("no JSON object"));
  EXPECT_THAT(tensors_error(R"({"t": 3})"), HasSubstr("expected an object"));
  EXPECT_THAT(tensors_error(R"({"t": {"dtype": "F32"}})"), HasSubstr("no \"shape\""));
  EXPECT_THAT(tensors_error(R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                           "b": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})",
                            four),
              HasSubstr("tensor \"b\""));
  EXPECT_THAT(tensors_error(R"({"a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]},
                           "a": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}})"),
              HasSubstr("two tensors \"a\""));
}

TEST(Safetensors, ThatEndInTheirHeaderAreRefused) {
  const std::string path = temporary_path("short");
  std::ofstream(path) << "1234";
  EXPECT_THAT(read_safetensors(path).status().message(), HasSubstr("shorter than the 8 bytes"));
  std::ofstream(path) << "\xff\xff\xff\xff\xff\xff\xff\xff{}";
  EXPECT_THAT(read_safetensors(path).status().message(), HasSubstr("a header of at most 2 bytes"));
}

}  // namespace
}  // namespace barker
