#include "plugin/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace barker {
namespace {

TEST(JsonWriter, SeparatesMembersAndElementsByCommas) {
  JsonWriter out;
  out.begin_object();
  out.member("a", true);
  out.key("b");
  out.begin_array();
  out.value(uint64_t{1});
  out.null();
  out.begin_object();
  out.end_object();
  out.end_array();
  out.member("c", 0.5);
  out.end_object();
  EXPECT_EQ(out.text(), R"({"a":true,"b":[1,null,{}],"c":0.5})");
}

TEST(JsonWriter, WritesTextThatReadsBackAsItself) {
  std::string text;
  for (char c = 0; c < 0x7f; ++c) text += c;
  text += "\x7f \"quoted\\\" 面膜 👩‍🚀";
  JsonWriter out;
  out.value(text);
  EXPECT_EQ(nlohmann::json::parse(out.text()), text);
}

TEST(JsonWriter, ReplacesInvalidUtf8) {
  JsonWriter out;
  out.value("a\xff z");
  EXPECT_EQ(out.text(), "\"a\uFFFD z\"");
}

TEST(JsonWriter, WritesNumbersThatReadBackAsThemselves) {
  for (const double number : {0.0, 1.0, -0.1, 1e-300, 1.7976931348623157e308, 1.0 / 3}) {
    JsonWriter out;
    out.value(number);
    EXPECT_EQ(nlohmann::json::parse(out.text()).get<double>(), number) << out.text();
  }
}

TEST(JsonWriter, WritesNullForNumbersThatJsonDoesNotHave) {
  for (const double number :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    JsonWriter out;
    out.value(number);
    EXPECT_EQ(out.text(), "null");
  }
}

}  // namespace
}  // namespace barker
