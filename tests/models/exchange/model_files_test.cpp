#include "models/exchange/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "models/exchange/safetensors.h"
#include "models/weights/weight_file.h"
#include "tests/models/exchange/golden_model.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string bytes_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

std::string written(const ModelSpec& model) {
  const std::string path = temporary_path("model.barker");
  const Status s = write_weight_file(model, path);
  EXPECT_TRUE(s.ok()) << s.message();
  return bytes_of(path);
}

std::string exported(const ModelSpec& model) {
  std::string directory = temporary_path("model");
  const Status s = export_model(model, directory);
  EXPECT_TRUE(s.ok()) << s.message();
  return directory;
}

std::string reading_error(const ModelFiles& files) {
  const Result<ModelSpec> model = import_model(files);
  return model.ok() ? "imported" : model.status().message();
}

void change(const std::string& path, const std::function<void(NamedTensors&)>& edit) {
  Result<NamedTensors> tensors = read_safetensors(path);
  ASSERT_TRUE(tensors.ok());
  edit(*tensors);
  ASSERT_TRUE(write_safetensors(*tensors, path).ok());
}

// A model that is written, exported, imported and written again is the same file, byte for byte.
TEST(ModelFiles, OfEveryArchitectureGiveTheSameWeightFileBack) {
  const RandomModelOptions architectures[] = {
      {},
      {.auxiliary = false},
      {.dot_dim = 6},
      {.hidden = {}, .dot_dim = 6},
      {.history_match = true},
      {.match_inputs = true},
      {.folded = 20, .uid_buckets = 5},
  };
  for (const RandomModelOptions& options : architectures) {
    ModelSpec model = golden_model(11, options);
    model.folded_rows = 0;  // how many rows are folded is the writer's choice
    const Result<ModelSpec> imported = import_model(model_files_in(exported(model)));
    ASSERT_TRUE(imported.ok()) << imported.status().message();
    EXPECT_TRUE(written(*imported) == written(model)) << options.dot_dim;
  }
}

TEST(ModelFiles, TakeALayerWithOneOutputInBothShapes) {
  const std::string directory = exported(golden_model(2));
  const ModelFiles files = model_files_in(directory);
  change(files.tensors, [](NamedTensors& tensors) {
    NamedTensor& head = tensors.at("head.main.weight");
    head.shape = {1, head.values.size()};
  });
  EXPECT_EQ(reading_error(files), "imported");
}

TEST(ModelFiles, WithATensorTooFewTooManyOrOfAnotherShapeNameIt) {
  const ModelFiles files = model_files_in(exported(golden_model(2)));
  const std::string right = bytes_of(files.tensors);
  change(files.tensors, [](NamedTensors& t) {
    std::swap(t.at("mlp.0.weight").shape[0], t.at("mlp.0.weight").shape[1]);
  });
  EXPECT_THAT(reading_error(files),
              HasSubstr("tensor \"mlp.0.weight\": expected [24, 64], found [64, 24]"));
  std::ofstream(files.tensors, std::ios::binary) << right;
  change(files.tensors, [](NamedTensors& t) { t.erase("mlp.1.bias"); });
  EXPECT_THAT(reading_error(files), HasSubstr("no tensor \"mlp.1.bias\""));
  std::ofstream(files.tensors, std::ios::binary) << right;
  change(files.tensors, [](NamedTensors& t) { t["optimiser.step"] = {{}, {3}}; });
  EXPECT_THAT(reading_error(files), HasSubstr("tensor \"optimiser.step\" is none of this model's"));
}

TEST(ModelFiles, WithAValueThatIsNotFiniteNameTheTensor) {
  const ModelFiles files = model_files_in(exported(golden_model(2)));
  change(files.tensors, [](NamedTensors& t) { t.at("mlp.1.bias").values[2] = NAN; });
  EXPECT_THAT(reading_error(files),
              HasSubstr("model.safetensors: tensor \"mlp.1.bias\": value 2 is not finite"));
}

TEST(ModelFiles, WithAMistakeInTheDescriptionAreBadData) {
  const ModelFiles files = model_files_in(exported(golden_model(2)));
  std::ofstream(files.description) << "dim = -3\n";
  EXPECT_EQ(import_model(files).status().code(), Code::kBadData);
}

TEST(ModelFiles, CannotHoldAFeatureOfTwoLines) {
  ModelSpec model = golden_model(2);
  model.names.back() += "\nmore";
  const std::string directory = temporary_path("model");
  const Status s = export_model(model, directory);
  EXPECT_EQ(s.code(), Code::kUnsupported);
  EXPECT_THAT(s.message(), HasSubstr("words.txt: its lines cannot hold the feature"));
  EXPECT_FALSE(std::ifstream(directory + "/words.txt").is_open());
}

TEST(ModelFiles, WithAWrongVocabularyNameTheLine) {
  const ModelFiles files = model_files_in(exported(golden_model(2)));
  const std::string right = bytes_of(files.vocabulary);
  const auto with = [&](const std::string& old_line, const std::string& new_line) {
    std::string text = right;
    text.replace(text.find(old_line + "\n"), old_line.size(), new_line);
    std::ofstream(files.vocabulary, std::ios::binary) << text;
    return reading_error(files);
  };
  EXPECT_THAT(with("word1", "Word1"), HasSubstr("words.txt:2: expected keywords in normal form, as "
                                                "\"word1\", found \"Word1\""));
  EXPECT_THAT(with("word1", ""), HasSubstr("words.txt:2: expected a keyword or a feature"));
  EXPECT_THAT(with("word1", "word0"), HasSubstr("\"word0\" has the row of line 1 already"));
  EXPECT_THAT(with("word1", "\xff"), HasSubstr("words.txt:2: not UTF-8"));
  std::string last = right.substr(0, right.size() - 1);
  last = last.substr(last.rfind('\n') + 1);
  EXPECT_THAT(
      with(last, "stranger=x"),
      HasSubstr("expected a feature of one of the model's groups, as \"group=token\", found "
                "\"stranger=x\""));
}

TEST(ModelFiles, WithAPhraseTwiceNameBothLines) {
  const ModelFiles files = model_files_in(exported(golden_model(2)));
  const auto with = [&](const std::string& phrases) {
    std::ofstream(files.phrases, std::ios::binary) << phrases;
    return reading_error(files);
  };
  EXPECT_EQ(with("free shipping\n补水 保湿\n"), "imported");
  EXPECT_THAT(with("free shipping\n补水 保湿\nfree shipping\n"),
              HasSubstr("phrases.txt:3: the phrase \"free shipping\" stands in line 1 already"));
  EXPECT_THAT(with("free shipping\nFree  Shipping\n"),
              HasSubstr("phrases.txt:2: the phrase \"free shipping\" stands in line 1 already"));
  EXPECT_THAT(with("free shipping\n\nlong dress\n"),
              HasSubstr("phrases.txt:2: expected a phrase, found \"\""));
  EXPECT_THAT(with("\xff\n"), HasSubstr("phrases.txt:1: not UTF-8"));
}

TEST(ModelFiles, WithAGroupTwiceNameBothLines) {
  const ModelFiles files = model_files_in(exported(golden_model(2)));
  const std::string right = bytes_of(files.description);
  const size_t begin = right.find("\n[[group]]\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string group = right.substr(begin, right.find("\n[", begin + 2) - begin);
  std::ofstream(files.description, std::ios::binary) << right << group;
  EXPECT_THAT(reading_error(files), AllOf(HasSubstr(".name: the group \""),
                                          HasSubstr("\" stands in line "), HasSubstr(" already")));
}

TEST(ModelFiles, WithoutGoldenVectorsAreRefused) {
  const ModelFiles files = model_files_in(exported(golden_model(2)));
  std::ofstream(files.golden) << "\n";
  EXPECT_THAT(reading_error(files), HasSubstr("expected golden vectors, found none"));
  std::ofstream(files.golden) << "{}\n";
  EXPECT_THAT(reading_error(files), HasSubstr("golden.jsonl:1: expected candidates or titles"));
}

TEST(ModelFiles, WithMatchInputsAndNoLayerForThemAreRefused) {
  const ModelFiles files = model_files_in(exported(golden_model(2, {.hidden = {}, .dot_dim = 6})));
  const std::string right = bytes_of(files.description);
  std::ofstream(files.description) << "match_inputs = true\n" << right;
  EXPECT_THAT(reading_error(files), HasSubstr("match_inputs: there is no hidden layer"));
}

TEST(ModelFiles, ThatAreMissingAreNamed) {
  const std::string directory = exported(golden_model(2));
  for (const char* name : {"model.toml", "model.safetensors", "words.txt", "golden.jsonl"}) {
    const std::string path = directory + "/" + name, away = path + ".away";
    std::rename(path.c_str(), away.c_str());
    EXPECT_THAT(reading_error(model_files_in(directory)), HasSubstr(name));
    std::rename(away.c_str(), path.c_str());
  }
}

}  // namespace
}  // namespace barker
