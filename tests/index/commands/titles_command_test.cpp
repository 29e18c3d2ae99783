// barker titles, as a person and a script meet it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/index/commands/run_command.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class TitlesCommand : public testing::Test {
 protected:
  TitlesCommand() {
    write(
        "ads.jsonl",
        R"({"id":"1","title":"SUPER COMFY RUNNING SHOES!!!","bid":1,"merchant":"m1","selling_points":["free shipping","carbon plate"]})"
        "\n"
        R"({"id":"2","title":"Plain shoes","bid":1,"selling_points":["waterproof"],"opt_out":true})"
        "\n");
    write("fix.toml",
          "[title]\nformat = \"plain\"\n[title.feed]\ncapitals = \"fix\"\npunctuation = "
          "\"fix\"\n[title.profile.mobile]\nselling_points = 1\n");
  }
  ~TitlesCommand() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ + "/" + name) << text;
  }
  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  Outcome titles(const std::string& more) const {
    return run("titles --ads " + file("ads.jsonl") +
               " --weights " BARKER_SOURCE_DIR "/models/simulate/demo.barker --query shoes " +
               more + " 2>&1");
  }

  const std::string directory_ = temporary_path("titles");
};

TEST_F(TitlesCommand, ShowsTitlesBeforeAndAfterAndWhichRulesFired) {
  const Outcome out = titles("--config " + file("fix.toml"));
  EXPECT_EQ(out.code, 0);
  EXPECT_THAT(out.out, HasSubstr("- SUPER COMFY RUNNING SHOES!!!"));
  EXPECT_THAT(out.out, HasSubstr("Super Comfy Running Shoes!"));
  EXPECT_THAT(out.out, HasSubstr("rules: punctuation,capitals"));
  EXPECT_THAT(out.out, HasSubstr("2 titles, 1 changed, 1 with selling points"));
}

TEST_F(TitlesCommand, PrintsJsonWithASummaryAtTheEnd) {
  const Outcome out = titles("--json --changed --surface mobile --config " + file("fix.toml"));
  ASSERT_EQ(out.code, 0) << out.out;
  std::istringstream lines(out.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const Json title = Json::parse(line);
  EXPECT_EQ(title["id"], "1");
  EXPECT_EQ(title["selling_points"].size(), 1u) << "as many as the surface has room for";
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(Json::parse(line)["summary"]["titles"], 2);
  EXPECT_FALSE(std::getline(lines, line)) << "the title that stays is left out";
}

TEST_F(TitlesCommand, FollowsAMerchantsBlocks) {
  write("rules.toml", "[[block]]\nmerchant = \"m1\"\nexact = [\"free shipping\"]\n");
  EXPECT_THAT(titles("").out, HasSubstr("free shipping"));
  EXPECT_THAT(titles("--rules " + file("rules.toml")).out,
              testing::Not(HasSubstr("free shipping")));
}

TEST_F(TitlesCommand, SaysWhatIsWrong) {
  EXPECT_EQ(run("titles --ads /nowhere --weights /nowhere 2>&1").code, 66);
  write("bad.toml", "[title.feed]\ncapitals = 1\n");
  const Outcome bad = titles("--config " + file("bad.toml"));
  EXPECT_EQ(bad.code, 78);
  EXPECT_THAT(bad.out, HasSubstr("title.feed.capitals"));
  EXPECT_THAT(titles("--surface nope").out, HasSubstr("has no [title.profile.nope]"));
}

}  // namespace
}  // namespace barker
