// Which plugins a host takes: every minor version, no other major version, no broken table.
#include "plugin/host/plugin_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>

#include "plugin/host/control.h"
#include "plugin/host/extension.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST(LoadPlugin, TakesThePluginOfThisBuild) {
  const auto api = load_plugin(BARKER_PLUGIN_PATH);
  ASSERT_TRUE(api.ok()) << api.status().message();
  EXPECT_EQ((*api)->abi_minor, static_cast<uint32_t>(BARKER_ABI_MINOR));
}

TEST(LoadPlugin, TakesAShorterTableOfAnOlderMinorVersionAndSaysWhatItLacks) {
  const auto api = load_plugin(OLD_PLUGIN_PATH);
  ASSERT_TRUE(api.ok()) << api.status().message();
  EXPECT_EQ((*api)->abi_minor, 0u);
  EXPECT_LT((*api)->struct_size, sizeof(barker_api));
  EXPECT_EQ((*api)->text_bound, nullptr);
  barker_plugin* plugin = nullptr;
  ASSERT_EQ((*api)->create(nullptr, {nullptr, 0}, &plugin, nullptr), BARKER_OK);
  const Control control(**api, plugin);
  EXPECT_FALSE(control.has_canary());
  EXPECT_FALSE(control.has_replace());
  EXPECT_EQ(control.replace("weights").status().code(), Code::kUnsupported);
  EXPECT_THAT(control.load_rules("").message(), HasSubstr("lacks " BARKER_EXT_RULES));
  const auto explain = find_extension<barker_explain>(**api, BARKER_EXT_EXPLAIN);
  ASSERT_TRUE(explain.has_value());
  EXPECT_NE(explain->explain, nullptr);
  EXPECT_EQ(explain->rescore, nullptr);
}

TEST(LoadPlugin, RefusesAnotherMajorVersionAndNamesBoth) {
  const Status status = load_plugin(OTHER_PLUGIN_PATH).status();
  EXPECT_EQ(status.code(), Code::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("expected ABI 1.x, found 9.3"));
}

TEST(LoadPlugin, RefusesATableThatIsTooShortForAnyVersion) {
  const Status status = load_plugin(CUT_PLUGIN_PATH).status();
  EXPECT_EQ(status.code(), Code::kBadData);
  EXPECT_THAT(status.message(), HasSubstr("found " + std::to_string(offsetof(barker_api, stats))));
}

TEST(LoadPlugin, RefusesWhatIsNoPlugin) {
  EXPECT_EQ(load_plugin("/nowhere/libbarker.so").status().code(), Code::kNotFound);
  const std::string text = temporary_path("plugin.so");
  std::ofstream(text) << "not a library";
  EXPECT_THAT(load_plugin(text).status().message(), HasSubstr("cannot be loaded"));
  std::filesystem::remove(text);
}

}  // namespace
}  // namespace barker
